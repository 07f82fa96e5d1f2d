//! Measures a repository: computes all figures for a commit or the index, and for this clone.

use std::cell::RefCell;
use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::Config;
use idhooks_ops::{
    BackupState, CheckedState, CodeDays, CodeState, DualWriteState, Observer, OpsError, Progress,
    RepairTime, Revision, UncheckedReferences, WatchFacts, check_state, limit, repair_times,
};
use idhooks_repo::events::Edit;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{CommitEvents, History, verify_history};
use idhooks_repo::state::Heads;
use idhooks_repo::store::{CountersFile, Runs};
use idhooks_repo::transaction::{Checked, now};

use super::lock_status::LockStatus;
use crate::metrics::{
    Figure, MetricHistory, MetricInputs, backup_figures, clone_figures, code_figures,
    dual_write_figures, measure, reference_figures, watch_figures,
};

/// How much to measure.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum MeasureExtent {
    /// Everything.
    Everything,
    /// Everything except the figures that require reading every commit.
    WithoutHistory,
    /// Neither the history nor the code, because neither shows whether the registry can be read.
    Registry,
}

/// The measurements.
#[derive(Debug)]
pub struct Measured {
    /// The figures.
    pub figures: Vec<Figure>,
    /// Warnings about measurements that failed.
    pub warnings: Vec<String>,
    /// The findings about the registry.
    pub findings: Vec<Finding>,
}

/// Measures a commit or the index, and this clone. If identifiers in code cannot be checked, this
/// only causes a warning, because everything else can still be measured.
///
/// # Errors
/// Returns an error if there is no registry to measure, or if an object cannot be read.
pub fn measure_repository(
    observer: &mut dyn Observer,
    repo: &Repo,
    revision: &Revision,
    extent: MeasureExtent,
    watch: &WatchFacts,
) -> Result<Measured, OpsError> {
    let state = revision.state(repo)?;
    let (view, config) = (&state.view, &state.config);
    let (code, code_fault) = code_state(repo, revision, config, extent)?;
    // Whether the registry can be read does not depend on file heads.
    let CheckedState { checked: Checked { findings, unread }, references, .. } = match extent {
        MeasureExtent::Registry => CheckedState {
            checked: Checked { findings: state.check(repo)?, unread: 0 },
            references: None,
            unchecked: UncheckedReferences::default(),
        },
        _ => check_state(repo, &state, Heads::All)?,
    };
    // `Everything` is the only extent that reads every commit, which takes a long time in a large
    // repository.
    let tip = revision.tip(repo)?.filter(|_| extent == MeasureExtent::Everything);
    let past = tip.map(|tip| past(observer, repo, tip)).transpose()?;
    let (lock_seconds, warning) = lock_seconds(repo);
    // Without generators or a working tree, there are no outputs to compare.
    let is_known = !config.generators.is_empty() && !repo.is_bare();
    let stale = is_known.then(|| state.stale_outputs(repo)).transpose()?;
    let mut figures = measure(&MetricInputs {
        config,
        registry: view.registry(),
        registry_bytes: view.stored().map_or(0, |stored| stored.bytes.len()),
        coverage: state.coverage(),
        findings: &findings,
        unread,
        now: now(repo),
        lock_seconds,
        past,
        stale_outputs: stale.map(|findings| findings.len()),
    });
    // Legacy identifiers count as drift too, but are not findings about the registry.
    let legacy = code.iter().flat_map(|code| &code.legacy_findings);
    let drift: Vec<Finding> = findings.iter().chain(legacy).cloned().collect();
    let state_dir = repo.state_dir();
    let reconciled = Runs::in_dir(&state_dir).last(Runs::RECONCILE).and_then(|run| run.done);
    let counts = CountersFile::in_dir(&state_dir).read();
    let references = references.map(|all| reference_figures(all.len(), &findings));
    figures.extend(references.into_iter().flatten());
    figures.extend(clone_figures(&drift, &counts, reconciled));
    figures.extend(BackupState::read(repo).iter().flat_map(backup_figures));
    figures.extend(watch_figures(watch.watcher.as_ref(), watch.queue.as_ref()));
    figures.extend(code.iter().flat_map(code_figures));
    let both = DualWriteState::read(repo, &state, revision.tip(repo)?)?;
    figures.extend(both.iter().flat_map(|both| dual_write_figures(both, &counts)));
    let queue_fault = watch.queue_fault.clone();
    let warnings = [warning, queue_fault, code_fault].into_iter().flatten().collect();
    Ok(Measured { figures, warnings, findings })
}

/// Checks identifiers in code, if that is configured and requested. If the check fails, also
/// returns the reason.
fn code_state(
    repo: &Repo,
    revision: &Revision,
    config: &Config,
    extent: MeasureExtent,
) -> Result<(Option<CodeState>, Option<String>), OpsError> {
    if extent == MeasureExtent::Registry {
        return Ok((None, None));
    }
    let commit = revision.commit(repo)?;
    Ok(match idhooks_ops::code_state(repo, config, commit, CodeDays::None) {
        Ok(code) => (code, None),
        Err(error) => (None, Some(format!("cannot check identifiers in code: {error}"))),
    })
}

/// Counts healed commits, faulty commits and reassigned identities in the history of `tip`.
fn past(
    observer: &mut dyn Observer,
    repo: &Repo,
    tip: CommitId,
) -> Result<MetricHistory, OpsError> {
    let commits = repo.commits(&[tip.to_string()])?;
    let checked = Progress::CheckCommits(commits.len());
    // The callback must be `Fn`, but reporting needs a mutable borrow.
    let observer = RefCell::new(observer);
    let history = verify_history(repo, &commits, &|| observer.borrow_mut().progress(checked))?;
    observer.into_inner().progress(Progress::Done);
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
    let mut count = |commit: &CommitEvents| {
        for Edit { kind, .. } in &commit.events {
            *past.operations.entry(kind.as_str()).or_default() += 1;
        }
    };
    walked.events(repo, &mut |_| {}, &mut count)?;
    Ok(past)
}

/// Takes the writer lock. Returns how many seconds that took, or the time limit along with a
/// warning if the lock was not available in time.
fn lock_seconds(repo: &Repo) -> (Option<f64>, Option<String>) {
    if repo.is_bare() {
        return (None, None);
    }
    let limit = limit(repo);
    match LockStatus::probe(repo, "metrics", limit) {
        LockStatus::Had(took) => (Some(took.as_secs_f64()), None),
        // Acquiring the lock took at least this long; without a value, the series would have a gap
        // just when it matters.
        LockStatus::Taken(why) => {
            (Some(limit.as_secs_f64()), Some(format!("the writer lock was not free: {why}")))
        }
        LockStatus::Broken(why) => (None, Some(format!("cannot measure the writer lock: {why}"))),
    }
}
