//! A migration step's files, which are written to the index and the working tree, all or nothing.
//! Writing them again is harmless.

use std::time::Duration;

use idhooks_core::registry::{BlobId, Entry, Mode, RepoPath, Tree};
use idhooks_migration::{MigratedFile, MigrationRun};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::git::{CommitId, Index, IndexFile, Repo};
use idhooks_repo::state::StateError;
use idhooks_repo::store::file_change::remove_empty_dirs;
use idhooks_repo::store::journal::{FileStep, IndexStep};
use idhooks_repo::store::{failpoint::pause, is_abandoned, read_file};
use idhooks_repo::transaction::{IndexChange, Transaction};

use super::journal::MigrationFile;

/// The age at which a file that was set aside counts as abandoned, on systems where processes
/// cannot be looked up.
const ABANDONED: Duration = Duration::from_secs(3600);

/// Which version of a step's files to use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum StepSide {
    /// Before the step.
    Before,
    /// After the step.
    After,
}

impl StepSide {
    fn blob(self, file: &MigratedFile) -> Option<BlobId> {
        match self {
            StepSide::Before => file.before,
            StepSide::After => file.after,
        }
    }
}

/// A migration step's files in a working tree.
#[derive(Debug)]
pub(super) struct MigrationFiles<'r> {
    repo: &'r Repo,
    file: IndexFile,
    index: Index,
}

impl<'r> MigrationFiles<'r> {
    /// Reads the index.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub(super) fn of(repo: &'r Repo) -> Result<Self, StateError> {
        let file = repo.index_file();
        let index = repo.index(&file)?;
        Ok(MigrationFiles { repo, file, index })
    }

    /// Returns the paths whose index entry or file in the working tree has neither of the given
    /// contents.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub(super) fn others<'f>(
        &self,
        files: impl IntoIterator<Item = (&'f RepoPath, [Option<BlobId>; 2])>,
    ) -> Result<Vec<RepoPath>, StateError> {
        let mut others = Vec::new();
        for (path, contents) in files {
            let is_unmerged = self.index.unmerged.contains_key(path);
            let staged = self.index.tree.get(path).map(|entry| entry.blob);
            if is_unmerged || !contents.contains(&staged) || !self.has_one_of(path, contents)? {
                others.push(path.clone());
            }
        }
        Ok(others)
    }

    /// Returns whether a file in the working tree has one of these contents, ignoring line endings.
    fn has_one_of(
        &self,
        path: &RepoPath,
        contents: [Option<BlobId>; 2],
    ) -> Result<bool, StateError> {
        let place = self.repo.top().join(path.to_os_path());
        let Ok(meta) = place.symlink_metadata() else { return Ok(contents.contains(&None)) };
        if !meta.is_file() {
            return Ok(false);
        }
        let bytes = read_file(&place)?.unwrap_or_default();
        let plain = self.repo.blob_of(&*bytes, bytes.len() as u64);
        if contents.contains(&plain) {
            return Ok(true);
        }
        // The file may differ from its blob in line endings only, depending on git's filters.
        let filtered = self.repo.blobs_of_files(std::slice::from_ref(path))?;
        Ok(filtered.iter().any(|blob| contents.contains(&Some(*blob))))
    }

    /// Writes the files to the index and the working tree, with their contents from before or after
    /// the step, then calls `last`. If any of this fails, everything stays as it was. Skips files
    /// that already have the right content.
    ///
    /// # Errors
    /// Returns an error if an object cannot be read, or if a file or the index cannot be written or
    /// has changed since it was read; also returns the error from `last`.
    pub(super) fn put(
        self,
        files: &[MigratedFile],
        side: StepSide,
        last: impl FnOnce() -> Result<(), StateError>,
    ) -> Result<(), StateError> {
        let (mut steps, mut changes, mut gone) = (Vec::new(), Vec::new(), Vec::new());
        for file in files {
            let path = &file.path;
            let target = side.blob(file);
            let now = self.index.tree.get(path).copied();
            // An executable file stays executable.
            let entry = target
                .map(|blob| Entry { mode: now.map_or(Mode::Regular, |entry| entry.mode), blob });
            if now != entry {
                steps.push(IndexStep::new(path.clone(), now, entry));
            }
            let present = read_file(&self.repo.top().join(path.to_os_path()))?;
            let content = target.map(|blob| self.repo.blob(blob)).transpose()?;
            if present != content {
                changes.push(FileStep::rewrite(path.clone(), present, content));
            }
            gone.extend(target.is_none().then_some(path));
        }
        let index = IndexChange::of(&self.file, &self.index, steps);
        let change = Transaction { files: changes, ..Transaction::new(self.repo, [index]) };
        change.commit(last)?;
        for file in files {
            self.remove_abandoned(&file.path);
        }
        // git also removes directories that become empty.
        for path in gone {
            let levels = path.as_bytes().iter().filter(|byte| **byte == b'/').count();
            if let Some(dir) = self.repo.top().join(path.to_os_path()).parent() {
                remove_empty_dirs(dir, levels);
            }
        }
        Ok(())
    }

    /// Removes files that a killed process set aside next to a file.
    fn remove_abandoned(&self, path: &RepoPath) {
        let place = self.repo.top().join(path.to_os_path());
        let (Some(dir), Some(name)) = (place.parent(), place.file_name()) else { return };
        let start = format!("{}.idhooks-", name.to_string_lossy());
        for entry in std::fs::read_dir(dir).into_iter().flatten().flatten() {
            let name = entry.file_name().to_string_lossy().into_owned();
            let is_ours = name.starts_with(&start) && name.ends_with(".tmp");
            if is_ours && is_abandoned(&entry.path(), ABANDONED) {
                // If the file cannot be removed, its name at least shows that it belongs to
                // idhooks.
                let _ = std::fs::remove_file(entry.path());
            }
        }
    }
}

