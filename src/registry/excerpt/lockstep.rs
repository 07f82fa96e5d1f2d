//! Three versions of a registry, of which most records are the same in all.

use std::collections::{BTreeSet, HashSet};
use std::hash::{BuildHasher, RandomState};

use super::super::{Id, Origin, Registry, RepoPath, Status};
use super::{Excerpt, Line, Pieces, line};

/// Excerpts of three versions with the records in which they differ, and what is to be known of
/// those that are the same in all.
#[derive(Debug)]
pub struct Lockstep<'a> {
    versions: [Excerpt<'a>; 3],
    /// Of the records that were not read: hashes of the active ones' paths …
    paths: Vec<u64>,
    /// … the origins of all …
    origins: Vec<u64>,
    /// … and the identities they name.
    links: HashSet<&'a str>,
    hasher: RandomState,
}

impl<'a> Lockstep<'a> {
    /// Reads the records in which base, ours and theirs differ, and all whose form is not the
    /// plainest one; nothing where [`Excerpt::of`] would refuse one of the versions, or where
    /// records that are the same in all share an origin or, being active, a path.
    pub fn of(versions: [&'a [u8]; 3]) -> Option<Self> {
        let [base, ours, theirs] = versions.map(Excerpt::begin);
        let mut lockstep = Lockstep {
            versions: [base?, ours?, theirs?],
            paths: Vec::new(),
            origins: Vec::new(),
            links: HashSet::new(),
            hasher: RandomState::new(),
        };
        let mut at = [0, 1, 2].map(|n| lockstep.versions[n].body.start);
        let mut before = "";
        loop {
            let ids = [0, 1, 2].map(|n| lockstep.versions[n].id_at(at[n]));
            let Some(id) = ids.into_iter().flatten().min() else { break };
            // In each version by itself they ascend then, too.
            if id <= before {
                return None;
            }
            before = id;
            match lockstep.common(at).filter(|_| ids.iter().all(|other| *other == Some(id))) {
                Some(line) => {
                    lockstep.note(&line)?;
                    for (at, version) in at.iter_mut().zip(&lockstep.versions) {
                        *at = version.after(*at, line.length)?;
                    }
                }
                None => {
                    for n in (0..3).filter(|n| ids[*n] == Some(id)) {
                        let version = &mut lockstep.versions[n];
                        let line = line::read(version.rest(at[n]));
                        at[n] = version.keep(at[n], line.as_ref())?;
                    }
                }
            }
        }
        let is_whole = at.iter().zip(&lockstep.versions).all(|(at, v)| *at == v.body.end);
        let is_twice = |numbers: &mut Vec<u64>| {
            numbers.sort_unstable();
            numbers.windows(2).any(|pair| pair[0] == pair[1])
        };
        let twice = is_twice(&mut lockstep.origins) || is_twice(&mut lockstep.paths);
        (is_whole && !twice).then_some(lockstep)
    }

    /// Returns the line at these places if it is the same in all versions.
    fn common(&self, at: [usize; 3]) -> Option<Line<'a>> {
        let [base, ours, theirs] = [0, 1, 2].map(|n| self.versions[n].rest(at[n]));
        let line = line::read(base)?;
        let text = &base.as_bytes()[..line.length];
        let same = |other: &str| other.as_bytes().get(..line.length) == Some(text);
        (same(ours) && same(theirs)).then_some(line)
    }

    fn note(&mut self, line: &Line<'a>) -> Option<()> {
        if line.status == Status::Active {
            self.paths.push(self.hasher.hash_one(line.path.as_bytes()));
        }
        self.origins.push(u64::from_str_radix(line.origin, 16).ok()?);
        self.links.extend(line.link);
        Some(())
    }

    /// Returns the registries of base, ours and theirs with nothing but the records that were
    /// read.
    pub fn registries(&self) -> [Registry; 3] {
        [0, 1, 2].map(|n| self.versions[n].registry())
    }

    /// Returns whether an active record that was not read is at one of these paths; now and then
    /// also where there is none.
    pub fn has_path<'p>(&self, paths: impl Iterator<Item = &'p RepoPath>) -> bool {
        let wanted: HashSet<u64> =
            paths.map(|path| self.hasher.hash_one(path.as_bytes())).collect();
        !wanted.is_empty() && self.paths.iter().any(|hash| wanted.contains(hash))
    }

    /// Returns whether a record that was not read has this origin.
    pub fn has_origin(&self, origin: Origin) -> bool {
        let number = u64::from_str_radix(&origin.to_string(), 16);
        number.is_ok_and(|number| self.origins.binary_search(&number).is_ok())
    }

    /// Returns whether a record that was not read names one of these identities.
    pub fn links_to(&self, ids: &BTreeSet<Id>) -> bool {
        !self.links.is_empty() && ids.iter().any(|id| self.links.contains(id.to_string().as_str()))
    }

    /// Returns the canonical text of the merge, given what becomes of the records that were read.
    pub fn with(&self, merged: &Registry) -> Option<Pieces<'a>> {
        self.versions[1].with(merged)
    }
}
