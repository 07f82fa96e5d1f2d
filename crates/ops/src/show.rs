//! Looks up one record, at present or in the past.

use std::{ffi::OsString, path::Path};

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::is_own;
use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::state::{CommitState, look_up};

use super::{
    AtCommit, FoundNote, FoundRecord, HERE, LookUpError, NotRegular, Observer, OpsError, Past,
    Purpose, Revision, Searched, TypedId, TypedSubject, WithoutIdentity, advice, by_doc_id, by_id,
    by_path, read_history, repo_path,
};

/// Which record to show.
#[derive(Debug)]
pub struct ShowOptions {
    /// A path, an identity or its first digits, or a second identity.
    pub subject: OsString,
    /// Where to look up the record.
    pub revision: Revision,
    /// A revision or a date: shows the record as it was then and ignores [`Self::revision`].
    pub at: Option<String>,
}

/// A record, and how it was found.
#[derive(Debug)]
pub struct ShownRecord {
    /// The record.
    pub record: Allocation,
    /// The identity that now holds the record's path, if another one does.
    pub holder: Option<Id>,
    /// How the record was found.
    pub notes: Vec<FoundNote>,
    /// The past commit, if one was named.
    pub at: Option<AtCommit>,
}

impl ShownRecord {
    fn new(registry: &Registry, found: FoundRecord<'_>, at: Option<AtCommit>) -> Self {
        let holder = registry.shadowing().get(&found.record.origin).copied();
        ShownRecord { record: found.record.into_owned(), holder, notes: found.notes, at }
    }
}

/// Looks up a record.
///
/// With [`ShowOptions::at`], a record is also found by its current identity or path. An identity is
/// first looked up in the current state, a path in the past state.
///
/// # Errors
/// Returns an error if the argument names no record, or if the registry cannot be read.
pub fn show(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ShowOptions,
) -> Result<ShownRecord, OpsError> {
    let ShowOptions { subject, revision, at } = options;
    let Some(at) = at else {
        // Reading a large registry is slow, and most lookups need a single record.
        if let Some(record) = look_up_quickly(repo, options) {
            return Ok(ShownRecord { record, holder: None, notes: Vec::new(), at: None });
        }
        let view = revision.view(repo)?;
        let registry = &revision.registry(repo, &view)?.registry;
        let place = Searched::Revision(revision.clone());
        let lookup = Lookup { repo, subject, view: &view, registry, place, present: None };
        return Ok(ShownRecord::new(registry, lookup.find(observer)?, None));
    };
    let at = AtCommit::find(repo, at)?;
    let then = CommitState::of_commit(repo, at.commit)?;
    if !then.is_adopted() {
        return Err(LookUpError::NotAdoptedThen(at).into());
    }
    let registry = &Revision::named(at.commit.short()).registry(repo, &then)?.registry;
    let now = repo.head()?.map(|head| CommitState::of_commit(repo, head)).transpose()?;
    let place = Searched::At(at.clone());
    let lookup = Lookup { repo, subject, view: &then, registry, place, present: now.as_ref() };
    let mut found = lookup.find(observer)?;
    found.notes.extend((at.excluded > 0).then_some(FoundNote::Excluded(at.excluded)));
    Ok(ShownRecord::new(registry, found, Some(at)))
}

/// Looks up a record in the index by its exact path or full identity, which needs no note.
fn look_up_quickly(repo: &Repo, options: &ShowOptions) -> Option<Allocation> {
    if !options.revision.is_index() {
        return None;
    }
    let path = repo_path(repo, Path::new(HERE), Path::new(&options.subject)).ok();
    let id = TypedId::of(&options.subject).and_then(|id| id.full());
    // The full search will report unreadable registries.
    look_up(repo, path.as_ref(), id).ok()?
}

/// The registries in which a record is looked up.
struct Lookup<'l> {
    repo: &'l Repo,
    subject: &'l OsString,
    view: &'l CommitState,
    registry: &'l Registry,
    place: Searched,
    /// The current state, if the other state is from the past.
    present: Option<&'l CommitState>,
}

