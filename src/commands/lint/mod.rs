//! `idhooks lint`: checks identifiers in code.

mod candidates;
mod code_overview;
mod code_state;
mod fix;
mod fix_balance;
mod gate;
mod history;
mod import_faults;
mod import_sections;
mod parallel;
mod report;
mod run;
mod skipped;
mod sources;

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::LintRules;
use idhooks_identifiers::{CountMode, LintSelection, LintTally, TallyBy};
use idhooks_ops::{CheckSubject, FindingFilter};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{FindingsReport, ReportFormat, Ui, count};

use super::choice::choice;
use super::explain;
use super::output_file::finish_baseline;
pub(super) use code_overview::CodeOverview;
pub(super) use code_state::{CodeDays, CodeState};
use fix::{FixOptions, Fixes};
pub(super) use gate::{GateOptions, LintGates, report_unmet};
use report::LintReport;
pub(super) use run::{LintResult, LintRun};
pub(super) use skipped::warn_of_skipped;
pub(super) use sources::{LintScene, LintSource, is_source};

/// Check identifiers in code: raw UUIDs, identifiers made by hand
///
/// Checks the files of the working tree that git does not ignore, in any git repository or directory,
/// adopted or not. Python is parsed; names are resolved through the imports of the file. The table lint of
/// idhooks.toml says which files, and to which category, service and priority they belong. What was
/// found in a file is cached by content in the git directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks lint                                      the working tree
  idhooks lint src --select RAW_UUID --format sarif
  idhooks lint --staged --strict                    what the next commit contains
  idhooks lint --by service,priority --no-findings  only numbers
  idhooks lint --write-baseline lint.json           accept what is there
  idhooks lint --baseline lint.json --min-score 95 --max critical=0
  idhooks lint --history --format json              day by day
  idhooks lint --fix                                show what the rules would replace
  idhooks lint --fix --execute                      replace it

Score: each file weighs 8 if its priority is critical, 4 if high, 2 if medium, 1 if low; the score is \
the weight of the files without findings, in percent of all. The scores of categories and services \
are not weighted.

To accept a line, add '# noqa: RAW_UUID' or '# idhooks: allow' to it; '# idhooks: allow-file' accepts \
the file.

Exit code: 0 no errors; 1 errors (with --strict, also warnings), or --min-score or --max is not met; \
2 the check could not run")]
pub(super) struct LintArgs {
    /// Only these files, and files below these directories
    #[arg(value_name = "PATH")]
    paths: Vec<PathBuf>,
    /// Use the rules of this file instead of idhooks.toml
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Check this commit instead of the working tree
    #[arg(long, value_name = "REV", conflicts_with = "staged")]
    rev: Option<String>,
    /// Check the index
    #[arg(long)]
    staged: bool,
    /// Show the numbers at the end of each day with commits
    #[arg(long, conflicts_with_all = ["staged", "baseline", "write_baseline", "by", "no_findings"])]
    history: bool,
    /// Only findings of these codes
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    select: Vec<Code>,
    /// No findings of these codes
    #[arg(long, value_name = "CODE", value_delimiter = ',', value_parser = code)]
    ignore: Vec<Code>,
    /// What to count
    #[arg(long, value_parser = choice(CountMode::ALL, CountMode::as_str, Some(CountMode::help)), default_value = "calls", value_name = "COUNT")]
    count: CountMode,
    /// Also show the numbers of each part
    #[arg(long, value_parser = choice(TallyBy::ALL, TallyBy::as_str, Some(TallyBy::help)), value_delimiter = ',', value_name = "PARTS")]
    by: Vec<TallyBy>,
    /// Leave the findings out
    #[arg(long)]
    no_findings: bool,
    /// Report only findings that are not in this baseline [default: lint.baseline]
    #[arg(long, value_name = "FILE", conflicts_with = "write_baseline")]
    baseline: Option<PathBuf>,
    /// Write all findings to this baseline
    #[arg(long, value_name = "FILE")]
    write_baseline: Option<PathBuf>,
    #[command(flatten)]
    gates: GateOptions,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: ReportFormat,
    #[command(flatten)]
    fix: FixOptions,
}

