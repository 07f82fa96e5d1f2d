//! Putting changed records back into the text.

use std::collections::BTreeMap;

use super::super::{Allocation, Id, Pieces, Registry, format_record};
use super::{CLOSING, Excerpt};

/// What stands in the place of a stretch of the text.
struct Edit {
    from: u64,
    to: u64,
    line: String,
}

impl Excerpt {
    /// Returns the canonical text of the whole registry once the records that were read are as
    /// in `after`, which may have more records; nothing where it lacks one of them, or has it
    /// with another identity.
    pub fn with(&self, after: &Registry) -> Option<Pieces> {
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
            if line != kept.text {
                edits.push(Edit { from: kept.at, to: kept.at + kept.text.len() as u64, line });
            }
        }
        for (id, record) in records {
            let n = self.places.partition_point(|place| place.id < id);
            let next = self.places.get(n);
            if next.is_some_and(|place| place.id == id) {
                return None;
            }
            let at = next.map_or(self.end, |place| place.at);
            edits.push(Edit { from: at, to: at, line: format(record) });
        }
        // Stable: what comes before a line goes before what replaces it, in order of identities.
        edits.sort_by_key(|edit| (edit.from, edit.to));
        Some(self.spliced(after, edits))
    }

    fn spliced(&self, after: &Registry, edits: Vec<Edit>) -> Pieces {
        let mut head = Registry { allocations: Vec::new(), ..after.clone() }.format();
        head.truncate(head.len() - CLOSING.len());
        let mut pieces = Pieces::default();
        pieces.write(head);
        // Without the last line end: whatever is put after the last record begins with a comma.
        let end = self.end - 1;
        let mut at = self.places.first().map_or(end, |place| place.at);
        for edit in edits {
            let from = edit.from.min(end);
            pieces.copy(at..from);
            pieces.write(match edit {
                Edit { from, to, line } if from < to => line,
                Edit { from, line, .. } if from < self.end => line + ",\n",
                Edit { line, .. } => format!(",\n{line}"),
            });
            at = edit.to.min(end);
        }
        pieces.copy(at..end);
        pieces.write(format!("\n{CLOSING}"));
        pieces
    }
}