impl<'l> Lookup<'l> {
    fn find(&self, observer: &mut dyn Observer) -> Result<FoundRecord<'l>, OpsError> {
        let Lookup { repo, subject, view, registry, .. } = *self;
        let present = self.present.and_then(|now| Some((&now.stored()?.registry, now)));
        let path = repo_path(repo, Path::new(HERE), Path::new(subject));
        let exists = |path: &RepoPath| view.has_file(path);
        let registries: Vec<&Registry> =
            std::iter::once(registry).chain(present.map(|(registry, _)| registry)).collect();
        let path = match TypedSubject::of(subject, path, exists, Purpose::Read, &registries)? {
            TypedSubject::Path(path) => path,
            TypedSubject::Id(id) => {
                let now = present.and_then(|(registry, _)| by_id(registry, id));
                return self.find_id(id, now.as_ref());
            }
        };
        let now = present.and_then(|(registry, now)| {
            by_path(registry, |path| now.has_file(path), &path)
                .or_else(|| by_doc_id(registry, subject))
        });
        if let Some(mut found) = by_path(registry, exists, &path) {
            let other = now.filter(|now| now.record.origin != found.record.origin);
            let also = other.map(|now| format!("'{path}' now has {}", now.record.id));
            found.notes.extend(also.map(FoundNote::History));
            return Ok(found);
        }
        let same = now.as_ref().and_then(|now| same_record(registry, &now.record));
        let found = same.map(|record| {
            let was = format!("'{path}' was '{}' then", record.path);
            FoundRecord::new(record, Some(FoundNote::History(was)))
        });
        if let Some(found) = found.or_else(|| by_doc_id(registry, subject)) {
            return Ok(found);
        }
        let (tip, when) = match &self.place {
            Searched::At(at) => (Some(at.commit), "then"),
            Searched::Revision(revision) => (revision.tip(repo)?, "now"),
            Searched::History(_) => (None, "now"),
        };
        // If the path has no file, look for the record that previously had the path.
        if let Some(tip) = tip.filter(|_| !view.has_file(&path) && !is_own(&path)) {
            let history = read_history(observer, repo, tip)?;
            let past = Past { repo, history: &history, registry }.by_path(observer, &path, when)?;
            // A record that is no longer in the registry is of no use to the user.
            if let Some(found) = past.filter(|found| found.current().is_some()) {
                return Ok(found);
            }
        }
        let why = without_identity(repo, view, registry, &path);
        let (typed, place) = (subject.clone(), self.place.clone());
        Err(LookUpError::NoIdentity { path, typed, place, why }.into())
    }

    /// Finds the record for an identity; `now` is the record that currently has it.
    fn find_id(&self, id: Id, now: Option<&FoundRecord<'_>>) -> Result<FoundRecord<'l>, OpsError> {
        let same = now.and_then(|now| same_record(self.registry, &now.record));
        let found = same.map(|record| {
            let was = (record.id != id).then(|| format!("{id} was {} then", record.id));
            FoundRecord::new(record, was.map(FoundNote::History))
        });
        let place = self.place.clone();
        let error = LookUpError::NoRecord { id, place, is_present: now.is_some() };
        Ok(found.or_else(|| by_id(self.registry, id)).ok_or(error)?)
    }
}

/// Explains why a path has no identity; if the file exists, the explanation comes from a check's
/// finding.
fn without_identity(
    repo: &Repo,
    view: &CommitState,
    registry: &Registry,
    path: &RepoPath,
) -> WithoutIdentity {
    if let Some(what) = NotRegular::find(&view.tree, path) {
        return WithoutIdentity::NotRegular(what);
    }
    // The command must not fail just because the explanation is missing.
    let findings = || view.check(repo, &view.config(repo).ok()?).ok();
    let is_it = |f: &Finding| f.code == Code::MissingId && f.path.as_ref() == Some(path);
    let is_there = view.has_file(path) && !is_own(path);
    match is_there.then(findings).flatten().and_then(|all| all.into_iter().find(is_it)) {
        Some(finding) => WithoutIdentity::Finding(Box::new(finding)),
        None => WithoutIdentity::Unknown(advice(repo, registry, path)),
    }
}

/// Finds the same record in another registry.
fn same_record<'a>(registry: &'a Registry, record: &Allocation) -> Option<&'a Allocation> {
    // A registry written by another program has no origins.
    let stands_in = |r: &Allocation| r.origin_is_derived && record.answers_to(r.id);
    registry.allocations.iter().find(|r| r.origin == record.origin || stands_in(r))
}

#[cfg(test)]
mod tests;
