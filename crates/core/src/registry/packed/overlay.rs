//! Writes changed records back into the text.

use std::collections::BTreeMap;

use super::cursor::{KeptRecord, SEPARATOR};
use super::{PartialRegistry, Splice};
use crate::registry::format::{CLOSING, format_record};
use crate::registry::{Allocation, Id, Registry};

/// An edit at a line of the text; edits of one line are applied in this order.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum SpliceEdit {
    /// Inserts this before the line.
    Insert(String),
    /// Replaces the line by this, or removes it.
    Replace(Option<String>),
}

impl PartialRegistry {
    /// Returns the canonical text of the whole registry with the records that were read replaced by
    /// those of `after`, which may have more; `None` if it lacks one of them, has two with one
    /// identity, or one with the identity of a record that was not read.
    pub fn with(&self, after: &Registry) -> Option<Splice> {
        let holders = after.shadowing();
        let mut records: BTreeMap<Id, &Allocation> =
            after.allocations.iter().map(|record| (record.id, record)).collect();
        if records.len() != after.allocations.len() {
            return None;
        }
        let format =
            |record: &Allocation| format_record(record, holders.get(&record.origin).copied());
        let mut edits = Vec::new();
        let mut replaced_ids = Vec::new();
        for KeptRecord { text, record } in &self.kept {
            let n = self.layout.line_of(record.id)?;
            if records.get(&record.id).is_some_and(|now| now.origin == record.origin) {
                let line = format(records.remove(&record.id)?);
                if line != *text {
                    edits.push((n, SpliceEdit::Replace(Some(line))));
                }
            } else {
                // It must exist with another identity, and only once.
                let is_it = |now: &&Allocation| {
                    let other = self.kept(now.id);
                    now.origin == record.origin
                        && other.is_none_or(|other| other.record.origin != now.origin)
                };
                after.allocations.iter().find(is_it)?;
                replaced_ids.push(record.id);
                edits.push((n, SpliceEdit::Replace(None)));
            }
        }
        for record in records.into_values() {
            let n = self.layout.spans.partition_point(|span| span.id < record.id);
            let is_held = self.layout.spans.get(n).is_some_and(|span| span.id == record.id);
            if is_held && replaced_ids.binary_search(&record.id).is_err() {
                return None;
            }
            edits.push((n, SpliceEdit::Insert(format(record))));
        }
        // A line begins with its identity, so sorting the insertions before one line works too.
        edits.sort_unstable();
        self.spliced(after, edits)
    }

    /// Returns the text after these edits; `None` if no record is left.
    fn spliced(&self, after: &Registry, edits: Vec<(usize, SpliceEdit)>) -> Option<Splice> {
        let mut head = after.head().format();
        head.truncate(head.len() - CLOSING.len());
        let mut pieces = Splice::default();
        pieces.write(head);
        let mut separator = "";
        let mut separate = |pieces: &mut Splice| {
            pieces.write(separator.to_owned());
            separator = SEPARATOR;
        };
        let mut next = 0;
        for (n, edit) in edits {
            if next < n {
                separate(&mut pieces);
                pieces.copy(self.layout.text_of(next..n));
                next = n;
            }
            next += usize::from(matches!(edit, SpliceEdit::Replace(_)));
            if let SpliceEdit::Insert(line) | SpliceEdit::Replace(Some(line)) = edit {
                separate(&mut pieces);
                pieces.write(line);
            }
        }
        if next < self.layout.spans.len() {
            separate(&mut pieces);
            pieces.copy(self.layout.text_of(next..self.layout.spans.len()));
        }
        pieces.write(format!("\n{CLOSING}"));
        (!separator.is_empty()).then_some(pieces)
    }
}
