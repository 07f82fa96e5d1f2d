//! [`LintGates`]: the limits on the score and on the number of findings, from options or the
//! configuration.

use std::str::FromStr;

use idhooks_core::config::MinScore;

use crate::{LintTally, TallyBy};

/// Limits that a run's results must meet.
#[derive(Debug, Clone, Default)]
pub struct LintGates {
    /// The lowest score.
    pub min_score: Option<MinScore>,
    /// The maximum numbers of findings for individual parts.
    pub max: Vec<MaxFindings>,
}

/// The maximum number of findings that a part may have.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MaxFindings {
    /// The kind of part.
    pub by: TallyBy,
    /// The part's name.
    pub name: String,
    /// The number.
    pub most: usize,
}

/// Why a string is not a valid gate for a part.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GatePartError {
    /// It does not consist of a part and a number.
    #[error("name a part and a number, such as critical=0 or service:auth=3")]
    Form,
    /// There is no such grouping.
    #[error("'{0}' is none of category, service, priority and kind")]
    Grouping(String),
}

/// Where a gate comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GateSource {
    /// An option.
    Option,
    /// The configuration.
    Config,
}

/// A gate that a run's results do not meet, or may not meet because some files were not checked.
#[derive(Debug, Clone)]
pub enum UnmetGate {
    /// The lowest score.
    Score {
        /// The gate.
        least: f64,
        /// Where the gate comes from.
        source: GateSource,
        /// The score, which counts files that were not checked as files with findings.
        score: f64,
        /// The number of files that were not checked, if the gate would be met without them.
        unchecked: Option<usize>,
    },
    /// A part's maximum number of findings.
    Findings {
        /// The gate.
        limit: MaxFindings,
        /// Where the gate comes from.
        source: GateSource,
        /// The number of findings.
        found: usize,
        /// The number of files that were not checked, if the gate would be met without them.
        unchecked: Option<usize>,
    },
}

/// Gates whose parts are known to exist.
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
    /// Returns the limit for a part such as `critical` or `service:auth`.
    pub(crate) fn of_part(part: &str, most: usize) -> Result<Self, GatePartError> {
        let (by, name) = part.split_once(':').unwrap_or(("priority", part));
        let by = TallyBy::parse(by)
            // Files come and go, so there are no limits for individual files.
            .filter(|by| *by != TallyBy::File)
            .ok_or_else(|| GatePartError::Grouping(by.to_owned()))?;
        Ok(MaxFindings { by, name: name.to_owned(), most })
    }
}

impl LintGates {
    /// Returns whether any gate is given.
    pub(crate) fn is_given(&self) -> bool {
        self.min_score.is_some() || !self.max.is_empty()
    }
}

impl CheckedGates {
    /// Returns the gates that the results do not meet.
    pub(crate) fn unmet(&self, tally: &LintTally) -> Vec<UnmetGate> {
        let mut unmet = Vec::new();
        if let Some((MinScore(least), source)) = self.min_score {
            // A file that was not checked may have findings, and the gate must be met even then.
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
            // Files in any part may have findings of this kind.
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
