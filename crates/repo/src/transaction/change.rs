//! One change of files and index entries: everything or nothing.

use std::time::{Duration, Instant};

use idhooks_core::registry::{BlobId, Entry, REGISTRY_PATH, RepoPath};

use crate::git::{GitError, Index, IndexFile, IndexPeek, Repo};
use crate::state::StateError;
use crate::store::changes::{self, FileChange};
use crate::store::journal::{FileStep, IndexStep, Journal, JournalKind, Moved};
use crate::store::{
    FileStamp, OwnWrites, Replacement, StoreError, WriteCounter, clock::since_epoch,
};
use crate::transaction::statistics::count;

/// How long a command of git may take that stages what was written, before its end is not waited for.
const PATIENCE: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(5);

/// A change of files of the working tree and of the entries of an index. In a partial commit there
/// are two: the one to be committed, and the one that remains.
#[derive(Debug)]
pub struct Transaction<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The indexes, first the one to be committed.
    pub indexes: Vec<IndexChange>,
    /// A file whose content is written already, and the file that it replaces, if that matters.
    pub prepared: Option<(Replacement, Option<FileStamp>)>,
    /// Other working files.
    pub files: Vec<FileStep>,
    /// Whether the working file of the registry will have the content of its entry in the last index,
    /// to which the working files belong.
    pub registry_is_written: bool,
    /// The command line of a run that can be undone even if the process dies; such a run changes
    /// one index.
    pub journal: Option<String>,
}

/// The changes to an index.
#[derive(Debug)]
pub struct IndexChange {
    file: IndexFile,
    /// The stamp of the index when it was read.
    seen: Option<FileStamp>,
    /// The open index, if only a part of it was read.
    peek: Option<IndexPeek>,
    /// Whether a sparse checkout leaves out the working file of the registry.
    registry_is_skipped: bool,
    /// Whether the working file of the registry has the content of its new entry.
    registry_is_written: bool,
    steps: Vec<IndexStep>,
    /// Whether git must compare the new entries with the working files.
    needs_refresh: bool,
    /// What git moves in this index and in the working tree.
    moved: Option<Moved>,
    /// The entries that it replaces.
    replaced: Vec<(RepoPath, Entry)>,
}

impl IndexChange {
    /// Returns those of the steps whose entry before is in this index.
    pub fn of(file: &IndexFile, index: &Index, mut steps: Vec<IndexStep>) -> Self {
        steps.retain(|step| index.tree.get(&step.path) == step.before.as_ref());
        let registry_is_skipped = index.registry_is_skipped;
        IndexChange { registry_is_skipped, ..Self::new(file.clone(), index.stamp, steps) }
    }

    /// Lets git move a file or a directory with its entries in this index, too.
    #[must_use]
    pub fn moving(self, index: &Index, moved: Option<Moved>) -> Self {
        let is_target =
            |path: &RepoPath| moved.as_ref().is_some_and(|m| path.is_at_or_below(&m.to));
        let replaced = index.tree.iter().filter(|(path, _)| is_target(path));
        let replaced = replaced.map(|(path, entry)| (path.clone(), *entry)).collect();
        IndexChange { moved, replaced, ..self }
    }

    /// Returns the steps for an index of which only a part was read.
    pub fn peeked(file: IndexFile, peek: IndexPeek, steps: Vec<IndexStep>) -> Self {
        let seen = Some(peek.registry.stamp());
        IndexChange { peek: Some(peek), ..Self::new(file, seen, steps) }
    }

    /// Returns the steps for an index that may have changed elsewhere since it was read.
    pub fn unseen(file: &IndexFile, steps: Vec<IndexStep>) -> Self {
        Self::new(file.clone(), FileStamp::at(file.path()), steps)
    }

    fn new(file: IndexFile, seen: Option<FileStamp>, steps: Vec<IndexStep>) -> Self {
        IndexChange {
            file,
            seen,
            peek: None,
            registry_is_skipped: false,
            registry_is_written: false,
            steps,
            needs_refresh: false,
            moved: None,
            replaced: Vec::new(),
        }
    }

    fn is_current(&self) -> bool {
        self.seen == FileStamp::at(self.file.path())
    }

