//! Undoes a run that changed many files, even if its process died.

use std::collections::BTreeSet;

use idhooks_core::registry::{Entry, Object, Registry, RepoPath, Tree};

use super::audit_recording::Recording;
use crate::events::EventKind;
use crate::git::Repo;
use crate::state::StateError;
use crate::store::WriteCounter;
use crate::store::journal::{IndexStep, Journal, JournalKind};
use crate::transaction::write_statistics::count;

/// Returns the journal of an unfinished run. If all that was left to do was to remove the journal,
/// removes it and returns `None`.
///
/// # Errors
/// Returns an error if the journal, the index or a file cannot be read.
pub fn find_unfinished(repo: &Repo) -> Result<Option<Journal>, StateError> {
    let Some(journal) = Journal::read(&repo.worktree_state_dir(), JournalKind::Unfinished)? else {
        return Ok(None);
    };
    let tree = repo.index(&repo.index_file())?.tree;
    // If only the last step was missing, nothing has to be undone.
    let is_staged = journal.index().iter().all(|step| tree.get(&step.path).copied() == step.after);
    if is_staged && journal.is_applied(repo.top())? {
        journal.finish()?;
        return Ok(None);
    }
    Ok(Some(journal))
}

/// Undoes a git move that a killed process left incomplete: the files are moved back, unless the
/// index has changed since. Returns a description of the run.
///
/// # Errors
/// Returns an error if the journal or the index cannot be read, or if a file cannot be moved.
pub fn undo_half_a_move(repo: &Repo) -> Result<Option<String>, StateError> {
    let Some(journal) = Journal::read(&repo.worktree_state_dir(), JournalKind::Unfinished)? else {
        return Ok(None);
    };
    let Some(moved) = journal.moved() else { return Ok(None) };
    let tree = repo.index(&repo.index_file())?.tree;
    // A move replaces the index last. If the index has no file at the old path, the move is
    // complete.
    let what = tree.keys().any(|path| path.is_at_or_below(&moved.from));
    let what = what.then(|| journal.what().to_owned());
    if what.is_some() {
        journal.roll_back(repo.top(), &repo.scratch())?;
        count(repo, &[WriteCounter::Rollbacks]);
    }
    journal.forget(JournalKind::Unfinished)?;
    Ok(what)
}

/// The outcome of a rollback.
#[derive(Debug)]
pub enum RollbackOutcome {
    /// Everything is restored, possibly with a warning.
    Done(Option<String>),
    /// Nothing was done, because these paths have changed since.
    Refused(Vec<RepoPath>),
}

/// Rolls back a whole run, and records the rollback as `event`. Does nothing if anything has
/// changed since the run.
///
/// # Errors
/// Returns an error if a file, an object or a required audit log cannot be read or written. A
/// second call continues where this one stopped.
pub fn roll_back(
    repo: &Repo,
    journal: Journal,
    stage: JournalKind,
    event: (EventKind, Object),
) -> Result<RollbackOutcome, StateError> {
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let back = entries_back(&journal, &index.tree);
    // Nothing is touched until everything is known to be unchanged.
    let mut foreign: BTreeSet<RepoPath> = journal.changed_since(repo.top())?.into_iter().collect();
    foreign.extend(back.foreign.iter().map(|path| (*path).clone()));
    let foreign: Vec<RepoPath> = foreign.into_iter().collect();
    if !foreign.is_empty() {
        return Ok(RollbackOutcome::Refused(foreign));
    }
    let registries = registries(repo, &back);
    let registries = registries.as_ref().map(|[before, after]| (before, after));
    let recording = Recording::of(repo, registries, [event]);
    // A required log is written first, so that no change goes unrecorded.
    recording.require()?;
    journal.roll_back(repo.top(), &repo.scratch())?;
    if !back.entries.is_empty() {
        repo.stage_entries(&file, back.entries.iter().copied())?;
    }
    let kept = back.entries.iter().filter(|(_, entry)| entry.is_some()).map(|(path, _)| *path);
    let skipped: Vec<&RepoPath> = kept.filter(|path| index.skipped.contains(path)).collect();
    if !skipped.is_empty() {
        repo.skip_worktree(&file, skipped)?;
    }
    journal.forget(stage)?;
    if stage == JournalKind::Unfinished {
        repo.scratch().remove_leftovers();
    }
    count(repo, &[WriteCounter::Rollbacks]);
    repo.refresh_all(&file);
    Ok(RollbackOutcome::Done(recording.finish()))
}

/// Returns the registry in the index and its replacement, if the registry changes.
fn registries(repo: &Repo, back: &Back<'_>) -> Option<[Registry; 2]> {
    let is_registry = |(path, _): &&(&RepoPath, Option<Entry>)| **path == RepoPath::registry();
    let (path, before) = back.entries.iter().find(is_registry)?;
    let read = |entry: Entry| Registry::parse(&repo.blob(entry.blob).ok()?).ok();
    let now = repo.index(&repo.index_file()).ok()?.tree.get(path).copied()?;
    Some([read(now)?, read((*before)?)?])
}

/// The index entries to restore.
struct Back<'j> {
    entries: Vec<(&'j RepoPath, Option<Entry>)>,
    foreign: Vec<&'j RepoPath>,
}

/// Returns the index entries to restore, or no entries if the run never reached the index.
fn entries_back<'j>(journal: &'j Journal, tree: &Tree) -> Back<'j> {
    let mut back = Back { entries: Vec::new(), foreign: Vec::new() };
    for IndexStep { path, before, after } in journal.index() {
        let now = tree.get(path).copied();
        match now {
            now if now == *before => {}
            now if now == *after => back.entries.push((path, *before)),
            _ => back.foreign.push(path),
        }
    }
    let is_registry = |path: &RepoPath| *path == RepoPath::registry();
    let has_begun = back.entries.iter().any(|(path, _)| !is_registry(path));
    let is_of_registry = journal.index().iter().all(|step| is_registry(&step.path));
    if !has_begun && !is_of_registry {
        // The index is exactly as it was before or after the run, so no single entry needs to be
        // restored.
        return Back { entries: Vec::new(), foreign: Vec::new() };
    }
    back
}
