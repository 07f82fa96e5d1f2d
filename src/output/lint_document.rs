//! [`LintDocument`]: the JSON document for a linter run, and the tables in the text output.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding, Related, Severity};
use idhooks_core::registry::RepoPath;
use idhooks_ops::{ClassCount, LintTally, LintTotals, SkippedFile, TallyBy, rounded_score};
use serde::Serialize;

use super::lint_gates::score_text;

/// The maximum number of characters of code to show.
const SHOWN: usize = 80;

/// The document.
#[derive(Serialize)]
pub struct LintDocument<'r> {
    totals: LintTotals,
    by: BTreeMap<&'static str, BTreeMap<&'r str, usize>>,
    scores: LintScores<'r>,
    phases: BTreeMap<&'static str, usize>,
    top_files: Vec<TopFile<'r>>,
    skipped: &'r [SkippedFile],
    #[serde(skip_serializing_if = "Option::is_none")]
    findings: Option<Vec<LintFinding<'r>>>,
}

/// The numbers that determine the score.
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
    /// The replacement for the code, from the first lint.replace rule that applies.
    fix: Option<LintFix<'r>>,
}

/// The replacement for a finding's code.
#[derive(Serialize)]
pub struct LintFix<'r> {
    message: String,
    edits: [FixEdit<'r>; 1],
    /// The import statement that the replacement needs, if the file lacks it.
    import: Option<&'r str>,
}

/// A replacement for part of a file.
#[derive(Serialize)]
struct FixEdit<'r> {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
    content: &'r str,
}

impl<'r> LintDocument<'r> {
    /// Returns the document; `fix` returns the replacement for a finding's code, if there is one.
    pub fn new(
        tally: &'r LintTally,
        findings: &'r [Finding],
        skipped: &'r [SkippedFile],
        fix: impl Fn(&'r Finding) -> Option<LintFix<'r>>,
    ) -> Self {
        // There is no per-file map, which could have a hundred thousand members; `top_files` lists
        // the worst files.
        let by = TallyBy::ALL.into_iter().filter(|by| *by != TallyBy::File);
        let by = by.map(|by| (by.as_str(), numbers(tally, by)));
        let weights: BTreeMap<&str, usize> =
            tally.weights().into_iter().map(|(name, weight, _)| (name, weight)).collect();
        let scores = |by: TallyBy| {
            let score = |(name, count): (&'r String, &ClassCount)| {
                // Only the total score is weighted, and only by priority.
                let weight = weights.get(&**name).filter(|_| by == TallyBy::Priority).copied();
                (&**name, ClassScore::new(*count, weight))
            };
            tally.by.get(&by).into_iter().flatten().map(score).collect()
        };
        let phase = |(n, count): (usize, usize)| (["1", "2", "3"][n], count);
        LintDocument {
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
            skipped,
            findings: Some(
                findings.iter().filter_map(|one| LintFinding::new(one, fix(one))).collect(),
            ),
        }
    }

    /// Drops the findings.
    pub fn without_findings(self) -> Self {
        LintDocument { findings: None, ..self }
    }
}

impl ClassScore {
    fn new(count: ClassCount, weight: Option<usize>) -> Self {
        let ClassCount { files, files_with_findings, .. } = count;
        ClassScore { files, files_with_findings, score: rounded_score(count.score()), weight }
    }
}

impl<'r> LintFinding<'r> {
    fn new(finding: &'r Finding, fix: Option<LintFix<'r>>) -> Option<Self> {
        let place = finding.place.as_ref()?;
        let class = place.code.as_ref()?;
        Some(LintFinding {
            code: finding.code,
            path: finding.path.as_ref(),
            line: place.line,
            column: place.column,
            kind: &class.kind,
            category: &class.category,
            service: &class.service,
            priority: &class.priority,
            severity: finding.severity,
            message: &finding.message,
            help: &finding.help,
            id: finding.id.as_deref(),
            related: &finding.related,
            fix,
        })
    }
}

impl<'r> LintFix<'r> {
    /// Returns the replacement for the code between two places, each given as a line and a column,
    /// with the import statement that the replacement needs.
    pub fn new(
        begin: (usize, usize),
        end: (usize, usize),
        content: &'r str,
        import: Option<&'r str>,
    ) -> Self {
        let ((line, column), (end_line, end_column)) = (begin, end);
        let edit = FixEdit { line, column, end_line, end_column, content };
        let message = format!("replace it with '{}'", one_line(content));
        LintFix { message, edits: [edit], import }
    }
}

/// Returns the number of findings in each class that has findings.
fn numbers(tally: &LintTally, by: TallyBy) -> BTreeMap<&str, usize> {
    let all = tally.by.get(&by).into_iter().flatten();
    let counted = all.map(|(name, count)| (&**name, count.findings));
    counted.filter(|(_, findings)| *findings > 0).collect()
}

/// Returns a table for the text output, with the most findings first.
pub fn lint_table(tally: &LintTally, by: TallyBy) -> Vec<[String; 4]> {
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
            _ => [
                format!("{}/{}", count.files_with_findings, count.files),
                score_text(count.score()),
            ],
        };
        let [files, score] = files;
        [name.clone(), count.findings.to_string(), files, score]
    };
    std::iter::once(head).chain(classes.into_iter().map(row)).collect()
}

/// Returns the start of the code as a single line.
pub fn one_line(code: &str) -> String {
    let words: Vec<&str> = code.split_whitespace().collect();
    let line = words.join(" ");
    match line.char_indices().nth(SHOWN) {
        // The code is cut between characters, because a byte position might be inside one.
        Some((end, _)) => {
            format!("{}…", &line[..line[..end].char_indices().last().map_or(0, |(at, _)| at)])
        }
        None => line,
    }
}
