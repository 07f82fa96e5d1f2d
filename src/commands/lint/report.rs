//! [`LintReport`]: the JSON document of a run, and the tables for people.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding, Related, Severity};
use idhooks_core::registry::RepoPath;
use idhooks_identifiers::{ClassCount, FixPlace, LintTally, TallyBy};
use serde::{Deserialize, Serialize};

use crate::output::json;

use super::fix::{Fixes, one_line};
use super::skipped::SkippedFile;

/// The document.
#[derive(Serialize)]
pub(super) struct LintReport<'r> {
    totals: LintTotals,
    by: BTreeMap<&'static str, BTreeMap<&'r str, usize>>,
    scores: LintScores<'r>,
    phases: BTreeMap<&'static str, usize>,
    top_files: Vec<TopFile<'r>>,
    skipped: Vec<SkippedFile<'r>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<LintFinding<'r>>>,
}

/// The numbers of a run as a whole.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(super) struct LintTotals {
    pub(super) files: usize,
    pub(super) files_with_findings: usize,
    pub(super) not_checked: usize,
    pub(super) findings: usize,
    pub(super) references: usize,
    pub(super) dynamic: usize,
    pub(super) accepted: usize,
    pub(super) score: f64,
}

/// The inputs of the score.
#[derive(Serialize)]
struct LintScores<'r> {
    category: BTreeMap<&'r str, ClassScore>,
    service: BTreeMap<&'r str, ClassScore>,
    priority: BTreeMap<&'r str, ClassScore>,
}

#[derive(Serialize)]
struct ClassScore {
    files: usize,
    files_with_findings: usize,
    score: f64,
    #[serde(skip_serializing_if = "Option::is_none")]
    weight: Option<usize>,
}

#[derive(Serialize)]
struct TopFile<'r> {
    path: &'r RepoPath,
    findings: usize,
}

#[derive(Serialize)]
struct LintFinding<'r> {
    code: Code,
    path: Option<&'r RepoPath>,
    line: usize,
    column: usize,
    kind: &'r str,
    category: &'r str,
    service: &'r str,
    priority: &'r str,
    severity: Severity,
    message: &'r str,
    help: &'r str,
    id: Option<&'r str>,
    related: &'r [Related],
    /// What replaces the code, by the first rule of lint.replace that applies.
    fix: Option<LintFix<'r>>,
}

/// What replaces the code of a finding.
#[derive(Serialize)]
struct LintFix<'r> {
    message: String,
    edits: [FixEdit<'r>; 1],
    /// The import statement that the replacement needs, and the file does not have.
    import: Option<&'r str>,
}

/// A replacement for a part of a file.
#[derive(Serialize)]
struct FixEdit<'r> {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    content: &'r str,
}

impl LintTotals {
    pub(super) fn new(tally: &LintTally, not_checked: usize) -> Self {
        let ClassCount { files, files_with_findings, findings, .. } = tally.total;
        let uncounted = |kind: &str| tally.uncounted.get(kind).copied().unwrap_or(0);
        LintTotals {
            files,
            files_with_findings,
            not_checked,
            findings,
            references: uncounted("reference"),
            dynamic: uncounted("dynamic"),
            accepted: tally.accepted,
            score: rounded(tally.score()),
        }
    }
}

impl<'r> LintReport<'r> {
    pub(super) fn new(
        tally: &'r LintTally,
        (findings, skipped): (&'r [Finding], &'r [(RepoPath, String)]),
        fixes: &'r Fixes,
    ) -> Self {
        let by = TallyBy::ALL.into_iter().filter(|by| *by != TallyBy::File);
        let by = by.map(|by| (by.as_str(), numbers(tally, by)));
        let weights: BTreeMap<&str, usize> =
            tally.weights().into_iter().map(|(name, weight, _)| (name, weight)).collect();
        let scores = |by: TallyBy| {
            let score = |(name, count): (&'r String, &ClassCount)| {
                let weight = weights.get(&**name).filter(|_| by == TallyBy::Priority).copied();
                (&**name, ClassScore::new(*count, weight))
            };
            tally.by.get(&by).into_iter().flatten().map(score).collect()
        };
        let phase = |(n, count): (usize, usize)| (["1", "2", "3"][n], count);
        LintReport {
            totals: LintTotals::new(tally, skipped.len()),
            by: by.collect(),
            scores: LintScores {
                category: scores(TallyBy::Category),
                service: scores(TallyBy::Service),
                priority: scores(TallyBy::Priority),
            },
            phases: tally.phases().into_iter().enumerate().map(phase).collect(),
            top_files: tally
                .top_files()
                .into_iter()
                .map(|(path, findings)| TopFile { path, findings })
                .collect(),
            skipped: SkippedFile::all(skipped),
            findings: Some(
                findings.iter().filter_map(|one| LintFinding::new(one, fixes)).collect(),
            ),
        }
    }

