//! [`ReportFile`]: a report that `idhooks ci` writes to a file.

use std::path::PathBuf;
use std::str::FromStr;

use clap::ValueEnum;

use crate::commands::suggestion::nearest;
use crate::output::ReportFormat;

/// A report and its file.
#[derive(Debug, Clone)]
pub(super) struct ReportFile {
    pub(super) format: ReportFormat,
    pub(super) file: PathBuf,
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
