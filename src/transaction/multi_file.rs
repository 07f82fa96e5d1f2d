//! Many files, their index entries and the registry, changed all or not at all, with a journal.

use std::collections::BTreeSet;

use crate::git::{IndexFile, Repo};
use crate::registry::{Entry, Mode, Registry, RepoPath, Tree};
use crate::store::journal::{FileStep, IndexStep, Journal, JournalKind};
use crate::store::read_file;

use crate::state::StateError;
use crate::transaction::RegistryTarget;
use crate::transaction::apply::working_registry;

/// What changes together.
#[derive(Debug, Default)]
pub struct Together {
    /// What it is for, as the command is called.
    pub what: String,
    /// Working files.
    pub files: Vec<FileStep>,
    /// Entries of the index.
    pub index: Vec<IndexStep>,
}

/// Changes files, index entries and the registry; returns what people should know.
///
/// What is going to happen is on the disk first; the working files come next, and the index in
/// one step last. Where something fails, everything goes back at once.
///
/// # Errors
/// What cannot be read or written; an index that was written since it was read.
pub fn apply_together(
    repo: &Repo,
    target: &RegistryTarget<'_>,
    after: &Registry,
    together: Together,
) -> Result<Vec<String>, StateError> {
    let Together { what, mut files, mut index } = together;
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
        // Should that fail as well, the journal stays, and the next run says so.
        if journal.roll_back(repo.top(), &scratch).is_ok() {
            let _ = journal.forget(JournalKind::Unfinished);
        }
        repo.refresh_all(target.file);
        return Err(error);
    }
    if target.index.registry_is_skipped {
        repo.skip_worktree(target.file, crate::registry::REGISTRY_PATH)?;
    }
    journal.finish()?;
    repo.refresh_all(target.file);
    Ok(warnings)
}

/// Takes note of a run that had come to its end but for the last word; returns the one that had
/// not.
///
/// # Errors
/// A journal, an index or a file that cannot be read.
pub fn settle(repo: &Repo) -> Result<Option<Journal>, StateError> {
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

/// What came of going back.
#[derive(Debug)]
pub enum RolledBack {
    /// Everything is as it was.
    Done,
    /// Nothing was done, for somebody has changed these paths since.
    Refused(Vec<RepoPath>),
}

/// Goes back to before a run as a whole; what somebody has changed since stops it all.
///
/// # Errors
/// What cannot be read or written; doing it again goes on from there.
pub fn roll_back(
    repo: &Repo,
    journal: Journal,
    stage: JournalKind,
) -> Result<RolledBack, StateError> {
    let file = repo.index_file();
    let index = repo.index(&file)?;
    let back = entries_back(&journal, &index.tree);
    let mut foreign: BTreeSet<RepoPath> = journal.changed_since(repo.top())?.into_iter().collect();
    foreign.extend(back.foreign.iter().map(|path| (*path).clone()));
    let foreign: Vec<RepoPath> = foreign.into_iter().collect();
    if !foreign.is_empty() {
        return Ok(RolledBack::Refused(foreign));
    }
    journal.roll_back(repo.top(), &repo.scratch())?;
    if !back.entries.is_empty() {
        restore(repo, &file, &back.entries)?;
    }
    if index.registry_is_skipped {
        repo.skip_worktree(&file, crate::registry::REGISTRY_PATH)?;
    }
    journal.forget(stage)?;
    repo.refresh_all(&file);
    Ok(RolledBack::Done)
}

fn restore(
    repo: &Repo,
    file: &IndexFile,
    entries: &[(&RepoPath, Option<Entry>)],
) -> Result<(), StateError> {
    repo.stage_entries(file, entries.iter().copied())?;
    Ok(())
}

/// What of the index goes back.
struct Back<'j> {
    entries: Vec<(&'j RepoPath, Option<Entry>)>,
    foreign: Vec<&'j RepoPath>,
}

/// Returns what of the index goes back: nothing of one that the run had not come to.
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
        // The index is of another time, before or after; both are none of this run's business.
        return Back { entries: Vec::new(), foreign: Vec::new() };
    }
    back
}
