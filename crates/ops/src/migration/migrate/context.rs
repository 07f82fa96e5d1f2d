//! [`MigrationContext`]: a migration's phase, and whether a step can be made.

use idhooks_core::check::{Finding, foreign_ids};
use idhooks_core::config::{DualWrite, Leading, MigrationPhase, ReadyRule};
use idhooks_core::registry::{BlobId, RepoPath};
use idhooks_migration::{MigrationRun, is_step};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, DualWriteSwitch, migration_phase, read_config};
use idhooks_repo::transaction::committed_now;

use super::foreign_write::{ForeignWrite, quiet_time};
use super::journal::MigrationFile;
use super::refusal::MigrateRefusal;
use super::step_files::MigrationFiles;
use crate::{OpsError, assert_settled};

/// A repository with at least one commit, and the state of its migration.
#[derive(Debug)]
pub(super) struct MigrationContext<'r> {
    /// The repository.
    pub(super) repo: &'r Repo,
    /// HEAD.
    pub(super) head: CommitId,
    /// The phase in HEAD.
    pub(super) phase: MigrationPhase,
    /// The last step in this clone.
    pub(super) run: Option<MigrationRun>,
    /// The `[dual_write]` table in HEAD.
    pub(super) rules: Option<DualWrite>,
}

impl<'r> MigrationContext<'r> {
    /// Reads HEAD and the journal.
    ///
    /// # Errors
    /// Returns an error if there is no commit, or if something cannot be read.
    pub(super) fn of(repo: &'r Repo) -> Result<Self, OpsError> {
        let head = repo.head()?.ok_or(MigrateRefusal::NoCommit)?;
        let run = MigrationFile::in_dir(&repo.worktree_state_dir()).read();
        let run = run.map_err(MigrateRefusal::Journal)?;
        let phase = migration_phase(repo, head, true)?;
        let tree = repo.commit(head)?.tree;
        let rules = LegacyFile::of_tree(repo, tree)?.map(|file| file.rules);
        Ok(MigrationContext { repo, head, phase, run, rules })
    }

    /// Returns the interrupted step, if there is one.
    pub(super) fn unfinished(&self) -> Option<&MigrationRun> {
        self.run.as_ref().filter(|run| run.is_unfinished())
    }

    /// Returns the legacy file if it leads but dual write was switched off. In that case there is
    /// no next step: the file lacks the identities from later commits, and its own changes were
    /// never taken.
    pub(super) fn stopped_early(&self) -> Option<&RepoPath> {
        let rules = self.rules.as_ref().filter(|rules| rules.leading == Leading::Legacy)?;
        (self.phase == MigrationPhase::Stopped).then_some(&rules.legacy)
    }

    /// Checks that dual write was not switched off while the legacy file leads.
    ///
    /// # Errors
    /// Returns an error if dual write was switched off.
    pub(super) fn assert_not_stopped_early(&self) -> Result<(), MigrateRefusal> {
        match self.stopped_early() {
            None => Ok(()),
            Some(legacy) => Err(MigrateRefusal::StoppedEarly(legacy.clone())),
        }
    }

    /// Checks that git knows which author to use for a step's commit.
    fn assert_committer(&self) -> Result<(), MigrateRefusal> {
        // git's own error message is a long explanation, so it is not shown.
        let known = self.repo.git().text(&["var", "GIT_COMMITTER_IDENT"]);
        known.map(drop).map_err(|_| MigrateRefusal::NoCommitter)
    }

    /// Checks that no step was interrupted, that nothing is staged or in progress, and that the
    /// step's files are the same as in HEAD.
    ///
    /// # Errors
    /// Returns an error that names the obstacle.
    pub(super) fn assert_ready(&self, legacy: Option<&RepoPath>) -> Result<(), OpsError> {
        self.assert_not_interrupted()?;
        if let Some(rules) = &self.rules {
            assert_no_contradiction(self.repo, rules)?;
        }
        assert_settled(self.repo)?;
        self.assert_committer()?;
        if let Some(what) = self.repo.work_in_progress()? {
            return Err(MigrateRefusal::InProgress(what).into());
        }
        let tree = self.repo.commit(self.head)?.tree;
        // The step commits these files, so it would include any other edits to them.
        let mut own = vec![RepoPath::registry(), RepoPath::config(), RepoPath::attributes()];
        own.extend(legacy.cloned());
        let mut expected: Vec<(RepoPath, Option<BlobId>)> = Vec::new();
        for path in own {
            let entry = path.as_str().map(|path| self.repo.tree_entry(tree, path)).transpose()?;
            expected.push((path, entry.flatten().map(|entry| entry.blob)));
        }
        let files = MigrationFiles::of(self.repo)?;
        let paths = files.others(expected.iter().map(|(path, blob)| (path, [*blob, *blob])))?;
        if paths.is_empty() {
            return Ok(());
        }
        let is_in_head =
            |path: &RepoPath| expected.iter().any(|(own, blob)| own == path && blob.is_some());
        let new = paths.iter().filter(|path| !is_in_head(path)).cloned().collect();
        Err(MigrateRefusal::NotAsInHead { paths, new }.into())
    }

