//! Checking a change as it will be after the merge.

use std::path::PathBuf;

use idhooks_core::check::{Finding, Severity, Share};
use idhooks_core::merge::MergeSide;
use idhooks_repo::git::Repo;
use idhooks_repo::state::registry_findings::{collides_as_text, removed};
use idhooks_repo::state::{Heads, is_adopted_at};
use idhooks_repo::store::{LastRun, RunOutcome, Runs};
use idhooks_repo::transaction::{TrialMerge, now};

use super::change::CiChange;
use crate::refs::ChangedState;
use crate::steps::lint_tree;
use crate::{
    CheckSubject, CoverageFloor, FindingFilter, LintGates, Observer, OpsError, ReferenceChanges,
    Revision, TreeLint,
};

/// How to check a change.
#[derive(Debug)]
pub struct CheckChangeOptions {
    /// A file with known findings, which are left out of the result.
    pub baseline: Option<PathBuf>,
    /// The minimum share of files that must have an identity; once it is reached, files without one
    /// are accepted.
    pub min_coverage: Option<Share>,
    /// When the linter's findings fail the check.
    pub gates: LintGates,
    /// The lowest severity that fails the check.
    pub least: Severity,
}

/// The result of checking a change.
#[derive(Debug)]
pub struct ChangeReport {
    /// The findings about identities, identifiers in code and references, sorted.
    pub findings: Vec<Finding>,
    /// The filter that removed the findings in the baseline.
    pub filter: FindingFilter,
    /// The linter's findings.
    pub lint: TreeLint,
    /// The effects of the change on references.
    pub references: ReferenceChanges,
    /// The coverage.
    pub floor: CoverageFloor,
    /// The number of files whose heads were not read.
    pub unread: usize,
    /// The number of other files that conflict with the target and therefore were not checked.
    pub conflicts: usize,
    /// Whether findings about identities fail the check.
    pub has_failed: bool,
    /// Whether the linter fails the check; a commit by idhooks cannot fix its findings.
    pub has_lint_failed: bool,
    /// Whether references fail the check; a commit by idhooks does not fix them either.
    pub have_references_failed: bool,
    /// Whether both sides assigned the same identity; only a human can resolve this, so idhooks
    /// makes no commit.
    pub is_contested: bool,
}

impl ChangeReport {
    /// Returns whether findings about identities or the coverage fail the check.
    pub fn is_inconsistent(&self) -> bool {
        self.has_failed || self.floor.unmet().is_some()
    }
}

/// Merges a change into its target in memory without a merge driver, as a forge does, and checks
/// the result and every commit in the change. New objects in `repo` are temporary.
///
/// # Errors
/// Returns an error if the change cannot be merged, is not adopted, or cannot be read, or if the
/// baseline or a linter gate is not valid.
pub fn check_change(
    observer: &mut dyn Observer,
    repo: &Repo,
    change: &CiChange,
    options: &CheckChangeOptions,
) -> Result<ChangeReport, OpsError> {
    let mut filter = FindingFilter::new(CheckSubject::Files, options.baseline.as_deref(), None)?;
    let TrialMerge { state: view, registries_collide, contested, conflicts } =
        change.merged(repo)?;
    let collision = registries_collide
        .then(|| collides_as_text(&change.base_name, contested.as_ref(), MergeSide::Theirs));
    let mut findings = Vec::from_iter(collision);
    if !view.is_adopted() {
        // A change that removes the registry must not be mistaken for a repository that never had
        // one.
        if !change.base.is_some_and(|base| is_adopted_at(repo, base).unwrap_or(false)) {
            return Err(Revision::named(change.head.to_string()).not_adopted(repo, &view).into());
        }
        findings.push(removed(&change.base_name));
    }
    let config = view.config(repo)?;
    let checked = view.check_reading(repo, &config, Heads::All)?;
    findings.extend(checked.findings);
    change.add_history(observer, repo, &mut findings)?;
    // A commit in the change may have the same finding as the merged tree.
    findings.sort();
    findings.dedup();
    let mut lint = lint_tree(observer, repo, &view.tree, &config, &options.gates)?;
    let files = view.tracked(&config).count();
    let floor = CoverageFloor::of(files, &findings, options.min_coverage.clone());
    filter.apply(&mut findings);
    // If there is a minimum coverage, individual files may lack an identity.
    floor.accept_missing(&mut findings);
    let fails = |findings: &[Finding]| findings.iter().any(|one| one.severity <= options.least);
    let has_failed = fails(&findings);
    lint.apply(&mut filter);
    findings.extend_from_slice(&lint.findings);
    let &CiChange { base, head, ref base_name, .. } = change;
    let (view, config) = (&view, &config);
    let state = ChangedState { repo, view, config, base, base_name, head };
    let mut references = state.references()?;
    filter.apply(&mut references.findings);
    findings.extend_from_slice(&references.findings);
    findings.sort();
    Ok(ChangeReport {
        have_references_failed: fails(&references.findings),
        has_lint_failed: fails(&lint.findings) || !lint.unmet().is_empty(),
        findings,
        filter,
        lint,
        references,
        floor,
        unread: checked.unread,
        conflicts: conflicts.len(),
        has_failed,
        is_contested: contested.is_some(),
    })
}

/// Records the outcome of checking a change, for 'idhooks health'.
pub fn note_checked_change(repo: &Repo, change: &CiChange, is_fine: bool) {
    let outcome = if is_fine { RunOutcome::Fine } else { RunOutcome::Findings };
    let run = LastRun { at: now(repo), outcome, done: None, report: Some(change.to_string()) };
    // If the note cannot be written, the only loss is a line in the clone's health report.
    let _ = Runs::in_dir(&repo.state_dir()).note(Runs::CI, &run);
}
