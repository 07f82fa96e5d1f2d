//! Identities inside files: a `doc_id` in a comment, in front matter or in a JSON object. Pure.
//!
//! An identity is at the head of a file, where its kind of file allows a comment: after a shebang,
//! an encoding line, an XML declaration, a doctype and a licence, and before everything else. Only
//! the head is read, so an example further down does not count. An identity is written as one line
//! with the line ending of the file, or as one key; removing it restores the original bytes.

mod comment_style;
mod front_matter;
mod json;
mod mark;
mod markup;
mod obstacle;
mod script;
mod text;

use comment_style::FileForm;
use mark::HeadPlace;

use crate::registry::{Id, RepoPath};

pub use mark::Mark;
pub use obstacle::Obstacle;

/// Returns the first mark in a file with this name and content, whether it is an identity or not;
/// `None` if there is no mark or there cannot be one.
pub fn read(path: &RepoPath, content: &[u8]) -> Option<Mark> {
    read_all(path, content).into_iter().next()
}

/// Returns all marks at the head of a file, in order.
pub fn read_all(path: &RepoPath, content: &[u8]) -> Vec<Mark> {
    place(path, content).map(|(marks, _)| marks).unwrap_or_default()
}

/// Returns whether a file with this name can carry a mark, given suitable content.
pub fn may_carry(path: &RepoPath) -> bool {
    // The content decides the kind only for names without an extension.
    comment_style::of(path.basename(), b"#!/bin/sh\n").is_some()
}

/// Returns the identity that a file carries.
pub fn read_id(path: &RepoPath, content: &[u8]) -> Option<Id> {
    read(path, content)?.id()
}

/// Returns the content with this identity, which replaces any other one; `None` if it already
/// carries it.
///
/// ```
/// use idhooks_core::embed;
/// use idhooks_core::registry::RepoPath;
///
/// let (path, id) = (RepoPath::new(*b"tool.py")?, "2020000001260118".parse()?);
/// let with = embed::write(&path, b"print(1)\n", id)?.ok_or("it has the identity already")?;
/// assert_eq!(with, b"# doc_id: 2020000001260118\nprint(1)\n");
/// assert_eq!(embed::read_id(&path, &with), Some(id));
/// assert_eq!(embed::strip(&path, &with).as_deref(), Some(&b"print(1)\n"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if the file cannot carry an identity, or should not be edited.
pub fn write(path: &RepoPath, content: &[u8], id: Id) -> Result<Option<Vec<u8>>, Obstacle> {
    let (marks, insertion) = place(path, content)?;
    match marks.first() {
        Some(mark) if mark.id() == Some(id) => Ok(None),
        Some(mark) if mark.is_digits() => Ok(Some(mark.replaced(content, id))),
        Some(mark) => Err(Obstacle::Foreign(mark.text.clone())),
        None => insertion.map(|insertion| Some(insertion.into_content(content, id))),
    }
}

/// Returns the content without its first identity; `None` if it carries none.
///
/// Origins are computed from this content, so it must always leave out the same part.
pub fn strip(path: &RepoPath, content: &[u8]) -> Option<Vec<u8>> {
    let mark = read(path, content)?;
    mark.is_digits().then(|| mark.removed(content))
}

/// Returns the content without the selected marks; `None` if there are none.
pub fn remove(
    path: &RepoPath,
    content: &[u8],
    is_meant: &dyn Fn(&Mark) -> bool,
) -> Option<Vec<u8>> {
    let mut rest: Option<Vec<u8>> = None;
    loop {
        let text = rest.as_deref().unwrap_or(content);
        let mut marks = read_all(path, text);
        marks.retain(|mark| mark.is_digits() && is_meant(mark));
        if marks.is_empty() {
            return rest;
        }
        rest = Some(mark::all_removed(text, &marks));
    }
}

/// Finds the marks in a file and the place for one.
fn place(path: &RepoPath, content: &[u8]) -> Result<HeadPlace, Obstacle> {
    text::assert_text(content)?;
    let kind = comment_style::of(path.basename(), content).ok_or(Obstacle::UnknownKind)?;
    let begin = text::begin(content);
    if kind.is_prose
        && let Some(place) = front_matter::place(content, begin)
    {
        return Ok(place);
    }
    Ok(match kind.form {
        FileForm::Json => json::place(content, begin),
        FileForm::Markup => markup::place(content, begin),
        FileForm::Script(syntax) => script::place(content, begin, syntax),
    })
}

#[cfg(test)]
mod tests;
