//! Corrections of a reference.

use idhooks_core::registry::{Id, Status};

use crate::refs::{FixCause, ListedReference, NamedRecord};

/// A text to write instead of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceFix {
    /// Why.
    pub kind: FixKind,
    /// The new text.
    pub text: String,
}

/// Why a reference is to be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FixKind {
    /// `idhooks fix` would correct it.
    Corrected(FixCause),
    /// Its file has a heading with nearly the same name.
    Heading,
    /// Its file was read, or read again.
    Review,
}

/// Returns the record at the end of a chain of superseded ones, if it is active. A circle has no end.
pub(super) fn last_successor(
    named: &NamedRecord,
    find: &dyn Fn(Id) -> Option<NamedRecord>,
) -> Option<NamedRecord> {
    let mut passed = vec![named.id];
    let mut by = named.superseded_by.clone()?;
    loop {
        let next = find(by.parse().ok()?)?;
        match next.status {
            Status::Active => return Some(next),
            Status::Superseded if !passed.contains(&next.id) => {
                passed.push(next.id);
                by = next.superseded_by?;
            }
            Status::Superseded | Status::Deprecated => return None,
        }
    }
}

/// Returns the text of a reference with another section.
pub(super) fn with_section(reference: &ListedReference, heading: &str) -> Option<String> {
    let (before, _) = reference.text.rsplit_once('#')?;
    Some(format!("{before}#{heading}"))
}
