//! Finds a record by its identity, path or second identity, in a registry or in a history.

use std::fmt::{self, Display};
use std::{borrow::Cow, collections::BTreeMap, ffi::OsStr, str::FromStr};

use crate::{FoundNote, Observer, OpsError, PathAdvice, PathError, Progress, SubjectError};
use idhooks_core::config::is_own;
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath, TextError, key};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::History;

use super::suggestion::nearest;

/// A record, with notes if it was found indirectly.
#[derive(Debug, PartialEq)]
pub struct FoundRecord<'a> {
    /// The record in the registry or, if it is no longer there, its last version in a history.
    pub record: Cow<'a, Allocation>,
    /// The notes, in the order they are shown.
    pub notes: Vec<FoundNote>,
}

impl<'a> FoundRecord<'a> {
    /// Returns a record from the registry.
    pub fn new(record: &'a Allocation, note: Option<FoundNote>) -> Self {
        FoundRecord { record: Cow::Borrowed(record), notes: note.into_iter().collect() }
    }

    /// Returns the record if it is still in the registry.
    pub fn current(&self) -> Option<&'a Allocation> {
        match self.record {
            Cow::Borrowed(record) => Some(record),
            Cow::Owned(_) => None,
        }
    }
}

/// The reason for looking up an identity, which decides how many digits are enough.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    /// To read.
    Read = 4,
    /// To change something.
    Change = 8,
}

/// An identity as typed: all 16 digits, or the first few.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TypedId(String);

impl FromStr for TypedId {
    type Err = TextError;
    fn from_str(text: &str) -> Result<Self, TextError> {
        let is_short = (1..Id::DIGITS).contains(&text.len());
        if !(is_short && text.bytes().all(|byte| byte.is_ascii_digit())) {
            text.parse::<Id>()?;
        }
        Ok(TypedId(text.to_owned()))
    }
}

impl fmt::Display for TypedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl From<Id> for TypedId {
    fn from(id: Id) -> Self {
        TypedId(id.to_string())
    }
}

impl TypedId {
    /// Parses an argument; returns `None` if the argument can only be a path or a second identity.
    /// An identity may be copied from a reference, as `idhooks:<ID>`.
    pub fn of(subject: &OsStr) -> Option<Self> {
        let subject = subject.to_str()?;
        subject.strip_prefix("idhooks:").unwrap_or(subject).parse().ok()
    }

    /// Returns the identity if all of its digits were typed.
    pub fn full(&self) -> Option<Id> {
        self.0.parse().ok()
    }

    /// Returns the typed identity if it is complete; otherwise, returns the only one of
    /// `candidates` that begins with the typed digits, if any. Each candidate comes with a
    /// description.
    ///
    /// # Errors
    /// Returns an error if there are too few digits, or if several candidates begin with them.
    pub fn resolve<T: Display>(
        &self,
        purpose: Purpose,
        candidates: impl IntoIterator<Item = (Id, T)>,
    ) -> Result<Option<Id>, SubjectError> {
        if let Some(id) = self.full() {
            return Ok(Some(id));
        }
        let (digits, least) = (&self.0, purpose as usize);
        // Too few digits match too many records, including records created later.
        if digits.len() < least {
            return Err(SubjectError::TooShort { digits: digits.clone(), least });
        }
        // Comparing numbers avoids formatting every record in a large registry.
        let unit = 10_u64.pow((Id::DIGITS - digits.len()) as u32);
        let begins = |id: Id| digits.parse() == Ok(id.number() / unit);
        let found: BTreeMap<Id, T> = candidates.into_iter().filter(|(id, _)| begins(*id)).collect();
        if found.len() > 1 {
            let listed =
                found.iter().map(|(id, what)| format!("{id} {what}").trim_end().to_owned());
            let (digits, candidates) = (digits.clone(), listed.collect());
            return Err(SubjectError::Ambiguous { digits, candidates });
        }
        Ok(found.into_keys().next())
    }

