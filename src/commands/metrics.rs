//! `idhooks metrics`: metrics for monitoring.

mod serve;
mod subject;

use std::path::{Path, PathBuf};

use idhooks_repo::transaction::now;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{ExpositionFormat, Ui, exposition, figure_rows, figures_json};

use super::csv_output;
use super::output_file::{check_place, write};
use subject::MetricsSubject;

/// Print metrics for monitoring systems such as Prometheus
///
/// All values are computed from git and the registry on every run; the only cache is that of
/// 'idhooks check --history'. If the registry cannot be read, that is reported as a finding, and the
/// metrics that depend on it are missing. In a repository with a working tree, the command briefly
/// takes the writer lock to measure how long that takes.
#[derive(Debug, clap::Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  idhooks metrics
  idhooks metrics --format json --rev HEAD --no-history
  idhooks metrics --output /var/lib/node_exporter/identities.prom
  idhooks metrics serve                       for a collector that scrapes"
)]
pub(super) struct Metrics {
    #[command(subcommand)]
    action: Option<MetricsAction>,
    #[command(flatten)]
    subject: MetricsSubject,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: MetricsFormat,
    /// Write to this file, replacing it, instead of standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, clap::Subcommand)]
enum MetricsAction {
    Serve(serve::Serve),
}

/// How metrics are written.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum MetricsFormat {
    /// The text format of Prometheus
    #[default]
    Prometheus,
    /// The text format of OpenMetrics
    Openmetrics,
    /// One JSON document
    Json,
    /// A row for each value
    Csv,
}

impl Metrics {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        if let Some(MetricsAction::Serve(serve)) = self.action {
            return serve.run(ui, dir);
        }
        let output = self.output.as_ref().map(|file| dir.join(file));
        if let Some(file) = &output {
            check_place(file)?;
        }
        let measured = self.subject.measure(dir)?;
        if let Some(warning) = &measured.warning {
            ui.warning(warning);
        }
        let text = match self.format {
            MetricsFormat::Prometheus => {
                exposition(&measured.figures, ExpositionFormat::Prometheus)
            }
            MetricsFormat::Openmetrics => {
                exposition(&measured.figures, ExpositionFormat::OpenMetrics)
            }
            MetricsFormat::Json => {
                let commit = measured.commit.map(|commit| commit.to_string());
                figures_json(&measured.figures, now().as_str(), commit.as_deref())
            }
            MetricsFormat::Csv => {
                csv_output::csv(["name", "labels", "value"], figure_rows(&measured.figures))?
            }
        };
        match &output {
            None => ui.data(&text),
            Some(file) => write(&measured.repo, file, &text)?,
        }
        Ok(Exit::Fine)
    }
}
