//! `idhooks reconcile --commit`, and the hourly job: heals the checked-out branch of a service clone with
//! a commit of its own, which is put on another branch or into a patch. Neither the index nor the
//! working tree is changed.

use idhooks_core::check::Code;
use idhooks_core::config::HealTarget;
use idhooks_core::plan::EventKind;
use idhooks_core::registry::{Id, RepoPath};
use idhooks_ops::{Reach, Revision, RuledState, note_event, while_healing, writer_lock};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::transaction::FollowUp;
use serde::Serialize;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{MARKDOWN_MARK, Ui, code_list, count, json, shell_quoted};

use super::enqueue::{Repairs, ask};
use super::summary::{LeftToPerson, ReconcileFigures, left_to_person, show_left};
use super::target::{PutOutcome, assert_free, is_left_over, put};
use super::work::note_run;

/// The revision that is healed.
const REV: &str = "HEAD";

/// A run of the reconciler in a service clone.
pub(in crate::commands) struct ServiceRun {
    pub(in crate::commands) follow_up: FollowUp,
    pub(in crate::commands) figures: ReconcileFigures,
    pub(in crate::commands) left: Vec<LeftToPerson>,
    /// Where the commit belongs.
    pub(in crate::commands) target: HealTarget,
    /// The commit that heals the registry, if one is needed and was stored.
    pub(in crate::commands) commit: Option<CommitId>,
    /// What putting it there did.
    put: PutOutcome,
    /// Where it was pushed to, if it was.
    pub(super) pushed: Option<String>,
    /// The paths whose questions are answered, and the identities that they have now.
    pub(in crate::commands) answered: Vec<(Option<Id>, RepoPath)>,
    /// Whether the branch is there from an earlier run, and nothing needs it any more.
    is_left_over: bool,
    is_dry_run: bool,
}

#[derive(Serialize)]
struct ServiceDocument<'r> {
    inconsistent_commits: usize,
    written: bool,
    healed: &'r [idhooks_core::plan::Edit],
    staged: [idhooks_core::plan::Edit; 0],
    #[serde(flatten)]
    figures: ReconcileFigures,
    left: &'r [LeftToPerson],
    target: String,
    commit: Option<CommitId>,
    backup: Option<&'r str>,
}

impl ServiceRun {
    /// Heals the branch that is checked out. `target` is used instead of the one in `idhooks.toml`, and
    /// `default` if neither names one.
    ///
    /// # Errors
    /// Returns an error if the working tree is in use, if the registry cannot be healed, or if the
    /// target belongs to something else.
    pub(in crate::commands) fn of(
        ui: &mut Ui,
        repo: &Repo,
        target: Option<HealTarget>,
        default: HealTarget,
        is_dry_run: bool,
    ) -> CommandResult<Self> {
        let _lock = writer_lock(repo, "reconcile", Reach::Everything)?;
        let (branch, tip) = assert_unused(repo)?;
        let config = RuledState::read_commit(repo, tip)?.config;
        let configured = Some(config.reconcile.target).filter(|one| *one != HealTarget::Nowhere);
        let target = target.or(configured).unwrap_or(default);
        let is_written = !is_dry_run && target != HealTarget::Nowhere;
        // Objects that nothing needs are not left behind.
        let aside = Repo::open_to_read(repo.top())?.writing_aside()?;
        let place = if is_written { repo } else { &aside };
        let plan = |progress: &dyn Fn(usize)| FollowUp::of(place, tip, progress);
        let follow_up = while_healing(ui, plan)?.ok_or_else(|| not_healable(repo, tip))?;
        let (mut commit, mut outcome) = (None, PutOutcome::default());
        let mut checked = tip;
        if follow_up.is_needed() {
            assert_free(repo, &follow_up, &target, &branch)?;
            checked = follow_up.store(place, &config.reconcile.author)?;
            commit = is_written.then_some(checked);
        }
        let findings = RuledState::read_commit(place, checked)?.check(place)?;
        if findings.iter().any(|finding| finding.code == Code::RegistryCorrupt) {
            return Err(not_healable(repo, tip));
        }
        if let Some(commit) = commit {
            outcome = put(repo, &target, commit)?;
        }
        let is_left_over = !follow_up.is_needed() && is_left_over(repo, &target, tip)?;
        let mut run = ServiceRun {
            figures: ReconcileFigures::of(
                &follow_up.state,
                &follow_up.config,
                None,
                &follow_up.edits.iter().collect::<Vec<_>>(),
            ),
            left: left_to_person(&follow_up.possible_renames, &findings),
            follow_up,
            target,
            commit,
            put: outcome,
            pushed: None,
            answered: Vec::new(),
            is_left_over,
            is_dry_run,
        };
        run.note(ui, repo);
        Ok(run)
    }

