//! Putting changed records back into the text.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::super::{Allocation, Id, Registry, format_record};
use super::{CLOSING, Excerpt};

/// The text of a registry, in pieces that are mostly copied from another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pieces<'a>(Vec<Cow<'a, str>>);

impl Pieces<'_> {
    /// Returns the text as a whole.
    pub fn text(&self) -> String {
        self.0.concat()
    }
}

/// What stands in the place of a stretch of the text.
struct Edit {
    from: usize,
    to: usize,
    line: String,
}

impl<'a> Excerpt<'a> {
    /// Returns the canonical text of the whole registry once the records that were read are as
    /// in `after`, which may have more records; nothing where it lacks one of them, or has it
    /// with another identity.
    pub fn with(&self, after: &Registry) -> Option<Pieces<'a>> {
        let holders = after.shadowing();
        let mut records: BTreeMap<Id, &Allocation> =
            after.allocations.iter().map(|record| (record.id, record)).collect();
        if records.len() != after.allocations.len() {
            return None;
        }
        let format =
            |record: &Allocation| format_record(record, holders.get(&record.origin).copied());
        let mut edits = Vec::new();
        for kept in &self.kept {
            let now = records.remove(&kept.record.id)?;
            if now.origin != kept.record.origin {
                return None;
            }
            let line = format(now);
            if line != self.text[kept.line.clone()] {
                edits.push(Edit { from: kept.line.start, to: kept.line.end, line });
            }
        }
        for (id, record) in records {
            let at = self.seek(&id.to_string());
            if self.id_at(at) == Some(id.to_string().as_str()) {
                return None;
            }
            edits.push(Edit { from: at, to: at, line: format(record) });
        }
        // Stable: what comes before a line goes before what replaces it, in order of identities.
        edits.sort_by_key(|edit| (edit.from, edit.to));
        Some(self.spliced(after, edits))
    }

    fn spliced(&self, after: &Registry, edits: Vec<Edit>) -> Pieces<'a> {
        let head = Registry { allocations: Vec::new(), ..after.clone() }.format();
        let mut pieces = vec![Cow::Owned(head[..head.len() - CLOSING.len()].to_owned())];
        // Without the last line end: whatever is put after the last record begins with a comma.
        let end = self.body.end - 1;
        let mut at = self.body.start;
        for edit in edits {
            let from = edit.from.min(end);
            pieces.push(Cow::Borrowed(&self.text[at..from]));
            pieces.push(Cow::Owned(match edit {
                Edit { from, to, line } if from < to => line,
                Edit { from, line, .. } if from < self.body.end => line + ",\n",
                Edit { line, .. } => format!(",\n{line}"),
            }));
            at = edit.to.min(end);
        }
        pieces.push(Cow::Borrowed(&self.text[at..end]));
        pieces.push(Cow::Owned(format!("\n{CLOSING}")));
        Pieces(pieces)
    }
}
