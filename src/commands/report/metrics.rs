//! `idhooks metrics`: prints or serves metrics for monitoring.

use idhooks_ops::{Notice, Observer, Repo, check_place, now};
use idhooks_report::metrics::HealthState;
use idhooks_report::net::{ContentType, Methods, PageRequest, PageResponse};
use idhooks_report::reports::{MeasureExtent, Measured, measure_repository, readable};
use std::path::{Path, PathBuf};

use crate::commands::output_file::{OverwriteArgs, write};
use crate::commands::report::listen_args::{Address, at_its_place, ended};
use crate::commands::revision_args::RevisionArgs;
use crate::commands::watcher;
use crate::error::{CommandResult, Exit};
use crate::output::Ui;
use crate::report::{exposition, figure_rows, figures_json};
use crate::tables::RawArgs;

const METRICS: &str = "/metrics";
const HEALTH: &str = "/healthz";

/// Print metrics for monitoring systems such as Prometheus
///
/// All values are computed from git and the registry on every run, except the counters of writes,
/// which this clone keeps; the only caches used are those of 'idhooks check --history' and 'idhooks
/// lint'. If the registry cannot be read, that is reported as a finding, and the metrics that
/// depend on it are left out. Metrics about identifiers in code require a 'lint' table in
/// idhooks.toml. If there is a working tree, the command briefly takes the writer lock to measure
/// the waiting time.
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
pub(in crate::commands) struct Metrics {
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
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

#[derive(Debug, clap::Subcommand)]
enum MetricsAction {
    Serve(Serve),
}

/// Output formats for metrics.
#[derive(Debug, Clone, Copy, Default, clap::ValueEnum)]
enum MetricsFormat {
    /// The Prometheus text format
    #[default]
    Prometheus,
    /// The OpenMetrics text format
    Openmetrics,
    /// One JSON document
    Json,
    /// One row per value
    Csv,
}

impl Metrics {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if let Some(MetricsAction::Serve(serve)) = self.action {
            return serve.run(ui, dir);
        }
        let output = self.output.as_ref().map(|file| dir.join(file));
        if let Some(file) = &output {
            check_place(file)?;
        }
        let (repo, measured) = self.subject.measure(ui, dir, self.subject.extent())?;
        for warning in &measured.warnings {
            ui.warning(warning);
        }
        let figures = &measured.figures;
        let text = match self.format {
            MetricsFormat::Prometheus => exposition(figures, ContentType::Prometheus),
            MetricsFormat::Openmetrics => exposition(figures, ContentType::OpenMetrics),
            MetricsFormat::Json => {
                figures_json(figures, now(&repo), self.subject.source.revision().commit(&repo)?)
            }
            MetricsFormat::Csv => {
                RawArgs::default().csv(["name", "labels", "value"], figure_rows(figures))?
            }
        };
        match &output {
            None => ui.data(&text),
            Some(file) => write(&repo, file, &text, self.overwrite)?,
        }
        Ok(Exit::Fine)
    }
}

/// Serve metrics over HTTP, at /metrics and /healthz
///
/// Every request measures again. The collector chooses the format, Prometheus or OpenMetrics.
/// /healthz returns 'ok' if the registry can be read, and otherwise status 503 with the problem.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks metrics serve
  idhooks metrics serve --port 0 --rev origin/main --no-history")]
struct Serve {
    #[command(flatten)]
    subject: MetricsSubject,
    /// Port to listen on; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 9464)]
    port: u16,
    #[command(flatten)]
    address: Address,
}

impl Serve {
    fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        // It is better to fail now than on every request.
        self.subject.measure(ui, dir, MeasureExtent::Registry)?;
        let dir = at_its_place(dir);
        let server = self.address.listen(ui, self.port)?;
        ui.say(&format!("metrics are at {}; stop with Ctrl-C", server.url(METRICS)));
        let subject = self.subject;
        Err(ended(server.run(Methods::Read, move |asked| answer(&subject, &dir, asked))))
    }
}

fn answer(subject: &MetricsSubject, dir: &Path, asked: &PageRequest) -> PageResponse {
    if ![METRICS, HEALTH].contains(&asked.path.as_str()) {
        return PageResponse::not_found(&[METRICS, HEALTH]);
    }
    // Health requests do not read the history: a probe checks every few seconds whether the
    // registry can be read.
    let extent = if asked.path == METRICS { subject.extent() } else { MeasureExtent::Registry };
    let measured = match subject.measure(&mut Vec::<Notice>::new(), dir, extent) {
        Ok((_, measured)) => measured,
        Err(error) => return PageResponse::unavailable(error.to_text()),
    };
    if asked.path == HEALTH {
        let readable = readable(&measured.findings);
        return match readable.state {
            HealthState::Critical => PageResponse::unavailable(format!("{}\n", readable.detail)),
            _ => PageResponse::of(ContentType::Text, "ok\n"),
        };
    }
    // If Prometheus lists OpenMetrics at all, it lists both formats and prefers OpenMetrics.
    let kind = match asked.accept.contains("application/openmetrics-text") {
        true => ContentType::OpenMetrics,
        false => ContentType::Prometheus,
    };
    PageResponse::of(kind, exposition(&measured.figures, kind))
}

/// The options that select the metrics.
#[derive(Debug, clap::Args)]
struct MetricsSubject {
    #[command(flatten)]
    source: RevisionArgs,
    /// Skip the metrics that require reading every commit
    ///
    /// These are the registry's version, the numbers of healed commits, faulty commits and identity
    /// events, and the times it took to find and to heal faulty commits.
    #[arg(long)]
    no_history: bool,
}

impl MetricsSubject {
    /// Returns the extent that the arguments select.
    fn extent(&self) -> MeasureExtent {
        match self.no_history {
            true => MeasureExtent::WithoutHistory,
            false => MeasureExtent::Everything,
        }
    }

    /// Opens the repository, and measures the index or the commit.
    ///
    /// # Errors
    /// Returns an error if there is no registry to measure, or if an object cannot be read.
    fn measure(
        &self,
        observer: &mut dyn Observer,
        dir: &Path,
        extent: MeasureExtent,
    ) -> CommandResult<(Repo, Measured)> {
        let repo = self.source.open(dir)?;
        let (revision, watch) = (self.source.revision(), watcher::facts(&repo)?);
        let measured = measure_repository(observer, &repo, &revision, extent, &watch)?;
        Ok((repo, measured))
    }
}