    /// Checks that no step was interrupted.
    ///
    /// # Errors
    /// Returns an error if a step was interrupted.
    pub(super) fn assert_not_interrupted(&self) -> Result<(), MigrateRefusal> {
        self.unfinished().map_or(Ok(()), |run| Err(MigrateRefusal::Interrupted(run.to)))
    }

    /// Returns the findings about identities that a check of HEAD reports, no matter which file
    /// leads.
    ///
    /// # Errors
    /// Returns an error if HEAD cannot be read.
    pub(super) fn id_faults(&self) -> Result<Vec<Finding>, OpsError> {
        let state = CommitState::of_tree(self.repo, self.repo.commit(self.head)?.tree)?;
        let state = state.readable()?;
        let config = read_config(self.repo, &state.tree)?;
        Ok(state.registry().map_or_else(Vec::new, |registry| foreign_ids(registry, &config)))
    }

    /// Returns another program's last change to the legacy file in HEAD's history.
    ///
    /// # Errors
    /// Returns an error if the history cannot be read.
    pub(super) fn last_foreign_write(&self) -> Result<Option<ForeignWrite>, OpsError> {
        let rules = self.rules.as_ref().filter(|_| self.phase != MigrationPhase::Off);
        let Some(rules) = rules else { return Ok(None) };
        let state = CommitState::of_commit(self.repo, self.head)?;
        Ok(ForeignWrite::last(self.repo, self.head, rules, state.registry())?)
    }

    /// Checks that the phase has lasted long enough for the next step, unless the step is forced.
    ///
    /// # Errors
    /// Returns an error that names the missing part.
    pub(super) fn assert_quiet(
        &self,
        target: MigrationPhase,
        is_forced: bool,
    ) -> Result<(), OpsError> {
        let rules = self.dual_write()?;
        if is_forced || rules.ready == (ReadyRule { days: 0, commits: 0 }) {
            return Ok(());
        }
        let last = self.last_foreign_write()?;
        let quiet = quiet_time(self.repo, self.head, last, committed_now(self.repo))?;
        if quiet.is_some_and(|quiet| quiet.is_enough(rules.ready)) {
            return Ok(());
        }
        // A shallow clone may not know when the phase began.
        let (legacy, is_shallow) = (rules.legacy.clone(), self.repo.is_shallow()?);
        let ready = rules.ready;
        Err(MigrateRefusal::TooEarly { target, quiet, ready, legacy, is_shallow }.into())
    }

    /// Returns the rules for the legacy file.
    ///
    /// # Errors
    /// Returns an error if HEAD has no such rules.
    pub(super) fn dual_write(&self) -> Result<&DualWrite, MigrateRefusal> {
        self.rules.as_ref().ok_or(MigrateRefusal::NoLegacyFile)
    }

    /// Returns whether moving to a phase is a step; `false` if it is the current phase.
    ///
    /// # Errors
    /// Returns an error if the phase is neither the current one nor the next one.
    pub(super) fn step_to(&self, target: MigrationPhase) -> Result<bool, MigrateRefusal> {
        is_step(self.phase, target).map_err(|error| MigrateRefusal::Step(error, target))
    }
}

/// Checks that no environment variable contradicts the rules that determine the phase.
///
/// # Errors
/// Returns an error that names the variable.
pub(super) fn assert_no_contradiction(
    repo: &Repo,
    rules: &DualWrite,
) -> Result<(), MigrateRefusal> {
    let switch = DualWriteSwitch::of(repo.environment(), rules);
    let Some(variable) = switch.contradiction(rules) else { return Ok(()) };
    let (variable, is_enabled) = (variable.to_owned(), rules.enabled);
    Err(MigrateRefusal::Contradiction { variable, is_enabled })
}
