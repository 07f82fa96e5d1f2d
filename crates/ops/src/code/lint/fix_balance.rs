//! [`FixBalance`]: what `--fix` did at each place; and [`UnfitFile`]: a file that would no longer
//! parse after the changes.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_code::{FixError, FixPlace};
use idhooks_core::check::Finding;
use idhooks_core::registry::RepoPath;
use serde::Serialize;

use super::refusal::LintRefusal;

/// The number of places by outcome. A place is where a rule matched, however many findings it
/// contains, or where any other finding was reported.
#[derive(Debug, Default, PartialEq, Eq, Serialize)]
pub struct FixBalance {
    /// The total number of places.
    pub found: usize,
    /// Places where the code is replaced.
    pub replaced: usize,
    /// Places where a rule matched but the code stays.
    pub refused: usize,
    /// Places where no rule matched, by kind of finding.
    pub no_rule: BTreeMap<String, usize>,
}

impl FixBalance {
    /// Counts the places where rules matched, and the places with other findings. `refused` returns
    /// whether a file is left alone because it would no longer parse.
    ///
    /// # Errors
    /// Returns an error if a place occurs twice. Nested places count separately.
    pub(super) fn new<'p>(
        findings: &[Finding],
        places: impl Iterator<Item = (&'p RepoPath, &'p FixPlace)>,
        refused: impl Fn(&RepoPath) -> bool,
    ) -> Result<Self, LintRefusal> {
        let mut open: BTreeMap<&RepoPath, Vec<(&Finding, bool)>> = BTreeMap::new();
        for finding in findings {
            if let Some(path) = &finding.path {
                open.entry(path).or_default().push((finding, false));
            }
        }
        let mut balance = FixBalance::default();
        let mut begun = BTreeSet::new();
        for (path, place) in places {
            // A run's totals must add up, but a place matched by two rules would be counted twice.
            if !begun.insert((path, place.line, place.column)) {
                return Err(LintRefusal::CountedTwice(path.clone(), place.line));
            }
            match &place.outcome {
                Ok(_) => balance.replaced += 1,
                Err(_) => balance.refused += 1,
            }
            for (finding, is_covered) in open.get_mut(path).into_iter().flatten() {
                let at = finding.place.as_ref();
                *is_covered |= at.is_some_and(|at| place.contains((at.line, at.column)));
            }
        }
        for (path, of_file) in open {
            let mut seen = BTreeSet::new();
            for (finding, _) in of_file.into_iter().filter(|(_, is_covered)| !is_covered) {
                let place = finding.place.as_ref();
                // Several findings at one place count once, just as they do where a rule matched.
                if place.is_some_and(|place| !seen.insert((place.line, place.column))) {
                    continue;
                }
                match refused(path) {
                    true => balance.refused += 1,
                    false => {
                        let kind = finding.code_class().map_or("", |class| &class.kind);
                        *balance.no_rule.entry(kind.to_owned()).or_default() += 1;
                    }
                }
            }
        }
        balance.found = balance.replaced + balance.refused + balance.without_rule();
        Ok(balance)
    }

    /// Returns the number of places where no rule matched.
    pub fn without_rule(&self) -> usize {
        self.no_rule.values().sum()
    }
}

/// A file where nothing is replaced because Python would reject it after the changes.
#[derive(Debug)]
pub struct UnfitFile {
    /// The file's path.
    pub path: RepoPath,
    /// Why.
    pub reason: FixError,
    before: Vec<u8>,
    /// The places with findings, each as a line number and the line's text.
    pub places: Vec<(usize, String)>,
}

impl UnfitFile {
    pub(super) fn new(path: RepoPath, before: Vec<u8>, reason: FixError) -> Self {
        UnfitFile { path, reason, before, places: Vec::new() }
    }

    /// Finds the places. In a file without findings, the only place is the first line.
    pub(super) fn find_places(&mut self, findings: &[Finding]) {
        let of_file = findings.iter().filter(|one| one.path.as_ref() == Some(&self.path));
        let places = of_file.filter_map(|finding| finding.place.as_ref());
        let mut places: Vec<_> = places.map(|place| (place.line, place.column)).collect();
        places.sort_unstable();
        places.dedup();
        if places.is_empty() {
            places.push((1, 1));
        }
        let text = String::from_utf8_lossy(&self.before);
        let lines: Vec<&str> = text.lines().collect();
        let place = |(line, _)| (line, (*lines.get(line - 1).unwrap_or(&"")).to_owned());
        self.places = places.into_iter().map(place).collect();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_code::FixRefusal;
    use idhooks_core::check::{Code, CodeClass, FindingPlace};

    fn finding(path: &RepoPath, line: usize, column: usize) -> Finding {
        let word = String::new;
        let class = CodeClass {
            kind: format!("kind{column}"),
            category: word(),
            service: word(),
            priority: word(),
        };
        let place = FindingPlace { line, column, code: Some(class) };
        let finding = Finding::new(Code::RawUuid, "m", "h").at(path);
        Finding { place: Some(Box::new(place)), ..finding }
    }

    fn place(line: usize, outcome: Result<String, FixRefusal>) -> FixPlace {
        FixPlace { line, column: 5, found: "make()".to_owned(), outcome, import: None }
    }

    #[test]
    fn every_place_is_in_one_term_of_the_sum() {
        let [path, other] = [b"a.py", b"b.py"].map(|path| RepoPath::new(*path).expect("a path"));
        let findings = [
            finding(&path, 1, 5),
            finding(&path, 1, 9),
            finding(&path, 2, 5),
            finding(&path, 2, 20),
            finding(&path, 2, 20),
            finding(&other, 1, 5),
            finding(&other, 1, 5),
        ];
        // The last of these places has no finding.
        let places =
            [(1, Ok(String::new())), (2, Err(FixRefusal::LostComment)), (9, Ok(String::new()))];
        let places = places.map(|(line, outcome)| place(line, outcome));
        let places = || places.iter().map(|place| (&path, place));
        let balance = FixBalance::new(&findings, places(), |_| false).expect("adds up");
        let no_rule = |kinds: &[&str]| kinds.iter().map(|kind| ((*kind).to_owned(), 1)).collect();
        let expected = no_rule(&["kind20", "kind5"]);
        assert_eq!(balance, FixBalance { found: 5, replaced: 2, refused: 1, no_rule: expected });
        let balance = FixBalance::new(&findings, places(), |file| *file == other).expect("adds up");
        let expected = no_rule(&["kind20"]);
        assert_eq!(balance, FixBalance { found: 5, replaced: 2, refused: 2, no_rule: expected });
        // One place is nested in another, and both contain the first finding.
        let inner = FixPlace { column: 8, ..place(1, Err(FixRefusal::LostComment)) };
        let nested = places().chain([(&path, &inner)]);
        let balance = FixBalance::new(&findings, nested, |_| false).expect("adds up");
        assert_eq!((balance.found, balance.refused, balance.without_rule()), (6, 2, 2));
        let twice = FixBalance::new(&findings, places().chain(places()), |_| false);
        let error = twice.expect_err("must be refused").to_string();
        assert!(error.contains("counted twice, so nothing was changed: a.py:1"), "{error}");
    }
}
