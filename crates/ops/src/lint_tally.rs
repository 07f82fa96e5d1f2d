//! [`LintTally`]: the number of findings by category, service, priority, kind and file, and the
//! score.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, CodeClass, Finding};
use idhooks_core::config::LintRules;
use idhooks_core::registry::RepoPath;

/// The weight of a file with each priority.
const WEIGHTS: [(&str, usize); 4] = [("critical", 8), ("high", 4), ("medium", 2), ("low", 1)];
/// The phase in which findings with each of these priorities are to be removed, counted from 0.
const PHASES: [usize; 4] = [0, 1, 2, 2];
/// The kinds of findings that are not about calls and are not included in any total.
const UNCOUNTED: [&str; 2] = ["reference", "dynamic"];
/// The codes for uses of legacy identifiers: formats with `legacy = true`, and calls that should no
/// longer create identifiers.
const LEGACY: [Code; 2] = [Code::IdFormat, Code::DeprecatedIdCall];
/// The maximum number of files to list.
const TOP_FILES: usize = 30;

idhooks_core::words! {
    /// A property by which findings are grouped.
    pub enum TallyBy, help {
        /// The file's category.
        Category = "category", "Category of the file";
        /// The file's service.
        Service = "service", "Service of the file";
        /// The file's priority.
        Priority = "priority", "Priority of the file";
        /// The findings.
        Kind = "kind", "What was found";
        /// The file.
        File = "file", "The 30 files with the most findings";
    }
}

/// The service, category, priority and kind of a finding.
pub type ViolationLabels = [String; 4];

/// The counts for a class of files.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct ClassCount {
    /// The number of files checked.
    pub files: usize,
    /// The number of files that could not be checked; no other count includes them.
    pub unchecked: usize,
    /// The number of files with findings that count, even if a baseline accepts them.
    pub files_with_findings: usize,
    /// The number of findings that count and are not accepted by a baseline.
    pub findings: usize,
}

impl ClassCount {
    /// Returns the percentage of files without findings; 100 if there are no files.
    pub fn score(self) -> f64 {
        percent(self.files - self.files_with_findings, self.files)
    }
}

/// All counts from a run.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct LintTally {
    /// The counts for all files.
    pub total: ClassCount,
    /// The classes, keyed by the property used to group findings. The findings in each group add up
    /// to the total.
    pub by: BTreeMap<TallyBy, BTreeMap<String, ClassCount>>,
    /// The number of findings by kind, for kinds that are not part of the total.
    pub uncounted: BTreeMap<String, usize>,
    /// The number of findings that count but are accepted by a baseline.
    pub accepted: usize,
    /// The number of findings in each file that has any.
    pub files: BTreeMap<RepoPath, usize>,
}

