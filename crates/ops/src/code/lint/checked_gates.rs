//! Checks that the parts named by gates exist in the rules, and adds the configured gates.

use idhooks_code::FINDING_KINDS;
use idhooks_core::config::{LintRules, PriorityName};

use super::refusal::{LintRefusal, PartAdvice, UnknownPart};
use super::target::LintConfig;
use crate::lint_gates::CheckedGates;
use crate::suggestion::nearest;
use crate::{GateSource, LintGates, MaxFindings, TallyBy};

/// The category and service for files that no rule matches.
const OTHER: &str = "other";

impl MaxFindings {
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
        // A name without a group means a priority, but the user may have forgotten 'service:', so
        // also look for it in the other groups.
        let elsewhere = [TallyBy::Category, TallyBy::Service, TallyBy::Priority, TallyBy::Kind];
        let advice = match (elsewhere.into_iter().find(has_it), nearest(name, &names)) {
            (Some(other), _) => PartAdvice::Grouping(other),
            (None, Some(near)) => PartAdvice::Near((*near).to_owned()),
            (None, None) => PartAdvice::OneOf(names.into_iter().map(str::to_owned).collect()),
        };
        Err(UnknownPart { by: *by, name: name.clone(), most: *most, advice })
    }
}

/// Returns the names that parts may have, if the rules limit them.
fn part_names(by: TallyBy, rules: &LintRules) -> Option<Vec<&str>> {
    let classes = match by {
        TallyBy::Category => &rules.categories,
        TallyBy::Service => &rules.services,
        TallyBy::Priority => return Some(PriorityName::ALL.map(PriorityName::as_str).to_vec()),
        TallyBy::Kind => return Some(FINDING_KINDS.to_vec()),
        // Files come and go, so any path is accepted.
        TallyBy::File => return None,
    };
    Some(classes.iter().map(|class| &*class.name).chain([OTHER]).collect())
}

impl LintGates {
    /// Returns the gates and their source.
    ///
    /// # Errors
    /// Returns an error if a gate is for a part that the rules do not have.
    pub(super) fn checked(&self, rules: &LintRules) -> Result<CheckedGates, UnknownPart> {
        self.max.iter().try_for_each(|one| one.check(rules))?;
        Ok(CheckedGates {
            min_score: self.min_score.map(|least| (least, GateSource::Option)),
            max: self.max.iter().map(|one| (one.clone(), GateSource::Option)).collect(),
        })
    }

    /// Returns these gates, plus the configured gates for parts that these do not cover.
    ///
    /// # Errors
    /// Returns an error if a gate is for a part that the rules do not have.
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
