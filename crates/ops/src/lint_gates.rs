//! [`LintGates`]: the score and the numbers that a run must meet, from options or the
//! configuration.

use std::str::FromStr;

use idhooks_core::config::MinScore;

use crate::{LintTally, TallyBy};

/// Limits for the numbers of a run.
#[derive(Debug, Clone, Default)]
pub struct LintGates {
    /// The lowest score.
    pub min_score: Option<MinScore>,
    /// The highest numbers of findings of parts.
    pub max: Vec<MaxFindings>,
}

/// The highest number of findings of a part that does not fail.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaxFindings {
    /// The kind of the part.
    pub by: TallyBy,
    /// The name of the part.
    pub name: String,
    /// The number.
    pub most: usize,
}

/// Why a text is not a gate for a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatePartError {
    /// It is not a part and a number.
    #[error("name a part and a number, such as critical=0 or service:auth=3")]
    Form,
    /// Nothing is grouped by this.
    #[error("'{0}' is none of category, service, priority and kind")]
    Grouping(String),
}

/// Where a gate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateSource {
    /// An option of the run.
    Option,
    /// The configuration.
    Config,
}

/// A gate that the numbers of a run do not meet, or may not meet because of files that were not checked.
#[derive(Debug, Clone)]
pub enum UnmetGate {
    /// The lowest score.
    Score {
        /// The gate.
        least: f64,
        /// Where it comes from.
        source: GateSource,
        /// The score; if files were not checked, it counts them as files with findings.
        score: f64,
        /// The number of files that were not checked, if the score of the others is high enough.
        unchecked: Option<usize>,
    },
    /// The highest number of findings of a part.
    Findings {
        /// The gate.
        limit: MaxFindings,
        /// Where it comes from.
        source: GateSource,
        /// The number of findings.
        found: usize,
        /// The number of files that were not checked, if the findings of the others are few enough.
        unchecked: Option<usize>,
    },
}

/// Gates whose parts exist.
#[derive(Debug, Default)]
pub(crate) struct CheckedGates {
    pub(crate) min_score: Option<(MinScore, GateSource)>,
    pub(crate) max: Vec<(MaxFindings, GateSource)>,
}

impl FromStr for MaxFindings {
    type Err = GatePartError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (part, most) = text.split_once('=').ok_or(GatePartError::Form)?;
        Self::of_part(part, most.parse().map_err(|_| GatePartError::Form)?)
    }
}

impl MaxFindings {
    /// Returns the limit of a part such as `critical` or `service:auth`.
    pub(crate) fn of_part(part: &str, most: usize) -> Result<Self, GatePartError> {
        let (by, name) = part.split_once(':').unwrap_or(("priority", part));
        let by = TallyBy::parse(by)
            // Files come and go, so no limit is for a single one.
            .filter(|by| *by != TallyBy::File)
            .ok_or_else(|| GatePartError::Grouping(by.to_owned()))?;
        Ok(MaxFindings { by, name: name.to_owned(), most })
    }
}

impl LintGates {
    /// Returns whether there is one.
    pub(crate) fn is_given(&self) -> bool {
        self.min_score.is_some() || !self.max.is_empty()
    }
}

impl CheckedGates {
    /// Returns the gates that the numbers do not meet.
    pub(crate) fn unmet(&self, tally: &LintTally) -> Vec<UnmetGate> {
        let mut unmet = Vec::new();
        if let Some((MinScore(least), source)) = self.min_score {
            // A file that was not checked may have findings; a gate is met only if it is met even
            // then.
            let (score, lowest) = (tally.score(), tally.lowest_score());
            if score < least {
                unmet.push(UnmetGate::Score { least, source, score, unchecked: None });
            } else if lowest < least {
                let unchecked = Some(tally.total.unchecked);
                unmet.push(UnmetGate::Score { least, source, score: lowest, unchecked });
            }
        }
        for (limit, source) in self.max.iter().cloned() {
            let part = tally.by.get(&limit.by).and_then(|all| all.get(&limit.name));
            let is_kind = limit.by == TallyBy::Kind;
            let uncounted = tally.uncounted.get(&limit.name).filter(|_| is_kind);
            let found = part.map_or(0, |part| part.findings) + uncounted.copied().unwrap_or(0);
            // A file of any part may have findings of a kind.
            let part = if is_kind { Some(&tally.total) } else { part };
            let unchecked = part.map_or(0, |part| part.unchecked);
            let is_over = found > limit.most;
            if is_over || unchecked > 0 {
                let unchecked = (!is_over).then_some(unchecked);
                unmet.push(UnmetGate::Findings { limit, source, found, unchecked });
            }
        }
        unmet
    }
}
