//! [`Lockstep`] reads three versions of a registry that share most records.

use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::io::{Read, Seek};

use foldhash::fast::RandomState;

use super::super::{Allocation, Id, Origin, Pieces, Registry, RepoPath, Status};
use super::{Excerpt, KeptRecord, LineReader, RecordLine, RegistryCursor, line};

/// Excerpts of three versions with the records in which they differ, and hashes of the records that
/// are equal in all.
#[derive(Debug)]
pub struct Lockstep {
    versions: [Excerpt; 3],
    rest: UnreadRecords,
}

/// Hashes, origins and identities of the records that were not read.
#[derive(Debug, Default)]
struct UnreadRecords {
    /// Hashes of the paths of active records.
    paths: Vec<u64>,
    /// The origins of all records.
    origins: Vec<Origin>,
    /// The identities to which they link.
    links: HashSet<Id>,
    hasher: RandomState,
}

impl Lockstep {
    /// Reads the records in which base, ours and theirs differ, and all that do not have the
    /// plainest form; `None` if [`Excerpt::of`] refuses one of the versions, or if records that are
    /// equal in all share an origin or, if active, a path.
    pub fn of(versions: [impl Read; 3]) -> Option<Self> {
        let [base, ours, theirs] = versions.map(RegistryCursor::begin);
        let mut scans = [base?, ours?, theirs?];
        let (mut rest, mut reader) = (UnreadRecords::default(), LineReader::default());
        while scans.iter().any(|scan| !scan.is_over) {
            if rest.take(&mut scans, &mut reader)?.is_none() {
                keep_next(&mut scans, &mut reader)?;
            }
        }
        let [base, ours, theirs] = scans.map(RegistryCursor::finish);
        let versions = [base?, ours?, theirs?];
        (!rest.has_twice()).then_some(Lockstep { versions, rest })
    }

    /// Returns the registries of base, ours and theirs with only the records that were read.
    pub fn registries(&self) -> [Registry; 3] {
        [0, 1, 2].map(|n| self.versions[n].registry())
    }

    /// Returns whether an active record that was not read is at one of these paths; rarely, also if
    /// there is none.
    pub fn has_path<'p>(&self, paths: impl Iterator<Item = &'p RepoPath>) -> bool {
        let hash = |path: &RepoPath| self.rest.hasher.hash_one(path.as_bytes());
        let paths: HashSet<&RepoPath> = paths.collect();
        paths.into_iter().any(|path| self.rest.paths.binary_search(&hash(path)).is_ok())
    }

    /// Returns whether a record that was not read has this origin.
    pub fn has_origin(&self, origin: Origin) -> bool {
        self.rest.origins.binary_search(&origin).is_ok()
    }

    /// Returns whether a record that was not read links to one of these identities.
    pub fn links_to(&self, ids: &BTreeSet<Id>) -> bool {
        !self.rest.links.is_empty() && ids.iter().any(|id| self.rest.links.contains(id))
    }

    /// Reads the record with this identity from `ours`, if it was skipped; the text must be the
    /// same as before. Also returns `None` if the record cannot be read.
    pub fn take_up(&mut self, ours: &mut (impl Read + Seek), id: Id) -> Option<Allocation> {
        self.versions[1].take_up(ours, id)
    }

    /// Returns the canonical text of the merge, made from ours, given the merged version of the
    /// records that were read.
    pub fn with(&self, merged: &Registry) -> Option<Pieces> {
        self.versions[1].with(merged)
    }
}

impl UnreadRecords {
    /// Skips the next record if it is plain and equal in all versions.
    #[expect(clippy::option_option, reason = "no text, or no such record in it")]
    fn take<R: Read>(
        &mut self,
        scans: &mut [RegistryCursor<R>; 3],
        reader: &mut LineReader,
    ) -> Option<Option<()>> {
        if scans.iter().any(|scan| scan.is_over) {
            return Some(None);
        }
        let [base, ours, theirs] = scans;
        let records = [base.peek()?, ours.peek()?, theirs.peek()?];
        let [base, ours, theirs] = records.map(|record| record.text);
        if base != ours || base != theirs {
            return Some(None);
        }
        let id = line::id(base)?;
        let Some(line) = reader.read(id, base) else { return Some(None) };
        self.note(&line);
        let marks = records.map(|record| record.mark);
        for (scan, mark) in scans.iter_mut().zip(marks) {
            scan.step(id, mark)?;
        }
        Some(Some(()))
    }

    fn note(&mut self, line: &RecordLine<'_>) {
        if line.status == Status::Active {
            self.paths.push(self.hasher.hash_one(line.path));
        }
        self.origins.push(line.origin);
        self.links.extend(line.link.and_then(|link| link.parse::<Id>().ok()));
    }

    /// Sorts the hashes; returns whether a path or an origin occurs twice.
    fn has_twice(&mut self) -> bool {
        self.paths.sort_unstable();
        self.origins.sort_unstable();
        self.paths.windows(2).any(|pair| pair[0] == pair[1])
            || self.origins.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// Reads the records with the next identity, in the versions that have one.
fn keep_next<R: Read>(scans: &mut [RegistryCursor<R>; 3], reader: &mut LineReader) -> Option<()> {
    let mut next = None;
    for scan in scans.iter_mut().filter(|scan| !scan.is_over) {
        let id = line::id(scan.peek()?.text)?;
        next = Some(next.map_or(id, |next: Id| next.min(id)));
    }
    for scan in scans.iter_mut().filter(|scan| !scan.is_over) {
        let record = scan.peek()?;
        let (id, mark) = (line::id(record.text)?, record.mark);
        if Some(id) == next {
            let is_plain = reader.read(id, record.text).is_some();
            let kept = KeptRecord::read(&record, is_plain)?;
            scan.excerpt.kept.push(kept);
            scan.step(id, mark)?;
        }
    }
    Some(())
}
