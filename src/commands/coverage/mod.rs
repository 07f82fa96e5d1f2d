//! `idhooks coverage`: shows how many files have an identity, now and in the past.

mod commits;
mod history;
mod regression;
mod report;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idhooks_core::check::{Coverage, Share, ratio};
use idhooks_repo::git::Repo;
use idhooks_repo::state::CommitState;
use idhooks_repo::store::{append_line, read_file};
use idhooks_repo::transaction::now;
use idhooks_report::metrics::{By, Group, covered, grouped};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Ui, aligned, coverage_json, coverage_line};

use super::choice::choice;
use super::csv_output;
use super::output_file::check_place;
use super::purge::When;
use super::revision_args::RevisionArgs;
pub(super) use commits::coverage_at;

/// Show how many tracked files have an identity, now and over time
///
/// --history shows one point for each day (UTC) with commits: the coverage at the last commit of that
/// day. It is read from the registries along the first parents, so every clone shows the same history,
/// even for days before you first measured. Counts are cached in the git directory.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  idhooks coverage --by ns                          in total and by namespace
  idhooks coverage --history --since 12w --format csv
  idhooks coverage --check-regression --threshold 0.05 --against origin/main
  idhooks coverage --append coverage_history.jsonl

Exit code: 0 done; 1 with --check-regression, coverage is lower than before; 2 an error"
)]
pub(super) struct CoverageArgs {
    #[command(subcommand)]
    action: Option<CoverageAction>,
    #[command(flatten)]
    source: RevisionArgs,
    /// Also show the coverage of each part
    #[arg(long, value_parser = choice(By::ALL, By::as_str, By::help), value_name = "WHAT", conflicts_with = "history")]
    by: Option<By>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: CoverageFormat,
    /// Show the coverage of each day
    #[arg(long)]
    history: bool,
    /// Start at a day, a time or this long ago: 2026-01-31, 7d, 12w, 1y
    #[arg(long, value_name = "WHEN", requires = "history")]
    since: Option<When>,
    /// Append today's coverage to this file as a JSON line, unless its last line is the same
    #[arg(long, value_name = "FILE", conflicts_with_all = ["by", "history", "check_regression"])]
    append: Option<PathBuf>,
    /// Fail if coverage is lower than before
    #[arg(long, conflicts_with = "by")]
    check_regression: bool,
    /// How much lower coverage may be
    #[arg(long, value_name = "SHARE", default_value = "0.05", requires = "check_regression")]
    threshold: Share,
    /// Compare with this commit [default: the one before; with --history, the day before]
    #[arg(long, value_name = "REV", requires = "check_regression", conflicts_with = "history")]
    against: Option<String>,
}

#[derive(Debug, clap::Subcommand)]
enum CoverageAction {
    Report(report::CoverageReport),
}

/// How coverage is printed.
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

/// The header of tables, after the first column.
const COUNTS: [&str; 3] = ["coverage", "total_files", "with_ids"];

impl CoverageArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        match &self.action {
            Some(CoverageAction::Report(report)) => return report.run(ui, dir),
            None if self.history => return self.run_history(ui, dir),
            None => {}
        }
        let append = self.append.as_ref().map(|file| dir.join(file));
        if let Some(file) = &append {
            check_place(file)?;
        }
        let (repo, view) = self.source.open_view(dir)?;
        let counted = CoverageCount::of(&repo, &view, self.by, &self.source)?;
        if self.check_regression {
            let findings = view.check(&repo, &view.config(&repo)?)?;
            return self.compare(ui, &repo, counted.coverage.with_pending(&findings));
        }
        match append {
            Some(file) => append_today(ui, &repo, &file, counted.coverage)?,
            None => self.show(ui, &counted)?,
        }
        Ok(Exit::Fine)
    }

    fn show(&self, ui: &mut Ui, counted: &CoverageCount) -> Result<(), CommandError> {
        let CoverageCount { coverage, groups } = counted;
        let by = self.by.map(By::as_str);
        let total = Group { name: "total".to_owned(), coverage: *coverage };
        // Tables for machines have no row for the total: it is the sum of the rows.
        let rows = if by.is_none() { std::slice::from_ref(&total) } else { groups };
        let what = by.unwrap_or("what");
        match self.format {
            CoverageFormat::Json => ui.data(&coverage_json(*coverage, by, groups)),
            CoverageFormat::Jsonl => {
                for group in rows {
                    ui.data(&(coverage_line(what, &group.name, None, group.coverage) + "\n"));
                }
            }
            CoverageFormat::Csv => {
                let cells = rows.iter().map(|g| cells(g.name.clone(), g.coverage));
                ui.data(&csv_output::csv([what].iter().chain(&COUNTS), cells)?);
            }
            CoverageFormat::Text => {
                let row = |group: &Group| [group.name.clone(), group.coverage.to_string()];
                let rows: Vec<_> = groups.iter().chain([&total]).map(row).collect();
                aligned(&rows).iter().for_each(|line| ui.line(line));
            }
        }
        Ok(())
    }
}

fn cells(name: String, coverage: Coverage) -> [String; 4] {
    [name, ratio(coverage).to_string(), coverage.files.to_string(), coverage.covered.to_string()]
}

/// The coverage of a commit or of the index.
struct CoverageCount {
    coverage: Coverage,
    groups: Vec<Group>,
}

impl CoverageCount {
    /// Counts the files of a view.
    ///
    /// # Errors
    /// Returns an error with a hint if there is no readable registry.
    fn of(
        repo: &Repo,
        view: &CommitState,
        by: Option<By>,
        source: &RevisionArgs,
    ) -> Result<Self, CommandError> {
        let registry = &source.registry(view)?.registry;
        let config = view.config(repo)?;
        let tracked: BTreeSet<_> = view.tracked(&config).collect();
        let groups = by.map(|by| grouped(by, &config, Some(registry), &tracked));
        let coverage = covered(Some(registry), &tracked);
        Ok(CoverageCount { coverage, groups: groups.unwrap_or_default() })
    }
}

/// Appends today's line to a file, unless its last line is the same.
fn append_today(
    ui: &mut Ui,
    repo: &Repo,
    file: &Path,
    coverage: Coverage,
) -> Result<(), CommandError> {
    let now = now();
    let line = coverage_line("date", now.date(), None, coverage);
    let text = read_file(file)?.unwrap_or_default();
    let text = String::from_utf8_lossy(&text);
    if text.ends_with('\n') && text.lines().next_back() == Some(line.as_str()) {
        ui.status(&format!("'{}' already has this line: {coverage}", file.display()));
        return Ok(());
    }
    append_line(&repo.link_guard(), file, &line)?;
    ui.status(&format!("added to '{}': {coverage}", file.display()));
    Ok(())
}
