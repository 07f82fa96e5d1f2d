//! pre-commit: adds the registry update to the commit being made.

mod announcement;
mod commit_references;
mod hook_findings;
mod linted_commit;
mod removal;
mod reported_moves;

use idhooks_core::check::{Finding, duplicate_records};
use idhooks_core::config::{Enforce, OnNew};
use idhooks_core::plan::PlanError;
use idhooks_core::registry::RepoPath;
use idhooks_repo::events::EventKind;
use idhooks_repo::git::Repo;
use idhooks_repo::history::{only_edits, remember_commit, remember_recent};
use idhooks_repo::state::StateError;
use idhooks_repo::state::registry_findings::unmerged;
use idhooks_repo::store::WriteCounter;
use idhooks_repo::transaction::{
    Applied, Injection, LegacyWrite, PendingCommit, RegistryChange, count, record_seen_commits,
};

use crate::audit_events::{healed_events, record_findings, record_refusal};
use crate::full_counter::full_in_commit;
use crate::legacy_plan::{LegacyPlan, warn_of_switch};
use crate::plan_notices::{block_or_warn, over_limit, undecidable, warn_of_undecided};
use crate::planned_commit::PlannedCommit;
use crate::steps::{COMMIT_STEPS, are_outputs_fresh};
use crate::transaction::staging::report_warnings;
use crate::{
    Notice, Observer, OpsError, commit_change, keep_attributes, read_allocation_log, while_healing,
    without_identity,
};
use commit_references::check_references;
use hook_findings::{registry_missing, unmergeable, unreadable, warn_of_removed_rules};
use linted_commit::lint_changes;
use removal::remove_idhooks;
use reported_moves::{end_reported_moves, report_moves};

/// The maximum number of times to replan a commit while the index keeps changing.
const MAX_RETRIES: u32 = 10;

/// The findings that block a commit, if any.
type Blocked = Result<Vec<Finding>, OpsError>;

/// pre-commit: checks the commit being made and adds the registry update to it. Returns the
/// findings that block the commit, in which case nothing was changed.
///
/// # Errors
/// Returns an error if the commit cannot be read, planned or written.
pub fn complete_commit(observer: &mut dyn Observer, repo: &Repo) -> Result<Vec<Finding>, OpsError> {
    repo.begin_hook("hook pre-commit");
    // Records only the commits before this one, which may still fail.
    if let Some(problem) = record_seen_commits(repo) {
        observer.notice(Notice::NotKept(problem));
    }
    let mut decided = attempt(observer, repo);
    for _ in 0..MAX_RETRIES {
        // git rereads the index after this hook, so files that were added in the meantime are
        // committed as well.
        if !matches!(decided, Err(OpsError::State(StateError::IndexMoved))) {
            break;
        }
        decided = attempt(observer, repo);
    }
    let findings = match decided {
        Ok(findings) => findings,
        Err(OpsError::State(StateError::Registry(error))) => unreadable(repo, &error),
        Err(OpsError::State(StateError::Merge(error))) => vec![unmergeable(&error.to_string())],
        Err(error) => {
            record_refusal(repo, &error);
            count(repo, &[WriteCounter::BlockedCommits]);
            return Err(error);
        }
    };
    if !findings.is_empty() {
        record_findings(repo, EventKind::Blocked, None, &findings);
        count(repo, &[WriteCounter::BlockedCommits, WriteCounter::ValidationFailures]);
    }
    Ok(findings)
}

/// Checks and completes the commit; returns the findings that block it.
fn attempt(observer: &mut dyn Observer, repo: &Repo) -> Result<Vec<Finding>, OpsError> {
    let pending = PendingCommit::open(repo)?;
    let mut findings = lint_changes(observer, &pending)?;
    if findings.is_empty() {
        findings = decide(observer, &pending)?;
    }
    if findings.is_empty() {
        keep_attributes(observer, repo, pending.legacy_file());
    }
    Ok(findings)
}

