//! Healing the index: planning and staging.

use std::cell::Cell;
use std::rc::Rc;

use idhooks_core::check::duplicate_records;
use idhooks_core::config::{Config, Enforce, Globs, OnNew};
use idhooks_core::plan::{Plan, PlanError};
use idhooks_core::registry::{ReadError, RepoPath};
use idhooks_repo::events::Edit;
use idhooks_repo::git::Repo;
use idhooks_repo::history::healing_unreadable;
use idhooks_repo::state::registry_findings::unmerged;
use idhooks_repo::state::{
    CommitState, RegistryState, StateError, Stored, how_to_adopt, read_config,
};
use idhooks_repo::store::{CountersFile, LastRun, RunOutcome, Runs, WriteCounter};
use idhooks_repo::transaction::{CommitInputs, PendingCommit, now, possible_renames};
use serde::Serialize;

use super::refusal::ReconcileRefusal;
use super::summary::{LeftToPerson, ReconcileFigures, left_to_person};
use crate::full_counter::full_in_commit;
use crate::plan_notices::{block_or_warn, over_limit, undecidable, warn_of_undecided};
use crate::{
    Observer, OpsError, Reach, commit_change, read_allocation_log, while_healing, without_identity,
    writer_lock,
};

/// How to heal an index.
#[derive(Debug, Default)]
pub struct ReconcileOptions {
    /// Whether to change nothing.
    pub is_dry_run: bool,
    /// Whether to also look for questions for a human, which takes a full check.
    pub is_checked: bool,
    /// The paths to report; `None` for all.
    pub globs: Option<Globs>,
}

/// The result of healing or a dry run.
#[derive(Debug, Serialize)]
pub struct ReconcileReport {
    /// The number of inconsistent commits.
    #[serde(rename = "inconsistent_commits")]
    pub inconsistent: usize,
    /// Whether the registry was staged.
    pub written: bool,
    /// The changes that heal commits.
    pub healed: Vec<Edit>,
    /// The other changes to the index.
    pub staged: Vec<Edit>,
    /// How the registry and the files differ.
    #[serde(flatten)]
    pub figures: ReconcileFigures,
    /// Questions for a human.
    pub left: Vec<LeftToPerson>,
    /// Whether the registry in the index lacks any of these changes.
    #[serde(skip)]
    pub is_outdated: bool,
    /// Whether anything remains undecided.
    #[serde(skip)]
    pub is_undecided: bool,
}

impl ReconcileOptions {
    /// Returns whether a path is to be reported; a question without a path is only reported if all
    /// paths are.
    fn means(&self, path: Option<&RepoPath>) -> bool {
        self.globs.as_ref().is_none_or(|globs| path.is_some_and(|path| globs.matches(path)))
    }
}

/// Records that a run was completed, and how many repairs it made.
pub fn note_reconcile(repo: &Repo, repaired: usize) {
    let mut counters = vec![WriteCounter::ReconcileRuns];
    counters.extend(std::iter::repeat_n(WriteCounter::ReconcileRepaired, repaired));
    CountersFile::in_dir(&repo.state_dir()).count(&counters);
    let at = now(repo);
    let run = LastRun { at, outcome: RunOutcome::Fine, done: Some(at), report: None };
    // If the note cannot be written, a metric will be wrong, but nothing else.
    let _ = Runs::in_dir(&repo.state_dir()).note(Runs::RECONCILE, &run);
}

/// Returns an error if nothing can be healed.
fn refuse(pending: &PendingCommit<'_>) -> Result<(), OpsError> {
    let (path, index) = (RepoPath::registry(), pending.index()?);
    if index.unmerged.contains_key(&path) {
        return Err(OpsError::UnmergedRegistry(Box::new(unmerged())));
    }
    if index.tree.contains_key(&path) || pending.is_in_gap()? {
        return Ok(());
    }
    let findings = CommitState::of_index(pending.repo)?.why_unreadable(pending.repo)?;
    let how = match findings.into_iter().next() {
        Some(finding) => finding.help,
        None => how_to_adopt(pending.repo, &index.tree),
    };
    Err(ReconcileRefusal::NoRegistry(how).into())
}