    fn stage(&mut self, repo: &Repo) -> Result<(), StateError> {
        if self.steps.is_empty() {
            return Ok(());
        }
        if repo.gives_way() || self.moved.is_some() {
            return self.stage_aside(repo);
        }
        if let Some(blob) = self.new_registry() {
            let working = repo.top().join(REGISTRY_PATH);
            let working = self.registry_is_written.then_some(&*working);
            self.needs_refresh = working.is_none();
            let (file, peek) = (&self.file, self.peek.take());
            return match repo.stage_written(file, REGISTRY_PATH, blob, working, peek)? {
                true => Ok(()),
                false => Err(StateError::IndexMoved),
            };
        }
        let new = self.steps.iter().map(IndexStep::new_file).collect::<Option<Vec<_>>>();
        match new.filter(|_| !self.registry_is_skipped) {
            Some(new) => Ok(repo.stage_new(&self.file, &new)?),
            None => {
                self.needs_refresh = true;
                let entries = self.steps.iter().map(|step| (&step.path, step.after));
                Ok(self.stage_by_git(repo, &self.file, entries)?)
            }
        }
    }

    /// Returns the blob of the registry if it replaces another one and nothing else changes.
    fn new_registry(&self) -> Option<BlobId> {
        let [IndexStep { path, before: Some(_), after: Some(after) }] = &*self.steps else {
            return None;
        };
        let is_plain = *path == RepoPath::registry() && !self.registry_is_skipped;
        is_plain.then_some(after.blob)
    }

    /// Lets git stage the steps in a copy of the index, with the time and size of the working files, and
    /// then move what is to be moved: the index has all of that at once.
    fn stage_aside(&self, repo: &Repo) -> Result<(), StateError> {
        let change = |copy: &IndexFile| {
            let entries = self.steps.iter().map(|step| (&step.path, step.after));
            self.stage_by_git(repo, copy, entries)?;
            let is_there = |step: &&IndexStep| {
                step.after.is_some()
                    && !(self.registry_is_skipped && step.path == RepoPath::registry())
            };
            let staged = self.steps.iter().filter(is_there);
            repo.refresh(copy, staged.map(|step| &step.path))?;
            self.moved.as_ref().map_or(Ok(()), |Moved { from, to }| repo.move_file(copy, from, to))
        };
        match repo.change_aside(&self.file, self.seen, change)? {
            true => Ok(()),
            false => Err(StateError::IndexMoved),
        }
    }

    /// Returns whether git has staged one of these working files after they were written, or is about
    /// to: it holds the lock of the index while it reads them. The former files must not come back
    /// then, or they would differ from the index.
    fn is_taken_up(&self, repo: &Repo, written: &[RepoPath]) -> bool {
        let (lock, begin) = (self.file.lock(), Instant::now());
        while lock.exists() {
            if begin.elapsed() > PATIENCE {
                return true;
            }
            std::thread::sleep(POLL);
        }
        let Ok(now) = repo.index(&self.file) else { return true };
        let mut steps = self.steps.iter().filter(|step| written.contains(&step.path));
        steps.any(|step| step.after.is_some() && now.tree.get(&step.path) == step.after.as_ref())
    }

    fn stage_by_git<'e>(
        &self,
        repo: &Repo,
        file: &IndexFile,
        entries: impl Iterator<Item = (&'e RepoPath, Option<Entry>)>,
    ) -> Result<(), GitError> {
        repo.stage_entries(file, entries)?;
        if self.registry_is_skipped {
            repo.skip_worktree(file, REGISTRY_PATH)?;
        }
        Ok(())
    }

    /// Restores the entries, unless another program has staged others since.
    fn restore(&self, repo: &Repo) -> Result<(), StateError> {
        if let Some(Moved { from, to }) = &self.moved {
            repo.move_file(&self.file, to, from)?;
            let replaced = self.replaced.iter().map(|(path, entry)| (path, Some(*entry)));
            repo.stage_entries(&self.file, replaced)?;
        }
        let now = repo.index(&self.file)?.tree;
        let ours = self.steps.iter().filter(|step| now.get(&step.path) == step.after.as_ref());
        Ok(self.stage_by_git(repo, &self.file, ours.map(|step| (&step.path, step.before)))?)
    }

