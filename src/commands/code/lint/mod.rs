//! `idhooks lint`: checks identifiers in code.

mod fix;

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_code::{CountMode, LintSelection};
use idhooks_core::check::{Code, Severity};
use idhooks_ops::{
    LintDay, LintHistoryOptions, LintOptions, LintReport, LintTarget, LintTotals, OpenError, Repo,
    TallyBy, find_commit, fix_of, json_text, lint, lint_history,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{
    FindingsReport, LintDocument, LintFix, ReportFormat, Ui, count, json, lint_table, score_text,
    unmet_gates,
};

use crate::commands::gate_args::GateArgs;
use crate::commands::output_file::finish_baseline;
use crate::commands::value_parsers::choice;
use crate::commands::value_parsers::finding_code;
use fix::FixArgs;

/// Check code for raw UUIDs and hand-made identifiers
///
/// Checks the files in the working tree that git does not ignore, in any git repository or
/// directory, adopted or not. Python files are parsed, and names are resolved through their
/// imports. The 'lint' table in idhooks.toml selects the files and assigns each a category, a
/// service and a priority. Results are cached by file content in the git directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks lint                                      the working tree
  idhooks lint src --select RAW_UUID --format sarif
  idhooks lint --staged --strict                    the content of the next commit
  idhooks lint --by service,priority --no-findings  only the numbers
  idhooks lint --write-baseline lint.json           accept all current findings
  idhooks lint --baseline lint.json --min-score 95 --max critical=0
  idhooks lint --history --format json              day by day
  idhooks lint --fix                                show the replacements
  idhooks lint --fix --execute                      make them

Score: the weight of the files without findings, in percent of all files. A file weighs 8 if its \
priority is critical, 4 if high, 2 if medium, 1 if low. The scores of categories and services are not \
weighted.

To accept a line, add '# noqa: RAW_UUID' or '# idhooks: allow' to it; to accept a file, add \
'# idhooks: allow-file'.

Exit code: 0 no errors; 1 errors (with --strict, also warnings), or --min-score or --max is not met; \
2 an error")]
pub(in crate::commands) struct LintArgs {
    /// Only these files, and files below these directories
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Use the rules in this file instead of those in idhooks.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check this commit instead of the working tree
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    rev: Option<String>,
    /// Check the index
    #[arg(long)]
    staged: bool,
    /// Show the counts at the end of each day with commits
    #[arg(long, conflicts_with_all = ["staged", "baseline", "write_baseline", "by", "no_findings"])]
    history: bool,
    /// Report only findings with these codes
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    select: Vec<Code>,
    /// Omit findings with these codes
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    ignore: Vec<Code>,
    /// Unit to count
    #[arg(long, value_parser = choice(CountMode::ALL, CountMode::as_str, Some(CountMode::help)), default_value = "calls", value_name = "COUNT")]
    count: CountMode,
    /// Also show the counts by part
    #[arg(long, value_parser = choice(TallyBy::ALL, TallyBy::as_str, Some(TallyBy::help)), value_delimiter = ',', value_name = "PARTS")]
    by: Vec<TallyBy>,
    /// Do not list the findings
    #[arg(long)]
    no_findings: bool,
    /// Report only findings that are not in this baseline [default: lint.baseline]
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,
    /// Write all findings to this baseline
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    #[command(flatten)]
    gates: GateArgs,
    /// Also fail on warnings
    #[arg(long)]
    strict: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
    #[command(flatten)]
    fix: FixArgs,
}

/// Parses a linter code.
fn code(name: &str) -> Result<Code, String> {
    let found = finding_code(name).map_err(|error| error.to_text())?;
    match idhooks_code::Linter::codes().any(|code| code == found) {
        true => Ok(found),
        false => Err(format!("'{found}' is a code of 'idhooks check'")),
    }
}

impl LintArgs {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.fix.rollback {
            return self.fix.roll_back(ui, dir);
        }
        if self.no_findings && self.format == ReportFormat::Jsonl {
            let message = "--format jsonl lists only findings, and --no-findings omits them";
            // Empty output would look as if there were no findings.
            return Err(CommandError::new(message).hint("for the numbers: --format json"));
        }
        let repo = self.open(dir)?;
        let target = self.target(dir, repo.as_ref())?;
        let config = self.config.as_deref().map(|file| dir.join(file));
        let selection = LintSelection {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            count: self.count,
        };
        if self.fix.fix {
            return self.fix.run(ui, &target, config, &self.paths, self.format);
        }
        if let (true, Some(repo)) = (self.history, &repo) {
            let tip = find_commit(repo, self.rev.as_deref().unwrap_or("HEAD"))?;
            let days = lint_history(ui, &target, &LintHistoryOptions { tip, config, selection })?;
            return show_days(ui, &days, self.format);
        }
        let options = LintOptions {
            paths: self.paths.clone(),
            config,
            selection,
            baseline: self.baseline.clone(),
            new_baseline: self.write_baseline.clone(),
            gates: self.gates.gates(),
            // Only the JSON document contains replacements, and finding them takes time.
            finds_fixes: self.format == ReportFormat::Json && !self.no_findings,
        };
        let report = lint(ui, &target, &options)?;
        let unmet = unmet_gates(&report.unmet);
        self.show(ui, &report, &unmet);
        // The baseline is written after the findings are printed, which must happen even if the
        // baseline cannot be written.
        finish_baseline(ui, &report.filter, repo.as_ref())?;
        ui.unmet_gates(&unmet);
        let exit = Exit::of(&report.findings, self.least());
        Ok(if unmet.is_empty() { exit } else { Exit::Findings })
    }

    /// Opens the repository; only the working tree can be checked without one.
    fn open(&self, dir: &Path) -> CommandResult<Option<Repo>> {
        let needs_repo = self.rev.is_some() || self.staged || self.history;
        match Repo::open_to_read(dir) {
            Ok(repo) => Ok(Some(repo)),
            Err(OpenError::NotARepository(_)) if !needs_repo => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    /// Returns the files to check.
    fn target<'r>(&self, dir: &Path, repo: Option<&'r Repo>) -> CommandResult<LintTarget<'r>> {
        Ok(match (repo, &self.rev) {
            (Some(repo), Some(rev)) => LintTarget::of_commit(dir, repo, find_commit(repo, rev)?)?,
            (Some(repo), None) if self.staged || self.history => LintTarget::of_index(dir, repo)?,
            (Some(repo), None) if repo.is_bare() => {
                return Err(CommandError::new("this repository has no working tree")
                    .hint("name a commit: --rev HEAD"));
            }
            _ => LintTarget::of_files(dir, repo),
        })
    }

    /// Returns the lowest severity that makes the run fail.
    fn least(&self) -> Severity {
        if self.strict { Severity::Warning } else { Severity::Error }
    }

    /// Prints the JSON document or the findings, and then the totals.
    fn show(&self, ui: &mut Ui, found: &LintReport, unmet: &[String]) {
        let LintReport { findings: all, filter, skipped, tally, fixes, .. } = found;
        let (findings, unlisted) =
            if self.no_findings { (&[][..], &**all) } else { (&**all, &[][..]) };
        let report = FindingsReport::new("lint", findings, self.least(), unmet);
        let report =
            FindingsReport { unlisted, ..report.leaving_out(filter.hidden(), skipped.len()) };
        match self.format {
            ReportFormat::Json => {
                let fix = |finding| {
                    let (place, content) = fix_of(fixes, finding)?;
                    let begin = (place.line, place.column);
                    Some(LintFix::new(begin, place.end(), content, place.import.as_deref()))
                };
                let document = LintDocument::new(tally, all, skipped, fix);
                ui.data(&json::document(&match self.no_findings {
                    true => document.without_findings(),
                    false => document,
                }));
            }
            format => ui.report_findings(&report, format),
        }
        if self.format == ReportFormat::Text {
            for by in &self.by {
                ui.table(lint_table(tally, *by));
            }
        }
        let total = tally.total;
        let files = count(total.files, "file", "files");
        let with = total.files_with_findings;
        let rest = match skipped.len() {
            0 => String::new(),
            rest => format!(", {rest} not checked"),
        };
        let score = score_text(tally.score());
        let found = Vec::from_iter([report.summary()].into_iter().chain(report.hidden_note()));
        let found = found.join("; ");
        ui.status(&format!("{files}, {with} with findings{rest}; score {score}; {found}"));
    }
}

/// Prints the totals for each day.
fn show_days(ui: &mut Ui, days: &[LintDay], format: ReportFormat) -> CommandResult<Exit> {
    match format {
        ReportFormat::Text => ui.table(days.iter().map(|day| {
            let LintTotals { files, files_with_findings, findings, score, .. } = day.totals;
            let findings = format!("{findings} findings");
            let files = format!("{files_with_findings}/{files} files");
            [day.date.clone(), day.commit.short(), findings, files, format!("{score:.1}")]
        })),
        ReportFormat::Json => ui.data(&json::document_of("points", days)),
        ReportFormat::Jsonl => {
            let lines = days.iter().map(|point| json_text(point) + "\n");
            ui.data(&lines.collect::<String>());
        }
        _ => {
            return Err(CommandError::new("this format lists findings, and a history has none")
                .hint("name another one: --format text, json or jsonl"));
        }
    }
    Ok(Exit::Fine)
}
