//! `idhooks reconcile`: heals the registry after commits made without hooks.

mod rewrite;

use std::{cell::Cell, path::Path};

use clap::Args;
use idhooks_core::check::{Finding, duplicates, unmerged};
use idhooks_core::config::{Enforce, OnNew};
use idhooks_core::plan::{Edit, PlanError};
use idhooks_core::registry::{REGISTRY_PATH, ReadError, RepoPath};
use idhooks_repo::state::{StateError, read_config};
use idhooks_repo::{git::Repo, transaction::PendingCommit};
use serde::Serialize;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, Ui, count, json};

use super::capacity::full_in_commit;
use super::healing::{warn_of_limit, while_healing, without_identity};
use super::transaction::staging::{self, read_allocation_log};
use super::transaction::writer::{Reach, writer_lock};

/// Update the registry for commits that were made without hooks
///
/// Starts at the newest commits with a consistent registry and follows the renames in every commit
/// since then that was made without hooks: by a forge, by a bot, with '--no-verify', in a clone
/// without idhooks. The result is staged. The next commit would do the same; this command shows it,
/// and does it now.
///
/// If a commit changed an identity and a later one confirms the change, no new commit can heal that.
/// --rewrite makes such commits again while they are unpublished: files, authors, dates, messages and
/// notes stay, signed commits are signed again, and the old commits are kept under
/// refs/idhooks/rewrites.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks reconcile --dry-run                       show what would change
  idhooks reconcile && git commit -m 'Heal the registry'
  idhooks reconcile --rewrite origin/main..HEAD     commits that you have not pushed

Exit code: 0 healed, or nothing to heal; 1 findings that would block the next commit, such as a \
damaged registry in the index, or that --rewrite cannot heal; 2 an error")]
pub(super) struct Reconcile {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Rewrite the inconsistent commits of this range, and those after them, on the current branch
    ///
    /// The range must end at HEAD. Commit or stash all changes first. No remote, tag or other branch
    /// may contain the commits to replace.
    #[arg(long, value_name = "RANGE")]
    rewrite: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Keep the index complete until you stop it: 'idhooks watch run --live' with on_change = "stage"
    #[arg(long, conflicts_with_all = ["dry_run", "rewrite", "format"])]
    watch: bool,
}

/// The work, planned or done.
#[derive(Serialize)]
struct ReconcileWork {
    /// The number of inconsistent commits.
    #[serde(rename = "inconsistent_commits")]
    inconsistent: usize,
    /// Whether the registry was staged.
    written: bool,
    /// The changes that heal commits.
    healed: Vec<Edit>,
    /// The further changes of the index.
    staged: Vec<Edit>,
    /// Whether the registry in the index lacks some of these.
    #[serde(skip)]
    is_outdated: bool,
}

impl Reconcile {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if let Some(range) = &self.rewrite {
            return rewrite::run(ui, dir, range, self.dry_run, self.format);
        }
        if self.watch {
            return super::watch::reconcile_continuously(ui, dir);
        }
        let repo = Repo::open(dir)?.synced();
        let work = match ReconcileWork::of(ui, &repo, self.dry_run) {
            Ok(work) => work,
            Err(Stop::Findings(findings)) => {
                ui.complain(&findings);
                return Ok(Exit::Findings);
            }
            Err(Stop::Error(error)) => return Err(error),
        };
        match self.format {
            Format::Json => ui.data(&json::document(&work)),
            Format::Text => ui.lines(work.healed.iter().chain(&work.staged)),
        }
        let commits = count(work.inconsistent, "commit is", "commits are");
        ui.status(&match (work.inconsistent, work.is_outdated, self.dry_run) {
            (0, false, _) => "nothing to heal: HEAD and the index are consistent".to_owned(),
            (0, true, true) => "HEAD is consistent; the registry in the index would be completed".into(),
            (0, true, false) => "HEAD is consistent; the registry in the index was completed".into(),
            (_, false, _) => {
                format!("{commits} inconsistent; the staged registry heals them: run 'git commit'")
            }
            (_, true, true) => format!("{commits} inconsistent; 'idhooks reconcile' heals them"),
            (_, true, false) => {
                format!("{commits} inconsistent; the registry that heals them is now staged: run 'git commit'")
            }
        });
        // A refused push or CI job may have sent the user here.
        if work.inconsistent == 0
            && let Some(range) = rewrite::needed(&repo)?
        {
            ui.warning("commits before HEAD have errors that no further commit heals; see: idhooks check --history");
            ui.hint(&format!("if no one else has them: idhooks reconcile --rewrite {range}"));
        }
        Ok(Exit::Fine)
    }
}

