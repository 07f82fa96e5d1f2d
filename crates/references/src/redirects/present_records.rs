//! [`PresentRecords`]: the records of a commit, and where they lead.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use idhooks_core::registry::{
    Allocation, Id, Leaving, LeftPath, Origin, Registry, RepoPath, Status, key,
};

use super::redirect::{Destination, Tombstone};
use super::website::Website;

/// The records of a registry.
pub(super) struct PresentRecords<'a> {
    registry: &'a Registry,
    files: HashSet<&'a RepoPath>,
    by_id: HashMap<Id, &'a Allocation>,
    by_origin: HashMap<Origin, &'a Allocation>,
    /// The paths of active records.
    active: HashSet<&'a RepoPath>,
    holders: BTreeMap<Origin, Id>,
}

impl<'a> PresentRecords<'a> {
    pub(super) fn of(registry: &'a Registry, files: HashSet<&'a RepoPath>) -> Self {
        let records = || registry.allocations.iter();
        let mut by_id: HashMap<Id, &Allocation> = HashMap::new();
        let own = records().map(|record| (record.id, record));
        let aliases = records().flat_map(|r| r.aliases.iter().map(move |alias| (*alias, r)));
        // An identity that a record has counts more than a former one; among several, the senior
        // record's.
        for records in [own.collect::<Vec<_>>(), aliases.collect()] {
            let mut found: HashMap<Id, &Allocation> = HashMap::new();
            for (id, record) in records {
                let first = found.entry(id).or_insert(record);
                if record.seniority() < first.seniority() {
                    *first = record;
                }
            }
            for (id, record) in found {
                by_id.entry(id).or_insert(record);
            }
        }
        let by_origin = records().map(|record| (record.origin, record)).collect();
        let active = registry.active().map(|record| &record.path).collect();
        PresentRecords { registry, files, by_id, by_origin, active, holders: registry.shadowing() }
    }

    /// Returns all identities, also former ones, with their records.
    pub(super) fn by_id(&self) -> impl Iterator<Item = (Id, &'a Allocation)> {
        self.by_id.iter().map(|(id, record)| (*id, *record))
    }

    /// Returns the paths that files had before, when they left them, and their records.
    pub(super) fn former<'l>(
        &'l self,
        left: &'l [LeftPath],
    ) -> impl Iterator<Item = (&'l RepoPath, Leaving, &'a Allocation)> {
        // What a purge removed is not named again.
        let left = left.iter().filter_map(|LeftPath { path, origin, left }| {
            Some((path, *left, *self.by_origin.get(origin)?))
        });
        // The last path of a record counts even if no commit of this history had the file there.
        let retired = self.registry.allocations.iter().filter(|record| !record.is_active());
        left.chain(retired.map(|record| (&record.path, Leaving::UNKNOWN, record)))
    }

    /// Returns where a record leads, or the path of its file if that is not in the commit.
    pub(super) fn destination(
        &self,
        website: &Website<'_>,
        record: &Allocation,
    ) -> Result<Destination, RepoPath> {
        let last = self.last(record);
        let is_there = |last: &&Allocation| self.files.contains(&last.path);
        if let Some(lost) = last.filter(|last| last.is_active() && !is_there(last)) {
            return Err(lost.path.clone());
        }
        // A file whose identity is deprecated may stay, as long as no other takes its path.
        let is_own = |last: &&Allocation| last.is_active() || !self.active.contains(&last.path);
        let present = last.filter(is_there).filter(is_own);
        if let Some(page) = present.and_then(|present| website.address(&present.path)) {
            return Ok(Destination::Page(page));
        }
        let is_retired = present.is_none();
        let is_shown = is_retired && website.page(&record.path).is_some();
        let path = is_shown.then(|| record.path.clone());
        Ok(Destination::Gone(Tombstone { id: record.id, is_retired, path }))
    }

    /// Returns the record that a record leads to, through all that superseded it; `None` if that is
    /// a circle or leads to nothing.
    fn last<'r>(&'r self, mut record: &'r Allocation) -> Option<&'r Allocation> {
        let mut seen = BTreeSet::new();
        loop {
            let next = match record.status {
                // A shadowed record is one that another holds the path of.
                Status::Active => self.holders.get(&record.origin).copied(),
                // After a merge, a deprecated record may have a successor, too.
                _ => record.text(key::SUPERSEDED_BY).and_then(|id| id.parse().ok()),
            };
            let Some(next) = next else { return Some(record) };
            record = self.by_id.get(&next).filter(|_| seen.insert(next))?;
        }
    }
}
