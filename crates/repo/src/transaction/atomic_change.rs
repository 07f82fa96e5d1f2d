//! Changes files and index entries together, all or nothing.

use std::path::Path;
use std::time::{Duration, Instant};

use idhooks_core::registry::{BlobId, Entry, Mode, RepoPath};

use crate::git::{GitError, Index, IndexFile, IndexPeek, Repo};
use crate::state::StateError;
use crate::store::file_change::{self, FileChange};
use crate::store::journal::{FileStep, IndexStep, Journal, JournalKind, Moved};
use crate::store::{
    FileStamp, OwnWrites, Replacement, Scratch, StoreError, WriteCounter, clock::since_epoch,
};
use crate::transaction::write_statistics::count;

/// How long to wait for a git command that is staging the written files.
const PATIENCE: Duration = Duration::from_secs(2);
const POLL: Duration = Duration::from_millis(5);

/// A change to files in the working tree and to entries in an index. A partial commit has two
/// indexes: the one to be committed, and the one that remains.
#[derive(Debug)]
pub struct Transaction<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The indexes; the one to be committed comes first.
    pub indexes: Vec<IndexChange>,
    /// Files whose new content has already been written to temporary files.
    pub prepared: Vec<PreparedFile>,
    /// Other working files.
    pub files: Vec<FileStep>,
    /// The derived files (the registry and the legacy file) whose working files will match their
    /// entries in the last index, which is the one that remains.
    pub written: Vec<RepoPath>,
    /// The command line of a run that can be undone even if the process dies. Such a run changes
    /// only one index.
    pub journal: Option<String>,
}

/// A working file whose new content is already written but not yet in place.
#[derive(Debug)]
pub struct PreparedFile {
    /// Its path.
    pub path: RepoPath,
    /// The new content.
    pub new: Replacement,
    /// The stamp of the file it replaces, if later changes to that file must be detected.
    pub replaced: Option<FileStamp>,
}

/// The changes to an index.
#[derive(Debug)]
pub struct IndexChange {
    file: IndexFile,
    /// The index file's stamp from when it was read.
    seen: Option<FileStamp>,
    /// The open index, if it was read only in part.
    peek: Option<IndexPeek>,
    /// The files in `steps` that a sparse checkout excludes.
    skipped: Vec<RepoPath>,
    /// The files whose working files match their new entries.
    written: Vec<RepoPath>,
    steps: Vec<IndexStep>,
    /// Whether git must compare the new entries with the working files.
    needs_refresh: bool,
    /// The move that git makes in this index and in the working tree.
    moved: Option<Moved>,
    /// The entries that the move overwrites.
    replaced: Vec<(RepoPath, Entry)>,
    /// The index file's stamp once the changes are in place.
    placed: Option<FileStamp>,
}

impl IndexChange {
    /// Returns the change, limited to the steps whose `before` entry is in this index.
    pub fn of(file: &IndexFile, index: &Index, mut steps: Vec<IndexStep>) -> Self {
        // After a partial commit, the remaining index may contain a different staged version of the
        // file, which stays staged.
        steps.retain(|step| index.tree.get(&step.path) == step.before.as_ref());
        let kept = steps.iter().filter(|step| step.after.is_some()).map(|step| &step.path);
        let skipped = kept.filter(|path| index.skipped.contains(path)).cloned().collect();
        IndexChange { skipped, ..Self::new(file.clone(), index.stamp, steps) }
    }

    /// Uses git to move a file or directory, along with its entries in this index.
    #[must_use]
    pub fn moving(self, index: &Index, moved: Option<Moved>) -> Self {
        let is_target =
            |path: &RepoPath| moved.as_ref().is_some_and(|m| path.is_at_or_below(&m.to));
        let replaced = index.tree.iter().filter(|(path, _)| is_target(path));
        let replaced = replaced.map(|(path, entry)| (path.clone(), *entry)).collect();
        IndexChange { moved, replaced, ..self }
    }

