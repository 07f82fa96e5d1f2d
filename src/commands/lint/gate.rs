//! `--min-score` and `--max`, `lint.min_score` and `lint.max`: when a run fails because of its numbers.

use std::str::FromStr;

use clap::Args;
use idhooks_core::config::{ConfigError, LintRules, MinScore};
use idhooks_identifiers::{FINDING_KINDS, LintTally, TallyBy};
use idhooks_ops::nearest;

use crate::error::{CommandError, CommandResult};
use crate::output::{Ui, count};

use super::report::score;
use super::sources::{LintConfig, invalid};

/// The priorities there are. What no rule matches has the last one.
const PRIORITIES: [&str; 4] = ["critical", "high", "medium", "low"];
/// The category and the service of files that no rule matches.
const OTHER: &str = "other";

/// The options that make a run fail because of its numbers.
#[derive(Debug, Clone, Args)]
pub(in crate::commands) struct GateOptions {
    /// Fail if the score of the linter is lower than this percentage
    #[arg(long, value_name = "PERCENT")]
    min_score: Option<MinScore>,
    /// Fail if the linter has more findings in a part than this: critical=0 or service:auth=3
    #[arg(long, value_name = "PART=N", value_delimiter = ',')]
    max: Vec<MaxFindings>,
}

/// The highest number of findings of a part that does not fail.
#[derive(Debug, Clone)]
struct MaxFindings {
    by: TallyBy,
    name: String,
    most: usize,
}

/// What the numbers of a run must meet, each with the option or the key that says so.
#[derive(Debug)]
pub(in crate::commands) struct LintGates {
    min_score: Option<(MinScore, &'static str)>,
    max: Vec<(MaxFindings, &'static str)>,
}

impl FromStr for MaxFindings {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "name a part and a number, such as critical=0 or service:auth=3".to_owned();
        let (part, most) = text.split_once('=').ok_or_else(wrong)?;
        Self::of_part(part, most.parse().map_err(|_| wrong())?).map_err(|error| error.message)
    }
}

impl MaxFindings {
    /// Returns the limit of a part such as `critical` or `service:auth`.
    ///
    /// # Errors
    /// Returns an error if there are no such parts.
    fn of_part(part: &str, most: usize) -> CommandResult<Self> {
        let (by, name) = part.split_once(':').unwrap_or(("priority", part));
        let by = TallyBy::parse(by).filter(|by| *by != TallyBy::File).ok_or_else(|| {
            CommandError::new(format!("'{by}' is none of category, service, priority and kind"))
        })?;
        Ok(MaxFindings { by, name: name.to_owned(), most })
    }

    fn is_of_part(&self, other: &MaxFindings) -> bool {
        (self.by, &self.name) == (other.by, &other.name)
    }

    /// Returns the problem and the remedy if the rules have no such part.
    fn unknown(&self, rules: &LintRules) -> Option<(String, String)> {
        let MaxFindings { by, name, most } = self;
        let names = part_names(*by, rules)?;
        if names.contains(&&**name) {
            return None;
        }
        let has_it =
            |by: &TallyBy| part_names(*by, rules).is_some_and(|names| names.contains(&&**name));
        let elsewhere = [TallyBy::Category, TallyBy::Service, TallyBy::Priority, TallyBy::Kind];
        let hint = match (elsewhere.into_iter().find(has_it), nearest(name, &names)) {
            (Some(other), _) => format!("did you mean '{other}:{name}={most}'?"),
            (None, Some(near)) => format!("did you mean '{near}'?"),
            (None, None) => format!("name one of: {}", names.join(", ")),
        };
        Some((format!("there is no {by} '{name}'"), hint))
    }
}

/// Returns the names that parts may have, if the rules say which there are.
fn part_names(by: TallyBy, rules: &LintRules) -> Option<Vec<&str>> {
    let classes = match by {
        TallyBy::Category => &rules.categories,
        TallyBy::Service => &rules.services,
        TallyBy::Priority => return Some(PRIORITIES.to_vec()),
        TallyBy::Kind => return Some(FINDING_KINDS.to_vec()),
        TallyBy::File => return None,
    };
    Some(classes.iter().map(|class| &*class.name).chain([OTHER]).collect())
}

impl GateOptions {
    /// Returns whether there is one.
    pub(in crate::commands) fn is_given(&self) -> bool {
        self.min_score.is_some() || !self.max.is_empty()
    }

