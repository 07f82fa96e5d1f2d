//! `idhooks reconcile --commit`, and the hourly job: heals the checked-out branch of a service clone with
//! a commit of its own, which is put on another branch or into a patch. Neither the index nor the
//! working tree is changed.

use idhooks_core::config::HealTarget;
use idhooks_core::plan::EventKind;
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::store::{read_file, replace_file};
use idhooks_repo::transaction::{FollowUp, is_follow_up, is_follow_up_patch};
use serde::Serialize;

use crate::commands::audit::recorder;
use crate::commands::healing::while_healing;
use crate::commands::revision_args::RevisionArgs;
use crate::commands::ruled_state::RuledState;
use crate::commands::transaction::writer::{Reach, writer_lock};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count, json, shell_quoted};

use super::summary::{LeftToPerson, ReconcileFigures, left_to_person, show_left};
use super::work::note_run;

/// What the reflog of the branch says.
const REASON: &str = "idhooks: reconcile --commit";
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
    /// Whether this run put it there.
    pub(in crate::commands) written: bool,
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
        let config = RuledState::of_commit(repo, tip)?.config;
        let configured = Some(config.reconcile.target).filter(|one| *one != HealTarget::Nowhere);
        let target = target.or(configured).unwrap_or(default);
        let is_written = !is_dry_run && target != HealTarget::Nowhere;
        // Objects that nothing needs are not left behind.
        let aside = Repo::open_to_read(repo.top())?.writing_aside()?;
        let place = if is_written { repo } else { &aside };
        let plan = |progress: &dyn Fn(usize)| FollowUp::of(place, tip, progress);
        let follow_up = while_healing(plan)?.ok_or_else(|| not_healable(repo, tip))?;
        let (mut commit, mut written) = (None, false);
        let mut checked = tip;
        if follow_up.is_needed() {
            assert_free(repo, &follow_up, &target, &branch)?;
            checked = follow_up.store(place, &config.reconcile.author)?;
            commit = is_written.then_some(checked);
        }
        let findings = RuledState::of_commit(place, checked)?.check(place)?;
        if let Some(commit) = commit {
            written = put(repo, &target, commit)?;
        }
        let run = ServiceRun {
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
            written,
            is_dry_run,
        };
        run.note(ui, repo);
        Ok(run)
    }

    /// Records what was found and done: in the audit log, from which the time to find it can be read,
    /// and in the counters.
    fn note(&self, ui: &mut Ui, repo: &Repo) {
        if self.is_dry_run {
            return;
        }
        let tip = self.follow_up.tip.to_string();
        let (commit, target) = (self.commit.map(|id| id.to_string()), self.target.to_string());
        if self.written {
            let facts = [
                ("old_commit", Some(&*tip)),
                ("commit", commit.as_deref()),
                ("target", Some(&*target)),
            ];
            recorder::note(ui, repo, EventKind::Healed, &facts);
        } else if self.follow_up.is_needed() && self.target == HealTarget::Nowhere {
            let message = "the registry needs healing";
            let facts = [("commit", Some(&*tip)), ("message", Some(message))];
            recorder::note(ui, repo, EventKind::CheckFailed, &facts);
        }
        note_run(repo, if self.written { self.follow_up.edits.len() } else { 0 });
    }

    /// Returns whether something needs attention: what a person must do, or what only was reported.
    pub(in crate::commands) fn needs_attention(&self) -> bool {
        let is_open = self.follow_up.is_needed() && self.target == HealTarget::Nowhere;
        !self.left.is_empty() || is_open
    }

    /// Returns the run as JSON.
    pub(super) fn json(&self) -> String {
        json::document(&ServiceDocument {
            inconsistent_commits: self.follow_up.inconsistent,
            written: self.written,
            healed: &self.follow_up.edits,
            staged: [],
            figures: self.figures,
            left: &self.left,
            target: self.target.to_string(),
            commit: self.commit,
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
        let is_new = if self.written { "now " } else { "already " };
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

    /// Prints what to do next.
    pub(in crate::commands) fn advise(&self, ui: &mut Ui) {
        if !self.follow_up.is_needed() {
            return;
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
fn assert_unused(repo: &Repo) -> CommandResult<(String, CommitId)> {
    let why = "a service clone heals the branch that is checked out, as it is committed";
    if let Some(operation) = repo.operation()? {
        return Err(CommandError::new(format!("a {operation} is in progress"))
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
    let revision = RevisionArgs::at(REV);
    let Ok(state) = RuledState::of_commit(repo, tip) else { return revision.not_adopted() };
    if !state.view.is_adopted() {
        return revision.not_adopted();
    }
    let finding = state.check(repo).unwrap_or_default().into_iter().min();
    let error = CommandError::new(format!("the registry of {} cannot be healed", tip.short()));
    let error = match finding {
        Some(finding) => error.because(&finding.message).hint(finding.help),
        None => error,
    };
    error.hint("see what is wrong, and what to do: idhooks check --rev HEAD")
}

/// Checks that the target is no one else's.
fn assert_free(
    repo: &Repo,
    follow_up: &FollowUp,
    target: &HealTarget,
    current: &str,
) -> CommandResult<()> {
    match target {
        HealTarget::Nowhere => Ok(()),
        HealTarget::Branch(name) if name == current => Err(CommandError::new(format!(
            "branch '{name}' is checked out"
        ))
        .because(&"the branch that people work on is not changed behind their backs")
        .hint(
            "name another branch in [reconcile] of idhooks.toml: commit = \"branch idhooks/heal\"",
        )
        .hint("or heal this one with a commit: idhooks reconcile && git commit")),
        HealTarget::Branch(name) => assert_branch_free(repo, name),
        HealTarget::Patch(file) => assert_file_free(repo, follow_up, file),
    }
}

/// Checks that a branch is new, or that the commit at its end is one of the reconciler: a branch of someone
/// else is not even moved forward.
fn assert_branch_free(repo: &Repo, name: &str) -> CommandResult<()> {
    let Some(old) = repo.branch(name)? else { return Ok(()) };
    let quoted = shell_quoted(name);
    if let Some(place) = repo.worktree_of_branch(name)? {
        return Err(CommandError::new(format!("branch '{name}' is checked out in '{place}'"))
            .hint("switch to another branch there, or name another one in [reconcile] of idhooks.toml"));
    }
    if is_follow_up(repo, old)? {
        return Ok(());
    }
    let titles = repo.titles(&[old])?;
    let title = titles.first().map(|title| format!(": {} ({})", title.subject, title.author));
    let (short, title) = (old.short(), title.unwrap_or_default());
    Err(CommandError::new(format!("branch '{name}' ends with a commit that idhooks did not make"))
        .because(&format!("{short}{title}"))
        .hint(format!("keep it elsewhere: git branch -m {quoted} <name>; or merge and delete it: git merge {quoted} && git branch -d {quoted}"))
        .hint("or name another branch in [reconcile] of idhooks.toml"))
}

fn assert_file_free(repo: &Repo, follow_up: &FollowUp, file: &RepoPath) -> CommandResult<()> {
    let place = repo.top().join(file.to_os_path());
    repo.link_guard().check(&place)?;
    let refused = |why: &str| {
        CommandError::new(format!("cannot write the patch '{file}'"))
            .because(&why)
            .hint("remove it, or name another file in [reconcile] of idhooks.toml: commit = \"patch <name>.patch\"")
    };
    if follow_up.state.has_file(file) {
        return Err(refused("git tracks a file there"));
    }
    if place.is_dir() {
        return Err(refused("a directory is there"));
    }
    match read_file(&place)? {
        Some(text) if !is_follow_up_patch(&text) => {
            Err(refused("a file is there that idhooks did not write"))
        }
        _ => Ok(()),
    }
}

/// Puts the commit into its place; returns whether it was not there yet.
fn put(repo: &Repo, target: &HealTarget, commit: CommitId) -> CommandResult<bool> {
    match target {
        HealTarget::Nowhere => Ok(false),
        HealTarget::Branch(name) => {
            let old = repo.branch(name)?;
            if old == Some(commit) {
                return Ok(false);
            }
            repo.put_branch(name, commit, old, REASON).map_err(|error| {
                CommandError::new(format!("cannot move branch '{name}' to {}", commit.short()))
                    .because(&error.first_line())
                    .hint("if another run moved it, run this again; if another branch is in the way, name another one in [reconcile] of idhooks.toml")
            })?;
            Ok(true)
        }
        HealTarget::Patch(file) => {
            let (place, patch) = (repo.top().join(file.to_os_path()), repo.patch_of(commit)?);
            if read_file(&place)?.as_ref() == Some(&patch) {
                return Ok(false);
            }
            replace_file(&repo.link_guard(), &place, &patch)?;
            Ok(true)
        }
    }
}
