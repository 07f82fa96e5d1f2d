//! [`ReferenceEdit`]: how a reference in a file is to read.

use super::{ContentStamp, IdReference, ReferenceTarget};

/// A reference with what it is to name, and with the stamp that it is to have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ReferenceEdit {
    /// The reference, as it is in the content.
    pub reference: IdReference,
    /// What it is to name a file by.
    pub target: ReferenceTarget,
    /// The stamp that it is to have, if any.
    pub stamp: Option<ContentStamp>,
}

impl ReferenceEdit {
    /// Returns an edit that only changes the stamp of a reference.
    pub fn stamp(reference: IdReference, stamp: ContentStamp) -> Self {
        let target = reference.target.clone();
        ReferenceEdit { reference, target, stamp: Some(stamp) }
    }

    /// Returns the text of the reference after the edit; `None` if it takes no stamp because
    /// something else follows the name of the file, as in `[[SPEC-7]]`.
    pub fn text(&self, text: &str) -> Option<String> {
        let ReferenceEdit { reference, target, stamp } = self;
        let name = reference.target.to_string();
        let mut places = text.match_indices(&name).map(|(at, _)| at);
        let at = places.find(|at| {
            let next = text[at + name.len()..].chars().next();
            match (reference.stamp, stamp) {
                (Some(_), _) => next == Some('@'),
                (None, Some(_)) => next.is_none() || next == Some('#'),
                (None, None) => true,
            }
        })?;
        let former = reference.stamp.map_or(0, |_| 1 + ContentStamp::DIGITS);
        let (before, rest) = (&text[..at], text.get(at + name.len() + former..)?);
        let stamp = stamp.map(|stamp| format!("@{stamp}")).unwrap_or_default();
        Some(format!("{before}{target}{stamp}{rest}"))
    }
}

/// Returns the content after these edits. Edits of references that take no stamp are left out.
pub fn with_edits(content: &[u8], edits: &[ReferenceEdit]) -> Vec<u8> {
    let mut sorted: Vec<&ReferenceEdit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.reference.range.start);
    let (mut edited, mut from) = (Vec::with_capacity(content.len()), 0);
    for edit in sorted {
        let range = edit.reference.range.clone();
        let text = content.get(range.clone()).and_then(|text| str::from_utf8(text).ok());
        let Some(text) = text.and_then(|text| edit.text(text)).filter(|_| range.start >= from)
        else {
            continue;
        };
        edited.extend_from_slice(&content[from..range.start]);
        edited.extend_from_slice(text.as_bytes());
        from = range.end;
    }
    edited.extend_from_slice(&content[from..]);
    edited
}