    /// Lets git look at the working files of the new entries: git would have staged the same
    /// content, perhaps through its filters.
    fn refresh(&self, repo: &Repo) {
        let is_known = |step: &&IndexStep| {
            let is_registry = step.path == RepoPath::registry();
            is_registry && (self.registry_is_written || self.registry_is_skipped)
        };
        let staged = self.steps.iter().filter(|step| step.after.is_some());
        let paths: Vec<&RepoPath> =
            staged.filter(|step| !is_known(step)).map(|step| &step.path).collect();
        if self.needs_refresh && !paths.is_empty() {
            // For scripts that trust the index alone; git status looks again.
            let _ = repo.refresh(&self.file, paths);
        }
    }
}

impl<'a> Transaction<'a> {
    /// Returns a change to the index to be committed and, after a partial commit, to the one that
    /// remains.
    pub fn new(repo: &'a Repo, indexes: impl IntoIterator<Item = IndexChange>) -> Self {
        let indexes = indexes.into_iter().collect();
        let (prepared, files, journal) = (None, Vec::new(), None);
        Transaction { repo, indexes, prepared, files, registry_is_written: false, journal }
    }

    /// Changes the files, then the indexes, and calls `last`. If any of it fails, everything is as
    /// it was.
    ///
    /// The working files come first: if the process is killed in between, the next commit picks up
    /// what only the working tree has, but would never see what only the index has.
    ///
    /// # Errors
    /// Returns an error if a file or an index cannot be written, or has changed since it was read,
    /// and the error of `last`.
    pub fn commit(self, last: impl FnOnce() -> Result<(), StateError>) -> Result<(), StateError> {
        let Transaction { repo, mut indexes, prepared, files, registry_is_written, journal } = self;
        if let Some(index) = indexes.last_mut() {
            index.registry_is_written = registry_is_written;
        }
        let scratch = repo.scratch();
        let begin = |what: String| {
            let state = repo.worktree_state_dir();
            let steps = indexes.iter().flat_map(|index| index.steps.clone()).collect();
            let moved = indexes.iter().find_map(|index| index.moved.clone());
            Journal::begin(&state, &scratch, repo.top(), &what, &files, (steps, moved))
        };
        let journal = journal.map(begin).transpose()?;
        let written = prepared.is_some().then(RepoPath::registry).into_iter();
        let written: Vec<RepoPath> = written
            .chain(files.iter().flat_map(|step| [step.from.clone(), step.to.clone()]))
            .collect();
        let since = since_epoch();
        let files = files.into_iter().flat_map(|step| step.changes(repo.top()));
        let files: Vec<FileChange> = files.collect();
        let mut is_taken_up = false;
        let done = changes::apply_and(&scratch, prepared, &files, || {
            let mut touched = 0;
            let staged = match indexes.iter().all(IndexChange::is_current) {
                true => indexes.iter_mut().try_for_each(|index| {
                    index.stage(repo)?;
                    touched += 1;
                    Ok(())
                }),
                false => Err(StateError::IndexMoved),
            };
            let staged = staged.and_then(|()| last()).inspect_err(|_| {
                for index in &indexes[..touched] {
                    // If that fails too, the first error says more.
                    let _ = index.restore(repo);
                }
            });
            let is_moved = matches!(staged, Err(StateError::IndexMoved));
            is_taken_up = is_moved
                && repo.gives_way()
                && indexes.iter().any(|index| index.is_taken_up(repo, &written));
            if is_taken_up { Ok(()) } else { staged }
        });
        match done {
            Err(_) => count(repo, &[WriteCounter::Rollbacks]),
            Ok(_) => OwnWrites::in_dir(&repo.worktree_state_dir()).note(since, &written),
        }
        let is_journaled = journal.is_some();
        match (&done, journal) {
            (Ok(()), Some(journal)) => journal.finish()?,
            (Err(_), Some(journal)) => {
                // If that fails too, the journal stays, and the next run reports it.
                if journal.roll_back(repo.top(), &scratch).is_ok() {
                    let _ = journal.forget(JournalKind::Unfinished);
                }
            }
            (_, None) => {}
        }
        if is_taken_up {
            return Err(StateError::IndexMoved);
        }
        if let Some(index) = indexes.last() {
            index.refresh(repo);
        }
        done.map_err(|error| match error {
            StateError::Store(StoreError::Changed(_)) if !is_journaled => StateError::IndexMoved,
            error => error,
        })
    }
}
