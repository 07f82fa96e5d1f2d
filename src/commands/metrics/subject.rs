//! [`MetricsSubject`]: what is measured, and measuring it.

use std::collections::BTreeSet;
use std::path::Path;
use std::time::Duration;

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::plan::{EventKind, RegistryEvent};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{CommitEvents, commit_events, verify_history};
use idhooks_repo::transaction::now;
use idhooks_report::metrics::{Figure, MetricHistory, MetricInputs, measure};

use crate::commands::health::LockStatus;
use crate::commands::revision_args::RevisionArgs;
use crate::commands::transaction::writer::limit;
use crate::error::CommandResult;
use crate::output::Bar;

/// What is measured.
#[derive(Debug, clap::Args)]
pub(super) struct MetricsSubject {
    #[command(flatten)]
    source: RevisionArgs,
    /// Skip the metrics that need every commit
    ///
    /// These are the numbers of healed commits, of faulty commits, and of identities that merges
    /// reassigned.
    #[arg(long)]
    pub(super) no_history: bool,
}

/// What was measured.
pub(super) struct Measured {
    pub(super) repo: Repo,
    /// The commit that was measured; nothing for the index.
    pub(super) commit: Option<CommitId>,
    pub(super) figures: Vec<Figure>,
    /// A warning about something that could not be measured.
    pub(super) warning: Option<String>,
    pub(super) findings: Vec<Finding>,
}

impl MetricsSubject {
    /// Measures the index or the commit, with or without the metrics that need every commit.
    ///
    /// # Errors
    /// Returns an error if there is no registry to measure, or if an object cannot be read.
    pub(super) fn measure(&self, dir: &Path, has_history: bool) -> CommandResult<Measured> {
        let repo = self.source.open(dir)?;
        let commit = self.source.commit(&repo)?;
        let view = self.source.view(&repo)?;
        if !view.is_adopted() {
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
fn past(repo: &Repo, tip: CommitId) -> CommandResult<MetricHistory> {
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
