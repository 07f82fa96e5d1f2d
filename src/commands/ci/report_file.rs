//! [`ReportFile`]: a report that `idhooks ci` writes to a file.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;
use idhooks_core::check::Severity;
use idhooks_ops::{Repo, nearest};

use crate::commands::output_file::OverwriteArgs;
use crate::error::CommandResult;
use crate::output::{FindingsReport, ReportFormat};

/// A report's format and the file it is written to.
#[derive(Debug, Clone)]
pub(super) struct ReportFile {
    pub(super) format: ReportFormat,
    pub(super) file: PathBuf,
}

/// Returns the default format of the report on stdout.
pub(super) fn default_format() -> ReportFormat {
    match std::env::var("GITHUB_ACTIONS") {
        Ok(value) if value == "true" => ReportFormat::Github,
        _ => ReportFormat::Text,
    }
}

impl ReportFile {
    /// Refuses to replace someone else's file, before anything is done.
    ///
    /// # Errors
    /// Returns an error if the file is refused.
    pub(super) fn guard(&self, repo: &Repo, overwrite: OverwriteArgs) -> CommandResult<()> {
        let empty = FindingsReport::new("ci", &[], Severity::Error, &[]);
        // An empty report shows how earlier reports begin; a file that begins differently may not
        // be replaced.
        overwrite.guard(repo, &self.file, self.format.document(&empty).unwrap_or_default())
    }
}

impl FromStr for ReportFile {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (format, file) = text
            .split_once('=')
            .filter(|(_, file)| !file.is_empty())
            .ok_or("name a format and a file: sarif=idhooks.sarif")?;
        let known = ReportFormat::from_str(format, false).ok();
        if let Some(format) = known.filter(|format| *format != ReportFormat::Text) {
            return Ok(ReportFile { format, file: file.into() });
        }
        let all = ReportFormat::value_variants().iter().filter(|f| **f != ReportFormat::Text);
        let names = all.filter_map(|f| Some(f.to_possible_value()?.get_name().to_owned()));
        let names: Vec<String> = names.collect();
        let next = match nearest(format, &names) {
            Some(near) => format!("did you mean '{near}'?"),
            None => format!("choose one of: {}", names.join(", ")),
        };
        Err(format!("'{format}' is not a format of report files; {next}"))
    }
}
