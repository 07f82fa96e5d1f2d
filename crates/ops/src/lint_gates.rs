//! [`LintGates`]: the score and the numbers that a run must meet, as options or the configuration say.

use std::str::FromStr;

use idhooks_code::FINDING_KINDS;
use idhooks_core::config::{LintRules, MinScore, PriorityName};

use super::refusal::{LintRefusal, PartAdvice, UnknownPart};
use super::target::LintConfig;
use crate::suggestion::nearest;
use crate::{LintTally, TallyBy};

/// The category and the service of files that no rule matches.
const OTHER: &str = "other";

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

/// Why a text is no gate for a part.
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
        /// The score; if there are such files, as if all of them had findings.
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
pub(super) struct CheckedGates {
    min_score: Option<(MinScore, GateSource)>,
    max: Vec<(MaxFindings, GateSource)>,
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
    fn of_part(part: &str, most: usize) -> Result<Self, GatePartError> {
        let (by, name) = part.split_once(':').unwrap_or(("priority", part));
        let by = TallyBy::parse(by)
            .filter(|by| *by != TallyBy::File)
            .ok_or_else(|| GatePartError::Grouping(by.to_owned()))?;
        Ok(MaxFindings { by, name: name.to_owned(), most })
    }

    fn is_of_part(&self, other: &MaxFindings) -> bool {
        (self.by, &self.name) == (other.by, &other.name)
    }

    /// Returns an error if the rules have no such part.
    fn check(&self, rules: &LintRules) -> Result<(), UnknownPart> {
        let MaxFindings { by, name, most } = self;
        let Some(names) = part_names(*by, rules) else { return Ok(()) };
        if names.contains(&&**name) {
            return Ok(());
        }
        let has_it =
            |by: &TallyBy| part_names(*by, rules).is_some_and(|names| names.contains(&&**name));
        let elsewhere = [TallyBy::Category, TallyBy::Service, TallyBy::Priority, TallyBy::Kind];
        let advice = match (elsewhere.into_iter().find(has_it), nearest(name, &names)) {
            (Some(other), _) => PartAdvice::Grouping(other),
            (None, Some(near)) => PartAdvice::Near((*near).to_owned()),
            (None, None) => PartAdvice::OneOf(names.into_iter().map(str::to_owned).collect()),
        };
        Err(UnknownPart { by: *by, name: name.clone(), most: *most, advice })
    }
}

/// Returns the names that parts may have, if the rules say which there are.
fn part_names(by: TallyBy, rules: &LintRules) -> Option<Vec<&str>> {
    let classes = match by {
        TallyBy::Category => &rules.categories,
        TallyBy::Service => &rules.services,
        TallyBy::Priority => return Some(PriorityName::ALL.map(PriorityName::as_str).to_vec()),
        TallyBy::Kind => return Some(FINDING_KINDS.to_vec()),
        TallyBy::File => return None,
    };
    Some(classes.iter().map(|class| &*class.name).chain([OTHER]).collect())
}

impl LintGates {
    /// Returns whether there is one.
    pub(super) fn is_given(&self) -> bool {
        self.min_score.is_some() || !self.max.is_empty()
    }

    /// Returns the gates with their source.
    ///
    /// # Errors
    /// Returns an error if the rules have no part that one is for.
    pub(super) fn checked(&self, rules: &LintRules) -> Result<CheckedGates, UnknownPart> {
        self.max.iter().try_for_each(|one| one.check(rules))?;
        Ok(CheckedGates {
            min_score: self.min_score.map(|least| (least, GateSource::Option)),
            max: self.max.iter().map(|one| (one.clone(), GateSource::Option)).collect(),
        })
    }

    /// Returns the gates and, where they say nothing, those of the configuration.
    ///
    /// # Errors
    /// Returns an error if the rules have no part that a gate is for.
    pub(super) fn or_configured(&self, config: &LintConfig) -> Result<CheckedGates, LintRefusal> {
        let rules = config.config.lint();
        let mut gates = self.checked(rules)?;
        let least = rules.min_score.map(|least| (least, GateSource::Config));
        gates.min_score = gates.min_score.or(least);
        for (part, most) in &rules.max {
            let limit = MaxFindings::of_part(&part.text, *most)
                .map_err(|wrong| config.invalid(part.error(wrong.to_string())))?;
            limit.check(rules).map_err(|unknown| {
                let error = part.error(unknown.to_string());
                LintRefusal::ConfiguredPart(config.name.clone(), error, unknown.into())
            })?;
            if !self.max.iter().any(|option| option.is_of_part(&limit)) {
                gates.max.push((limit, GateSource::Config));
            }
        }
        Ok(gates)
    }
}

impl CheckedGates {
    /// Returns the gates that the numbers do not meet.
    pub(super) fn unmet(&self, tally: &LintTally) -> Vec<UnmetGate> {
        let mut unmet = Vec::new();
        if let Some((MinScore(least), source)) = self.min_score {
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