    /// Returns the steps for a partially read index.
    pub fn peeked(file: IndexFile, peek: IndexPeek, steps: Vec<IndexStep>) -> Self {
        let seen = Some(peek.registry.stamp());
        IndexChange { peek: Some(peek), ..Self::new(file, seen, steps) }
    }

    /// Returns the steps for an index that another program may have changed since it was read.
    pub fn unseen(file: &IndexFile, steps: Vec<IndexStep>) -> Self {
        Self::new(file.clone(), FileStamp::at(file.path()), steps)
    }

    fn new(file: IndexFile, seen: Option<FileStamp>, steps: Vec<IndexStep>) -> Self {
        IndexChange {
            file,
            seen,
            peek: None,
            skipped: Vec::new(),
            written: Vec::new(),
            steps,
            needs_refresh: false,
            moved: None,
            replaced: Vec::new(),
            placed: None,
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
            self.placed = Some(self.stage_aside(repo)?);
            return Ok(());
        }
        self.stage_in_place(repo)?;
        self.placed = FileStamp::at(self.file.path());
        Ok(())
    }

    fn stage_in_place(&mut self, repo: &Repo) -> Result<(), StateError> {
        let peek = self.peek.take();
        if let Some(blobs) = self.derived() {
            let staged = repo.stage_written(&self.file, &blobs, peek.as_ref())?;
            self.needs_refresh = !blobs.iter().all(|(_, _, is_written)| *is_written);
            return match staged {
                true => Ok(()),
                false => Err(StateError::IndexMoved),
            };
        }
        peek.iter().for_each(IndexPeek::close);
        // Staging by git does not record the working files' times, so git must compare all the
        // files again.
        self.written.clear();
        let new = self.steps.iter().map(IndexStep::new_file).collect::<Option<Vec<_>>>();
        match new.filter(|_| self.skipped.is_empty()) {
            Some(new) => Ok(repo.stage_new(&self.file, &new)?),
            None => {
                self.needs_refresh = true;
                let entries = self.steps.iter().map(|step| (&step.path, step.after));
                Ok(self.stage_by_git(repo, &self.file, entries)?)
            }
        }
    }

