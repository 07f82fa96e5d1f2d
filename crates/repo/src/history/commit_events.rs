//! Lists the changes that each commit in a history makes to the registry. The result is the same in
//! every clone that has the history.

use std::collections::{BTreeMap, HashMap};
use std::rc::Rc;

use idhooks_core::registry::{Allocation, Entry, Origin, Registry};

use super::commit_history::{History, PastRegistry};
use super::commit_reader::CommitReader;
use crate::events::Edit;
use crate::git::{CommitId, Repo};
use crate::state::{StateError, Stored, if_readable};

/// The events of a single commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommitEvents {
    /// The commit.
    pub commit: CommitId,
    /// The author time, in seconds since the Unix epoch.
    pub author_time: i64,
    /// Everything that the commit did to the registry.
    pub events: Vec<Edit>,
}

impl History {
    /// Calls `report` with the events of every commit, parents first. A merge's events are only the
    /// changes that none of its parents have. `step` is called once per commit, with the total
    /// number of commits. Returns whether part of the history could not be read.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn events(
        &self,
        repo: &Repo,
        step: &mut dyn FnMut(usize),
        report: &mut dyn FnMut(&CommitEvents),
    ) -> Result<bool, StateError> {
        let (mut reader, mut has_gaps) = (CommitReader::new(repo), false);
        // Each commit's registry, or the last readable one in its history.
        let mut last: HashMap<usize, Entry> = HashMap::new();
        let visit = |last: &mut HashMap<usize, Entry>, place: usize| {
            let past = &self.commits[place];
            let before: Vec<Entry> =
                past.parents.iter().filter_map(|parent| last.get(parent).copied()).collect();
            let read = match past.registry {
                PastRegistry::Empty => Some((None, Vec::new())),
                PastRegistry::Unavailable => None,
                PastRegistry::Held(entry) => {
                    let events = events_since(&mut reader, &before, entry)?;
                    events.map(|events| (Some(entry), events))
                }
            };
            has_gaps |= read.is_none() || past.is_boundary;
            // An unreadable registry must not hide changes, so compare the next readable registry
            // with the last one before it.
            let (own, events) = read.unwrap_or((before.first().copied(), Vec::new()));
            // The first commits in a shallow clone have nothing to be compared with, so all their
            // records would look new.
            if !events.is_empty() && !past.is_boundary {
                report(&CommitEvents { commit: past.id, author_time: past.author_time, events });
            }
            last.extend(own.map(|entry| (place, entry)));
            step(self.len());
            Ok::<(), StateError>(())
        };
        let forget = |last: &mut HashMap<usize, Entry>, place| {
            last.remove(&place);
        };
        self.fold(&mut last, visit, forget)?;
        Ok(has_gaps)
    }
}

/// Returns the changes between the parents' registries and the commit's own registry, or `None` if
/// the latter cannot be read.
fn events_since(
    reader: &mut CommitReader<'_>,
    parents: &[Entry],
    own: Entry,
) -> Result<Option<Vec<Edit>>, StateError> {
    // A merge that takes a parent's registry unchanged has no events of its own.
    if parents.contains(&own) {
        return Ok(Some(Vec::new()));
    }
    let Some(after) = if_readable(reader.registry(own))? else { return Ok(None) };
    let before = parents.iter().map(|entry| reader.registry(*entry));
    let before: Vec<Rc<Stored>> = before.collect::<Result<_, _>>()?;
    Ok(Some(events_between(&before, &after.registry)))
}

fn events_between(parents: &[Rc<Stored>], after: &Registry) -> Vec<Edit> {
    let before = match parents {
        [] => Registry::new(after.scope),
        // Records written by another program have no origins, so they take the origins of the
        // matching records.
        [only] => only.registry.with_origins_of(Some(after)).into_owned(),
        several => merged_view(several, after),
    };
    Edit::all_between(&before, after)
}

/// Combines the registries of a merge's parents into one. If a parent's record is the same as the
/// merge's, that version is used; otherwise, the version in the first parent that has the record is
/// used.
fn merged_view(parents: &[Rc<Stored>], after: &Registry) -> Registry {
    let mut joined = Registry::new(after.scope);
    let now = after.by_origin();
    let mut records: BTreeMap<Origin, Allocation> = BTreeMap::new();
    for parent in parents {
        let parent = parent.registry.with_origins_of(Some(after));
        for record in &parent.allocations {
            // A change that a parent already has is that parent's event, not the merge's.
            let is_unchanged = now.get(&record.origin).is_some_and(|now| *now == record);
            if is_unchanged || !records.contains_key(&record.origin) {
                records.insert(record.origin, record.clone());
            }
        }
        for (counter, held) in &parent.counters {
            let all = joined.counters.entry(*counter).or_default();
            all.reserved.extend(&held.reserved);
        }
    }
    joined.allocations = records.into_values().collect();
    joined
}