/// Returns whether the legacy file in the index or the working tree differs from the one in this
/// tree.
///
/// # Errors
/// Returns an error if the index or the file cannot be read.
pub(super) fn is_changed_here(
    repo: &Repo,
    file: &LegacyFile<'_>,
    tree: &Tree,
) -> Result<bool, StateError> {
    // A bare repository has no index to compare with.
    if repo.is_bare() {
        return Ok(false);
    }
    let blob = file.entry(tree).map(|entry| entry.blob);
    Ok(!MigrationFiles::of(repo)?.others([(file.path(), [blob, blob])])?.is_empty())
}

/// Commits a step's files; the step's journal is kept until the step ends.
///
/// Puts the files into the index and the working tree, calls `last`, and creates the commit without
/// running hooks. If any of that fails, everything stays as it was and the step's journal is
/// removed; if the process dies, the journal allows the step to be completed or undone.
///
/// # Errors
/// Returns an error if the journal, a file, the index or the commit cannot be written.
pub(super) fn commit_step(
    repo: &Repo,
    run: &MigrationRun,
    last: impl FnOnce() -> Result<(), StateError>,
) -> Result<CommitId, StateError> {
    let journal = MigrationFile::in_dir(&repo.worktree_state_dir());
    journal.write(run)?;
    pause("a step is journaled");
    let put =
        MigrationFiles::of(repo).and_then(|files| files.put(&run.files, StepSide::After, last));
    let committed = put.and_then(|()| {
        pause("a step is staged");
        Ok(repo.commit_index(&run.message)?)
    });
    match committed {
        Ok(commit) => {
            pause("a step is committed");
            Ok(commit)
        }
        Err(error) => {
            // If restoring the files fails as well, the journal stays, and the next run reports it.
            let back = MigrationFiles::of(repo)
                .and_then(|files| files.put(&run.files, StepSide::Before, || Ok(())));
            if back.is_ok() {
                let _ = journal.remove();
            }
            Err(error)
        }
    }
}
