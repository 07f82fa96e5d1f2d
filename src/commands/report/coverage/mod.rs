//! `idhooks coverage`: shows how many files have an identity, now and over time.

mod report;

use idhooks_core::check::{Coverage, Share};
use idhooks_ops::{
    CoverageGroup, GroupBy, Repo, When, append_line, check_place, guard_output, json_text, now,
    read_file,
};
use idhooks_report::reports::{
    CoverageChange, EarlierCommit, compare_coverage, coverage, coverage_by_day,
};
use std::path::{Path, PathBuf};

use crate::commands::revision_args::RevisionArgs;
use crate::commands::value_parsers::choice;
use crate::error::{CommandResult, Exit};
use crate::output::{Ui, json};
use crate::report::{CoverageRow, coverage_json};
use crate::tables::RawArgs;

/// Show the share of files with an identity, now and over time
///
/// --history shows the coverage at the last commit of each day (UTC) with commits. It is computed from
/// the registries along the first parents, so every clone shows the same history, including the days
/// before you first measured. Counts are cached in the git directory.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  idhooks coverage --by ns                          total and by namespace
  idhooks coverage --history --since 12w --format csv
  idhooks coverage --check-regression --threshold 0.05 --against origin/main
  idhooks coverage --append coverage_history.jsonl

Exit code: 0 done; 1 with --check-regression, coverage is lower than before; 2 an error"
)]
pub(in crate::commands) struct CoverageArgs {
    #[command(subcommand)]
    action: Option<CoverageAction>,
    #[command(flatten)]
    source: RevisionArgs,
    /// Also show the coverage by part
    #[arg(long, value_parser = choice(GroupBy::ALL, GroupBy::as_str, Some(GroupBy::help)), value_name = "WHAT", conflicts_with = "history")]
    by: Option<GroupBy>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: CoverageFormat,
    /// Show the coverage by day
    #[arg(long)]
    history: bool,
    /// Start at a day, a time, or this long ago: 2026-01-31, 7d, 12w, 1y
    #[arg(long, value_name = "WHEN", requires = "history")]
    since: Option<When>,
    /// Append today's coverage to this file as a JSON line, unless its last line is identical
    #[arg(long, value_name = "FILE", conflicts_with_all = ["by", "history", "check_regression"])]
    append: Option<PathBuf>,
    /// Fail if coverage is lower than before
    #[arg(long, conflicts_with = "by")]
    check_regression: bool,
    /// Allowed drop in coverage
    #[arg(long, value_name = "SHARE", default_value = "0.05", requires = "check_regression")]
    threshold: Share,
    /// Compare with this commit [default: the previous one; with --history, the previous day]
    #[arg(long, value_name = "REV", requires = "check_regression", conflicts_with = "history")]
    against: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum CoverageAction {
    Report(report::CoverageReport),
}

/// Output formats for coverage.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, clap::ValueEnum)]
enum CoverageFormat {
    /// For people
    #[default]
    Text,
    /// One JSON document
    Json,
    /// One JSON object per line
    Jsonl,
    /// A table with a header
    Csv,
}

impl CoverageArgs {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match &self.action {
            Some(CoverageAction::Report(report)) => return report.run(ui, dir),
            None if self.history => return self.run_history(ui, dir),
            None => {}
        }
        let append = self.append.as_ref().map(|file| dir.join(file));
        append.as_deref().map_or(Ok(()), check_place)?;
        let (repo, revision) = (self.source.open(dir)?, self.source.revision());
        if self.check_regression {
            let change = compare_coverage(&repo, &revision, self.against.as_deref())?;
            let CoverageChange { now, before } = change;
            // A first commit cannot have lost anything, so the check must let it pass.
            let Some((name, before)) = before else {
                let nothing = "no earlier commit to compare with";
                ui.status(&format!("coverage is {now}; {nothing}"));
                return Ok(Exit::Fine);
            };
            return Ok(self.verdict(ui, now, before, &name));
        }
        let (coverage, groups) = coverage(&repo, &revision, self.by)?;
        match append {
            Some(file) => append_today(ui, &repo, &file, coverage)?,
            None => self.show(ui, coverage, &groups)?,
        }
        Ok(Exit::Fine)
    }