fn decide(observer: &mut dyn Observer, pending: &PendingCommit<'_>) -> Blocked {
    if pending.peek()?.is_none() {
        // Only the full index shows what is at the registry's path.
        let index = pending.index()?;
        if index.unmerged.contains_key(&RepoPath::registry()) {
            return Ok(vec![unmerged()]);
        }
        pending.refuse_links()?;
        if !index.tree.contains_key(&RepoPath::registry()) {
            return match pending.head.as_ref().map(|(id, _)| *id) {
                Some(head) if pending.head_has_registry_file()? => {
                    match index.tree.contains_key(&RepoPath::config()) {
                        true => registry_missing(pending),
                        false => remove_idhooks(observer, pending, head),
                    }
                }
                _ if pending.is_in_gap()? => repair(observer, pending),
                _ => Ok(Vec::new()),
            };
        }
    }
    if has_nothing_to_do(observer, pending)? {
        return Ok(check_references(observer, pending, None));
    }
    match PlannedCommit::from_changes(observer, pending)? {
        Some(planned) => complete(observer, planned),
        None => repair(observer, pending),
    }
}

/// Returns whether the registry needs no change: HEAD is consistent and the commit only edits
/// files, or the commit adopts the repository with what `idhooks init` has staged.
fn has_nothing_to_do(
    observer: &mut dyn Observer,
    pending: &PendingCommit<'_>,
) -> Result<bool, StateError> {
    let (Some(root), Some((head, commit)), []) =
        (pending.root()?, &pending.head, &pending.merging[..])
    else {
        return Ok(false);
    };
    let has_nothing = || -> Result<bool, StateError> {
        let is_edit = only_edits(pending.changes()?) && !pending.changes_contents()?;
        match is_edit {
            true => Ok(pending.is_head_consistent()? && are_outputs_fresh(pending)?),
            false => pending.is_plain_adoption(),
        }
    };
    let has_nothing = has_nothing()?;
    if has_nothing {
        remember_commit(pending.repo, root, &[], Some((*head, commit.tree)))?;
        pending.legacy_file()?.iter().for_each(|file| warn_of_switch(observer, file));
    }
    Ok(has_nothing)
}

/// Plans a commit from scratch and completes it.
fn repair(observer: &mut dyn Observer, pending: &PendingCommit<'_>) -> Blocked {
    let Some(mut inputs) = while_healing(observer, |progress| pending.read(None, progress))? else {
        return Ok(Vec::new());
    };
    let config = pending.config()?;
    warn_of_removed_rules(observer, pending)?;
    let findings = pending.faults(&inputs, &config);
    if !findings.is_empty() {
        return Ok(findings);
    }
    let legacy = LegacyPlan::plan(observer, pending, &mut inputs, &config)?;
    if let LegacyPlan::Block(findings) = legacy {
        return Ok(findings);
    }
    let allocation_log = read_allocation_log(observer, pending.repo);
    let plan = |allocate| pending.plan(&inputs, &config, &allocation_log, allocate);
    let warn_only = config.hooks.enforce == Enforce::Warn;
    let mut allocate = config.allocation.on_new == OnNew::Allocate;
    let plan = match plan(allocate) {
        Err(StateError::Plan(PlanError::Capacity { counter, path })) => {
            let full = [full_in_commit(&config, &inputs, counter, &path)];
            let blocking = block_or_warn(observer, warn_only, full);
            if !blocking.is_empty() {
                return Ok(blocking);
            }
            allocate = false;
            plan(allocate)?
        }
        plan => plan?,
    };
    let planned = PlannedCommit::new(pending, config, inputs, allocation_log, plan, legacy);
    let mut planned = PlannedCommit { allocate, ..planned };
    planned.join_unused()?;
    complete(observer, planned)
}

/// Adds the engines' results to a planned commit and applies it, unless the rules reject it.
fn complete(observer: &mut dyn Observer, mut planned: PlannedCommit<'_>) -> Blocked {
    let refused = refused(observer, &planned);
    if !refused.is_empty() {
        return Ok(refused);
    }
    for step in COMMIT_STEPS {
        let findings = step(observer, &mut planned)?;
        if !findings.is_empty() {
            return Ok(findings);
        }
    }
    let refused = check_references(observer, planned.pending, Some(&planned));
    if !refused.is_empty() {
        return Ok(refused);
    }
    report_moves(observer, &planned)?;
    let findings = planned.finish(observer)?;
    if findings.is_empty() {
        end_reported_moves(observer, planned.pending);
    }
    Ok(findings)
}

