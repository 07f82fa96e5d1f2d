//! Identities inside files: a `doc_id` in a comment, in front matter, or as a key in JSON or YAML.
//! Pure functions only.
//!
//! An identity is at the head of a file, wherever this kind of file allows a comment: after any
//! shebang, encoding line, XML declaration, doctype and licence, and before everything else. Only
//! the head is read, so an example further down does not count. An identity is written as one line
//! with the file's line ending, or as one key; removing it restores the original bytes.

mod comment_style;
mod front_matter;
mod json;
mod mark;
mod markup;
mod obstacle;
mod script;
mod text;
mod yaml;

use comment_style::{FileForm, HASH};
use mark::HeadPlace;

use crate::registry::{Id, RepoPath};

pub use comment_style::Style;
pub use mark::Mark;
pub use obstacle::Obstacle;
pub(crate) use obstacle::quoted;

/// Above this size in bytes, a file's head is read only if the rules say that the file carries its
/// identity.
pub const MAX_UNRULED_SIZE: u64 = 16 << 20;

/// Returns the first mark in a file with this name and content, whether or not it is an identity;
/// `None` if the file has no mark or cannot have one.
pub fn read(path: &RepoPath, content: &[u8]) -> Option<Mark> {
    read_all(path, content).into_iter().next()
}

/// Returns all marks at the head of a file, in order, whatever their style.
pub fn read_all(path: &RepoPath, content: &[u8]) -> Vec<Mark> {
    // Nearly all files in a repository are without a mark, and their syntax need not be known.
    if !mark::has_key(content) {
        return Vec::new();
    }
    let places = places(path, content).unwrap_or_default();
    let of_place = |(nth, (_, (marks, _))): (usize, (Style, HeadPlace))| {
        // In every style but the default, idhooks writes an identity only if a rule says so, so a
        // value that isn't a number was not meant for idhooks.
        marks.into_iter().filter(move |mark| nth == 0 || mark.is_digits())
    };
    let mut marks: Vec<Mark> = places.into_iter().enumerate().flat_map(of_place).collect();
    marks.sort_by_key(Mark::start);
    marks
}

/// Returns whether a file with this name can carry a mark, provided its content allows one.
pub fn may_carry(path: &RepoPath) -> bool {
    // The content matters only for names without an extension.
    comment_style::of(path.basename(), b"#!/bin/sh\n").is_some()
}

/// Returns the styles in which a file with this name can carry an identity; `None` if the name
/// alone does not determine them.
pub fn styles_of(name: &[u8]) -> Option<&'static [Style]> {
    comment_style::of(name, b"").map(|kind| kind.styles())
}

/// Returns the identity that a file carries.
pub fn read_id(path: &RepoPath, content: &[u8]) -> Option<Id> {
    read(path, content)?.id()
}

/// Returns the content with this identity, which replaces any other; `None` if the content already
/// carries it. If a style is given, an identity written in another style is moved; otherwise an
/// existing identity stays in place, and a new one is written in the default style for this kind of
/// file.
///
/// ```
/// use idhooks_core::embed;
/// use idhooks_core::registry::RepoPath;
///
/// let (path, id) = (RepoPath::new(*b"tool.py")?, "2020000001260118".parse()?);
/// let with = embed::write(&path, b"print(1)\n", id, None)?.ok_or("it has the identity already")?;
/// assert_eq!(with, b"# doc_id: 2020000001260118\nprint(1)\n");
/// assert_eq!(embed::read_id(&path, &with), Some(id));
/// assert_eq!(embed::strip(&path, &with).as_deref(), Some(&b"print(1)\n"[..]));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
///
/// # Errors
/// Returns an error if the file cannot carry an identity, or should not be edited.
pub fn write(
    path: &RepoPath,
    content: &[u8],
    id: Id,
    style: Option<Style>,
) -> Result<Option<Vec<u8>>, Obstacle> {
    let mut places = places(path, content)?;
    let nth = match style {
        None => 0,
        Some(style) => places.iter().position(|(known, _)| *known == style).ok_or_else(|| {
            let possible = comment_style::of(path.basename(), content).map(|kind| kind.styles());
            Obstacle::Style(style, possible.unwrap_or_default())
        })?,
    };
    let (_, (own, insertion)) = places.swap_remove(nth);
    let mut marks = read_all(path, content);
    if style.is_some() {
        marks.retain(|mark| !own.contains(mark));
        let mut all = own.iter().chain(&marks);
        if let Some(foreign) = all.clone().find(|mark| !mark.is_digits()) {
            return Err(Obstacle::Foreign(foreign.text.clone()));
        }
        if !marks.is_empty() {
            let first = all.next().map(|mark| &mark.text);
            if all.any(|mark| Some(&mark.text) != first) {
                return Err(Obstacle::Malformed("it has several different identities"));
            }
            let rest = mark::all_removed(content, &marks);
            // The positions have changed, so the place must be looked up again.
            return Ok(Some(write(path, &rest, id, style)?.unwrap_or(rest)));
        }
        marks = own;
    }
    match marks.first() {
        Some(mark) if mark.id() == Some(id) => Ok(None),
        Some(mark) if mark.is_digits() => Ok(Some(mark.replaced(content, id))),
        Some(mark) => Err(Obstacle::Foreign(mark.text.clone())),
        None => insertion.map(|insertion| Some(insertion.into_content(content, id))),
    }
}

/// Returns the content without its first identity; `None` if it carries none.
///
/// Origins are computed from this content, so exactly the same part must be left out every time.
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
    // `all_removed` may have left a key that shared a comma with another key.
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

/// Finds the marks in a file and the place for a new one, in each style that the file supports,
/// starting with the default.
fn places(path: &RepoPath, content: &[u8]) -> Result<Vec<(Style, HeadPlace)>, Obstacle> {
    text::assert_text(content)?;
    let kind = comment_style::of(path.basename(), content).ok_or(Obstacle::UnknownKind)?;
    let begin = text::begin(content);
    let comment = |from| match kind.form {
        FileForm::Json => json::place(content, from),
        FileForm::Markup => markup::place(content, from),
        FileForm::Script(syntax) => script::place(content, from, syntax),
        FileForm::Yaml => script::place(content, from, &HASH),
    };
    if !kind.is_prose {
        let mut places = vec![(kind.styles()[0], comment(begin))];
        if kind.form == FileForm::Yaml {
            let head = places[0].1.1.as_ref().map_err(Obstacle::clone).map(|place| place.at);
            places.push((Style::Key, yaml::place(content, begin, head)));
        }
        return Ok(places);
    }
    Ok(match front_matter::place(content, begin) {
        Some((end, place)) => {
            let (marks, insertion) = comment(end);
            let insertion = insertion.map(|insertion| match insertion.at == end {
                true => insertion.on_own_line(content),
                false => insertion,
            });
            vec![(Style::FrontMatter, place), (Style::Comment, (marks, insertion))]
        }
        None => {
            let place = comment(begin);
            let what = "its front matter is JSON, to which no key is added";
            let new = match front_matter::is_json(content, begin) {
                true => Err(Obstacle::Malformed(what)),
                false => place.1.as_ref().map_err(Obstacle::clone),
            };
            let new = new.map(|_| front_matter::new(content, begin));
            vec![(Style::Comment, place), (Style::FrontMatter, (Vec::new(), new))]
        }
    })
}

#[cfg(test)]
mod tests;
