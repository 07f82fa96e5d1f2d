//! An identity's life: its paths and statuses, by commit.

use std::{ffi::OsString, path::Path};

use idhooks_core::registry::{Allocation, Id, Registry, RepoPath};
use idhooks_repo::git::{Commit, Repo};
use idhooks_repo::history::{IdentityEvent, IdentityLogEntry, identity_log};
use idhooks_repo::state::CommitState;

use super::{
    FoundNote, FoundRecord, HERE, LookUpError, NotRegular, Observer, OpsError, Past, Progress,
    Purpose, Revision, Searched, TypedSubject, WithoutIdentity, advice, by_doc_id, by_id, by_path,
    find_commit, read_history, repo_path,
};

/// Which history to list.
#[derive(Debug)]
pub struct LogOptions {
    /// A path, an identity or its first digits, or a second identity; it may be current or former.
    pub subject: OsString,
    /// The commit to start from instead of HEAD.
    pub rev: Option<String>,
    /// The maximum number of events to list; the newest events are kept.
    pub max_count: Option<usize>,
    /// Whether to list the oldest event first.
    pub is_reversed: bool,
}

/// An identity's life.
#[derive(Debug)]
pub struct LoggedIdentity {
    /// The record.
    pub record: Allocation,
    /// How the identity was found.
    pub notes: Vec<FoundNote>,
    /// The identity's events.
    pub events: Vec<LoggedEvent>,
    /// Whether this clone lacks parts of the history.
    pub is_incomplete: bool,
}

/// An event in an identity's life.
#[derive(Debug)]
pub struct LoggedEvent {
    /// The event.
    pub entry: IdentityLogEntry,
    /// The commit that introduced the event.
    pub commit: Commit,
    /// The current identity of the record that previously had the path, if there is one.
    pub previous: Option<Id>,
}

impl LoggedEvent {
    /// Returns the details of the event: the identity and the path, or what they were before.
    pub fn detail(&self) -> String {
        let LoggedEvent { entry, previous, .. } = self;
        let IdentityLogEntry { what, id, path, .. } = entry;
        let by = |by: &Option<String>| by.clone().unwrap_or_else(|| "another identity".to_owned());
        match what {
            IdentityEvent::Allocated { copied_from: None } => format!("{id} to {path}"),
            IdentityEvent::Allocated { copied_from: Some(source) } => {
                format!("{id} to {path}, a copy of {source}")
            }
            IdentityEvent::Initialized => {
                format!("{id} of {path}; earlier history is not in this clone")
            }
            IdentityEvent::IdReassigned { from } => format!("{from} -> {id}"),
            IdentityEvent::Aliased { id } => format!("also {id}"),
            IdentityEvent::Renamed { from } => format!("{from} -> {path}"),
            IdentityEvent::Deprecated { reason: None } => path.to_string(),
            IdentityEvent::Deprecated { reason: Some(reason) } => format!("{path} ({reason})"),
            IdentityEvent::Superseded { by: other } => format!("{path}, by {}", by(other)),
            IdentityEvent::Shadowed { by: other } => format!("{} holds {path}", by(other)),
            IdentityEvent::PathReassigned { from } => {
                let from =
                    previous.map_or_else(|| format!("the origin {from}"), |id| id.to_string());
                format!("{path}, previously of {from}")
            }
            IdentityEvent::Revived | IdentityEvent::Purged | IdentityEvent::Restored => {
                path.to_string()
            }
            IdentityEvent::Lost => format!("{path}; the registry has no record of it"),
        }
    }
}

/// Lists an identity's events.
///
/// # Errors
/// Returns an error if the argument names no record, or if the history cannot be read.
pub fn log(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &LogOptions,
) -> Result<LoggedIdentity, OpsError> {
    let rev = options.rev.as_deref().unwrap_or("HEAD");
    if options.rev.is_none() && repo.head()?.is_none() {
        return Err(LookUpError::NoCommitYet { can_name_other: true }.into());
    }
    let tip = find_commit(repo, rev)?;
    let view = CommitState::of_commit(repo, tip)?;
    let registry = &Revision::named(rev).registry(repo, &view)?.registry;
    let history = read_history(observer, repo, tip)?;
    let past = Past { repo, history: &history, registry };
    let found = find(observer, &view, &past, &options.subject, rev)?;
    let total = history.len();
    let step = &mut || observer.progress(Progress::ReadRegistries(total));
    let entries = identity_log(repo, &history, &found.record, step)?;
    observer.progress(Progress::Done);
    // The limit keeps the newest events, regardless of the output order.
    let newest = entries.into_iter().rev().take(options.max_count.unwrap_or(usize::MAX));
    let event = |entry: IdentityLogEntry| {
        let commit = repo.commit(entry.commit)?;
        let previous = previous(registry, &entry.what);
        Ok(LoggedEvent { entry, commit, previous })
    };
    let mut events = newest.map(event).collect::<Result<Vec<_>, OpsError>>()?;
    if options.is_reversed {
        events.reverse();
    }
    let FoundRecord { record, notes } = found;
    let (record, is_incomplete) = (record.into_owned(), history.is_incomplete());
    Ok(LoggedIdentity { record, notes, events, is_incomplete })
}

/// Returns the current identity of the record that had the path before an event.
fn previous(registry: &Registry, event: &IdentityEvent) -> Option<Id> {
    let IdentityEvent::PathReassigned { from } = event else { return None };
    let known = registry.allocations.iter().find(|record| record.origin.to_string() == *from);
    known.map(|record| record.id)
}

fn find<'a>(
    observer: &mut dyn Observer,
    view: &CommitState,
    past: &Past<'_, 'a>,
    subject: &OsString,
    rev: &str,
) -> Result<FoundRecord<'a>, OpsError> {
    let Past { repo, registry, .. } = *past;
    let place = Searched::History(rev.to_owned());
    let path = repo_path(repo, Path::new(HERE), Path::new(subject));
    let exists = |path: &RepoPath| view.has_file(path);
    let path = match TypedSubject::of(subject, path, exists, Purpose::Read, &[registry])? {
        TypedSubject::Path(path) => path,
        TypedSubject::Id(id) => {
            let found = match by_id(registry, id) {
                Some(found) => Some(found),
                None => past.by_id(observer, id)?,
            };
            let error = LookUpError::NoRecord { id, place, is_present: false };
            return Ok(found.ok_or(error)?);
        }
    };
    if let Some(mut found) = by_path(registry, exists, &path) {
        let is_other = |r: &&Allocation| r.path == path && r.origin != found.record.origin;
        let others = registry.allocations.iter().filter(is_other);
        let others: Vec<String> =
            others.map(|other| format!("{} ({})", other.id, other.status)).collect();
        if !others.is_empty() {
            let also = format!("'{path}' is also the path of {}", others.join(", "));
            found.notes.push(FoundNote::History(also));
        }
        return Ok(found);
    }
    if let Some(found) = by_doc_id(registry, subject) {
        return Ok(found);
    }
    if let Some(found) = past.by_path(observer, &path, "now")? {
        return Ok(found);
    }
    let why = match NotRegular::find(&view.tree, &path) {
        Some(what) => WithoutIdentity::NotRegular(what),
        // Former names are not suggested, because that would require reading every registry in the
        // history.
        None => WithoutIdentity::Unknown(advice(repo, registry, &path)),
    };
    Err(LookUpError::NoIdentity { path, typed: subject.clone(), place, why }.into())
}

#[cfg(test)]
mod tests;
