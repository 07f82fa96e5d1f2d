//! `--min-score` and `--max`: when a run fails because of its numbers.

use std::str::FromStr;

use idhooks_core::config::LintRules;
use idhooks_identifiers::{LintTally, TallyBy};

use crate::commands::suggestion::nearest;
use crate::error::{CommandError, CommandResult};
use crate::output::{Ui, count};

use super::report::score;

/// The priorities there are.
const PRIORITIES: [&str; 4] = ["critical", "high", "medium", "low"];
/// The class of files that no rule matches.
const OTHER: &str = "other";

/// The lowest score that does not fail.
#[derive(Debug, Clone, Copy)]
pub(super) struct MinScore(f64);

impl FromStr for MinScore {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let number: Option<f64> = text.trim_end_matches('%').parse().ok();
        let number = number.filter(|number| (0.0..=100.0).contains(number));
        number.map(MinScore).ok_or_else(|| "name a percentage from 0 to 100, such as 95".to_owned())
    }
}

/// The highest number of findings of a part that does not fail.
#[derive(Debug, Clone)]
pub(super) struct MaxFindings {
    by: TallyBy,
    name: String,
    most: usize,
}

impl FromStr for MaxFindings {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || "name a part and a number, such as critical=0 or service:auth=3".to_owned();
        let (part, most) = text.split_once('=').ok_or_else(wrong)?;
        let most = most.parse().map_err(|_| wrong())?;
        let (by, name) = part.split_once(':').unwrap_or(("priority", part));
        let by = TallyBy::parse(by)
            .filter(|by| *by != TallyBy::File)
            .ok_or_else(|| format!("'{by}' is none of category, service, priority and kind"))?;
        Ok(MaxFindings { by, name: name.to_owned(), most })
    }
}

/// Returns whether the score is high enough.
pub(super) fn check_score(ui: &mut Ui, least: Option<MinScore>, tally: &LintTally) -> bool {
    let is_met = least.is_none_or(|MinScore(least)| tally.score() >= least);
    if let (Some(MinScore(least)), false) = (least, is_met) {
        ui.error(&format!("the score is {}, less than {least}", score(tally.score())));
        ui.hint("see which parts have findings: idhooks lint --no-findings --by service,priority");
    }
    is_met
}

/// Returns whether no part has too many findings.
///
/// # Errors
/// Returns an error if there is no such part.
pub(super) fn check_max(
    ui: &mut Ui,
    limits: &[MaxFindings],
    rules: &LintRules,
    tally: &LintTally,
) -> CommandResult<bool> {
    let mut is_met = true;
    for MaxFindings { by, name, most } in limits {
        let mut names: Vec<&str> = match by {
            TallyBy::Category => rules.categories.iter().map(|class| &*class.name).collect(),
            TallyBy::Service => rules.services.iter().map(|class| &*class.name).collect(),
            TallyBy::Priority => PRIORITIES.to_vec(),
            _ => vec![&**name],
        };
        names.push(OTHER);
        if !names.contains(&&**name) {
            let error = CommandError::new(format!("there is no {by} '{name}'"));
            return Err(error.hint(match nearest(name, names.iter().copied()) {
                Some(near) => format!("did you mean '{near}'?"),
                None => format!("name one of: {}", names.join(", ")),
            }));
        }
        let found = tally.by.get(by).and_then(|all| all.get(name)).map_or(0, |c| c.findings);
        if found > *most {
            let findings = count(found, "finding", "findings");
            ui.error(&format!("the {by} '{name}' has {findings}, more than {most}"));
            is_met = false;
        }
    }
    Ok(is_met)
}
