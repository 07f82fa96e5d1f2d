//! [`FixBalance`]: what becomes of the findings of a run of `--fix`.

use std::collections::BTreeMap;

use idhooks_core::check::Finding;
use idhooks_core::registry::RepoPath;
use idhooks_identifiers::FixPlace;
use serde::Serialize;

use crate::error::{CommandError, CommandResult};

/// The number of findings, and what becomes of them.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub(super) struct FixBalance {
    found: usize,
    replaced: usize,
    refused: usize,
    /// Those that no rule finds, by kind.
    no_rule: BTreeMap<String, usize>,
}

impl FixBalance {
    /// Relates findings to the places of the rules, by file. `refused` says whether a file stays as it is
    /// because Python would refuse it after the changes.
    ///
    /// # Errors
    /// Returns an error if the numbers do not add up: places overlap.
    pub(super) fn new<'p>(
        findings: &[Finding],
        places: impl Iterator<Item = (&'p RepoPath, &'p FixPlace)>,
        refused: impl Fn(&RepoPath) -> bool,
    ) -> CommandResult<Self> {
        let mut open: BTreeMap<&RepoPath, Vec<(&Finding, bool)>> = BTreeMap::new();
        let mut balance = FixBalance { found: findings.len(), ..FixBalance::default() };
        for finding in findings {
            match &finding.path {
                Some(path) if refused(path) => balance.refused += 1,
                Some(path) => open.entry(path).or_default().push((finding, false)),
                None => {}
            }
        }
        for (path, place) in places {
            let contains = |finding: &Finding| {
                finding.place.as_ref().is_some_and(|at| place.contains((at.line, at.column)))
            };
            let of_file = open.get_mut(path).into_iter().flatten();
            for (_, is_covered) in of_file.filter(|(finding, _)| contains(finding)) {
                *is_covered = true;
                match &place.outcome {
                    Ok(_) => balance.replaced += 1,
                    Err(_) => balance.refused += 1,
                }
            }
        }
        for (finding, _) in open.into_values().flatten().filter(|(_, is_covered)| !is_covered) {
            let kind = finding.place.as_ref().map_or("", |place| &place.kind);
            *balance.no_rule.entry(kind.to_owned()).or_default() += 1;
        }
        balance.check()?;
        Ok(balance)
    }

    fn check(&self) -> CommandResult<()> {
        let left: usize = self.no_rule.values().sum();
        match self.found == self.replaced + self.refused + left {
            true => Ok(()),
            false => Err(CommandError::internal(format!(
                "the findings do not add up, so nothing was changed: {}",
                self.equation(true)
            ))
            .hint("rules find overlapping code: run them one at a time, and report this")),
        }
    }

    /// Returns the sum for people.
    pub(super) fn equation(&self, is_done: bool) -> String {
        let FixBalance { found, replaced, refused, no_rule } = self;
        let verb = if is_done { "replaced" } else { "would replace" };
        let left: usize = no_rule.values().sum();
        let kinds: Vec<String> =
            no_rule.iter().map(|(kind, number)| format!("{kind} {number}")).collect();
        let kinds = if left == 0 { String::new() } else { format!(" ({})", kinds.join(", ")) };
        format!("found {found} = {verb} {replaced} + refused {refused} + no rule {left}{kinds}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::{Code, CodePlace};

    fn finding(path: &RepoPath, line: usize, column: usize) -> Finding {
        let word = String::new;
        let place = CodePlace {
            line,
            column,
            kind: format!("kind{column}"),
            category: word(),
            service: word(),
            priority: word(),
        };
        let finding = Finding::new(Code::RawUuid, "m", "h").at(path);
        Finding { place: Some(Box::new(place)), ..finding }
    }

    fn place(line: usize, outcome: Result<String, String>) -> FixPlace {
        FixPlace { line, column: 5, found: "make()".to_owned(), outcome, import: None }
    }

    #[test]
    fn every_finding_is_in_one_term_of_the_sum() {
        let [path, other] = [b"a.py", b"b.py"].map(|path| RepoPath::new(*path).expect("a path"));
        let findings = [
            finding(&path, 1, 5),
            finding(&path, 1, 9),
            finding(&path, 2, 5),
            finding(&path, 2, 20),
            finding(&other, 1, 5),
        ];
        let places = [place(1, Ok(String::new())), place(2, Err(String::new()))];
        let places = || places.iter().map(|place| (&path, place));
        let balance = FixBalance::new(&findings, places(), |_| false).expect("adds up");
        let expected = "found 5 = would replace 2 + refused 1 + no rule 2 (kind20 1, kind5 1)";
        assert_eq!(balance.equation(false), expected);
        let balance = FixBalance::new(&findings, places(), |file| *file == other).expect("adds up");
        let expected = "found 5 = replaced 2 + refused 2 + no rule 1 (kind20 1)";
        assert_eq!(balance.equation(true), expected);
        let twice = FixBalance::new(&findings, places().chain(places()), |_| false);
        let error = twice.expect_err("must be refused").to_text();
        assert!(error.contains("the findings do not add up"), "{error}");
    }
}