    /// Like [`Self::resolve`], with the identities in registries as candidates; aliases and claims
    /// count only if no current identity begins with the digits.
    ///
    /// # Errors
    /// Returns the errors from [`Self::resolve`].
    pub fn resolve_in<'r>(
        &self,
        purpose: Purpose,
        registries: &[&'r Registry],
    ) -> Result<Option<Id>, SubjectError> {
        let records = || registries.iter().flat_map(|registry| &registry.allocations);
        // Former identities matter only if no current identity matches.
        let current = self.resolve(purpose, records().map(|record| (record.id, &record.path)))?;
        if current.is_some() {
            return Ok(current);
        }
        let others =
            |r: &'r Allocation| r.aliases.iter().chain([&r.claim]).map(move |id| (*id, &r.path));
        self.resolve(purpose, records().flat_map(others))
    }
}

/// What an argument that may be an identity or a path refers to.
#[derive(Debug, PartialEq)]
pub enum TypedSubject {
    /// An identity.
    Id(Id),
    /// A path, or a second identity.
    Path(RepoPath),
}

impl TypedSubject {
    /// Decides what the argument `typed` refers to; `path` is the same argument as a path. Tries,
    /// in order: an existing file, a complete identity, a path or second identity in the
    /// registries, and the first digits of an identity.
    ///
    /// # Errors
    /// Returns the errors from [`TypedId::resolve`], and the error in `path` if the argument can
    /// only be a path.
    pub fn of(
        typed: &OsStr,
        path: Result<RepoPath, PathError>,
        exists: impl Fn(&RepoPath) -> bool,
        purpose: Purpose,
        registries: &[&Registry],
    ) -> Result<Self, SubjectError> {
        let Some(id) = TypedId::of(typed) else { return Ok(TypedSubject::Path(path?)) };
        // A file's name may consist of digits; if a file with that name exists, the argument refers
        // to it.
        if let Ok(path) = &path
            && exists(path)
        {
            return Ok(TypedSubject::Path(path.clone()));
        }
        if let Some(id) = id.full() {
            return Ok(TypedSubject::Id(id));
        }
        let is_named = |registry: &&Registry| {
            let mut records = registry.allocations.iter();
            let has_path = records.any(|r| path.as_ref().is_ok_and(|path| r.path == *path));
            has_path || by_doc_id(registry, typed).is_some()
        };
        if registries.iter().any(is_named) {
            return Ok(TypedSubject::Path(path?));
        }
        match id.resolve_in(purpose, registries)? {
            Some(id) => Ok(TypedSubject::Id(id)),
            None => Ok(TypedSubject::Path(path?)),
        }
    }
}

/// Finds the record for an identity: among current identities, then aliases, then claims.
pub fn by_id(registry: &Registry, id: Id) -> Option<FoundRecord<'_>> {
    let records = &registry.allocations;
    if let Some(record) = records.iter().find(|record| record.id == id) {
        let others = records.iter().filter(|r| r.aliases.contains(&id) || r.claim == id);
        let others: Vec<Id> = others.filter(|r| r.id != id).map(|r| r.id).collect();
        let has_others = !others.is_empty();
        let note = has_others.then_some(FoundNote::AlsoAllocated(id, others));
        return Some(FoundRecord::new(record, note));
    }
    let alias = records.iter().find(|r| r.aliases.contains(&id));
    let claim = || records.iter().find(|r| r.claim == id);
    // In a collision, the identity that a record claimed went to another record, whereas an alias
    // still belongs to its record.
    let record = alias.or_else(claim)?;
    let note = if alias.is_some() { FoundNote::Alias } else { FoundNote::Claim };
    Some(FoundRecord::new(record, Some(note(id, record.id))))
}

/// Finds the record that holds a path or, if no record does, the last record that held it.
pub fn by_path<'a>(
    registry: &'a Registry,
    has_file: impl Fn(&RepoPath) -> bool,
    path: &RepoPath,
) -> Option<FoundRecord<'a>> {
    let holders = registry.holders(&has_file);
    if let Some(record) = holders.get(path).filter(|r| r.is_active() || has_file(path)) {
        let note = (!has_file(path)).then(|| FoundNote::NoFile(path.clone()));
        return Some(FoundRecord::new(record, note));
    }
    let former = registry.allocations.iter().filter(|record| record.path == *path);
    // If several records held the path, the one deprecated last is chosen.
    let record =
        former.max_by_key(|r| (r.text(key::DEPRECATED_AT).unwrap_or(""), r.seniority()))?;
    let note = FoundNote::Former(path.clone(), record.status);
    Some(FoundRecord::new(record, Some(note)))
}

