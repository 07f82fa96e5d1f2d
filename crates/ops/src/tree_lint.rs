//! The linter in a change: identifiers in the code of a tree, such as that of the change once it is merged.

use idhooks_code::LintSelection;
use idhooks_core::check::Finding;
use idhooks_core::config::Config;
use idhooks_core::registry::Tree;
use idhooks_repo::git::Repo;

use super::gate::{CheckedGates, LintGates, UnmetGate};
use super::run::{LintResult, LintRun};
use super::target::LintTarget;
use crate::{FindingFilter, Observer, OpsError};

/// The findings of the linter in a tree.
#[derive(Debug, Default)]
pub struct TreeLint {
    config: Config,
    /// All that was found, on which the score depends.
    result: LintResult,
    /// Those that no baseline accepts.
    pub findings: Vec<Finding>,
    /// The baseline of the configuration.
    pub baseline: Option<FindingFilter>,
    gates: CheckedGates,
}

/// Checks the files of a tree by its own rules; none if neither its configuration nor a gate asks
/// for it.
///
/// # Errors
/// Returns an error if `[lint]`, its baseline or a gate is not valid, or if a blob cannot be read.
pub fn lint_tree(
    observer: &mut dyn Observer,
    repo: &Repo,
    tree: &Tree,
    config: &Config,
    gates: &LintGates,
) -> Result<TreeLint, OpsError> {
    if !config.has_lint() && !gates.is_given() {
        return Ok(TreeLint::default());
    }
    let target = LintTarget::of_tree(repo, tree.clone());
    let config = target.config(None)?;
    let (gates, baseline) = (gates.or_configured(&config)?, target.baseline(config.config.lint())?);
    let result = LintRun::new(&target, &config, &LintSelection::default())?.lint(&[])?;
    result.report_skipped(observer);
    let (config, findings) = (config.config, result.findings.clone());
    Ok(TreeLint { config, result, findings, baseline, gates })
}

impl TreeLint {
    /// Removes the findings that a baseline has: this one, or that of the configuration.
    pub fn apply(&mut self, filter: &mut FindingFilter) {
        filter.apply(&mut self.findings);
        if let Some(baseline) = &mut self.baseline {
            baseline.apply(&mut self.findings);
        }
    }

    /// Returns the findings that the baseline of the configuration removed.
    pub fn hidden(&self) -> &[Finding] {
        self.baseline.as_ref().map_or(&[], FindingFilter::hidden)
    }

    /// Returns the number of files that were not checked.
    pub fn skipped(&self) -> usize {
        self.result.skipped.len()
    }

    /// Returns the gates that are not met.
    pub fn unmet(&self) -> Vec<UnmetGate> {
        self.gates.unmet(&self.result.tally(self.config.lint(), &self.findings))
    }
}
