//! Identities inside files: a comment, a key of the front matter or of a JSON object that says
//! `doc_id`. Pure.
//!
//! An identity stands at the head of a file, where its kind of file allows a comment: after a
//! shebang, an encoding line, an XML declaration, a doctype and a licence, and before everything
//! else. Only the head is looked at, so that an example further down is none. What is written is
//! one line with the line ending of the file, or one key; taking it out again gives the bytes
//! that were there before.

mod front_matter;
mod json;
mod kind;
mod mark;
mod markup;
mod script;
mod text;

use std::fmt;

use crate::registry::{Id, RepoPath};

pub use mark::Mark;

use kind::FileKind;

/// Why a file cannot carry an identity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Obstacle {
    /// It is not text in an encoding that keeps ASCII: binary, or UTF-16.
    Binary,
    /// How comments are written in this kind of file is not known.
    UnknownKind,
    /// It is only the pointer to a content that is kept elsewhere.
    Pointer,
    /// Git keeps another content of it than the working tree has.
    Filtered,
    /// Another program writes it, and says so at its head.
    Generated,
    /// Its signature would not fit any more.
    Signed,
    /// It says `doc_id` already, and something that is no identity.
    Foreign(String),
    /// There is no place for it, since the file has not the form that its name promises.
    Malformed(&'static str),
}

impl Obstacle {
    /// Returns what to do, in a sentence without a full stop.
    pub fn help(&self) -> &'static str {
        match self {
            Obstacle::Binary | Obstacle::UnknownKind | Obstacle::Pointer | Obstacle::Filtered => {
                "leave it to the registry, which names every file, and take it out of the [[embed]] rules"
            }
            Obstacle::Generated => {
                "have the program that writes it write the identity, or leave it to the registry"
            }
            Obstacle::Signed => "take the signature off, embed the identity, and sign it again",
            Obstacle::Foreign(_) => {
                "take that line or key out, or give it another name, then try again"
            }
            Obstacle::Malformed(_) => "put the file right, or leave it to the registry",
        }
    }
}

impl fmt::Display for Obstacle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Obstacle::Binary => f.write_str("it is binary, or UTF-16"),
            Obstacle::UnknownKind => {
                f.write_str("how to write a comment in such a file is not known")
            }
            Obstacle::Pointer => f.write_str("its content is kept by git-lfs"),
            Obstacle::Filtered => {
                f.write_str("git passes it through a filter, or into another encoding")
            }
            Obstacle::Generated => f.write_str("another program writes it, as its head says"),
            Obstacle::Signed => f.write_str("it is signed"),
            Obstacle::Foreign(text) => write!(f, "its doc_id is '{text}', which is no identity"),
            Obstacle::Malformed(what) => f.write_str(what),
        }
    }
}

/// Returns what a file of this name and content carries, whether it is an identity or not;
/// nothing where it carries nothing or cannot carry anything.
///
/// Where there are several, this is the first one.
pub fn read(path: &RepoPath, content: &[u8]) -> Option<Mark> {
    read_all(path, content).into_iter().next()
}

/// Returns everything that stands at the head of a file as what it carries, the first one first.
pub fn read_all(path: &RepoPath, content: &[u8]) -> Vec<Mark> {
    place(path, content).map(|(marks, _)| marks).unwrap_or_default()
}

/// Returns whether a file of this name may carry anything, whatever its content.
pub fn may_carry(path: &RepoPath) -> bool {
    kind::may_be_known(path.basename())
}

/// Returns the identity a file carries.
pub fn read_id(path: &RepoPath, content: &[u8]) -> Option<Id> {
    read(path, content)?.id()
}

/// Returns the content with this identity in it, in the place of one that is there; nothing where
/// it carries it already.
///
/// # Errors
/// A file that cannot carry an identity, or should not be edited.
pub fn write(path: &RepoPath, content: &[u8], id: Id) -> Result<Option<Vec<u8>>, Obstacle> {
    let (marks, insertion) = place(path, content)?;
    match marks.first() {
        Some(mark) if mark.id() == Some(id) => Ok(None),
        Some(mark) if mark.is_digits() => Ok(Some(mark.replaced(content, id))),
        Some(mark) => Err(Obstacle::Foreign(mark.text().to_owned())),
        None => insertion.map(|insertion| Some(insertion.into_content(content, id))),
    }
}

/// Returns the content without the identity it carries; nothing where it carries none.
///
/// Origins are made from this content, so it always leaves out the same: the first one alone.
pub fn strip(path: &RepoPath, content: &[u8]) -> Option<Vec<u8>> {
    let mark = read(path, content)?;
    mark.is_digits().then(|| mark.removed(content))
}

/// Returns the content without those of its marks that are meant; nothing where there are none.
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

/// Where an identity would be written, and as what.
struct Insertion {
    at: usize,
    before: Vec<u8>,
    after: Vec<u8>,
}

impl Insertion {
    fn into_content(self, content: &[u8], id: Id) -> Vec<u8> {
        let (head, rest) = content.split_at(self.at.min(content.len()));
        let id = id.to_string();
        [head, &self.before, id.as_bytes(), &self.after, rest].concat()
    }
}

/// What stands in a file, the first one first, and where something could be written.
type HeadPlace = (Vec<Mark>, Result<Insertion, Obstacle>);

/// Finds the place of an identity.
fn place(path: &RepoPath, content: &[u8]) -> Result<HeadPlace, Obstacle> {
    text::assert_text(content)?;
    let kind = kind::of(path.basename(), content).ok_or(Obstacle::UnknownKind)?;
    let begin = text::begin(content);
    if kind.may_have_front_matter()
        && let Some(place) = front_matter::place(content, begin)
    {
        return Ok(place);
    }
    match kind {
        FileKind::Json => Ok(json::place(content, begin)),
        FileKind::Markup { .. } => Ok(markup::place(content, begin)),
        FileKind::Script { syntax, .. } => Ok(script::place(content, begin, syntax)),
    }
}

#[cfg(test)]
mod tests;
