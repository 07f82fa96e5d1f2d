//! [`CodeState`]: identifiers in the code in a commit or the index, for reports.

use std::collections::BTreeSet;

use idhooks_core::check::Finding;
use idhooks_repo::git::CommitId;
use serde::{Deserialize, Serialize};

use crate::{ClassCount, LintTally, SkippedFile, rounded_score};

/// The linter's findings in a commit or in the index.
#[derive(Debug, Default)]
pub struct CodeState {
    /// The numbers.
    pub tally: LintTally,
    /// The findings, sorted.
    pub findings: Vec<Finding>,
    /// Findings about formats and calls declared as legacy, except those that the baseline accepts.
    pub legacy_findings: Vec<Finding>,
    /// The files that were not checked.
    pub skipped: Vec<SkippedFile>,
    /// The legacy formats, if any are declared.
    pub legacy: Vec<LegacyUse>,
    /// The statistics for each day, if requested.
    pub days: Vec<LintDay>,
}

/// A legacy format and where it is used.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct LegacyUse {
    /// The format's name.
    pub format: String,
    /// The number of identifiers with this format in the code.
    pub identifiers: u64,
    /// The formats that replace the legacy format.
    pub successors: Vec<String>,
    /// The services that use both this format and one of its successors.
    pub mixed_in: BTreeSet<String>,
}

/// Which days a [`CodeState`] covers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CodeDays {
    /// Each day in the commit's history.
    History,
    /// No days.
    None,
}

/// The statistics at the end of a day.
#[derive(Debug, Clone, Serialize)]
pub struct LintDay {
    /// The day.
    pub date: String,
    /// The last commit of the day.
    pub commit: CommitId,
    /// The numbers.
    #[serde(flatten)]
    pub totals: LintTotals,
}

/// The totals of a run.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub struct LintTotals {
    /// The number of files checked.
    pub files: usize,
    /// Those with findings.
    pub files_with_findings: usize,
    /// The number of files not checked.
    pub not_checked: usize,
    /// The number of findings that count and are not accepted by a baseline.
    pub findings: usize,
    /// The number of findings about references.
    pub references: usize,
    /// The number of findings about names looked up at run time.
    pub dynamic: usize,
    /// The number of findings that a baseline accepts.
    pub accepted: usize,
    /// The score, with one decimal place.
    pub score: f64,
}

impl LintTotals {
    /// Returns the totals from a tally.
    pub fn new(tally: &LintTally, not_checked: usize) -> Self {
        let ClassCount { files, files_with_findings, findings, .. } = tally.total;
        let uncounted = |kind: &str| tally.uncounted.get(kind).copied().unwrap_or(0);
        LintTotals {
            files,
            files_with_findings,
            not_checked,
            findings,
            references: uncounted("reference"),
            dynamic: uncounted("dynamic"),
            accepted: tally.accepted,
            score: rounded_score(tally.score()),
        }
    }
}
