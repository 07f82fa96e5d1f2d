//! The life of an identity, as the registries of a history tell it.
//!
//! Every fact is told once, at the commit where it first came in, on whichever branch that was.
//! A merge is told of only where it says something that none of its parents says, or gives up
//! what a branch said meanwhile.

mod facts;
mod past;

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::git::{CommitId, Repo};
use crate::registry::{Allocation, BlobId, Entry, Id, Origin, Registry, RepoPath};

use crate::state::StateError;
pub use facts::Happening;
use facts::{Aspect, RecordFacts};
pub use past::History;
use past::PastRegistry;

/// Something that happened to a record, and the commit that brought it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LifeEvent {
    /// The commit whose registry says so first.
    pub commit: CommitId,
    /// What happened.
    pub what: Happening,
    /// The identity since then.
    pub id: Id,
    /// The path since then.
    pub path: RepoPath,
}

/// Returns what happened to a record in a history, the oldest first; `step` is called with each
/// commit.
///
/// # Errors
/// Objects that cannot be read. A registry that cannot be read tells nothing.
pub fn life(
    repo: &Repo,
    history: &History,
    record: &Allocation,
    step: &mut dyn FnMut(),
) -> Result<Vec<LifeEvent>, StateError> {
    let mut reader = RecordReader::of(repo, record);
    let mut teller = Teller { history, known: Vec::new(), told: Vec::new() };
    for (place, past) in history.commits.iter().enumerate() {
        let said = match past.registry {
            PastRegistry::Held(entry) => reader.read(entry)?,
            PastRegistry::Empty => StoredRecord::NoRecord,
            PastRegistry::NotAtHand => StoredRecord::Nothing,
        };
        let state = teller.advance(place, &said);
        teller.known.push(state);
        step();
    }
    let event = |(place, what, facts): (usize, Happening, Rc<RecordFacts>)| LifeEvent {
        commit: history.commits[place].id,
        what,
        id: facts.id,
        path: facts.path.clone(),
    };
    Ok(teller.told.into_iter().map(event).collect())
}

/// What a registry says of the record.
#[derive(Debug, Clone)]
enum StoredRecord {
    /// Nothing: it cannot be read.
    Nothing,
    /// That there is none.
    NoRecord,
    /// These facts.
    Facts(Rc<RecordFacts>),
}

/// Reads the record from registries, each blob once, and parses one only if the line of the
/// record is another one than before.
struct RecordReader<'a> {
    repo: &'a Repo,
    origin: Origin,
    /// The identities under which a record that was read without an origin is the same one.
    ids: BTreeSet<Id>,
    by_blob: BTreeMap<BlobId, StoredRecord>,
    by_line: BTreeMap<String, StoredRecord>,
}

impl<'a> RecordReader<'a> {
    fn of(repo: &'a Repo, record: &Allocation) -> Self {
        let ids = record.aliases.iter().copied().chain([record.id, record.claim]).collect();
        let (by_blob, by_line) = (BTreeMap::new(), BTreeMap::new());
        RecordReader { repo, origin: record.origin, ids, by_blob, by_line }
    }

    fn read(&mut self, entry: Entry) -> Result<StoredRecord, StateError> {
        if !entry.mode.is_file() {
            return Ok(StoredRecord::Nothing);
        }
        if let Some(said) = self.by_blob.get(&entry.blob) {
            return Ok(said.clone());
        }
        let bytes = self.repo.blob(entry.blob)?;
        let line = std::str::from_utf8(&bytes).ok().and_then(|text| line(text, self.origin));
        let said = match line.and_then(|line| self.by_line.get(line)) {
            Some(said) => said.clone(),
            None => self.parse(&bytes),
        };
        if let (Some(line), StoredRecord::Facts(_)) = (line, &said) {
            self.by_line.insert(line.to_owned(), said.clone());
        }
        self.by_blob.insert(entry.blob, said.clone());
        Ok(said)
    }

    fn parse(&self, bytes: &[u8]) -> StoredRecord {
        let Ok(registry) = Registry::parse(bytes) else { return StoredRecord::Nothing };
        let records = &registry.allocations;
        let same = records.iter().find(|record| record.origin == self.origin);
        let stand_in = || {
            let known = |record: &&Allocation| self.ids.contains(&record.id);
            records.iter().filter(|record| record.origin_is_derived).find(known)
        };
        match same.or_else(stand_in) {
            None => StoredRecord::NoRecord,
            Some(record) => {
                let holder = registry.shadowing().get(&record.origin).copied();
                StoredRecord::Facts(Rc::new(RecordFacts::of(record, holder)))
            }
        }
    }
}

