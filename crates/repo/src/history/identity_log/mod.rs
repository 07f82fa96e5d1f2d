//! An identity's log, compiled from the registries in a history.
//!
//! Every change is reported once, at the commit that introduced it, on whichever branch that was. A
//! merge is reported only if it makes a change that none of its parents have, or discards a
//! branch's change.

mod record_facts;

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use idhooks_core::registry::{Allocation, BlobId, Entry, Id, Origin, Registry, RepoPath};

use crate::git::{CommitId, Repo};
use crate::state::StateError;

use super::commit_history::{History, PastRegistry};
pub use record_facts::IdentityEvent;
use record_facts::{Aspect, RecordFacts};

/// An event in a record's history, and the commit that introduced it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdentityLogEntry {
    /// The first commit that contains the change.
    pub commit: CommitId,
    /// The event.
    pub what: IdentityEvent,
    /// The identity after the event.
    pub id: Id,
    /// The path after the event.
    pub path: RepoPath,
}

/// Returns the events for a record in a history, oldest first. `step` is called for each commit.
///
/// # Errors
/// Returns an error if objects cannot be read. A registry that cannot be read is skipped.
pub fn identity_log(
    repo: &Repo,
    history: &History,
    record: &Allocation,
    step: &mut dyn FnMut(),
) -> Result<Vec<IdentityLogEntry>, StateError> {
    let mut reader = RecordReader::of(repo, record);
    let mut builder = LogBuilder { history, states: HashMap::new(), entries: Vec::new() };
    let visit = |builder: &mut LogBuilder<'_>, place: usize| {
        let stored = match history.commits[place].registry {
            PastRegistry::Held(entry) => reader.read(entry)?,
            PastRegistry::Empty => StoredRecord::Absent,
            PastRegistry::Unavailable => StoredRecord::Unreadable,
        };
        let state = builder.advance(place, &stored);
        builder.states.extend(state.map(|state| (place, state)));
        step();
        Ok::<(), StateError>(())
    };
    history.fold(&mut builder, visit, |builder, place| drop(builder.states.remove(&place)))?;
    let event = |(place, what, facts): (usize, IdentityEvent, Rc<RecordFacts>)| IdentityLogEntry {
        commit: history.commits[place].id,
        what,
        id: facts.id,
        path: facts.path.clone(),
    };
    Ok(builder.entries.into_iter().map(event).collect())
}

/// The state of the record in a single registry.
#[derive(Debug, Clone)]
enum StoredRecord {
    /// The registry cannot be read.
    Unreadable,
    /// The registry does not have the record.
    Absent,
    /// The facts about the record.
    Facts(Rc<RecordFacts>),
}

/// Reads the record from registries. Each blob is read only once, and a registry is parsed only if
/// the record's line is new.
pub(super) struct RecordReader<'a> {
    repo: &'a Repo,
    origin: Origin,
    /// The identities that the record is recognized by in registries without origins.
    ids: BTreeSet<Id>,
    by_blob: BTreeMap<BlobId, StoredRecord>,
    by_line: BTreeMap<String, StoredRecord>,
}

impl<'a> RecordReader<'a> {
    pub(super) fn of(repo: &'a Repo, record: &Allocation) -> Self {
        let ids = record.aliases.iter().copied().chain([record.id, record.claim]).collect();
        let (by_blob, by_line) = (BTreeMap::new(), BTreeMap::new());
        RecordReader { repo, origin: record.origin, ids, by_blob, by_line }
    }

    /// Returns the path that the record has in a registry, if it can be read and has the record.
    pub(super) fn path_in(&mut self, registry: Entry) -> Option<RepoPath> {
        match self.read(registry) {
            Ok(StoredRecord::Facts(facts)) => Some(facts.path.clone()),
            Ok(StoredRecord::Absent | StoredRecord::Unreadable) | Err(_) => None,
        }
    }

    fn read(&mut self, entry: Entry) -> Result<StoredRecord, StateError> {
        // A symlink or submodule in place of the registry is a fault in that commit, not the end of
        // the record.
        if !entry.mode.is_file() {
            return Ok(StoredRecord::Unreadable);
        }
        if let Some(stored) = self.by_blob.get(&entry.blob) {
            return Ok(stored.clone());
        }
        let bytes = self.repo.blob(entry.blob)?;
        let line = std::str::from_utf8(&bytes).ok().and_then(|text| record_line(text, self.origin));
        let stored = match line.and_then(|line| self.by_line.get(line)) {
            Some(stored) => stored.clone(),
            None => self.parse(&bytes),
        };
        if let (Some(line), StoredRecord::Facts(_)) = (line, &stored) {
            self.by_line.insert(line.to_owned(), stored.clone());
        }
        self.by_blob.insert(entry.blob, stored.clone());
        Ok(stored)
    }

    fn parse(&self, bytes: &[u8]) -> StoredRecord {
        let Ok(registry) = Registry::parse(bytes) else { return StoredRecord::Unreadable };
        let records = &registry.allocations;
        let same = records.iter().find(|record| record.origin == self.origin);
        let stand_in = || {
            let is_same = |record: &&Allocation| self.ids.contains(&record.id);
            // Only records with derived origins are considered: a record with its own origin is a
            // different allocation, even if its number is the same.
            records.iter().filter(|record| record.origin_is_derived).find(is_same)
        };
        match same.or_else(stand_in) {
            None => StoredRecord::Absent,
            Some(record) => {
                let holder = registry.shadowing().get(&record.origin).copied();
                StoredRecord::Facts(Rc::new(RecordFacts::of(record, holder)))
            }
        }
    }
}

