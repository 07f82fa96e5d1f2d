//! [`ThreeWay`]: reads three versions of a registry that share most records.

use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::io::{Read, Seek};

use foldhash::fast::RandomState;

use crate::registry::{Allocation, Id, Origin, Registry, RepoPath, Status, key};

use super::cursor::{KeptRecord, RegistryCursor};
use super::record_line::{self, LineReader};
use super::{PartialRegistry, Splice};

/// The records that differ between three versions of a registry, and hashes of the records that are
/// equal in all of them.
#[derive(Debug)]
pub struct ThreeWay {
    versions: [PartialRegistry; 3],
    rest: UnreadRecords,
}

/// Hashes, origins and identities of the records that were not read.
#[derive(Debug, Default)]
struct UnreadRecords {
    /// Hashes of active records' paths.
    paths: Vec<u64>,
    /// Hashes of active records' second identities.
    doc_ids: HashSet<u64>,
    /// The origins of all records.
    origins: Vec<Origin>,
    /// The identities that the records link to.
    links: HashSet<Id>,
    hasher: RandomState,
}

impl ThreeWay {
    /// Reads the records that differ between base, ours and theirs, and all records that do not
    /// have the plainest form. Returns `None` if [`PartialRegistry::of`] refuses one of the
    /// versions, or if records that are equal in all versions share an origin, or an active path.
    pub fn of(versions: [impl Read; 3]) -> Option<Self> {
        let [base, ours, theirs] = versions.map(RegistryCursor::begin);
        let mut scans = [base?, ours?, theirs?];
        let (mut rest, mut reader) = (UnreadRecords::default(), LineReader::default());
        let mut kept: [Vec<KeptRecord>; 3] = Default::default();
        while scans.iter().any(|scan| !scan.is_over) {
            if !rest.take(&mut scans, &mut reader)? {
                keep_next(&mut scans, &mut kept, &mut reader)?;
            }
        }
        let [base, ours, theirs] = scans.map(RegistryCursor::finish);
        let layouts = [base?, ours?, theirs?].into_iter().zip(kept);
        let versions = layouts.map(|(layout, kept)| PartialRegistry { layout, kept });
        let versions = versions.collect::<Vec<_>>().try_into().ok()?;
        (!rest.has_twice()).then_some(ThreeWay { versions, rest })
    }

    /// Returns the base, ours and theirs registries with only the records that were read.
    pub fn registries(&self) -> [Registry; 3] {
        [0, 1, 2].map(|n| self.versions[n].registry())
    }

    /// Returns whether an active record that was not read is at one of these paths. False positives
    /// are possible, but rare.
    pub fn has_path<'p>(&self, paths: impl Iterator<Item = &'p RepoPath>) -> bool {
        let hash = |path: &RepoPath| self.rest.hasher.hash_one(path.as_bytes());
        let paths: HashSet<&RepoPath> = paths.collect();
        paths.into_iter().any(|path| self.rest.paths.binary_search(&hash(path)).is_ok())
    }

    /// Returns whether an active record that was not read shares a second identity with one of
    /// these. False positives are possible, but rare.
    pub fn has_doc_id<'r>(&self, mut records: impl Iterator<Item = &'r Allocation>) -> bool {
        let hash = |record: &Allocation| Some(self.rest.hasher.hash_one(record.text(key::DOC_ID)?));
        !self.rest.doc_ids.is_empty()
            && records.any(|record| hash(record).is_some_and(|id| self.rest.doc_ids.contains(&id)))
    }

    /// Returns whether a record that was not read has this origin.
    pub fn has_origin(&self, origin: Origin) -> bool {
        self.rest.origins.binary_search(&origin).is_ok()
    }

    /// Returns whether a record that was not read links to one of these identities.
    pub fn links_to(&self, ids: &BTreeSet<Id>) -> bool {
        !self.rest.links.is_empty() && ids.iter().any(|id| self.rest.links.contains(id))
    }

    /// Reads the record with this identity from `ours`, if it was skipped; the text must not have
    /// changed. Also returns `None` if the record cannot be read.
    pub fn take_up(&mut self, ours: &mut (impl Read + Seek), id: Id) -> Option<Allocation> {
        self.versions[1].take_up(ours, id)
    }

    /// Returns whether a record that was not read has this identity.
    pub fn has_unread(&self, id: Id) -> bool {
        self.versions[1].has(id) && self.versions[1].kept(id).is_none()
    }

    /// Returns the canonical text of the merge, written as changes to ours, given the merged
    /// version of the records that were read.
    pub fn with(&self, merged: &Registry) -> Option<Splice> {
        self.versions[1].with(merged)
    }
}

impl UnreadRecords {
    /// Skips the next record if it is plain and equal in all versions; returns whether it was
    /// skipped.
    fn take<R: Read>(
        &mut self,
        scans: &mut [RegistryCursor<R>; 3],
        reader: &mut LineReader,
    ) -> Option<bool> {
        // A version that has already ended lacks the record.
        if scans.iter().any(|scan| scan.is_over) {
            return Some(false);
        }
        let [base, ours, theirs] = scans;
        let records = [base.peek()?, ours.peek()?, theirs.peek()?];
        let [base, ours, theirs] = records.map(|record| record.text);
        // Comparing three lines byte by byte is much cheaper than parsing one of them.
        if base != ours || base != theirs {
            return Some(false);
        }
        let id = record_line::id(base)?;
        let Some(line) = reader.read(id, base) else { return Some(false) };
        if line.status == Status::Active {
            self.paths.push(self.hasher.hash_one(line.path));
            self.doc_ids.extend(line.doc_id.map(|doc_id| self.hasher.hash_one(doc_id)));
        }
        self.origins.push(line.origin);
        self.links.extend(line.link.and_then(|link| link.parse::<Id>().ok()));
        let lines = records.map(|record| record.line);
        for (scan, line) in scans.iter_mut().zip(lines) {
            scan.step(id, line)?;
        }
        Some(true)
    }

    /// Sorts the hashes; returns whether any path or origin occurs twice.
    fn has_twice(&mut self) -> bool {
        self.paths.sort_unstable();
        self.origins.sort_unstable();
        self.paths.windows(2).any(|pair| pair[0] == pair[1])
            || self.origins.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// Finds the smallest identity that comes next in any version, and reads its record from each
/// version that has it.
fn keep_next<R: Read>(
    scans: &mut [RegistryCursor<R>; 3],
    kept: &mut [Vec<KeptRecord>; 3],
    reader: &mut LineReader,
) -> Option<()> {
    let mut next = None;
    for scan in scans.iter_mut().filter(|scan| !scan.is_over) {
        let id = record_line::id(scan.peek()?.text)?;
        // Each version is sorted by identity, so the smallest identity must come next.
        next = Some(next.map_or(id, |next: Id| next.min(id)));
    }
    for (scan, kept) in scans.iter_mut().zip(kept).filter(|(scan, _)| !scan.is_over) {
        let record = scan.peek()?;
        let (id, span) = (record_line::id(record.text)?, record.line);
        if Some(id) == next {
            let is_plain = reader.read(id, record.text).is_some();
            kept.push(KeptRecord::read(record.text, is_plain)?);
            scan.step(id, span)?;
        }
    }
    Some(())
}