    fn show(&self, ui: &mut Ui, coverage: Coverage, groups: &[CoverageGroup]) -> CommandResult<()> {
        let by = self.by.map(GroupBy::as_str);
        let total = CoverageGroup { name: "total".to_owned(), coverage };
        match self.format {
            CoverageFormat::Json => ui.data(&coverage_json(coverage, by, groups)),
            CoverageFormat::Text => {
                let row = |group: &CoverageGroup| [group.name.clone(), group.coverage.to_string()];
                ui.table(groups.iter().chain([&total]).map(row));
            }
            CoverageFormat::Jsonl | CoverageFormat::Csv => {
                // There is no row for the total: a program that adds up the rows would count it
                // twice.
                let rows = if by.is_none() { std::slice::from_ref(&total) } else { groups };
                let what = by.unwrap_or("what");
                let row = |group| CoverageRow::of_group(what, group);
                self.print_rows(ui, &[what], &rows.iter().map(row).collect::<Vec<_>>())?;
            }
        }
        Ok(())
    }

    /// Prints rows for machines: lines of JSON, or a CSV table whose first columns are `names`.
    fn print_rows(
        &self,
        ui: &mut Ui,
        names: &[&str],
        rows: &[CoverageRow<'_>],
    ) -> CommandResult<()> {
        ui.data(&match self.format {
            CoverageFormat::Jsonl => rows.iter().map(|row| json_text(row) + "\n").collect(),
            _ => {
                let header = names.iter().chain(&["coverage", "total_files", "with_ids"]);
                RawArgs::default().csv(header, rows.iter().map(CoverageRow::cells))?
            }
        });
        Ok(())
    }

    /// Shows the coverage on each day.
    fn run_history(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let since = self.since.as_ref().map(|when| when.as_of(now(&repo)));
        let points = coverage_by_day(ui, &repo, &self.source.revision(), since)?;
        if self.check_regression {
            let [.., before, now] = &points[..] else {
                ui.status("no two days to compare");
                return Ok(Exit::Fine);
            };
            let name = EarlierCommit::OfDay(before.at);
            return Ok(self.verdict(ui, now.coverage, before.coverage, &name));
        }
        let rows: Vec<CoverageRow<'_>> = points.iter().map(CoverageRow::from).collect();
        match self.format {
            CoverageFormat::Json => ui.data(&json::document_of("points", &rows)),
            CoverageFormat::Text => ui.table(points.iter().map(|point| {
                let short = point.commit.chars().take(10).collect();
                [point.at.date().to_owned(), short, point.coverage.to_string()]
            })),
            _ => self.print_rows(ui, &["date", "commit"], &rows)?,
        }
        if points.is_empty() {
            ui.status("no commits since then");
        }
        Ok(Exit::Fine)
    }

    fn verdict(&self, ui: &mut Ui, now: Coverage, before: Coverage, name: &EarlierCommit) -> Exit {
        let threshold = &self.threshold;
        if now.is_lower_than(before, threshold) {
            let lower = format!("more than {threshold} lower than {before} at {name}");
            ui.error(&format!("coverage is {now}, {lower}"));
            ui.hint("see which files have no identity: idhooks check coverage");
            return Exit::Findings;
        }
        ui.status(&format!("coverage is {now}; at {name} it was {before}"));
        Exit::Fine
    }
}

/// Appends today's line to a file, unless the last line already equals it.
fn append_today(ui: &mut Ui, repo: &Repo, file: &Path, coverage: Coverage) -> CommandResult<()> {
    let now = now(repo);
    let line = json_text(&CoverageRow::new("date", now.date(), None, coverage));
    let text = read_file(file)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    // A timer may run several times a day, and a repeated line would change the file, which is
    // usually committed.
    if text.ends_with('\n') && text.lines().next_back() == Some(line.as_str()) {
        ui.status(&format!("'{}' already has this line: {coverage}", file.display()));
        return Ok(());
    }
    guard_output(repo, file)?;
    append_line(&repo.link_guard(), file, &line)?;
    ui.status(&format!("added to '{}': {coverage}", file.display()));
    Ok(())
}
