//! Three versions of a registry, of which most records are the same in all.

use std::collections::{BTreeSet, HashSet};
use std::hash::BuildHasher;
use std::io::Read;

use foldhash::fast::RandomState;

use super::super::{Id, Origin, Pieces, Registry, RepoPath, Status};
use super::{Excerpt, Kept, Line, Mark, Reader, Record, Scan};

/// Excerpts of three versions with the records in which they differ, and what is to be known of
/// those that are the same in all.
#[derive(Debug)]
pub struct Lockstep {
    versions: [Excerpt; 3],
    rest: Rest,
}

/// What is known of the records that were not read.
#[derive(Debug, Default)]
struct Rest {
    /// Hashes of the active ones' paths …
    paths: Vec<u64>,
    /// … the origins of all …
    origins: Vec<Origin>,
    /// … and the identities they name.
    links: HashSet<Id>,
    hasher: RandomState,
}

impl Lockstep {
    /// Reads the records in which base, ours and theirs differ, and all whose form is not the
    /// plainest one; nothing where [`Excerpt::of`] would refuse one of the versions, or where
    /// records that are the same in all share an origin or, being active, a path.
    pub fn of(versions: [impl Read; 3]) -> Option<Self> {
        let [base, ours, theirs] = versions.map(Scan::begin);
        let mut scans = [base?, ours?, theirs?];
        let (mut rest, mut reader) = (Rest::default(), Reader::default());
        loop {
            let [base, ours, theirs] = scans.each_mut().map(next);
            let records = [base?, ours?, theirs?];
            let marks = records.map(|record| record.map(|record| record.mark));
            let Some(id) = marks.iter().flatten().map(|mark| mark.place.id).min() else { break };
            let marks = marks.map(|mark| mark.filter(|mark| mark.place.id == id));
            let kept = match common(records).and_then(|text| reader.read(id, text)) {
                Some(line) => {
                    rest.note(&line);
                    [const { None }; 3]
                }
                None => kept(&mut reader, records, marks)?,
            };
            for ((scan, kept), mark) in scans.iter_mut().zip(kept).zip(marks) {
                scan.excerpt.kept.extend(kept);
                if let Some(mark) = mark {
                    scan.step(mark)?;
                }
            }
        }
        let [base, ours, theirs] = scans.map(Scan::finish);
        let versions = [base?, ours?, theirs?];
        (!rest.has_twice()).then_some(Lockstep { versions, rest })
    }

    /// Returns the registries of base, ours and theirs with nothing but the records that were
    /// read.
    pub fn registries(&self) -> [Registry; 3] {
        [0, 1, 2].map(|n| self.versions[n].registry())
    }

    /// Returns whether an active record that was not read is at one of these paths; now and then
    /// also where there is none.
    pub fn has_path<'p>(&self, paths: impl Iterator<Item = &'p RepoPath>) -> bool {
        let hash = |path: &RepoPath| self.rest.hasher.hash_one(path.as_bytes());
        let paths: HashSet<&RepoPath> = paths.collect();
        paths.into_iter().any(|path| self.rest.paths.binary_search(&hash(path)).is_ok())
    }

    /// Returns whether a record that was not read has this origin.
    pub fn has_origin(&self, origin: Origin) -> bool {
        self.rest.origins.binary_search(&origin).is_ok()
    }

    /// Returns whether a record that was not read names one of these identities.
    pub fn links_to(&self, ids: &BTreeSet<Id>) -> bool {
        !self.rest.links.is_empty() && ids.iter().any(|id| self.rest.links.contains(id))
    }

    /// Returns the canonical text of the merge, made from ours, given what becomes of the
    /// records that were read.
    pub fn with(&self, merged: &Registry) -> Option<Pieces> {
        self.versions[1].with(merged)
    }
}

impl Rest {
    fn note(&mut self, line: &Line<'_>) {
        if line.status == Status::Active {
            self.paths.push(self.hasher.hash_one(line.path.as_bytes()));
        }
        self.origins.push(line.origin);
        self.links.extend(line.link.and_then(|link| link.parse::<Id>().ok()));
    }

    /// Puts it in order; returns whether a path or an origin is there twice.
    fn has_twice(&mut self) -> bool {
        self.paths.sort_unstable();
        self.origins.sort_unstable();
        self.paths.windows(2).any(|pair| pair[0] == pair[1])
            || self.origins.windows(2).any(|pair| pair[0] == pair[1])
    }
}

/// Returns the next record; none after the last.
#[expect(clippy::option_option, reason = "no text, or no record in it")]
fn next<R: Read>(scan: &mut Scan<R>) -> Option<Option<Record<'_>>> {
    if scan.is_over { Some(None) } else { Some(Some(scan.peek()?)) }
}

/// Returns the line of three records that are the same.
fn common(records: [Option<Record<'_>>; 3]) -> Option<&[u8]> {
    let [base, ours, theirs] = records.map(|record| record.map(|record| record.text));
    base.filter(|_| base == ours && base == theirs)
}

/// Reads the records whose turn it is.
fn kept(
    reader: &mut Reader,
    records: [Option<Record<'_>>; 3],
    marks: [Option<Mark>; 3],
) -> Option<[Option<Kept>; 3]> {
    let mut kept = [const { None }; 3];
    for ((kept, record), mark) in kept.iter_mut().zip(&records).zip(marks) {
        if let Some((record, mark)) = record.as_ref().zip(mark) {
            let is_plain = reader.read(mark.place.id, record.text).is_some();
            *kept = Some(Kept::read(record, is_plain)?);
        }
    }
    Some(kept)
}