    /// Returns the new blobs for the registry and other derived files, and whether each one's
    /// working file matches, if these blobs replace existing entries and nothing else changes.
    fn derived(&self) -> Option<Vec<(&str, BlobId, bool)>> {
        let derived = |step: &'_ IndexStep| -> Option<_> {
            let is_written = self.written.contains(&step.path);
            let is_derived = is_written || step.path == RepoPath::registry();
            let [before, after] = [step.before?, step.after?];
            let is_regular = before.mode == Mode::Regular && after.mode == Mode::Regular;
            (is_derived && is_regular).then_some((after.blob, is_written))
        };
        let with_path = |step| {
            let (blob, is_written) = derived(step)?;
            Some((step.path.as_str()?, blob, is_written))
        };
        let all = self.steps.iter().map(with_path);
        if self.skipped.is_empty() { all.collect() } else { None }
    }

    /// Uses git to stage the steps and make the moves in a copy of the index, recording the working
    /// files' times and sizes. The copy then replaces the index, so that all changes appear at
    /// once. Returns the new index file's stamp.
    fn stage_aside(&self, repo: &Repo) -> Result<FileStamp, StateError> {
        self.peek.iter().for_each(IndexPeek::close);
        let change = |copy: &IndexFile| {
            let entries = self.steps.iter().map(|step| (&step.path, step.after));
            self.stage_by_git(repo, copy, entries)?;
            let is_there =
                |step: &&IndexStep| step.after.is_some() && !self.skipped.contains(&step.path);
            let staged = self.steps.iter().filter(is_there);
            repo.refresh(copy, staged.map(|step| &step.path))?;
            let moved = self.moved.as_ref();
            moved.map_or(Ok(()), |Moved { from, to }| repo.move_file_synced(copy, from, to))
        };
        repo.change_aside(&self.file, self.seen, change)?.ok_or(StateError::IndexMoved)
    }

    /// Returns whether git has staged one of these working files since they were written, or is
    /// about to: git holds the index lock while it reads them. If so, the old files must not be
    /// restored, because they would differ from the index.
    fn is_taken_up(&self, repo: &Repo, written: &[RepoPath]) -> bool {
        let (lock, begin) = (self.file.lock(), Instant::now());
        while lock.exists() {
            if begin.elapsed() > PATIENCE {
                return true;
            }
            std::thread::sleep(POLL);
        }
        // An index that cannot be read may contain the new content.
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
        if !self.skipped.is_empty() {
            repo.skip_worktree(file, &self.skipped)?;
        }
        Ok(())
    }

    /// Restores the entries. If another program has written the index in the meantime, changes
    /// nothing and returns false: that program may have built on these entries, or committed them.
    fn restore(&self, repo: &Repo) -> Result<bool, StateError> {
        let Some(placed) = self.placed else { return Ok(true) };
        if !placed.is_of_moved(self.file.path()) {
            return Ok(false);
        }
        if let Some(Moved { from, to }) = &self.moved {
            repo.move_file(&self.file, to, from)?;
            let replaced = self.replaced.iter().map(|(path, entry)| (path, Some(*entry)));
            repo.stage_entries(&self.file, replaced)?;
        }
        let seen = FileStamp::at(self.file.path());
        let before = self.steps.iter().map(|step| (&step.path, step.before));
        let change = |copy: &IndexFile| self.stage_by_git(repo, copy, before);
        // If git made a move, it wrote the index again, so a different stamp proves nothing.
        let is_ours =
            self.moved.is_some() || seen.is_some_and(|seen| seen.place() == placed.place());
        Ok(is_ours && repo.change_aside(&self.file, seen, change)?.is_some())
    }

    /// Makes git compare the new entries with their working files: git would have staged the same
    /// content, perhaps through its filters.
    fn refresh(&self, repo: &Repo) {
        let is_known = |step: &&IndexStep| {
            self.written.contains(&step.path) || self.skipped.contains(&step.path)
        };
        let staged = self.steps.iter().filter(|step| step.after.is_some());
        let paths: Vec<&RepoPath> =
            staged.filter(|step| !is_known(step)).map(|step| &step.path).collect();
        if self.needs_refresh && !paths.is_empty() {
            // The refresh is for scripts that rely on the index alone; `git status` compares the
            // files again anyway.
            let _ = repo.refresh(&self.file, paths);
        }
    }
}

impl<'a> Transaction<'a> {
    /// Returns a change to the index to be committed and, for a partial commit, to the index that
    /// remains.
    pub fn new(repo: &'a Repo, indexes: impl IntoIterator<Item = IndexChange>) -> Self {
        let indexes = indexes.into_iter().collect();
        let (prepared, files, written, journal) = (Vec::new(), Vec::new(), Vec::new(), None);
        Transaction { repo, indexes, prepared, files, written, journal }
    }