/// Returns the record's line, if the text is in canonical form.
pub(super) fn record_line(text: &str, origin: Origin) -> Option<&str> {
    // Only in the canonical form is each record on a line of its own. In other forms, a line proves
    // nothing.
    let at = text.find(&format!("\"origin\":\"{origin}\""))?;
    let start = text[..at].rfind('\n')? + 1;
    let end = at + text[at..].find('\n')?;
    let line = text[start..end].trim_end_matches(',');
    (line.starts_with("{\"id\":\"") && line.ends_with('}')).then_some(line)
}

/// The state of the record at a commit.
#[derive(Debug, Clone)]
struct RecordAtCommit {
    facts: Rc<RecordFacts>,
    /// The commit in which each aspect got its current value.
    since: [usize; Aspect::ALL.len()],
}

/// Builds the log, commit by commit.
struct LogBuilder<'a> {
    history: &'a History,
    /// The states at commits whose children have not all been visited yet.
    states: HashMap<usize, RecordAtCommit>,
    entries: Vec<(usize, IdentityEvent, Rc<RecordFacts>)>,
}

impl LogBuilder<'_> {
    /// Returns the state at a commit, and adds the commit's events to the log.
    fn advance(&mut self, place: usize, stored: &StoredRecord) -> Option<RecordAtCommit> {
        let parents = self.history.commits[place].parents.iter();
        let parents =
            parents.filter_map(|parent| Some((*parent, self.states.get(parent)?.clone())));
        let parents: Vec<(usize, RecordAtCommit)> = parents.collect();
        let Some((_, first)) = parents.first() else {
            return self.begin(place, stored);
        };
        let facts = match stored {
            StoredRecord::Unreadable => return Some(first.clone()),
            StoredRecord::Absent => Rc::new(first.facts.lost()),
            StoredRecord::Facts(facts) => facts.clone(),
        };
        let mut since = [place; Aspect::ALL.len()];
        for (aspect, since) in Aspect::ALL.into_iter().zip(&mut since) {
            if !facts.is_present && aspect != Aspect::Presence {
                // The other aspects of a missing record are unknown. Keep the commits in which they
                // were set, in case the record comes back.
                *since = first.since[aspect as usize];
                continue;
            }
            let agreeing = parents.iter().find(|(_, state)| state.facts.agrees(&facts, aspect));
            let from = match agreeing {
                None => Some(self.latest_facts(&parents, aspect)),
                Some((parent, state)) => {
                    *since = state.since[aspect as usize];
                    self.discarded_facts(&parents, *parent, &facts, aspect)
                }
            };
            if let Some(before) = from {
                *since = place;
                for what in facts.since(before, aspect) {
                    self.add(place, what, &facts);
                }
            }
        }
        Some(RecordAtCommit { facts, since })
    }

    /// Returns the parents' facts about an aspect. If the parents differ, returns the facts whose
    /// value no other parent has had before.
    fn latest_facts<'p>(
        &self,
        parents: &'p [(usize, RecordAtCommit)],
        aspect: Aspect,
    ) -> &'p Rc<RecordFacts> {
        let is_old = |state: &RecordAtCommit| {
            let others = parents.iter().filter(|(_, o)| !o.facts.agrees(&state.facts, aspect));
            let since = state.since[aspect as usize];
            others.into_iter().any(|(other, _)| self.history.is_ancestor(since, *other))
        };
        // If another parent once had this parent's value, this parent is out of date, and the merge
        // replaces the newer value.
        let last = parents.iter().find(|(_, state)| !is_old(state));
        &last.unwrap_or(&parents[0]).1.facts
    }

    /// Returns the facts about an aspect that a merge discards: facts from another parent that
    /// `agreeing`, the parent the merge follows, has never had.
    fn discarded_facts<'p>(
        &self,
        parents: &'p [(usize, RecordAtCommit)],
        agreeing: usize,
        facts: &RecordFacts,
        aspect: Aspect,
    ) -> Option<&'p Rc<RecordFacts>> {
        let others = parents.iter().filter(|(_, state)| !state.facts.agrees(facts, aspect));
        let mut unknown = others
            .filter(|(_, state)| !self.history.is_ancestor(state.since[aspect as usize], agreeing));
        unknown.next().map(|(_, state)| &state.facts)
    }

    fn begin(&mut self, place: usize, stored: &StoredRecord) -> Option<RecordAtCommit> {
        let StoredRecord::Facts(facts) = stored else { return None };
        let mut initial = facts.initial_events();
        // The first commit in a shallow clone contains records that earlier commits allocated.
        if self.history.begins_at(place) {
            initial[0] = IdentityEvent::Initialized;
        }
        for what in initial {
            self.add(place, what, facts);
        }
        Some(RecordAtCommit { facts: facts.clone(), since: [place; Aspect::ALL.len()] })
    }

    /// Adds an event, unless another branch has already added it.
    fn add(&mut self, place: usize, what: IdentityEvent, facts: &Rc<RecordFacts>) {
        let same = |(_, event, then): &&(usize, IdentityEvent, Rc<RecordFacts>)| {
            *event == what && then.id == facts.id && then.path == facts.path
        };
        let mut earlier = self.entries.iter().filter(same);
        // If two branches healed the same commits, both recorded the event, but it is still only
        // one event.
        let is_reported =
            earlier.any(|(then, ..)| *then != place && !self.history.is_ancestor(*then, place));
        if !is_reported {
            self.entries.push((place, what, facts.clone()));
        }
    }
}