    /// Returns the gates that the options set.
    ///
    /// # Errors
    /// Returns an error if the rules have no part that an option names.
    pub(in crate::commands) fn gates(&self, rules: &LintRules) -> CommandResult<LintGates> {
        if let Some((problem, hint)) = self.max.iter().find_map(|one| one.unknown(rules)) {
            return Err(CommandError::new(problem).hint(hint));
        }
        Ok(LintGates {
            min_score: self.min_score.map(|least| (least, "--min-score")),
            max: self.max.iter().map(|one| (one.clone(), "--max")).collect(),
        })
    }

    /// Returns the gates that the options set and, where they say nothing, those of the configuration.
    ///
    /// # Errors
    /// Returns an error if the rules have no part that an option or the configuration names.
    pub(in crate::commands) fn or_configured(
        &self,
        config: &LintConfig,
    ) -> CommandResult<LintGates> {
        let rules = config.config.lint();
        let mut gates = self.gates(rules)?;
        let least = rules.min_score.map(|least| (least, "lint.min_score"));
        gates.min_score = gates.min_score.or(least);
        for (part, most) in &rules.max {
            let error = |(message, hint): (String, Option<String>)| {
                invalid(&config.name, &ConfigError { hint, ..part.error(message) })
            };
            let limit = MaxFindings::of_part(&part.text, *most);
            let limit = limit.map_err(|problem| error((problem.message, None)))?;
            if let Some((problem, hint)) = limit.unknown(rules) {
                return Err(error((problem, Some(hint))));
            }
            if !self.max.iter().any(|option| option.is_of_part(&limit)) {
                gates.max.push((limit, "lint.max"));
            }
        }
        Ok(gates)
    }
}

impl LintGates {
    /// Returns the gates that the numbers do not meet, each as a sentence without a capital letter.
    pub(in crate::commands) fn unmet(&self, tally: &LintTally) -> Vec<String> {
        let mut unmet = Vec::new();
        let unchecked = |files| count(files, "file was not checked", "files were not checked");
        if let Some((MinScore(least), gate)) = self.min_score {
            let (found, lowest) = (tally.score(), tally.lowest_score());
            if found < least {
                unmet.push(format!("the score is {}, less than {least} ({gate})", score(found)));
            } else if lowest < least {
                let files = unchecked(tally.total.unchecked);
                let lowest = score(lowest);
                unmet.push(format!(
                    "the score may be as low as {lowest}, less than {least}: {files} ({gate})"
                ));
            }
        }
        for (MaxFindings { by, name, most }, gate) in &self.max {
            let part = tally.by.get(by).and_then(|all| all.get(name));
            let uncounted = tally.uncounted.get(name).filter(|_| *by == TallyBy::Kind);
            let found = part.map_or(0, |part| part.findings) + uncounted.copied().unwrap_or(0);
            if found > *most {
                let findings = count(found, "finding", "findings");
                unmet.push(format!("the {by} '{name}' has {findings}, more than {most} ({gate})"));
                continue;
            }
            // A file of any part may have findings of a kind.
            let part = if *by == TallyBy::Kind { Some(&tally.total) } else { part };
            if let Some(part) = part.filter(|part| part.unchecked > 0) {
                let files = unchecked(part.unchecked);
                unmet.push(format!(
                    "the {by} '{name}' may have more findings than {most}: {files} ({gate})"
                ));
            }
        }
        unmet
    }
}

/// Names the gates that are not met.
pub(in crate::commands) fn report_unmet(ui: &mut Ui, unmet: &[String]) {
    unmet.iter().for_each(|gate| ui.error(gate));
    if !unmet.is_empty() {
        ui.hint("see which parts have findings: idhooks lint --no-findings --by service,priority");
    }
}