    /// Records what was found and done: in the audit log, from which the time to find it can be read,
    /// and in the counters.
    fn note(&mut self, ui: &mut Ui, repo: &Repo) {
        if self.is_dry_run {
            return;
        }
        let repairs = Repairs::of(&self.follow_up.edits, &self.left, true);
        match ask(repo, &repairs) {
            Ok(answered) => {
                let registry = self.follow_up.state.registry();
                let id_of =
                    |path: &RepoPath| Some(registry?.active().find(|one| one.path == *path)?.id);
                let with_id = |path| (id_of(&path), path);
                self.answered = answered.into_iter().map(with_id).collect();
            }
            Err(error) => {
                ui.warning(&format!("what needs a person was not put into the queue: {error}"));
            }
        }
        let tip = self.follow_up.tip.to_string();
        let (commit, target) = (self.commit.map(|id| id.to_string()), self.target.to_string());
        if self.put.written {
            let facts = [
                ("old_commit", Some(&*tip)),
                ("commit", commit.as_deref()),
                ("target", Some(&*target)),
                ("backup", self.put.backup.as_deref()),
            ];
            note_event(ui, repo, EventKind::Healed, &facts);
        } else if self.follow_up.is_needed() && self.target == HealTarget::Nowhere {
            let message = "the registry needs healing";
            let facts = [("commit", Some(&*tip)), ("message", Some(message))];
            note_event(ui, repo, EventKind::CheckFailed, &facts);
        }
        note_run(repo, if self.put.written { self.follow_up.edits.len() } else { 0 });
    }

    /// Returns whether something needs attention: what a person must do, or what only was reported.
    pub(in crate::commands) fn needs_attention(&self) -> bool {
        let is_open = self.follow_up.is_needed() && self.target == HealTarget::Nowhere;
        !self.left.is_empty() || is_open || self.backup().is_some()
    }

    /// Returns the ref that keeps what the branch had of others, if it had anything.
    pub(in crate::commands) fn backup(&self) -> Option<&str> {
        self.put.backup.as_deref()
    }

    /// Returns where the commit was pushed to, if it was.
    pub(in crate::commands) fn pushed(&self) -> Option<&str> {
        self.pushed.as_deref()
    }

    /// Returns the run as JSON.
    pub(super) fn json(&self) -> String {
        json::document(&ServiceDocument {
            inconsistent_commits: self.follow_up.inconsistent,
            written: self.put.written,
            healed: &self.follow_up.edits,
            staged: [],
            figures: self.figures,
            left: &self.left,
            target: self.target.to_string(),
            commit: self.commit,
            backup: self.backup(),
        })
    }

    /// Returns in a line what was done.
    pub(in crate::commands) fn outcome(&self) -> String {
        let tip = self.follow_up.tip.short();
        if !self.follow_up.is_needed() {
            return format!("nothing to heal: the registry of {tip} is up to date");
        }
        let commits = match self.follow_up.inconsistent {
            0 => format!("the registry of {tip} is out of date"),
            commits => format!("{} inconsistent", count(commits, "commit is", "commits are")),
        };
        let is_new = if self.put.written { "now " } else { "already " };
        match (&self.target, &self.commit) {
            (HealTarget::Nowhere, _) => format!("{commits}; nothing was changed"),
            (target, None) => format!("{commits}; a commit for '{target}' would heal that"),
            (HealTarget::Branch(name), Some(id)) => {
                format!("{commits}; {} heals that, and is {is_new}on branch '{name}'", id.short())
            }
            (HealTarget::Patch(file), Some(_)) => {
                format!("{commits}; the patch that heals that is {is_new}in '{file}'")
            }
        }
    }

    /// Prints what was done, what to do next, and what is left to a person.
    pub(super) fn show(&self, ui: &mut Ui) {
        ui.lines(&self.follow_up.edits);
        ui.status(&self.outcome());
        self.advise(ui);
        show_left(ui, &self.left);
    }

