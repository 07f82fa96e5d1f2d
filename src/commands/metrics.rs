//! `idhooks metrics`: metrics for monitoring.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::tables::RawArgs;
use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::Config;
use idhooks_core::plan::Edit;
use idhooks_ops::{BackupState, DualWriteState, RepairTime, limit, repair_times};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{CommitEvents, History, verify_history};
use idhooks_repo::store::{CountersFile, Runs};
use idhooks_repo::transaction::{Checked, now};
use idhooks_report::metrics::{
    BackupMeasures, DualWriteMeasures, Figure, HealthState, MetricHistory, MetricInputs,
    backup_figures, clone_figures, code_figures, dual_write_figures, measure, watch_figures,
};
use idhooks_report::net::{ContentType, Methods, PageRequest, PageResponse};

use crate::error::{CommandResult, Exit};
use crate::output::{Bar, Ui, exposition, figure_rows, figures_json};

use super::health::{LockStatus, readable};
use super::lint::{CodeDays, CodeState};
use super::listen_args::{Address, at_its_place, ended};
use super::output_file::{OverwriteArgs, check_place, write};
use super::revision_args::RevisionArgs;
use super::watch::WatchFacts;

const METRICS: &str = "/metrics";
const HEALTH: &str = "/healthz";

/// Print metrics for monitoring systems such as Prometheus
///
/// All values but the counters of writes, which are those of this clone, are computed from git and the
/// registry on every run; the only caches are those of 'idhooks check --history' and 'idhooks lint'. If the
/// registry cannot be read, that is reported as a finding, and the metrics that depend on it are
/// missing. Metrics of identifiers in code need a table 'lint' in idhooks.toml. In a repository with a working tree, the command briefly
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
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

#[derive(Debug, clap::Subcommand)]
enum MetricsAction {
    Serve(Serve),
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
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if let Some(MetricsAction::Serve(serve)) = self.action {
            return serve.run(ui, dir);
        }
        let output = self.output.as_ref().map(|file| dir.join(file));
        if let Some(file) = &output {
            check_place(file)?;
        }
        let measured = self.subject.measure(dir, MeasureExtent::Everything)?;
        for warning in &measured.warnings {
            ui.warning(warning);
        }
        let figures = &measured.figures;
        let text = match self.format {
            MetricsFormat::Prometheus => exposition(figures, ContentType::Prometheus),
            MetricsFormat::Openmetrics => exposition(figures, ContentType::OpenMetrics),
            MetricsFormat::Json => figures_json(figures, now(), measured.commit),
            MetricsFormat::Csv => {
                RawArgs::default().csv(["name", "labels", "value"], figure_rows(figures))?
            }
        };
        match &output {
            None => ui.data(&text),
            Some(file) => write(&measured.repo, file, &text, self.overwrite)?,
        }
        Ok(Exit::Fine)
    }
}

/// Serve metrics over HTTP, at /metrics and /healthz
///
/// Every request measures again. The answer is in the format of Prometheus or of OpenMetrics, as the
/// collector requests. /healthz answers 'ok' if the registry can be read; otherwise it answers what
/// is wrong, with status 503.
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
        // Fail at once if no request can ever be answered.
        self.subject.measure(dir, MeasureExtent::Registry)?;
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
    let extent =
        if asked.path == METRICS { MeasureExtent::Everything } else { MeasureExtent::Registry };
    let measured = match subject.measure(dir, extent) {
        Ok(measured) => measured,
        Err(error) => return PageResponse::unavailable(error.to_text()),
    };
    if asked.path == HEALTH {
        let readable = readable(&measured.findings);
        return match readable.state {
            HealthState::Critical => PageResponse::unavailable(format!("{}\n", readable.detail)),
            _ => PageResponse::of(ContentType::Text, "ok\n"),
        };
    }
    let kind = match asked.accept.contains("application/openmetrics-text") {
        true => ContentType::OpenMetrics,
        false => ContentType::Prometheus,
    };
    PageResponse::of(kind, exposition(&measured.figures, kind))
}

/// What is measured.
#[derive(Debug, clap::Args)]
struct MetricsSubject {
    #[command(flatten)]
    source: RevisionArgs,
    /// Skip the metrics that need every commit
    ///
    /// These are the version of the registry, the numbers of healed commits, of faulty commits, and
    /// of what happened to identities, and how long it took to find and to heal commits.
    #[arg(long)]
    no_history: bool,
}

/// How much is measured.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum MeasureExtent {
    /// All that the arguments ask for.
    Everything,
    /// Neither the history nor code: whether the registry can be read needs none.
    Registry,
}

/// What was measured.
struct Measured {
    repo: Repo,
    /// The commit that was measured; nothing for the index.
    commit: Option<CommitId>,
    figures: Vec<Figure>,
    /// Warnings about what could not be measured.
    warnings: Vec<String>,
    findings: Vec<Finding>,
}