/// Heals the registry after commits that were made without hooks, and completes the registry in the
/// index. The result is staged, unless this is a dry run.
///
/// # Errors
/// Returns an error if findings must be fixed first, or if the registry cannot be read or written.
/// In that case nothing is changed.
pub fn reconcile(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ReconcileOptions,
) -> Result<ReconcileReport, OpsError> {
    let _lock = writer_lock(repo, "reconcile", Reach::Everything)?;
    let pending = PendingCommit::open(repo)?;
    refuse(&pending)?;
    heal(observer, &pending, options).map_err(|error| match error {
        // If the registry is newer, the user has to update idhooks rather than fix something.
        OpsError::State(StateError::Registry(ReadError::Newer(_))) => error,
        OpsError::State(error @ StateError::Registry(_)) => {
            ReconcileRefusal::Findings(error.findings()).into()
        }
        error => error,
    })
}

/// Plans the registry and, unless this is a dry run, stages it.
fn heal(
    observer: &mut dyn Observer,
    pending: &PendingCommit<'_>,
    options: &ReconcileOptions,
) -> Result<ReconcileReport, OpsError> {
    let repo = pending.repo;
    // The callback is an `Fn`, so it counts in a `Cell`.
    let inconsistent = Cell::new(0);
    let inputs = while_healing(observer, |progress| {
        pending.read(None, &|total| {
            inconsistent.set(total);
            progress(total);
        })
    })?;
    let Some(inputs) = inputs else {
        return Err(
            ReconcileRefusal::Findings(CommitState::of_index(repo)?.why_unreadable(repo)?).into()
        );
    };
    let config = read_config(repo, &inputs.state.tree)?;
    let faults = pending.faults(&inputs, &config);
    if !faults.is_empty() {
        return Err(ReconcileRefusal::Findings(faults).into());
    }
    let plan = repairs(observer, pending, &inputs, &config)?;
    let mut healed = healing(pending, &inputs)?;
    let base = inputs.lineage.merged.as_ref();
    let mut staged = base.map(|base| Edit::between(base, &plan.registry)).unwrap_or_default();
    let mut renames = plan.possible_renames.clone();
    if let Some((head, _)) = &pending.head {
        // The plan only compares the index with HEAD. Files that were both renamed and rewritten in
        // commits without hooks are only found by reading those commits.
        renames.extend(possible_renames(repo, *head, &config, &healed)?);
    }
    let is_outdated = inputs.is_outdated_by(&plan.registry);
    let written = is_outdated && !options.is_dry_run;
    if written {
        let change = pending.change(&inputs)?;
        commit_change(observer, change, &plan.registry)?;
    }
    let findings = match options.is_checked {
        true => planned_state(pending, &inputs, &plan)?.check(repo, &config)?,
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
        note_reconcile(repo, if written { healed.len() + staged.len() } else { 0 });
    }
    let inconsistent = inconsistent.get();
    let is_undecided = inputs.lineage.missing.is_some();
    Ok(ReconcileReport {
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

/// Plans the registry, unless something must be decided first.
fn repairs(
    observer: &mut dyn Observer,
    pending: &PendingCommit<'_>,
    inputs: &CommitInputs,
    config: &Config,
) -> Result<Plan, OpsError> {
    let (log, allocates) =
        (read_allocation_log(observer, pending.repo), config.allocation.on_new == OnNew::Allocate);
    let plan = match pending.plan(inputs, config, &log, allocates) {
        Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
            let finding = full_in_commit(config, inputs, counter, &path);
            return Err(ReconcileRefusal::Findings(vec![finding]).into());
        }
        plan => plan?,
    };
    let twice = duplicate_records(&plan.registry);
    if !twice.is_empty() {
        return Err(ReconcileRefusal::Findings(twice).into());
    }
    let missing = without_identity(&plan);
    let is_required =
        config.allocation.on_new == OnNew::Require && config.hooks.enforce != Enforce::Warn;
    if is_required && !missing.is_empty() {
        return Err(ReconcileRefusal::Findings(missing).into());
    }
    warn_of_undecided(observer, pending.repo, &inputs.lineage.undecided);
    let mut findings: Vec<_> = undecidable(pending.repo, &plan).into_iter().collect();
    if findings.is_empty() {
        let warn_only = config.hooks.enforce == Enforce::Warn;
        findings = block_or_warn(observer, warn_only, over_limit(&plan));
    }
    if !findings.is_empty() {
        return Err(ReconcileRefusal::Findings(findings).into());
    }
    Ok(plan)
}

/// Counts the differences; records that were read in place of a damaged registry are not counted.
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

/// Returns the changes from healing the commits, even if HEAD's registry cannot be read.
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

/// Returns the index with its planned registry.
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