impl LintTally {
    /// Counts files and their findings, which are sorted by path. `reported` are the findings that
    /// no baseline accepts; the score depends on `all` findings.
    pub fn new<'p>(
        rules: &LintRules,
        files: impl IntoIterator<Item = &'p RepoPath>,
        all: &[Finding],
        reported: &[Finding],
    ) -> Self {
        let mut tally = LintTally::default();
        // Totals of 0 are shown as well.
        tally.uncounted.extend(UNCOUNTED.map(|kind| (kind.to_owned(), 0)));
        // Every property is shown, even if there are no files.
        for by in TallyBy::ALL {
            tally.by.insert(by, BTreeMap::new());
        }
        for path in files {
            tally.total.files += 1;
            for (by, name) in file_classes(rules, path) {
                tally.class(by, name).files += 1;
            }
        }
        let mut of_all: Vec<&Finding> = all.iter().filter(|one| is_counted(one)).collect();
        tally.accepted = of_all.len();
        // The findings are sorted by path, so this keeps one finding per file.
        of_all.dedup_by(|next, one| one.path == next.path);
        of_all.into_iter().for_each(|first| tally.add_file(first));
        reported.iter().for_each(|finding| tally.add_finding(finding));
        // `all` includes the reported findings.
        tally.accepted -= tally.total.findings;
        tally
    }

    /// Counts files that could not be checked.
    #[must_use]
    pub fn with_unchecked(mut self, rules: &LintRules, files: &[RepoPath]) -> Self {
        for path in files {
            self.total.unchecked += 1;
            for (by, name) in file_classes(rules, path) {
                self.class(by, name).unchecked += 1;
            }
        }
        self
    }

    fn class(&mut self, by: TallyBy, name: &str) -> &mut ClassCount {
        self.by.entry(by).or_default().entry(name.to_owned()).or_default()
    }

    /// Counts the file that contains this finding; called once per file.
    fn add_file(&mut self, finding: &Finding) {
        let Some(class) = finding.code_class() else { return };
        for (by, name) in classes(class) {
            self.class(by, name).files_with_findings += 1;
        }
        self.total.files_with_findings += 1;
    }

    fn add_finding(&mut self, finding: &Finding) {
        let (Some(path), Some(class)) = (&finding.path, finding.code_class()) else { return };
        if !is_counted(finding) {
            *self.uncounted.entry(class.kind.clone()).or_default() += 1;
            return;
        }
        for (by, name) in classes(class).into_iter().chain([(TallyBy::Kind, &*class.kind)]) {
            self.class(by, name).findings += 1;
        }
        self.total.findings += 1;
        *self.files.entry(path.clone()).or_default() += 1;
    }

    /// Returns the weight and the counts for each priority.
    pub fn weights(&self) -> Vec<(&'static str, usize, ClassCount)> {
        let of = |name: &str| self.by.get(&TallyBy::Priority).and_then(|all| all.get(name));
        let weigh = |(name, weight)| (name, weight, of(name).copied().unwrap_or_default());
        WEIGHTS.into_iter().map(weigh).collect()
    }

    /// Returns the percentage of files without findings, weighted by priority.
    pub fn score(&self) -> f64 {
        percent(
            self.weight(|count| count.files - count.files_with_findings),
            self.weight(|count| count.files),
        )
    }

    /// Returns what the score would be if all files that could not be checked had findings.
    pub fn lowest_score(&self) -> f64 {
        percent(
            self.weight(|count| count.files - count.files_with_findings),
            self.weight(|count| count.files + count.unchecked),
        )
    }

    /// Returns the weighted sum of a count over all priorities.
    fn weight(&self, of: fn(ClassCount) -> usize) -> usize {
        self.weights().into_iter().map(|(_, weight, count)| weight * of(count)).sum()
    }

    /// Returns the number of findings in each phase.
    pub fn phases(&self) -> [usize; 3] {
        let mut phases = [0; 3];
        for ((.., count), phase) in self.weights().into_iter().zip(PHASES) {
            phases[phase] += count.findings;
        }
        phases
    }

    /// Returns the files with the most findings, sorted by number of findings, then by path.
    pub fn top_files(&self) -> Vec<(&RepoPath, usize)> {
        let mut files: Vec<_> = self.files.iter().map(|(path, count)| (path, *count)).collect();
        files.sort_by(|(path, count), (other, more)| more.cmp(count).then(path.cmp(other)));
        files.truncate(TOP_FILES);
        files
    }
}

/// Returns whether a finding counts towards the total: references and names looked up at run time
/// do not.
pub fn is_counted(finding: &Finding) -> bool {
    !is_uncounted(finding)
}

/// Returns a file's classes.
fn file_classes<'n>(rules: &'n LintRules, path: &RepoPath) -> [(TallyBy, &'n str); 3] {
    let service = rules.service(path);
    [
        (TallyBy::Category, rules.category(path)),
        (TallyBy::Service, service),
        (TallyBy::Priority, rules.priority(path, service)),
    ]
}

/// Returns the classes of a finding's file.
fn classes(class: &CodeClass) -> [(TallyBy, &str); 3] {
    [
        (TallyBy::Category, &class.category),
        (TallyBy::Service, &class.service),
        (TallyBy::Priority, &class.priority),
    ]
}

/// Rounds a score to one decimal place; only a perfect score yields 100.
pub fn rounded_score(percent: f64) -> f64 {
    let rounded = (percent * 10.0).round() / 10.0;
    // Rounding 99.97 up to 100 would claim that nothing is left to do.
    if percent < 100.0 { rounded.min(99.9) } else { rounded }
}

fn percent(part: usize, whole: usize) -> f64 {
    // Without files, there is nothing left to do.
    if whole == 0 { 100.0 } else { 100.0 * part as f64 / whole as f64 }
}

/// Returns whether a finding is left out of the totals.
fn is_uncounted(finding: &Finding) -> bool {
    let kind = finding.code_class().map_or("", |class| &class.kind);
    finding.code == Code::RawUuid && UNCOUNTED.contains(&kind)
}

/// Returns whether a finding is about a legacy format or a legacy call.
pub fn is_legacy_use(finding: &Finding) -> bool {
    LEGACY.contains(&finding.code)
}

/// Returns the number of findings for each combination of labels, except findings that are left out
/// of the totals.
pub fn count_violations(findings: &[Finding]) -> BTreeMap<ViolationLabels, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !is_uncounted(finding)) {
        let Some(class) = finding.code_class() else { continue };
        let labels = [&class.service, &class.category, &class.priority, &class.kind];
        *counts.entry(labels.map(Clone::clone)).or_default() += 1;
    }
    counts
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::FindingPlace;
    use idhooks_core::config::Config;

    const CONFIG: &str = "