    /// Changes the files, then the indexes, and calls `last`. If any of this fails, everything is
    /// restored, unless another program has written an index with the changes in the meantime.
    ///
    /// The working files are changed first. If the process is killed in between, the next commit
    /// picks up a change that is only in the working tree; a change that is only in the index would
    /// never be noticed.
    ///
    /// # Errors
    /// Returns an error if a file or an index cannot be written or has changed since it was read;
    /// also returns any error from `last`.
    pub fn commit(self, last: impl FnOnce() -> Result<(), StateError>) -> Result<(), StateError> {
        let Transaction { repo, mut indexes, prepared, files, written: same, journal } = self;
        // If a git operation is in progress, it would stop halfway when it ran into a changed file.
        if repo.gives_way() && repo.obstacle()?.is_some() {
            return Err(StateError::IndexMoved);
        }
        if let Some(index) = indexes.last_mut() {
            index.written = same;
        }
        let scratch = repo.scratch();
        let begin = |what: String| {
            let state = repo.worktree_state_dir();
            let steps = indexes.iter().flat_map(|index| index.steps.clone()).collect();
            let moved = indexes.iter().find_map(|index| index.moved.clone());
            Journal::begin(&state, &scratch, repo.top(), &what, &files, steps, moved)
        };
        let journal = journal.map(begin).transpose()?;
        let stepped = files.iter().flat_map(|step| [step.from.clone(), step.to.clone()]);
        let written = prepared.iter().map(|file| file.path.clone()).chain(stepped);
        let written: Vec<RepoPath> = written.collect();
        // The time is taken before the first write, so that the watcher recognizes all of these
        // changes as idhooks' own.
        let since = since_epoch();
        let files = files.into_iter().flat_map(|step| step.changes(repo.top()));
        let files: Vec<FileChange> = files.collect();
        let mut kept = None;
        let prepared =
            prepared.into_iter().map(|PreparedFile { new, replaced, .. }| (new, replaced));
        let done = file_change::apply_and(&scratch, prepared, &files, || {
            let mut touched = 0;
            // The indexes are compared again after the files are written, because git may have
            // changed one in the meantime.
            let staged = match indexes.iter().all(IndexChange::is_current) {
                true => indexes.iter_mut().try_for_each(|index| {
                    index.stage(repo)?;
                    touched += 1;
                    Ok(())
                }),
                false => Err(StateError::IndexMoved),
            };
            let Err(error) = staged.and_then(|()| last()) else { return Ok(()) };
            // If an index cannot be restored, the working files are left as written, so that they
            // still match it.
            if !take_back(repo, &indexes, touched, &error, &written) {
                kept = Some(error);
                return Ok(());
            }
            Err(error)
        });
        match done {
            Err(_) => count(repo, &[WriteCounter::Rollbacks]),
            Ok(_) => OwnWrites::in_dir(&repo.worktree_state_dir()).note(since, &written),
        }
        let is_journaled = journal.is_some();
        if let Some(journal) = journal {
            end(journal, done.is_ok(), repo.top(), &scratch)?;
        }
        if let Some(error) = kept {
            return Err(error);
        }
        if let Some(index) = indexes.last() {
            index.refresh(repo);
        }
        done.map_err(|error| match error {
            // The caller responds to `IndexMoved` by reading everything again and retrying.
            StateError::Store(StoreError::Changed(_)) if !is_journaled => StateError::IndexMoved,
            error => error,
        })
    }
}

/// Closes a journal. If the change failed, its steps are undone first.
fn end(journal: Journal, is_done: bool, top: &Path, scratch: &Scratch) -> Result<(), StoreError> {
    if is_done {
        return journal.finish();
    }
    // If the rollback fails as well, the journal is left in place, and the next run reports it.
    if journal.roll_back(top, scratch).is_ok() {
        let _ = journal.forget(JournalKind::Unfinished);
    }
    Ok(())
}

/// Restores the first `touched` indexes after an error. Returns whether all of them were restored
/// and no other program has staged any of the written files.
fn take_back(
    repo: &Repo,
    indexes: &[IndexChange],
    touched: usize,
    error: &StateError,
    written: &[RepoPath],
) -> bool {
    let mut is_restored = true;
    for index in &indexes[..touched] {
        // If restoring an index fails, the original error is more useful.
        is_restored &= index.restore(repo).unwrap_or_default();
    }
    // Only a run that gives way to git may have written files while a git command was running.
    if matches!(error, StateError::IndexMoved) && repo.gives_way() {
        is_restored &= !indexes.iter().any(|index| index.is_taken_up(repo, written));
    }
    is_restored
}
