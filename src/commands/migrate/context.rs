//! [`MigrationContext`]: where the migration of a repository is, and whether a step can be made.

use idhooks_core::check::{Finding, foreign_ids};
use idhooks_core::config::{DualWrite, Leading, ReadyRule};
use idhooks_core::plan::migration::{MigrationPhase, MigrationRun, QuietTime, StepRefusal};
use idhooks_core::registry::{BlobId, RepoPath};
use idhooks_ops::assert_settled;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{
    CommitState, DualWriteSwitch, ForeignWrite, LegacyFile, migration_phase, quiet_time,
    read_config,
};
use idhooks_repo::store::MigrationFile;
use idhooks_repo::transaction::{MigrationFiles, committed_now};

use crate::error::{CommandError, CommandResult, Exit};

/// How a migration goes on whose dual write was switched off while the legacy file leads.
pub(super) const SWITCH_ON: &str = "set enabled = true there, and commit";

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

    /// Returns why there is no next step: the legacy file leads, but dual write was switched off, so that it
    /// lacks what commits have given since, and what it has meanwhile was never taken.
    pub(super) fn stopped_early(&self) -> Option<String> {
        let rules = self.rules.as_ref().filter(|rules| rules.leading == Leading::Legacy)?;
        (self.phase == MigrationPhase::Stopped).then(|| {
            format!(
                "'{}' leads, but enabled = false in [dual_write] of idhooks.toml: commits neither write it nor take what it has",
                rules.legacy
            )
        })
    }

    /// Asserts that dual write was not switched off while the legacy file leads.
    ///
    /// # Errors
    /// Returns an error that says how to go on.
    pub(super) fn assert_not_stopped_early(&self) -> CommandResult<()> {
        let Some(why) = self.stopped_early() else { return Ok(()) };
        let error = CommandError::new("there is no next step; nothing was changed").because(&why);
        let error = error.hint(format!("to go on: {SWITCH_ON}"));
        Err(CommandError { exit: Exit::Findings, ..error })
    }

    /// Asserts that git knows who makes the commit of a step.
    fn assert_committer(&self) -> CommandResult<()> {
        // Git's own message is a long explanation.
        self.repo.git().text(&["var", "GIT_COMMITTER_IDENT"]).map(drop).map_err(|_| {
            CommandError::new("a step is a commit, and git does not know who makes it")
                .hint("say who you are: git config user.name NAME && git config user.email ADDRESS")
        })
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
        if let Some(rules) = &self.rules {
            assert_no_contradiction(rules)?;
        }
        assert_settled(self.repo)?;
        self.assert_committer()?;
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
        if others.is_empty() {
            return Ok(());
        }
        let is_in_head =
            |path: &&RepoPath| expected.iter().any(|(own, blob)| own == *path && blob.is_some());
        let (changed, new): (Vec<&RepoPath>, Vec<&RepoPath>) = others.iter().partition(is_in_head);
        let quoted = |paths: &[&RepoPath]| {
            paths.iter().map(|path| path.shell_quoted()).collect::<Vec<_>>().join(" ")
        };
        let all = quoted(&others.iter().collect::<Vec<_>>());
        let error =
            CommandError::new("a step of a migration changes files that are not as HEAD has them")
                .listing(
                    others
                        .iter()
                        .map(|path| format!("'{path}' has changes that are not committed")),
                    10,
                )
                .hint(format!("commit them: git add {all} && git commit"));
        let error = match &changed[..] {
            [] => error,
            paths => error.hint(format!(
                "or restore what HEAD has: git restore --source=HEAD --staged --worktree {}",
                quoted(paths)
            )),
        };
        Err(match &new[..] {
            [] => error,
            paths => error.hint(format!(
                "or move what HEAD does not have away, and: git rm --cached --ignore-unmatch {}",
                quoted(paths)
            )),
        })
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

    /// Returns the last change of the legacy file by another program that the history of HEAD has.
    ///
    /// # Errors
    /// Returns an error if the history cannot be read.
    pub(super) fn last_foreign_write(&self) -> CommandResult<Option<ForeignWrite>> {
        let rules = self.rules.as_ref().filter(|_| self.phase != MigrationPhase::Off);
        let Some(rules) = rules else { return Ok(None) };
        let state = CommitState::of_commit(self.repo, self.head)?;
        Ok(ForeignWrite::last(self.repo, self.head, rules, state.registry())?)
    }

    /// Asserts that the phase has lasted long enough for the next step, unless it is forced.
    ///
    /// # Errors
    /// Returns an error that says what is lacking.
    pub(super) fn assert_quiet(
        &self,
        target: MigrationPhase,
        is_forced: bool,
    ) -> CommandResult<()> {
        let rules = self.dual_write()?;
        if is_forced || rules.ready == (ReadyRule { days: 0, commits: 0 }) {
            return Ok(());
        }
        let last = self.last_foreign_write()?;
        let quiet = quiet_time(self.repo, self.head, last, committed_now())?;
        if quiet.is_some_and(|quiet| quiet.is_enough(rules.ready)) {
            return Ok(());
        }
        let what = format!("it is too early for the step to '{target}'; nothing was changed");
        let error = CommandError::new(what);
        let is_shallow = self.repo.is_shallow()?;
        let error = match quiet {
            None if is_shallow => error.because(&"this clone lacks the commit of the last step"),
            None => error.because(&"no commit of this history shows when the phase began"),
            Some(quiet) => error.because(&format!(
                "{} without a change of '{}' by another program, since {}",
                quiet.of_rule(rules.ready),
                rules.legacy,
                quiet.since
            )),
        };
        let error = match quiet {
            None | Some(QuietTime { commits: None, .. }) if is_shallow => {
                error.hint("get the commits that are missing: git fetch --unshallow")
            }
            _ => error,
        };
        let error = error
            .hint("wait, and check with idhooks migrate status; or add --force if you are sure that no other program writes it")
            .hint("the rule is 'ready' in the table [dual_write] of idhooks.toml");
        Err(CommandError { exit: Exit::Findings, ..error })
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

/// Asserts that the environment does not contradict rules, from which the phase follows.
///
/// # Errors
/// Returns an error that names the variable.
pub(super) fn assert_no_contradiction(rules: &DualWrite) -> CommandResult<()> {
    let switch = DualWriteSwitch::of(rules);
    let Some(variable) = switch.contradiction(rules) else { return Ok(()) };
    let word = if rules.enabled { "true" } else { "false" };
    let what =
        format!("{variable} in the environment contradicts enabled = {word} in [dual_write]");
    Err(CommandError::new(what).hint(to_unset(variable)))
}

/// Returns what to do about a variable that contradicts the rules.
pub(super) fn to_unset(variable: &str) -> String {
    let name = variable.split('=').next().unwrap_or_default();
    format!("the phases follow from idhooks.toml: unset {name}, then run it again")
}

/// Returns the error of a step that cannot be the next one.
pub(super) fn refused(refusal: StepRefusal, target: MigrationPhase) -> CommandError {
    let error =
        CommandError::new(format!("the step to '{target}' cannot be made")).because(&refusal);
    match refusal {
        StepRefusal::Skipped(MigrationPhase::LegacyLeads) => {
            error.hint("begin the migration: idhooks migrate plan, then idhooks migrate run")
        }
        StepRefusal::Skipped(phase) => {
            error.hint(format!("first: idhooks migrate run, which goes to '{phase}'"))
        }
        StepRefusal::Passed(_) => {
            error.hint(format!("to go back: idhooks migrate rollback --to {target}"))
        }
    }
}
