//! [`MigrationContext`]: where the migration of a repository is, and whether a step can be made.

use idhooks_core::check::{Finding, foreign_ids};
use idhooks_core::config::DualWrite;
use idhooks_core::plan::migration::{MigrationPhase, MigrationRun};
use idhooks_core::registry::{BlobId, RepoPath};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, LegacyFile, migration_phase, read_config};
use idhooks_repo::store::MigrationFile;
use idhooks_repo::transaction::MigrationFiles;

use crate::error::{CommandError, CommandResult};
use crate::output::shell_quoted;

use super::super::rollback::assert_settled;

/// A repository with at least one commit, and its migration.
pub(super) struct MigrationContext<'r> {
    pub(super) repo: &'r Repo,
    /// HEAD.
    pub(super) head: CommitId,
    /// The phase in HEAD.
    pub(super) phase: MigrationPhase,
    /// The last step in this clone.
    pub(super) run: Option<MigrationRun>,
    /// The table `[dual_write]` in HEAD.
    pub(super) rules: Option<DualWrite>,
}

impl<'r> MigrationContext<'r> {
    /// Reads HEAD and the journal.
    ///
    /// # Errors
    /// Returns an error if there is no commit, or if something cannot be read.
    pub(super) fn of(repo: &'r Repo) -> CommandResult<Self> {
        let head = repo.head()?.ok_or_else(|| {
            CommandError::new("there is no commit to migrate")
                .hint("commit your files first; every step is a commit on top of another one")
        })?;
        let run = MigrationFile::in_dir(&repo.worktree_state_dir()).read().map_err(|error| {
            CommandError::from(error).hint("it only says which step this clone made last: if 'git status' shows nothing of idhooks, remove the file")
        })?;
        let phase = migration_phase(repo, head, true)?;
        let tree = repo.commit(head)?.tree;
        let rules = LegacyFile::of_tree(repo, tree)?.map(|file| file.rules);
        Ok(MigrationContext { repo, head, phase, run, rules })
    }

    /// Returns the step that was interrupted, if one was.
    pub(super) fn unfinished(&self) -> Option<&MigrationRun> {
        self.run.as_ref().filter(|run| run.is_unfinished())
    }

    /// Asserts that no step was interrupted, that nothing is in progress or staged, and that the files of
    /// the step are as HEAD has them.
    ///
    /// # Errors
    /// Returns an error that names what is in the way.
    pub(super) fn assert_ready(&self, legacy: Option<&RepoPath>) -> CommandResult<()> {
        if let Some(run) = self.unfinished() {
            return Err(interrupted(run));
        }
        assert_settled(self.repo)?;
        if let Some(what) = self.repo.work_in_progress()? {
            return Err(CommandError::new("a step of a migration is a commit of its own")
                .because(&what)
                .hint("commit or stash that first: git status"));
        }
        let tree = self.repo.commit(self.head)?.tree;
        let mut own = vec![RepoPath::registry(), RepoPath::config(), RepoPath::attributes()];
        own.extend(legacy.cloned());
        let mut expected: Vec<(RepoPath, Option<BlobId>)> = Vec::new();
        for path in own {
            let entry = path.as_str().map(|path| self.repo.tree_entry(tree, path)).transpose()?;
            expected.push((path, entry.flatten().map(|entry| entry.blob)));
        }
        let files = MigrationFiles::of(self.repo)?;
        let others = files.others(expected.iter().map(|(path, blob)| (path, [*blob, *blob])))?;
        let Some(first) = others.first() else { return Ok(()) };
        let add = shell_quoted(&first.to_string());
        Err(CommandError::new("a step of a migration changes files that are not as HEAD has them")
            .listing(
                others.iter().map(|path| format!("'{path}' has changes that are not committed")),
                10,
            )
            .hint(format!(
                "commit them: git add {add} && git commit; or restore them: git restore {add}"
            )))
    }

    /// Returns findings about identities that a check of HEAD names, whichever file leads.
    ///
    /// # Errors
    /// Returns an error if HEAD cannot be read.
    pub(super) fn id_faults(&self) -> CommandResult<Vec<Finding>> {
        let state = CommitState::of_tree(self.repo, self.repo.commit(self.head)?.tree)?;
        let state = state.readable()?;
        let config = read_config(self.repo, &state.tree)?;
        Ok(state.registry().map_or_else(Vec::new, |registry| foreign_ids(registry, &config)))
    }

    /// Returns the rules of the legacy file.
    ///
    /// # Errors
    /// Returns an error if HEAD has none.
    pub(super) fn dual_write(&self) -> CommandResult<&DualWrite> {
        self.rules.as_ref().ok_or_else(|| {
            CommandError::new("no legacy file is named: idhooks.toml has no table [dual_write]")
                .hint("to begin a migration: idhooks migrate plan --from FILE")
        })
    }
}

/// Returns the error that a step was interrupted.
pub(super) fn interrupted(run: &MigrationRun) -> CommandError {
    CommandError::new(format!("the step to '{}' was interrupted", run.to))
        .hint("complete it: idhooks migrate run --resume")
        .hint("or undo it: idhooks migrate rollback")
}