impl MetricsSubject {
    /// Measures the index or the commit.
    ///
    /// # Errors
    /// Returns an error if there is no registry to measure, or if an object cannot be read.
    fn measure(&self, dir: &Path, extent: MeasureExtent) -> CommandResult<Measured> {
        let (repo, state) = self.source.open_adopted(dir)?;
        // Whether the registry can be read needs no heads.
        let Checked { findings, unread } = match extent {
            MeasureExtent::Everything => state.check_all_heads(&repo)?,
            MeasureExtent::Registry => Checked { findings: state.check(&repo)?, unread: 0 },
        };
        let tip = self.source.revision().tip(&repo)?;
        let tip = tip.filter(|_| extent == MeasureExtent::Everything && !self.no_history);
        let past = tip.map(|tip| past(&repo, tip)).transpose()?;
        let (lock_seconds, warning) = lock_seconds(&repo);
        let facts = WatchFacts::of(&repo)?;
        let (watch, queue) = facts.measures();
        let is_known = !state.config.generators.is_empty() && !repo.is_bare();
        let stale = is_known.then(|| state.stale_outputs(&repo)).transpose()?;
        let stale_outputs = stale.map(|findings| findings.len());
        let mut figures = measure(&MetricInputs {
            config: &state.config,
            registry: state.registry(),
            registry_bytes: state.view.stored().map_or(0, |stored| stored.bytes.len()),
            coverage: state.coverage(),
            findings: &findings,
            unread,
            now: now(),
            lock_seconds,
            past,
            stale_outputs,
        });
        let commit = self.source.revision().commit(&repo)?;
        let (code, problem) = match extent {
            MeasureExtent::Everything => code_state(&repo, &state.config, commit),
            MeasureExtent::Registry => (None, None),
        };
        let legacy = code.iter().flat_map(|code| code.legacy_findings.iter().cloned());
        let drift: Vec<Finding> = findings.iter().cloned().chain(legacy).collect();
        let state_dir = repo.state_dir();
        let reconciled = Runs::in_dir(&state_dir).last_reconcile().and_then(|run| run.done);
        let counts = CountersFile::in_dir(&state_dir).read();
        figures.extend(clone_figures(&drift, &counts, reconciled));
        let backup = BackupState::of(&repo);
        let backup = backup
            .map(|BackupState { pushed, is_overdue, .. }| BackupMeasures { pushed, is_overdue });
        figures.extend(backup.iter().flat_map(backup_figures));
        figures.extend(watch_figures(watch.as_ref(), queue.as_ref()));
        figures.extend(code.iter().flat_map(|code| code_figures(&code.measures())));
        let both = DualWriteState::of(&repo, &state, self.source.revision().tip(&repo)?)?;
        figures
            .extend(both.iter().flat_map(|both| dual_write_figures(&measures_of(both), &counts)));
        let queue_fault = facts.queue_fault().map(|error| error.message.clone());
        let warnings = [warning, queue_fault, problem].into_iter().flatten().collect();
        Ok(Measured { repo, commit, figures, warnings, findings })
    }
}

/// Returns what there is to measure of the registry and its legacy file.
fn measures_of(both: &DualWriteState) -> DualWriteMeasures {
    DualWriteMeasures {
        is_enabled: both.switch.is_on,
        discrepancies: both.discrepancies(),
        progress: both.progress(),
        records: both.tally(),
    }
}

/// Checks identifiers in code, if that is configured; otherwise, or with a warning if that is not
/// possible, returns nothing: everything else can be measured all the same.
fn code_state(
    repo: &Repo,
    config: &Config,
    commit: Option<CommitId>,
) -> (Option<CodeState>, Option<String>) {
    match CodeState::of(repo, config, commit, CodeDays::None) {
        Ok(code) => (code, None),
        Err(error) => (None, Some(format!("cannot check identifiers in code: {}", error.message))),
    }
}

/// Counts healed and faulty commits, and reassigned identities, in the history of `tip`.
fn past(repo: &Repo, tip: CommitId) -> CommandResult<MetricHistory> {
    let commits = repo.commits(&[tip.to_string()])?;
    let bar = Bar::start("checking commits", commits.len() as u64);
    let history = verify_history(repo, &commits, &|| bar.step())?;
    bar.finish();
    let walked = History::of(repo, tip, &mut |_| {})?;
    let version = walked.registry_version();
    let times = repair_times(repo, &commits, &history.faults)?;
    let seconds = |after: fn(&RepairTime) -> Option<i64>| {
        times.iter().filter_map(after).filter_map(|took| took.try_into().ok()).collect()
    };
    let mut past = MetricHistory {
        healed: 0,
        faulty: 0,
        operations: BTreeMap::new(),
        version,
        detected: seconds(|time| time.detected_after_seconds),
        repaired: seconds(|time| time.healed_after_seconds),
    };
    for (_, findings) in &history.faults {
        past.healed += usize::from(findings.iter().any(|f| f.code == Code::Behind));
        past.faulty += usize::from(findings.iter().any(|f| f.severity == Severity::Error));
    }
    let mut tell = |chapter: &CommitEvents| {
        for Edit { kind, .. } in &chapter.events {
            *past.operations.entry(kind.as_str()).or_default() += 1;
        }
    };
    walked.events(repo, &mut |_| {}, &mut tell)?;
    Ok(past)
}

/// Takes the writer lock and returns how many seconds that took (or the limit, if it was not
/// free in time), and a warning if it was not free.
fn lock_seconds(repo: &Repo) -> (Option<f64>, Option<String>) {
    if repo.is_bare() {
        return (None, None);
    }
    let limit = limit(repo);
    match LockStatus::of(repo, "metrics", limit) {
        LockStatus::Had(took) => (Some(took.as_secs_f64()), None),
        LockStatus::Taken(why) => {
            (Some(limit.as_secs_f64()), Some(format!("the writer lock was not free: {why}")))
        }
        LockStatus::Broken(why) => (None, Some(format!("cannot measure the writer lock: {why}"))),
    }
}
