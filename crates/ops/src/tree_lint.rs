//! [`TreeLint`]: the linter's findings about the code in a tree, such as the result of merging a
//! change.

use idhooks_core::check::Finding;
use idhooks_core::config::{Config, LintRules};
use idhooks_core::registry::RepoPath;
use serde::Serialize;

use crate::lint_gates::CheckedGates;
use crate::{FindingFilter, LintTally, UnmetGate};

/// The findings.
#[derive(Debug, Default)]
pub(crate) struct LintResult {
    /// The files that were checked.
    pub(crate) files: Vec<RepoPath>,
    /// The files that could not be checked, such as files that Python rejects.
    pub(crate) unchecked: Vec<RepoPath>,
    /// The findings, sorted.
    pub(crate) findings: Vec<Finding>,
    /// The files that were not checked, sorted. These include notebooks, which are never read.
    pub(crate) skipped: Vec<SkippedFile>,
}

/// A file that was not checked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct SkippedFile {
    /// The file's path.
    pub path: RepoPath,
    /// Why the file was not checked.
    pub reason: String,
}

impl LintResult {
    /// Returns the statistics; `reported` are the findings that no baseline accepts.
    pub(crate) fn tally(&self, rules: &LintRules, reported: &[Finding]) -> LintTally {
        LintTally::new(rules, &self.files, &self.findings, reported)
            .with_unchecked(rules, &self.unchecked)
    }
}

/// The linter's findings in a tree.
#[derive(Debug, Default)]
pub struct TreeLint {
    pub(crate) config: Config,
    /// All findings; the score depends on them.
    pub(crate) result: LintResult,
    /// The findings that no baseline accepts.
    pub findings: Vec<Finding>,
    /// The configured baseline.
    pub baseline: Option<FindingFilter>,
    pub(crate) gates: CheckedGates,
}

impl TreeLint {
    /// Removes the findings that this baseline or the configured one accepts.
    pub fn apply(&mut self, filter: &mut FindingFilter) {
        filter.apply(&mut self.findings);
        if let Some(baseline) = &mut self.baseline {
            baseline.apply(&mut self.findings);
        }
    }

    /// Returns the findings that the configured baseline removed.
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
