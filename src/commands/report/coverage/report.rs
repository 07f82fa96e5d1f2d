//! `idhooks coverage report`: reports on a week or a month.

use std::path::{Path, PathBuf};

use idhooks_ops::{Repo, When, check_place, now};
use idhooks_report::reports::CoveragePeriod;

use crate::commands::output_file::{OverwriteArgs, write};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;
use crate::report::{chart, period_markdown};

/// Write a Markdown report on a week or a month
///
/// Covers the last 7 or 30 days: coverage at the start and at the end, identity events, and coverage by
/// part. With --output, a chart is written next to the report, with the same name and the extension .svg.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks coverage report --period week
  idhooks coverage report --period month --until 2026-02-01 --output report.md")]
pub(super) struct CoverageReport {
    /// Length of the period
    #[arg(long, value_enum, value_name = "PERIOD")]
    period: Length,
    /// End of the period: 2026-01-31, 7d, 12w, 1y [default: now]
    #[arg(long, value_name = "WHEN")]
    until: Option<When>,
    /// Write to this file, with a chart next to it, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

/// The length of a period.
#[derive(Debug, Clone, Copy, clap::ValueEnum)]
enum Length {
    /// 7 days
    Week = 7,
    /// 30 days
    Month = 30,
}

impl CoverageReport {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let output = self.output.as_ref().map(|file| dir.join(file));
        if let Some(file) = &output {
            check_place(file)?;
            if file.extension().is_some_and(|extension| extension == "svg") {
                let what = "the report and its chart would have the same name";
                return Err(
                    CommandError::new(what).hint("use another extension: --output report.md")
                );
            }
        }
        let repo = Repo::open_to_read(dir)?;
        let until = self.until.as_ref().map_or(now(&repo), |when| when.as_of(now(&repo)));
        let period = CoveragePeriod::read(ui, &repo, until, self.period as u32)?;
        let Some(file) = output else {
            ui.data(&period_markdown(&period, None));
            return Ok(Exit::Fine);
        };
        let svg_file = file.with_extension("svg");
        let svg_name = svg_file.file_name().map(|name| name.to_string_lossy());
        let svg = chart(&period.line());
        // Both files are checked before either is written: a report without its chart would be
        // incomplete.
        let markdown = period_markdown(&period, svg_name.as_deref());
        self.overwrite.guard(&repo, &file, &markdown)?;
        write(&repo, &svg_file, &svg, self.overwrite)?;
        write(&repo, &file, &markdown, self.overwrite)?;
        Ok(Exit::Fine)
    }
}