[[lint.category]]
name = 'websocket'
path = ['*ws_*']
[[lint.service]]
name = 'backend'
path = '/backend/'
[[lint.priority]]
name = 'critical'
path = ['*ws_*']
[[lint.priority]]
name = 'medium'
service = ['backend']
";

    #[test]
    fn the_score_is_weighted_by_priority() {
        let config = Config::parse(CONFIG).expect("valid");
        let paths = ["ws_a.py", "ws_b.py", "backend/a.py", "x.py", "y.py", "z.py"];
        let paths = paths.map(|path| RepoPath::new(path.as_bytes()).expect("a path"));
        let found = |at: usize, kind: &str| {
            let rules = config.lint();
            let service = rules.service(&paths[at]);
            let class = CodeClass {
                kind: kind.to_owned(),
                category: rules.category(&paths[at]).to_owned(),
                service: service.to_owned(),
                priority: rules.priority(&paths[at], service).to_owned(),
            };
            let place = FindingPlace { line: 1, column: 1, code: Some(class) };
            let finding = Finding::new(Code::RawUuid, "m", "h").at(&paths[at]);
            Finding { place: Some(Box::new(place)), ..finding }
        };
        let findings: Vec<Finding> =
            [(0, "direct_uuid"), (0, "string_format"), (0, "reference"), (3, "reference")]
                .map(|(at, kind)| found(at, kind))
                .into();
        let tally = LintTally::new(config.lint(), &paths, &findings, &findings);
        let total = tally.total;
        assert_eq!((total.files, total.files_with_findings, total.findings), (6, 1, 2));
        // Two critical files, one medium file and three low ones.
        let expected = 100.0 * f64::from(8 + 2 + 3) / f64::from(16 + 2 + 3);
        assert!((tally.score() - expected).abs() < 1e-9);
        let kinds: Vec<_> =
            tally.by[&TallyBy::Kind].iter().map(|(k, c)| (&**k, c.findings)).collect();
        assert_eq!(kinds, [("direct_uuid", 1), ("string_format", 1)]);
        let uncounted: Vec<_> = tally.uncounted.iter().map(|(k, n)| (&**k, *n)).collect();
        assert_eq!(uncounted, [("dynamic", 0), ("reference", 2)]);
        assert_eq!(tally.by[&TallyBy::Category]["websocket"].score(), 50.0);
        assert_eq!(tally.phases(), [2, 0, 0]);
        assert_eq!(tally.top_files(), [(&paths[0], 2)]);
        assert_eq!(LintTally::new(config.lint(), [], &[], &[]).score(), 100.0);
        let accepted = LintTally::new(config.lint(), &paths, &findings, &findings[1..]);
        assert_eq!((accepted.total.findings, accepted.accepted), (1, 1));
        let none = LintTally::new(config.lint(), &paths, &findings, &[]);
        assert_eq!((none.total.findings, none.accepted, none.score()), (0, 2, tally.score()));
        for by in [TallyBy::Category, TallyBy::Service, TallyBy::Priority, TallyBy::Kind] {
            let sum: usize = tally.by[&by].values().map(|class| class.findings).sum();
            assert_eq!(sum, tally.total.findings, "{by:?}");
        }
    }
}