/// Finds the record with a second identity; active records take precedence.
pub fn by_doc_id<'a>(registry: &'a Registry, subject: &OsStr) -> Option<FoundRecord<'a>> {
    let name = subject.to_str()?;
    let matching = registry.allocations.iter().filter(|r| r.text(key::DOC_ID) == Some(name));
    let record = matching.min_by_key(|r| (!r.is_active(), r.shadowed, r.seniority()))?;
    Some(FoundRecord::new(record, None))
}

/// Finds the record that the user named by the first digits of its identity or alias, or by its
/// second identity, and returns its identity.
///
/// # Errors
/// Returns the errors from [`TypedId::resolve`], and an error if the argument names no record.
pub fn id_of(registry: &Registry, typed: &OsStr) -> Result<Id, SubjectError> {
    let found = match TypedId::of(typed) {
        Some(id) => id.resolve_in(Purpose::Read, &[registry])?.and_then(|id| by_id(registry, id)),
        None => by_doc_id(registry, typed),
    };
    let id = found.map(|found| found.record.id);
    id.ok_or_else(|| SubjectError::NoRecord(typed.to_string_lossy().into_owned()))
}

/// Returns what a path that never had an identity probably means: one of idhooks' own files, a
/// typo, or a new file.
pub fn advice(repo: &Repo, registry: &Registry, path: &RepoPath) -> PathAdvice {
    if is_own(path) {
        return PathAdvice::OwnFile;
    }
    let paths = registry.allocations.iter().map(|record| record.path.to_string());
    nearest(&path.to_string(), paths).map_or(PathAdvice::NewFile, PathAdvice::near(repo))
}

/// Reads a commit's history.
pub fn read_history(
    observer: &mut dyn Observer,
    repo: &Repo,
    tip: CommitId,
) -> Result<History, OpsError> {
    let read = History::of(repo, tip, &mut |total| observer.progress(Progress::ReadHistory(total)));
    observer.progress(Progress::Done);
    Ok(read?)
}

/// The registries in a history, and the registry at the end of the history.
pub struct Past<'h, 'a> {
    /// The repository.
    pub repo: &'h Repo,
    /// The history.
    pub history: &'h History,
    /// The registry at the end of the history.
    pub registry: &'a Registry,
}