/// Returns the line that is the record, where the text has it as the canonical form does.
pub(super) fn line(text: &str, origin: Origin) -> Option<&str> {
    let at = text.find(&format!("\"origin\":\"{origin}\""))?;
    let start = text[..at].rfind('\n')? + 1;
    let end = at + text[at..].find('\n')?;
    let line = text[start..end].trim_end_matches(',');
    (line.starts_with("{\"id\":\"") && line.ends_with('}')).then_some(line)
}

/// What is known of the record at a commit.
#[derive(Debug, Clone)]
struct KnownRecord {
    facts: Rc<RecordFacts>,
    /// The commits where each aspect became what it is.
    since: [usize; Aspect::ALL.len()],
}

/// Tells what happens from commit to commit.
struct Teller<'a> {
    history: &'a History,
    /// What is known at each commit so far.
    known: Vec<Option<KnownRecord>>,
    told: Vec<(usize, Happening, Rc<RecordFacts>)>,
}

impl Teller<'_> {
    /// Returns what is known at a commit, and tells what it brings.
    fn advance(&mut self, place: usize, said: &StoredRecord) -> Option<KnownRecord> {
        let parents: Vec<(usize, KnownRecord)> = self.history.commits[place]
            .parents
            .iter()
            .filter_map(|parent| Some((*parent, self.known[*parent].clone()?)))
            .collect();
        let Some((_, first)) = parents.first() else {
            return self.begin(place, said);
        };
        let facts = match said {
            StoredRecord::Nothing => return Some(first.clone()),
            StoredRecord::NoRecord => Rc::new(first.facts.lost()),
            StoredRecord::Facts(facts) => facts.clone(),
        };
        let mut since = [place; Aspect::ALL.len()];
        for (aspect, since) in Aspect::ALL.into_iter().zip(&mut since) {
            if !facts.is_there && aspect != Aspect::Presence {
                *since = first.since[aspect as usize];
                continue;
            }
            let agreeing = parents.iter().find(|(_, known)| known.facts.agrees(&facts, aspect));
            let from = match agreeing {
                None => Some(self.last_word(&parents, aspect)),
                Some((parent, known)) => {
                    *since = known.since[aspect as usize];
                    self.given_up(&parents, *parent, &facts, aspect)
                }
            };
            if let Some(before) = from {
                *since = place;
                for what in facts.since(before, aspect) {
                    self.tell(place, what, &facts);
                }
            }
        }
        Some(KnownRecord { facts, since })
    }

    /// Returns what the parents say of an aspect: of several the one that no other knew of.
    fn last_word<'p>(
        &self,
        parents: &'p [(usize, KnownRecord)],
        aspect: Aspect,
    ) -> &'p Rc<RecordFacts> {
        let is_old = |known: &KnownRecord| {
            let others = parents.iter().filter(|(_, o)| !o.facts.agrees(&known.facts, aspect));
            let since = known.since[aspect as usize];
            others.into_iter().any(|(other, _)| self.history.leads(since, *other))
        };
        let last = parents.iter().find(|(_, known)| !is_old(known));
        &last.unwrap_or(&parents[0]).1.facts
    }

    /// Returns what another parent says of an aspect and the merge gives up, though `agreeing`,
    /// whose word is taken, did not know of it.
    fn given_up<'p>(
        &self,
        parents: &'p [(usize, KnownRecord)],
        agreeing: usize,
        facts: &RecordFacts,
        aspect: Aspect,
    ) -> Option<&'p Rc<RecordFacts>> {
        let others = parents.iter().filter(|(_, known)| !known.facts.agrees(facts, aspect));
        let mut unknown =
            others.filter(|(_, known)| !self.history.leads(known.since[aspect as usize], agreeing));
        unknown.next().map(|(_, known)| &known.facts)
    }

    fn begin(&mut self, place: usize, said: &StoredRecord) -> Option<KnownRecord> {
        let StoredRecord::Facts(facts) = said else { return None };
        let mut birth = facts.birth();
        if self.history.begins_at(place) {
            birth[0] = Happening::AtHand;
        }
        for what in birth {
            self.tell(place, what, facts);
        }
        Some(KnownRecord { facts: facts.clone(), since: [place; Aspect::ALL.len()] })
    }

    /// Tells something, unless another branch told the same before.
    fn tell(&mut self, place: usize, what: Happening, facts: &Rc<RecordFacts>) {
        let same = |(_, known, then): &&(usize, Happening, Rc<RecordFacts>)| {
            *known == what && then.id == facts.id && then.path == facts.path
        };
        let mut earlier = self.told.iter().filter(same);
        let is_known =
            earlier.any(|(then, ..)| *then != place && !self.history.leads(*then, place));
        if !is_known {
            self.told.push((place, what, facts.clone()));
        }
    }
}
