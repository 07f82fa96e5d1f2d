//! `idhooks metrics`: metrics for monitoring.

mod serve;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::plan::{EventKind, RegistryEvent};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{CommitEvents, commit_events, verify_history};
use idhooks_repo::transaction::{Held, now};
use idhooks_report::metrics::{Figure, MetricHistory, MetricInputs, measure};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::{Bar, ExpositionFormat, Ui, exposition, figure_rows, figures_json};

use super::csv_output;
use super::health::LockStatus;
use super::output_file::{check_place, write};
use super::revision_args::RevisionArgs;
use super::transaction::writer::limit;

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

/// What is measured.
#[derive(Debug, clap::Args)]
struct MetricsSubject {
    #[command(flatten)]
    source: RevisionArgs,
    /// Skip the metrics that need every commit
    ///
    /// These are the numbers of healed commits, of faulty commits, and of identities that merges
    /// reassigned.
    #[arg(long)]
    no_history: bool,
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

/// What was measured.
struct Measured {
    repo: Repo,
    /// The commit that was measured; nothing for the index.
    commit: Option<CommitId>,
    figures: Vec<Figure>,
    /// A warning about something that could not be measured.
    warning: Option<String>,
    findings: Vec<Finding>,
}

impl MetricsSubject {
    /// Measures the index or the commit.
    ///
    /// # Errors
    /// Returns an error if there is no registry to measure, or if an object cannot be read.
    fn measure(&self, dir: &Path) -> Result<Measured, CommandError> {
        self.measure_with(dir, !self.no_history)
    }

    /// Measures, with or without the metrics that need every commit.
    fn measure_with(&self, dir: &Path, has_history: bool) -> Result<Measured, CommandError> {
        let repo = self.source.open(dir)?;
        let commit = self.source.commit(&repo)?;
        let view = self.source.view(&repo)?;
        if matches!(view.held, Held::NotAdopted) {
            return Err(self.source.not_adopted());
        }
        let config = view.config(&repo)?;
        let findings = view.check(&repo, &config)?;
        let tracked: BTreeSet<_> = view.tracked(&config).collect();
        let stored = view.stored();
        let tip = match commit {
            Some(commit) => Some(commit),
            None => repo.head()?,
        };
        let past = match tip.filter(|_| has_history) {
            Some(tip) => Some(past(&repo, tip)?),
            None => None,
        };
        let (lock_ms, warning) = lock_ms(&repo);
        let figures = measure(&MetricInputs {
            config: &config,
            registry: stored.map(|stored| &stored.registry),
            registry_bytes: stored.map_or(0, |stored| stored.bytes.len()),
            tracked: &tracked,
            findings: &findings,
            now: now(),
            lock_ms,
            past,
        });
        Ok(Measured { repo, commit, figures, warning, findings })
    }
}

/// Counts healed and faulty commits, and reassigned identities, in the history of `tip`.
fn past(repo: &Repo, tip: CommitId) -> Result<MetricHistory, CommandError> {
    let commits = repo.commits(&[tip.to_string()])?;
    let bar = Bar::start("checking commits", commits.len() as u64);
    let history = verify_history(repo, &commits, &|| bar.step())?;
    bar.finish();
    let mut past = MetricHistory { healed: 0, faulty: 0, reassigned: 0 };
    for (_, findings) in &history.faults {
        past.healed += usize::from(findings.iter().any(|f| f.code == Code::Behind));
        past.faulty += usize::from(findings.iter().any(|f| f.severity == Severity::Error));
    }
    let mut tell = |chapter: &CommitEvents| {
        let is_reassigned = |deed: &&RegistryEvent| deed.kind() == EventKind::Reassigned;
        past.reassigned += chapter.events.iter().filter(is_reassigned).count();
    };
    commit_events(repo, tip, &mut |_| {}, &mut tell)?;
    Ok(past)
}

/// Takes the writer lock and returns how many milliseconds that took (or the limit, if it was not
/// free in time), and a warning if it was not free.
fn lock_ms(repo: &Repo) -> (Option<f64>, Option<String>) {
    if repo.is_bare() {
        return (None, None);
    }
    let ms = |took: Duration| Some(took.as_secs_f64() * 1000.0);
    let limit = limit(repo);
    match LockStatus::of(repo, "metrics", limit) {
        LockStatus::Had(took) => (ms(took), None),
        LockStatus::Taken(who) => {
            (ms(limit), Some(format!("the writer lock was not free: held by {who}")))
        }
        LockStatus::Broken(error) => {
            (None, Some(format!("cannot measure the writer lock: {error}")))
        }
    }
}