    /// Returns what was done and what is left to a person as Markdown, for a pull request: without commands
    /// that would bypass it, and with the longest part at the end, where it is cut.
    pub(super) fn markdown(&self) -> String {
        let left = self.left.iter().map(|one| format!("{} ({})", one.message(), one.command));
        let messages = std::iter::once(self.outcome())
            .chain(self.backup_message())
            .chain(self.answers())
            .chain(left)
            .chain(self.follow_up.edits.iter().map(ToString::to_string));
        format!("{MARKDOWN_MARK}{}", code_list(messages))
    }

    fn answers(&self) -> impl Iterator<Item = String> {
        self.answered.iter().map(|(id, path)| match id {
            Some(id) => {
                format!("the question about '{path}' is answered: it has the identity {id}")
            }
            None => format!("the question about '{path}' is dropped: it has no identity in HEAD"),
        })
    }

    fn backup_message(&self) -> Option<String> {
        let HealTarget::Branch(name) = &self.target else { return None };
        let backup = self.backup()?;
        Some(format!("branch '{name}' had commits of others; they are kept as {backup}"))
    }

    /// Prints what to do next.
    pub(in crate::commands) fn advise(&self, ui: &mut Ui) {
        self.answers().for_each(|answer| ui.status(&answer));
        if let (Some(message), Some(backup)) = (self.backup_message(), self.backup()) {
            ui.warning(&message);
            ui.hint(&format!("see them: git log {backup} --not HEAD"));
        }
        if !self.follow_up.is_needed() {
            if let (true, HealTarget::Branch(name)) = (self.is_left_over, &self.target) {
                let name = shell_quoted(name);
                ui.status(&format!("branch {name} is no longer needed: git branch -D {name}"));
            }
            return;
        }
        if let Some(pushed) = &self.pushed {
            return ui.status(&format!("pushed to {pushed}"));
        }
        match (&self.target, &self.commit) {
            (HealTarget::Nowhere, _) => ui.hint(
                "to have it healed, say where in [reconcile] of idhooks.toml: commit = \"branch idhooks/heal\"",
            ),
            (HealTarget::Branch(name), Some(_)) => {
                ui.status(&format!("take it over: git merge --ff-only {}", shell_quoted(name)));
            }
            (HealTarget::Patch(file), Some(_)) => {
                ui.status(&format!("take it over: git am {}", file.shell_quoted()));
            }
            (_, None) => {}
        }
    }

    pub(super) fn exit(&self) -> Exit {
        if self.needs_attention() { Exit::Findings } else { Exit::Fine }
    }
}

/// Returns the branch that is checked out and its commit, if no one works there.
pub(super) fn assert_unused(repo: &Repo) -> CommandResult<(String, CommitId)> {
    let why = "a service clone heals the branch that is checked out, as it is committed";
    if let Some(operation) = repo.operation_in_progress()? {
        return Err(CommandError::new(operation)
            .because(&why)
            .hint("finish or abort it first: git status"));
    }
    let Some(branch) = repo.own_branch()? else {
        return Err(CommandError::new("HEAD is detached")
            .because(&why)
            .hint("switch to the branch first: git switch <branch>"));
    };
    let Some(tip) = repo.head()? else {
        return Err(CommandError::new(format!("branch '{branch}' has no commit yet"))
            .hint("make the first commit, or fetch the branch: git pull"));
    };
    repo.assert_clean().map_err(|error| {
        CommandError::from(error)
            .because(&why)
            .hint("commit or stash the changes: git stash; to heal them with the next commit: idhooks reconcile")
    })?;
    if repo.is_shallow()? {
        return Err(CommandError::new("the clone is shallow")
            .because(&"without the whole history, another clone would heal it in another way")
            .hint("fetch the rest: git fetch --unshallow (in CI: 'fetch-depth: 0')"));
    }
    Ok((branch, tip))
}

/// Returns the error for a registry that cannot be healed.
fn not_healable(repo: &Repo, tip: CommitId) -> CommandError {
    let revision = Revision::named(REV);
    let state = match RuledState::read_commit(repo, tip) {
        Ok(state) => state,
        Err(error) => return error.into(),
    };
    if !state.view.is_adopted() {
        return revision.not_adopted(repo, &state.view).into();
    }
    let finding = state.check(repo).unwrap_or_default().into_iter().min();
    let error = CommandError::new(format!("the registry of {} cannot be healed", tip.short()));
    let error = match finding {
        Some(finding) => error.because(&finding.message).hint(finding.help),
        None => error,
    };
    error.hint("see what is wrong, and what to do: idhooks check --rev HEAD")
}
