//! [`PartialRegistry`]: some records of a registry in canonical form, and the positions of all.

use std::io::{Read, Seek, SeekFrom};

use super::cursor::{KeptRecord, RecordSpan, RegistryCursor, RegistryLayout};
use super::line::{self, LineReader, RecordLine};
use crate::registry::parse::parse_record;
use crate::registry::{Allocation, CounterKey, Id, Registry};

/// Some records of a registry, and the positions of all.
#[derive(Debug, Clone)]
pub struct PartialRegistry {
    pub(super) layout: RegistryLayout,
    /// The records that were read, in order of their identities.
    pub(super) kept: Vec<KeptRecord>,
}

impl PartialRegistry {
    /// Reads the records that are `wanted`, and all that do not have the plainest form, such as
    /// every record with a claim or aliases.
    ///
    /// Returns `None` if the text cannot be read or is not a registry in canonical form, has no
    /// record, or has one that is written as shadowed. It does not detect two active records with
    /// one path that are not written as shadowed, as a merge without the driver may leave them.
    pub fn of(text: impl Read, mut wanted: impl FnMut(&RecordLine<'_>) -> bool) -> Option<Self> {
        let (mut scan, mut reader) = (RegistryCursor::begin(text)?, LineReader::default());
        let mut kept = Vec::new();
        while !scan.is_over {
            let record = scan.peek()?;
            let (id, span) = (line::id(record.text)?, record.line);
            match reader.read(id, record.text) {
                Some(line) if !wanted(&line) => {}
                line => kept.push(KeptRecord::read(&record, line.is_some())?),
            }
            scan.step(id, span)?;
        }
        Some(PartialRegistry { layout: scan.finish()?, kept })
    }

    /// Returns the registry without the records.
    pub fn head(&self) -> Registry {
        self.layout.head.clone()
    }

    /// Returns the registry with only the records that were read.
    pub fn registry(&self) -> Registry {
        let allocations = self.kept.iter().map(|kept| kept.record.clone()).collect();
        Registry { allocations, ..self.layout.head.clone() }
    }

    /// Returns whether some record, read or not, has this identity.
    pub fn has(&self, id: Id) -> bool {
        self.layout.line_of(id).is_some()
    }

    /// Reads the record with this identity from the same text, if it was skipped. Also returns
    /// `None` if the record cannot be read.
    pub(super) fn take_up(
        &mut self,
        source: &mut (impl Read + Seek),
        id: Id,
    ) -> Option<Allocation> {
        let n = self.layout.line_of(id)?;
        let place = self.kept.binary_search_by_key(&id, |kept| kept.record.id).err()?;
        let lines = self.layout.text_of(n..n + 1);
        let mut text = vec![0; usize::try_from(lines.end - lines.start).ok()?];
        source.seek(SeekFrom::Start(lines.start)).ok()?;
        source.read_exact(&mut text).ok()?;
        let text = String::from_utf8(text).ok()?;
        let record = parse_record(&text).filter(|record| record.id == id)?;
        self.kept.insert(place, KeptRecord { text, record: record.clone() });
        Some(record)
    }

    /// Returns the highest sequence of a counter that a record, read or not, has and claims; 0 if
    /// there is none.
    pub fn highest(&self, counter: CounterKey) -> u32 {
        let wanted = (counter.type_code, counter.namespace);
        let group = |span: &RecordSpan| (span.id.type_code(), span.id.namespace());
        let spans = &self.layout.spans;
        let end = spans.partition_point(|span| group(span) <= wanted);
        let below = spans[..end].iter().rev().take_while(|span| group(span) == wanted);
        let mut own = below.filter(|span| span.id.scope() == counter.scope);
        let is_displaced = |id: Id| self.kept(id).is_some_and(|kept| kept.record.claim != id);
        let highest = own.find(|span| !is_displaced(span.id));
        highest.map_or(0, |span| span.id.sequence().get())
    }

    /// Returns the record with this identity, if it was read.
    pub(super) fn kept(&self, id: Id) -> Option<&KeptRecord> {
        let found = self.kept.binary_search_by_key(&id, |kept| kept.record.id);
        found.ok().map(|n| &self.kept[n])
    }
}

#[cfg(test)]
#[path = "partial_tests.rs"]
mod tests;
