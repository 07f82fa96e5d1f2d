//! What heals the index: planned, and staged.

use std::cell::Cell;
use std::rc::Rc;

use idhooks_core::check::{Finding, duplicate_records, unmerged};
use idhooks_core::config::{Config, Enforce, Globs, OnNew};
use idhooks_core::plan::{Edit, Plan, PlanError};
use idhooks_core::registry::{REGISTRY_PATH, ReadError, RepoPath};
use idhooks_ops::{
    Reach, blocked_by_limit, blocked_by_missing, commit_change, full_in_commit,
    read_allocation_log, while_healing, without_identity, writer_lock,
};
use idhooks_repo::git::Repo;
use idhooks_repo::history::healing_unreadable;
use idhooks_repo::state::{
    CommitState, RegistryState, StateError, Stored, how_to_adopt, read_config,
};
use idhooks_repo::store::{CountersFile, LastRun, RunOutcome, Runs, WriteCounter};
use idhooks_repo::transaction::{CommitInputs, PendingCommit, now, possible_renames};
use serde::Serialize;

use crate::error::{CommandError, CommandResult};
use crate::output::{Ui, count};

use super::summary::{LeftToPerson, ReconcileFigures, left_to_person};

/// The work, planned or done.
#[derive(Serialize)]
pub(super) struct ReconcileWork {
    /// The number of inconsistent commits.
    #[serde(rename = "inconsistent_commits")]
    pub(super) inconsistent: usize,
    /// Whether the registry was staged.
    pub(super) written: bool,
    /// The changes that heal commits.
    pub(super) healed: Vec<Edit>,
    /// The further changes of the index.
    pub(super) staged: Vec<Edit>,
    #[serde(flatten)]
    pub(super) figures: ReconcileFigures,
    /// What needs a person.
    pub(super) left: Vec<LeftToPerson>,
    /// Whether the registry in the index lacks some of these.
    #[serde(skip)]
    pub(super) is_outdated: bool,
    /// Whether something stays undecided.
    #[serde(skip)]
    pub(super) is_undecided: bool,
}

/// How a reconciliation is done.
#[derive(Default)]
pub(super) struct ReconcileOptions {
    /// Change nothing.
    pub(super) is_dry_run: bool,
    /// Look for what is left to a person, too, which takes a whole check.
    pub(super) is_checked: bool,
    /// The paths to report; nothing for all.
    pub(super) globs: Option<Globs>,
}

impl ReconcileOptions {
    /// Returns whether a path is to be reported; what has none is only where all paths are.
    fn means(&self, path: Option<&RepoPath>) -> bool {
        self.globs.as_ref().is_none_or(|globs| path.is_some_and(|path| globs.matches(path)))
    }
}

/// Records that a run was completed, and how many repairs it made.
pub(super) fn note_run(repo: &Repo, repaired: usize) {
    let mut counters = vec![WriteCounter::ReconcileRuns];
    counters.extend(std::iter::repeat_n(WriteCounter::ReconcileRepaired, repaired));
    CountersFile::in_dir(&repo.state_dir()).count(&counters);
    let run = LastRun { at: now(), outcome: RunOutcome::Fine, done: Some(now()), report: None };
    // Only a metric misses a note that cannot be written.
    let _ = Runs::in_dir(&repo.state_dir()).note_reconcile(&run);
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
    let findings = CommitState::of_index(pending.repo)?.why_unreadable(pending.repo)?;
    Err(error.hint(match findings.into_iter().next() {
        Some(finding) => finding.help,
        None => how_to_adopt(pending.repo, &pending.index.tree),
    }))
}

pub(super) enum Stop {
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
    /// Returns in a line what was done, or would be; `is_restricted` if only some paths are reported.
    pub(super) fn outcome(&self, is_dry_run: bool, is_restricted: bool) -> String {
        let is_empty = self.healed.is_empty() && self.staged.is_empty() && self.left.is_empty();
        let differs = self.inconsistent > 0 || self.is_outdated;
        let commits = count(self.inconsistent, "commit is", "commits are");
        let what = if self.is_undecided { "what can be decided of them" } else { "them" };
        match (self.inconsistent, self.is_outdated, is_dry_run) {
            (1.., false, _) if self.is_undecided && self.healed.is_empty() => {
                format!("{commits} inconsistent; nothing of that can be healed yet")
            }
            _ if is_restricted && differs && is_empty => {
                "nothing that matches --paths needs healing".to_owned()
            }
            (0, false, _) => "nothing to heal: HEAD and the index are consistent".to_owned(),
            (0, true, true) => {
                "HEAD is consistent; the registry in the index would be completed".into()
            }
            (0, true, false) => {
                "HEAD is consistent; the registry in the index was completed".into()
            }
            (_, false, _) => {
                format!(
                    "{commits} inconsistent; the staged registry heals {what}: run 'git commit'"
                )
            }
            (_, true, true) => format!("{commits} inconsistent; 'idhooks reconcile' heals {what}"),
            (_, true, false) => {
                format!(
                    "{commits} inconsistent; the registry that heals {what} is now staged: run 'git commit'"
                )
            }
        }
    }

