//! Changes many files, their index entries and the registry, all or nothing, with a journal.

use std::collections::BTreeSet;

use idhooks_core::registry::{Entry, Mode, Registry, RepoPath, Tree};

use crate::git::{IndexFile, Repo};
use crate::store::journal::{FileStep, IndexStep, Journal, JournalKind};
use crate::store::read_file;

use crate::state::StateError;
use crate::transaction::RegistryTarget;
use crate::transaction::apply::working_registry;

/// A change to several files and their index entries.
#[derive(Debug, Default)]
pub struct MultiFileChange {
    /// The name of the command.
    pub what: String,
    /// Working files.
    pub files: Vec<FileStep>,
    /// Entries of the index.
    pub index: Vec<IndexStep>,
}

/// Changes files, index entries and the registry. Returns warnings for the user.
///
/// First the journal is written to disk, then the working files, and last the index in one step. If
/// something fails, everything is rolled back at once.
///
/// # Errors
/// Returns an error if something cannot be read or written, or if the index has changed since it
/// was read.
pub fn apply_multi_file(
    repo: &Repo,
    target: &RegistryTarget<'_>,
    after: &Registry,
    change: MultiFileChange,
) -> Result<Vec<String>, StateError> {
    let MultiFileChange { what, mut files, mut index } = change;
    let mut warnings = Vec::new();
    let text = after.format();
    let path = RepoPath::registry();
    let blob = repo.write_blob(text.as_bytes())?;
    let before = target.index.tree.get(&path).copied();
    index.push(IndexStep {
        path: path.clone(),
        before,
        after: Some(Entry { mode: Mode::Regular, blob }),
    });
    if let Some(new) = working_registry(repo, target, after, &text, &mut warnings)? {
        let old = read_file(&repo.top().join(path.to_os_path()))?;
        files.push(FileStep { from: path.clone(), to: path, rewrite: Some((old, new)) });
    }
    let (state, scratch) = (repo.worktree_state_dir(), repo.scratch());
    let journal = Journal::begin(&state, &scratch, repo.top(), &what, &files, index)?;
    let done = journal.apply(repo.top(), &scratch, &files).map_err(StateError::from);
    let done = done.and_then(|()| {
        if !target.index.is_current(target.file) {
            return Err(StateError::IndexMoved);
        }
        let entries = journal.index().iter().map(|step| (&step.path, step.after));
        repo.stage_entries(target.file, entries)?;
        Ok(())
    });
    if let Err(error) = done {
        // If that fails too, the journal stays, and the next run reports it.
        if journal.roll_back(repo.top(), &scratch).is_ok() {
            let _ = journal.forget(JournalKind::Unfinished);
        }
        repo.refresh_all(target.file);
        return Err(error);
    }
    if target.index.registry_is_skipped {
        repo.skip_worktree(target.file, idhooks_core::registry::REGISTRY_PATH)?;
    }
    journal.finish()?;
    repo.refresh_all(target.file);
    Ok(warnings)
}

/// Returns the journal of a run that did not finish. A run that only had to remove its journal is
/// finished here.
///
/// # Errors
/// Returns an error if the journal, the index or a file cannot be read.
pub fn find_unfinished(repo: &Repo) -> Result<Option<Journal>, StateError> {
    let Some(journal) = Journal::read(&repo.worktree_state_dir(), JournalKind::Unfinished)? else {
        return Ok(None);
    };
    let tree = repo.index(&repo.index_file())?.tree;
    let is_staged = journal.index().iter().all(|step| tree.get(&step.path).copied() == step.after);
    if is_staged && journal.is_applied(repo.top())? {
        journal.finish()?;
        return Ok(None);
    }
    Ok(Some(journal))
}

/// The result of a rollback.
#[derive(Debug)]
pub enum RollbackOutcome {
    /// Everything is as it was.
    Done,
    /// Nothing was done, because these paths have changed since.
    Refused(Vec<RepoPath>),
}

/// Rolls a whole run back. Does nothing if anything has changed since.
///
/// # Errors
/// Returns an error if something cannot be read or written. You can call it again: it continues
/// from there.
pub fn roll_back(
    repo: &Repo,
    journal: Journal,
    stage: JournalKind,
) -> Result<RollbackOutcome, StateError> {
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let back = entries_back(&journal, &index.tree);
    let mut foreign: BTreeSet<RepoPath> = journal.changed_since(repo.top())?.into_iter().collect();
    foreign.extend(back.foreign.iter().map(|path| (*path).clone()));
    let foreign: Vec<RepoPath> = foreign.into_iter().collect();
    if !foreign.is_empty() {
        return Ok(RollbackOutcome::Refused(foreign));
    }
    journal.roll_back(repo.top(), &repo.scratch())?;
    if !back.entries.is_empty() {
        restore(repo, &file, &back.entries)?;
    }
    if index.registry_is_skipped {
        repo.skip_worktree(&file, idhooks_core::registry::REGISTRY_PATH)?;
    }
    journal.forget(stage)?;
    repo.refresh_all(&file);
    Ok(RollbackOutcome::Done)
}

fn restore(
    repo: &Repo,
    file: &IndexFile,
    entries: &[(&RepoPath, Option<Entry>)],
) -> Result<(), StateError> {
    repo.stage_entries(file, entries.iter().copied())?;
    Ok(())
}

/// The index entries to restore.
struct Back<'j> {
    entries: Vec<(&'j RepoPath, Option<Entry>)>,
    foreign: Vec<&'j RepoPath>,
}

/// Returns the index entries to restore: none if the run had not reached the index.
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
    if !has_begun {
        // The index is from before or after the run, so the run has nothing to restore in it.
        return Back { entries: Vec::new(), foreign: Vec::new() };
    }
    back
}
