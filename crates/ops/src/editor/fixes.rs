//! What is known to correct a reference.

use idhooks_core::registry::{Id, Status};
use idhooks_references::{ContentStamp, ReferenceTarget};

use crate::refs::{ListedReference, NamedRecord};

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
    /// Its file is superseded by another one.
    Superseded,
    /// It has a former identity of its file.
    Alias,
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

/// Returns the text of a reference with another identity and another stamp. `None` if it names a
/// file by a second identity.
pub(super) fn respelled(
    reference: &ListedReference,
    id: Id,
    stamp: Option<ContentStamp>,
) -> Option<String> {
    let ReferenceTarget::Id(former) = reference.target else { return None };
    let NameParts { before, after, .. } = NameParts::of(reference, &former.to_string())?;
    let stamp = stamp.map(|stamp| format!("@{stamp}")).unwrap_or_default();
    Some(format!("{before}{id}{stamp}{after}"))
}

/// Returns the text of a reference with this stamp. `None` if its spelling takes none.
pub(super) fn stamped(reference: &ListedReference, stamp: ContentStamp) -> Option<String> {
    let name = reference.target.to_string();
    let NameParts { before, name, after } = NameParts::of(reference, &name)?;
    (after.is_empty() || after.starts_with('#')).then(|| format!("{before}{name}@{stamp}{after}"))
}

/// Returns the text of a reference with another section.
pub(super) fn with_section(reference: &ListedReference, heading: &str) -> Option<String> {
    let (before, _) = reference.text.rsplit_once('#')?;
    Some(format!("{before}#{heading}"))
}

/// The text of a reference, around its stamp.
struct NameParts<'t> {
    before: &'t str,
    name: &'t str,
    /// What follows the name and the stamp.
    after: &'t str,
}

impl<'t> NameParts<'t> {
    fn of(reference: &'t ListedReference, name: &str) -> Option<Self> {
        let text = &reference.text;
        let places = text.match_indices(name).map(|(at, _)| at);
        // The text before the identity may repeat it.
        let stamp = reference.stamp.map_or(0, |_| 1 + ContentStamp::DIGITS);
        let mut parts = places.filter_map(|at| {
            let (before, rest) = text.split_at(at);
            let (name, rest) = rest.split_at(name.len());
            let after = rest.get(stamp..).filter(|_| stamp == 0 || rest.starts_with('@'))?;
            Some(NameParts { before, name, after })
        });
        parts.next()
    }
}