    /// Returns the document, without the findings if they are not asked for.
    pub(super) fn document(self, no_findings: bool) -> String {
        json::document(&if no_findings { self.without_findings() } else { self })
    }

    /// Leaves the findings out.
    pub(super) fn without_findings(self) -> Self {
        LintReport { findings: None, ..self }
    }
}

impl ClassScore {
    fn new(count: ClassCount, weight: Option<usize>) -> Self {
        let ClassCount { files, files_with_findings, .. } = count;
        ClassScore { files, files_with_findings, score: rounded(count.score()), weight }
    }
}

impl<'r> LintFinding<'r> {
    fn new(finding: &'r Finding, fixes: &'r Fixes) -> Option<Self> {
        let place = finding.place.as_ref()?;
        Some(LintFinding {
            code: finding.code,
            path: finding.path.as_ref(),
            line: place.line,
            column: place.column,
            kind: &place.kind,
            category: &place.category,
            service: &place.service,
            priority: &place.priority,
            severity: finding.severity,
            message: &finding.message,
            help: &finding.help,
            id: finding.id.as_deref(),
            related: &finding.related,
            fix: fixes.of_finding(finding).map(LintFix::new),
        })
    }
}

impl<'r> LintFix<'r> {
    fn new((place, content): (&'r FixPlace, &'r str)) -> Self {
        let FixPlace { line, column, .. } = *place;
        let (end_line, end_column) = place.end();
        let edit = FixEdit { line, column, end_line, end_column, content };
        let message = format!("replace it with '{}'", one_line(content));
        LintFix { message, edits: [edit], import: place.import.as_deref() }
    }
}

/// Returns the findings of the classes that have some.
fn numbers(tally: &LintTally, by: TallyBy) -> BTreeMap<&str, usize> {
    let all = tally.by.get(&by).into_iter().flatten();
    let counted = all.map(|(name, count)| (&**name, count.findings));
    counted.filter(|(_, findings)| *findings > 0).collect()
}

/// Returns a table for people, the most findings first.
pub(super) fn rows(tally: &LintTally, by: TallyBy) -> Vec<[String; 4]> {
    let head = [by.as_str(), "findings", "files", "score"].map(str::to_owned);
    if by == TallyBy::File {
        let row = |(path, findings): (&RepoPath, usize)| {
            [path.to_string(), findings.to_string(), String::new(), String::new()]
        };
        return std::iter::once(head).chain(tally.top_files().into_iter().map(row)).collect();
    }
    let mut classes: Vec<_> = tally.by.get(&by).into_iter().flatten().collect();
    classes.sort_by_key(|(_, count)| std::cmp::Reverse(count.findings));
    let row = |(name, count): (&String, &ClassCount)| {
        let files = match by {
            TallyBy::Kind => [String::new(), String::new()],
            _ => [format!("{}/{}", count.files_with_findings, count.files), score(count.score())],
        };
        let [files, score] = files;
        [name.clone(), count.findings.to_string(), files, score]
    };
    std::iter::once(head).chain(classes.into_iter().map(row)).collect()
}

/// Returns a score with one digit after the point.
pub(super) fn score(percent: f64) -> String {
    format!("{:.1}", rounded(percent))
}

/// Rounds to one digit after the point; only what is complete is 100.
fn rounded(percent: f64) -> f64 {
    let rounded = (percent * 10.0).round() / 10.0;
    if percent < 100.0 { rounded.min(99.9) } else { rounded }
}
