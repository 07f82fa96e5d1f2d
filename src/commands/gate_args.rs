//! `--min-score` and `--max`: when a run of the linter fails because of its numbers.

use clap::Args;
use idhooks_core::config::MinScore;
use idhooks_ops::{LintGates, MaxFindings};

/// The options that make a run fail because of its numbers.
#[derive(Debug, Clone, Args)]
pub(super) struct GateArgs {
    /// Fail if the score of the linter is lower than this percentage
    #[arg(long, value_name = "PERCENT")]
    min_score: Option<MinScore>,
    /// Fail if the linter has more findings in a part than this: critical=0 or service:auth=3
    #[arg(long, value_name = "PART=N", value_delimiter = ',')]
    max: Vec<MaxFindings>,
}

impl GateArgs {
    /// Returns the gates that the options set.
    pub(super) fn gates(&self) -> LintGates {
        LintGates { min_score: self.min_score, max: self.max.clone() }
    }
}