/// Parses a code of the linter.
fn code(name: &str) -> Result<Code, String> {
    let found = explain::find(name).map_err(|error| error.to_text())?;
    match idhooks_identifiers::Linter::codes().any(|code| code == found) {
        true => Ok(found),
        false => Err(format!("'{found}' is found by 'idhooks check'")),
    }
}

impl LintArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.fix.rollback {
            return self.fix.roll_back(ui, dir);
        }
        if self.no_findings && self.format == ReportFormat::Jsonl {
            let message = "--format jsonl has findings only, and --no-findings leaves them out";
            return Err(CommandError::new(message).hint("for the numbers: --format json"));
        }
        let scene = LintScene::open(dir, self.rev.as_deref(), self.staged || self.history)?;
        let config = scene.config(self.config.as_deref().map(|file| dir.join(file)).as_deref())?;
        let selection = LintSelection {
            select: self.select.clone(),
            ignore: self.ignore.clone(),
            count: self.count,
        };
        let run = LintRun::new(&scene, &config, &selection)?;
        if self.fix.fix {
            let input = (&scene, &config, &run);
            return self.fix.run(ui, dir, input, (&self.paths, self.format));
        }
        if self.history {
            return history::run(ui, &scene, &run, (self.rev.as_deref(), self.format));
        }
        let gates = self.gates.gates(run.rules())?;
        let mut filter = self.filter(&scene, run.rules())?;
        let result = run.lint(&self.paths)?;
        warn_of_skipped(ui, &result.skipped);
        let mut findings = result.findings.clone();
        filter.apply(&mut findings);
        let tally = result.tally(run.rules(), &findings);
        if self.format == ReportFormat::Json {
            let fixes = match self.no_findings {
                true => Fixes::default(),
                false => Fixes::of_findings((&scene, &config, &run), &findings)?,
            };
            let report = LintReport::new(&tally, (&findings, &result.skipped), &fixes);
            ui.data(&report.document(self.no_findings));
        }
        let unmet = gates.unmet(&tally);
        let left_out = (filter.hidden(), result.skipped.len());
        self.show(ui, &tally, (&findings, &unmet), left_out);
        finish_baseline(ui, filter, scene.repo.as_deref())?;
        report_unmet(ui, &unmet);
        Ok(if unmet.is_empty() { Exit::of(&findings, self.least()) } else { Exit::Findings })
    }

    /// Returns the filter for the findings.
    fn filter(&self, scene: &LintScene, rules: &LintRules) -> CommandResult<FindingFilter> {
        let [read, write] = [&self.baseline, &self.write_baseline].map(Option::as_deref);
        let configured = match (read, write) {
            (None, None) => scene.baseline(rules)?,
            _ => None,
        };
        let mut filter = match configured {
            Some(filter) => filter,
            None => FindingFilter::new(CheckSubject::Code, read, write)?,
        };
        filter.is_partial =
            !(self.paths.is_empty() && self.select.is_empty() && self.ignore.is_empty());
        Ok(filter)
    }

    /// Returns the lowest severity that fails the run.
    fn least(&self) -> Severity {
        if self.strict { Severity::Warning } else { Severity::Error }
    }

    /// Prints the findings, unless a document with more than them has been printed, and the numbers.
    fn show(
        &self,
        ui: &mut Ui,
        tally: &LintTally,
        (all, unmet): (&[Finding], &[String]),
        (hidden, not_checked): (&[Finding], usize),
    ) {
        let (findings, unlisted) = if self.no_findings { (&[][..], all) } else { (all, &[][..]) };
        let report = FindingsReport::new("lint", findings, self.least(), unmet);
        let report = FindingsReport { unlisted, ..report.leaving_out(hidden, not_checked) };
        if self.format != ReportFormat::Json {
            ui.report_findings(&report, self.format);
        }
        if self.format == ReportFormat::Text {
            for by in &self.by {
                ui.table(report::rows(tally, *by));
            }
        }
        let total = tally.total;
        let files = count(total.files, "file", "files");
        let with = total.files_with_findings;
        let rest = match not_checked {
            0 => String::new(),
            rest => format!(", {rest} not checked"),
        };
        let score = report::score(tally.score());
        let found = Vec::from_iter([report.summary()].into_iter().chain(report.hidden_note()));
        let found = found.join("; ");
        ui.status(&format!("{files}, {with} with findings{rest}; score {score}; {found}"));
    }
}
