//! `--min-score` and `--max`: limits for the linter's results.

use clap::Args;
use idhooks_core::config::MinScore;
use idhooks_ops::{LintGates, MaxFindings};

/// Limits that a run must meet to succeed.
#[derive(Debug, Clone, Args)]
pub(super) struct GateArgs {
    /// Fail if the linter score is below this percentage
    #[arg(long, value_name = "PERCENT")]
    min_score: Option<MinScore>,
    /// Fail if a part has more linter findings than this: critical=0 or service:auth=3
    #[arg(long, value_name = "PART=N", value_delimiter = ',')]
    max: Vec<MaxFindings>,
}

impl GateArgs {
    /// Returns the gates that the options set.
    pub(super) fn gates(&self) -> LintGates {
        LintGates { min_score: self.min_score, max: self.max.clone() }
    }
}
