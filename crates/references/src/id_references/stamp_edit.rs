//! [`StampEdit`]: a new stamp for a reference in a file.

use super::{ContentStamp, IdReference};

/// A stamp to write into a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StampEdit {
    /// The reference, as it is in the content.
    pub reference: IdReference,
    /// The new stamp.
    pub stamp: ContentStamp,
}

/// Returns the content with these stamps. A reference takes none if something else follows the name
/// of the file, as in `[[SPEC-7]]`; such edits are left out.
pub fn with_stamps(content: &[u8], edits: &[StampEdit]) -> Vec<u8> {
    let mut sorted: Vec<&StampEdit> = edits.iter().collect();
    sorted.sort_by_key(|edit| edit.reference.range.start);
    let (mut edited, mut from) = (Vec::with_capacity(content.len()), 0);
    for StampEdit { reference, stamp } in sorted {
        let range = reference.range.clone();
        let Some(text) = content.get(range.clone()).and_then(|text| str::from_utf8(text).ok())
        else {
            continue;
        };
        let Some(at) = place(reference, text).filter(|_| range.start >= from) else { continue };
        let former = reference.stamp.map_or(0, |_| 1 + ContentStamp::DIGITS);
        edited.extend_from_slice(&content[from..range.start + at]);
        edited.extend_from_slice(format!("@{stamp}").as_bytes());
        from = range.start + at + former;
    }
    edited.extend_from_slice(&content[from..]);
    edited
}

/// Returns where the stamp begins in the text of a reference.
fn place(reference: &IdReference, text: &str) -> Option<usize> {
    let name = reference.target.to_string();
    let mut places = text.match_indices(&name).map(|(at, _)| at + name.len());
    places.find(|at| match (reference.stamp, text[*at..].chars().next()) {
        (Some(_), next) => next == Some('@'),
        (None, next) => next.is_none() || next == Some('#'),
    })
}