impl<'a> Past<'_, 'a> {
    /// Finds the last record that had a path; `when` is 'now' or 'then', and tells the user which
    /// point in time the registry is from.
    pub fn by_path(
        &self,
        observer: &mut dyn Observer,
        path: &RepoPath,
        when: &str,
    ) -> Result<Option<FoundRecord<'a>>, OpsError> {
        // Searches for the path as it is written in the registry.
        let word = serde_json::to_string(path).unwrap_or_default();
        let records = self.search(observer, &word, &|record| record.path == *path)?;
        Ok(self.choose(records, &format!("'{path}'"), |id, now| {
            let former = format!("'{path}' is a former path of {id}");
            match now {
                Some(now) => format!("{former}, {when} '{}'", now.path),
                None => format!("{former}, of which the registry has no record {when}"),
            }
        }))
    }

    /// Finds the last record that had or claimed an identity.
    pub fn by_id(
        &self,
        observer: &mut dyn Observer,
        id: Id,
    ) -> Result<Option<FoundRecord<'a>>, OpsError> {
        let has_id = |record: &Allocation| record.answers_to(id) || record.claim == id;
        let records = self.search(observer, &id.to_string(), &has_id)?;
        Ok(self.choose(records, &id.to_string(), |last, now| match now {
            Some(now) => format!("{id} was {last}, now '{}'", now.path),
            None => format!("{id} was {last}, of which the registry has no record now"),
        }))
    }

    /// Searches all registries.
    fn search(
        &self,
        observer: &mut dyn Observer,
        word: &str,
        fits: &dyn Fn(&Allocation) -> bool,
    ) -> Result<Vec<Allocation>, OpsError> {
        let total = self.history.len();
        let step = &mut || observer.progress(Progress::SearchHistory(total));
        let found = self.history.search(self.repo, word, fits, step);
        observer.progress(Progress::Done);
        Ok(found?)
    }

    /// Chooses the last record that had `what`, and adds a note about the other records.
    fn choose(
        &self,
        records: Vec<Allocation>,
        what: &str,
        note: impl Fn(Id, Option<&Allocation>) -> String,
    ) -> Option<FoundRecord<'a>> {
        let registry = self.registry;
        let now = |then: Allocation| {
            let now = registry.allocations.iter().find(|now| now.origin == then.origin);
            now.map_or(Cow::Owned(then), Cow::Borrowed)
        };
        let mut records = records.into_iter().map(now);
        let mut found = FoundRecord { record: records.next()?, notes: Vec::new() };
        found.notes.push(FoundNote::History(note(found.record.id, found.current())));
        let others: Vec<String> = records.map(|record| record.id.to_string()).collect();
        if !others.is_empty() {
            let before = format!("before that {what} was {}", others.join(", "));
            found.notes.push(FoundNote::History(before));
        }
        Some(found)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::registry::Status;

    const REGISTRY: &str = r#"{"schema_version":"1.0","scope":"260118","allocations":[
        {"id":"0110000001260118","file_path":"a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"aliases":["0110000002260118","0110000009260118"]}},
        {"id":"0110000002260118","file_path":"b.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"claim":"0110000008260118"}},
        {"id":"0110000003260118","file_path":"c.md","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated","metadata":{"deprecated_reason":"deleted","deprecated_at":"2026-01-19T22:00:00Z"}},
        {"id":"0110000004260118","file_path":"c.md","allocated_at":"2026-01-18T23:00:00Z","status":"deprecated","metadata":{"deprecated_reason":"deleted","deprecated_at":"2026-01-20T22:00:00Z"}}]}"#;

    fn registry() -> Registry {
        Registry::parse(REGISTRY.as_bytes()).expect("valid")
    }

    fn described(found: Option<FoundRecord<'_>>) -> Option<(String, Vec<FoundNote>)> {
        found.map(|found| (found.record.path.to_string(), found.notes))
    }

    #[test]
    fn a_current_holder_comes_before_an_alias_and_an_alias_before_a_claim() {
        let registry = registry();
        let find = |id: &str| described(by_id(&registry, id.parse().expect("valid")));
        let id = |number: u64| format!("011000000{number}260118").parse().expect("valid");
        let also = FoundNote::AlsoAllocated(id(2), vec![id(1)]);
        let (alias, claim) = (FoundNote::Alias(id(9), id(1)), FoundNote::Claim(id(8), id(2)));
        assert_eq!(find("0110000001260118"), Some(("a.md".into(), vec![])));
        assert_eq!(find("0110000002260118"), Some(("b.md".into(), vec![also])));
        assert_eq!(find("0110000009260118"), Some(("a.md".into(), vec![alias])));
        assert_eq!(find("0110000008260118"), Some(("b.md".into(), vec![claim])));
        assert_eq!(find("0110000007260118"), None);
    }

    #[test]
    fn a_path_that_is_gone_shows_its_last_record() {
        let registry = registry();
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        let find = |text: &str| by_path(&registry, |file| *file == path("a.md"), &path(text));
        assert_eq!(described(find("a.md")), Some(("a.md".into(), vec![])));
        assert_eq!(find("b.md").expect("found").notes, [FoundNote::NoFile(path("b.md"))]);
        let gone = find("c.md").expect("found");
        assert_eq!(gone.record.id.to_string(), "0110000004260118");
        assert_eq!(gone.notes, [FoundNote::Former(path("c.md"), Status::Deprecated)]);
        assert_eq!(find("d.md"), None);
    }
}
