//! [`Successors`]: the records that identities lead to, through all that superseded them.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use idhooks_core::registry::{Allocation, Id, Origin, Registry, RepoPath, Status, key};

/// The records of a registry, and which one each of them leads to.
pub struct Successors<'a> {
    by_id: HashMap<Id, &'a Allocation>,
    /// The paths of active records.
    active: HashSet<&'a RepoPath>,
    /// The holders of shadowed records' paths.
    holders: BTreeMap<Origin, Id>,
}

impl<'a> Successors<'a> {
    /// Reads the records of a registry.
    pub fn of(registry: &'a Registry) -> Self {
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
        let active = registry.active().map(|record| &record.path).collect();
        Successors { by_id, active, holders: registry.shadowing() }
    }

    /// Returns all identities, also former ones, with their records.
    pub fn by_id(&self) -> impl Iterator<Item = (Id, &'a Allocation)> {
        self.by_id.iter().map(|(id, record)| (*id, *record))
    }

    /// Returns the record with an identity.
    pub fn find(&self, id: Id) -> Option<&'a Allocation> {
        self.by_id.get(&id).copied()
    }

    /// Returns the record that a record leads to, through all that superseded it; `None` if that is
    /// a circle or leads to nothing.
    pub fn last(&self, mut record: &'a Allocation) -> Option<&'a Allocation> {
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

    /// Returns the record whose file a record leads to, if that is there. A file whose identity is
    /// deprecated may stay, as long as no other takes its path.
    pub fn present(
        &self,
        record: &'a Allocation,
        is_there: &dyn Fn(&RepoPath) -> bool,
    ) -> Option<&'a Allocation> {
        let last = self.last(record).filter(|last| is_there(&last.path))?;
        (last.is_active() || !self.active.contains(&last.path)).then_some(last)
    }
}