    /// Plans the work and, unless this is a dry run, stages the registry.
    pub(super) fn of(ui: &mut Ui, repo: &Repo, options: &ReconcileOptions) -> Result<Self, Stop> {
        let _lock =
            writer_lock(repo, "reconcile", Reach::Everything).map_err(CommandError::from)?;
        let pending = PendingCommit::of(repo).map_err(CommandError::from)?;
        refuse(&pending)?;
        let inconsistent = Cell::new(0);
        let inputs = while_healing(ui, |progress| {
            pending.read(None, &|total| {
                inconsistent.set(total);
                progress(total);
            })
        })?;
        let Some(inputs) = inputs else {
            return Err(Stop::Findings(CommitState::of_index(repo)?.why_unreadable(repo)?));
        };
        let config = read_config(repo, &inputs.state.tree)?;
        let faults = pending.faults(&inputs, &config);
        if !faults.is_empty() {
            return Err(Stop::Findings(faults));
        }
        let plan = repairs(ui, &pending, &inputs, &config)?;
        let mut healed = healing(&pending, &inputs)?;
        let base = inputs.lineage.merged.as_ref();
        let mut staged = base.map(|base| Edit::between(base, &plan.registry)).unwrap_or_default();
        let mut renames = plan.possible_renames.clone();
        if let Some((head, _)) = &pending.head {
            renames.extend(possible_renames(repo, *head, &config, &healed)?);
        }
        let is_outdated = inputs.is_outdated_by(&plan.registry);
        let written = is_outdated && !options.is_dry_run;
        if written {
            let change = pending.change(&inputs);
            commit_change(ui, change, &plan.registry).map_err(CommandError::from)?;
        }
        let findings = match options.is_checked {
            true => planned_state(&pending, &inputs, &plan)?.check(repo, &config)?,
            false => Vec::new(),
        };
        let mut left = left_to_person(&renames, &findings);
        let is_meant = |path: &Option<RepoPath>| options.means(path.as_ref());
        let is_edit_meant = |edit: &Edit| is_meant(&edit.path) || is_meant(&edit.from);
        healed.retain(is_edit_meant);
        staged.retain(is_edit_meant);
        left.retain(|left| is_meant(&left.path));
        let edits: Vec<&Edit> = healed.iter().chain(&staged).collect();
        let figures = figures(&inputs, &config, options, &edits);
        if !options.is_dry_run {
            note_run(repo, if written { healed.len() + staged.len() } else { 0 });
        }
        let inconsistent = inconsistent.get();
        let is_undecided = inputs.lineage.missing().is_some();
        Ok(ReconcileWork {
            inconsistent,
            written,
            healed,
            staged,
            figures,
            left,
            is_outdated,
            is_undecided,
        })
    }
}

/// Plans the registry, unless something in it has to be decided first.
fn repairs(
    ui: &mut Ui,
    pending: &PendingCommit<'_>,
    inputs: &CommitInputs,
    config: &Config,
) -> Result<Plan, Stop> {
    let (log, allocates) =
        (read_allocation_log(ui, pending.repo), config.on_new == OnNew::Allocate);
    let plan = match pending.plan(inputs, config, &log, allocates) {
        Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
            let finding = full_in_commit(config, inputs, counter, &path);
            return Err(Stop::Findings(vec![finding]));
        }
        plan => plan?,
    };
    let twice = duplicate_records(&plan.registry);
    if !twice.is_empty() {
        return Err(Stop::Findings(twice));
    }
    let missing = without_identity(&plan);
    let is_required = config.on_new == OnNew::Require && config.enforce != Enforce::Warn;
    if is_required && !missing.is_empty() {
        return Err(Stop::Findings(missing));
    }
    let lacking = blocked_by_missing(ui, pending.repo, &inputs.lineage, &plan, false);
    let warn_only = config.enforce == Enforce::Warn;
    if let Some(finding) = lacking.or_else(|| blocked_by_limit(ui, &plan, warn_only)) {
        return Err(Stop::Findings(vec![finding]));
    }
    Ok(plan)
}

/// Returns the figures; what is read instead of a damaged registry is not in the index.
fn figures(
    inputs: &CommitInputs,
    config: &Config,
    options: &ReconcileOptions,
    edits: &[&Edit],
) -> ReconcileFigures {
    let figures = ReconcileFigures::of(&inputs.state, config, options.globs.as_ref(), edits);
    let registry_records = if inputs.is_healed { 0 } else { figures.registry_records };
    ReconcileFigures { registry_records, ..figures }
}

/// Returns what healing the commits changes, also if the registry of HEAD cannot be read.
fn healing(pending: &PendingCommit<'_>, inputs: &CommitInputs) -> Result<Vec<Edit>, StateError> {
    let (lineage, edits) = (&inputs.lineage, inputs.lineage.healing());
    if let (true, Some((head, _)), Some(after)) =
        (edits.is_empty() && lineage.was_inconsistent(), &pending.head, &lineage.merged)
        && CommitState::of_commit(pending.repo, *head)?.registry().is_none()
    {
        return healing_unreadable(pending.repo, *head, after);
    }
    Ok(edits)
}

/// Returns the index with the registry that was planned for it.
fn planned_state(
    pending: &PendingCommit<'_>,
    inputs: &CommitInputs,
    plan: &Plan,
) -> Result<CommitState, StateError> {
    let (bytes, registry) = (plan.registry.format().into_bytes(), plan.registry.clone());
    let stored = Stored { blob: inputs.stored.blob, bytes, registry };
    let registry = RegistryState::Read(Rc::new(stored));
    let mut state = CommitState::of_index(pending.repo)?;
    state.registry = registry;
    Ok(state)
}