/// Stages a registry that heals the commits and completes the index; returns whether it changed.
///
/// # Errors
/// Returns an error if the index cannot be healed, or if findings must be fixed first.
pub(super) fn stage(ui: &mut Ui, repo: &Repo) -> CommandResult<bool> {
    match ReconcileWork::of(ui, repo, false) {
        Ok(work) => Ok(work.written),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Findings(findings)) => {
            ui.complain(&findings);
            Err(CommandError::new("the registry cannot be healed yet")
                .hint("fix the findings above, then try again"))
        }
    }
}

/// Returns an error if nothing can be healed.
fn refuse(pending: &PendingCommit<'_>) -> CommandResult<()> {
    let path = RepoPath::registry();
    if pending.index.unmerged.contains_key(&path) {
        let finding = unmerged();
        return Err(CommandError::new(finding.message).hint(finding.help));
    }
    if pending.index.tree.contains_key(&path) {
        return Ok(());
    }
    let error = CommandError::new(format!("the index has no '{REGISTRY_PATH}'"));
    Err(if pending.head_has_registry()? {
        error.hint(format!("restore it: git restore --staged --worktree {REGISTRY_PATH}"))
    } else {
        error.hint("to adopt this repository, run 'idhooks init'; if another branch has a registry, merge that branch")
    })
}

enum Stop {
    Findings(Vec<Finding>),
    Error(CommandError),
}

impl From<CommandError> for Stop {
    fn from(error: CommandError) -> Self {
        Stop::Error(error)
    }
}

impl From<StateError> for Stop {
    fn from(error: StateError) -> Self {
        match error {
            StateError::Registry(ReadError::Newer(_)) => Stop::Error(error.into()),
            StateError::Registry(_) => Stop::Findings(error.findings()),
            error => Stop::Error(error.into()),
        }
    }
}

impl ReconcileWork {
    /// Plans the work and, unless this is a dry run, stages the registry.
    fn of(ui: &mut Ui, repo: &Repo, is_dry_run: bool) -> Result<Self, Stop> {
        let _lock = writer_lock(repo, "reconcile", Reach::Everything)?;
        let pending = PendingCommit::of(repo).map_err(CommandError::from)?;
        refuse(&pending)?;
        let inconsistent = Cell::new(0);
        let inputs = while_healing(|progress| {
            pending.read(None, &|total| {
                inconsistent.set(total);
                progress(total);
            })
        })?;
        let inputs = inputs.ok_or_else(|| Stop::Findings(vec![idhooks_core::check::missing()]))?;
        let config = read_config(repo, &inputs.state.tree)?;
        let faults = pending.faults(&inputs, &config);
        if !faults.is_empty() {
            return Err(Stop::Findings(faults));
        }
        let (log, allocates) = (read_allocation_log(ui, repo), config.on_new == OnNew::Allocate);
        let plan = match pending.plan(&inputs, &config, &log, allocates) {
            Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
                let finding = full_in_commit(&config, &inputs, counter, &path);
                return Err(Stop::Findings(vec![finding]));
            }
            plan => plan?,
        };
        let twice = duplicates(&plan.registry);
        if !twice.is_empty() {
            return Err(Stop::Findings(twice));
        }
        let missing = without_identity(&plan);
        if config.on_new == OnNew::Require && config.enforce != Enforce::Warn && !missing.is_empty()
        {
            return Err(Stop::Findings(missing));
        }
        if plan.skipped.is_some() {
            warn_of_limit(ui);
        }
        let healed = inputs.lineage.healing();
        let base = inputs.lineage.merged.as_ref();
        let staged = base.map(|base| Edit::between(base, &plan.registry)).unwrap_or_default();
        let is_outdated = inputs.is_outdated_by(&plan.registry);
        let written = is_outdated && !is_dry_run;
        if written {
            let change = pending.change(&inputs);
            staging::commit(ui, change, &plan.registry).map_err(CommandError::from)?;
        }
        Ok(ReconcileWork { inconsistent: inconsistent.get(), written, healed, staged, is_outdated })
    }
}
