//! `idhooks coverage --history`: shows the coverage of each day.

use std::path::Path;

use idhooks_core::check::Point;
use idhooks_repo::git::Repo;
use idhooks_repo::transaction::now;

use crate::commands::csv_output;
use crate::commands::revision_args::find_commit;
use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Ui, aligned, coverage_line, points_json};

use super::commits::points;
use super::{COUNTS, CoverageArgs, CoverageFormat, cells};

impl CoverageArgs {
    pub(super) fn run_history(&self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open_to_read(dir)?;
        let tip = match self.source.commit(&repo)? {
            Some(tip) => tip,
            None => find_commit(&repo, "HEAD")?,
        };
        let since = self.since.as_ref().map(|when| when.as_of(now()));
        let points = points(ui, &repo, tip, since)?;
        if self.check_regression {
            return Ok(self.compare_days(ui, &points));
        }
        match self.format {
            CoverageFormat::Json => ui.data(&points_json(&points)),
            CoverageFormat::Jsonl => {
                let line = |point: &Point| {
                    coverage_line("date", point.at.date(), Some(&point.commit), point.coverage)
                        + "\n"
                };
                ui.data(&points.iter().map(line).collect::<String>());
            }
            CoverageFormat::Csv => {
                let row = |point: &Point| {
                    let [date, coverage, files, with] =
                        cells(point.at.date().to_owned(), point.coverage);
                    [date, point.commit.clone(), coverage, files, with]
                };
                let header = ["date", "commit"].iter().chain(&COUNTS);
                ui.data(&csv_output::csv(header, points.iter().map(row))?);
            }
            CoverageFormat::Text => {
                let row = |point: &Point| {
                    let short = point.commit.chars().take(10).collect();
                    [point.at.date().to_owned(), short, point.coverage.to_string()]
                };
                let rows: Vec<_> = points.iter().map(row).collect();
                aligned(&rows).iter().for_each(|line| ui.line(line));
            }
        }
        if points.is_empty() {
            ui.status("there are no commits since then");
        }
        Ok(Exit::Fine)
    }
}