/// Returns the findings for which the rules reject a planned commit.
fn refused(observer: &mut dyn Observer, planned: &PlannedCommit<'_>) -> Vec<Finding> {
    let PlannedCommit { pending, config, inputs, plan, legacy, .. } = planned;
    let warn_only = config.hooks.enforce == Enforce::Warn;
    let is_required = config.allocation.on_new == OnNew::Require;
    let missing = without_identity(plan).into_iter().filter(|_| is_required);
    let mut refused = block_or_warn(observer, warn_only, missing);
    if refused.is_empty() {
        warn_of_undecided(observer, pending.repo, &inputs.lineage.undecided);
        refused = block_or_warn(observer, warn_only, undecidable(pending.repo, plan));
    }
    if refused.is_empty() {
        refused = block_or_warn(observer, warn_only, over_limit(plan));
    }
    if refused.is_empty() {
        refused = duplicate_records(&plan.registry);
        refused.extend(legacy.faults(&plan.registry));
    }
    refused
}

impl PlannedCommit<'_> {
    /// Applies the plan, unless that would leave nothing to commit.
    fn finish(&self, observer: &mut dyn Observer) -> Blocked {
        let PlannedCommit { pending, inputs, plan, legacy, injections, outputs, .. } = self;
        if injections.is_empty()
            && outputs.is_empty()
            && let Some(finding) = legacy.leaves_nothing(pending, inputs, &plan.registry)?
        {
            return Ok(vec![finding]);
        }
        self.apply(observer)?;
        Ok(Vec::new())
    }

    fn apply(&self, observer: &mut dyn Observer) -> Result<(), StateError> {
        let PlannedCommit { pending, config, inputs, plan, legacy, injections, outputs, .. } = self;
        let (lineage, after) = (&inputs.lineage, &plan.registry);
        let is_outdated =
            inputs.is_outdated_by(after) || legacy.is_outdated_by(pending, inputs, after)?;
        let mut written = Vec::new();
        if is_outdated || !injections.is_empty() || !outputs.is_empty() {
            let applied = self.write(observer)?;
            self.announce(observer);
            if let Some(before) = lineage.first_stored() {
                let blobs = [before.blob, applied.blob];
                remember_recent(pending.repo, blobs, [&before.registry, after]);
            }
            written = applied.written();
        }
        // If a parent is inconsistent, nothing is cached, and the next check decides about the
        // commit.
        let is_as_seen = plan.is_whole()
            && injections.is_empty()
            && outputs.is_empty()
            && legacy.keeps_step(config);
        if is_as_seen
            && !lineage.was_inconsistent()
            && !inputs.is_healed
            && let (Some(root), []) = (pending.root()?, &pending.merging[..])
        {
            // Notes in the cache that the tree to be committed is consistent.
            let head = pending.head.as_ref().map(|(id, commit)| (*id, commit.tree));
            remember_commit(pending.repo, root, &written, head)?;
        }
        Ok(())
    }

    /// Writes the registry and the files that change along with it.
    fn write(&self, observer: &mut dyn Observer) -> Result<Applied, StateError> {
        let PlannedCommit { pending, config, inputs, legacy, injections, outputs, .. } = self;
        let after = &self.plan.registry;
        if let Some(part) = &inputs.part {
            let (before, log) = (&inputs.stored.registry, &self.allocation_log);
            let applied = part.write(pending.repo, config, before, after, log)?;
            return Ok(report_warnings(observer, applied));
        }
        let files = injections.iter().filter_map(|file| file.working.clone());
        let files = files.chain(outputs.files.iter().cloned()).collect();
        let entries = injections.iter().map(Injection::step);
        let entries = entries.chain(outputs.entries.iter().cloned()).collect();
        let is_healed = inputs.is_healed || !inputs.lineage.healing().is_empty();
        let events = if is_healed { healed_events(after) } else { Vec::new() };
        let write = match legacy {
            LegacyPlan::Leave => LegacyWrite::Keep,
            _ => LegacyWrite::Overwrite,
        };
        let change = pending.change(inputs)?;
        let change = RegistryChange { files, entries, events, legacy: write, ..change };
        commit_change(observer, change, after)
    }
}

#[cfg(test)]
mod tests;
