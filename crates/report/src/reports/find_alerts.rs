//! Finds problems in a repository that need an operator's attention.

use idhooks_core::check::Share;
use idhooks_core::config::{Config, DualWrite};
use idhooks_core::registry::Timestamp;
use idhooks_ops::{BackupState, CodeDays, OpsError, Revision, WatchFacts, code_state, limit};
use idhooks_repo::git::Repo;
use idhooks_repo::history::coverage_history;
use idhooks_repo::state::DualWriteSwitch;
use idhooks_repo::store::{CountersFile, RecentDualWrites};
use idhooks_repo::transaction::Checked;

use crate::metrics::{Alert, Signs, alerts};

use super::health::backup_summary;
use super::lock_status::LockStatus;

/// The number of days over which coverage is compared.
const DAYS: i64 = 7;
const DAY: i64 = 86_400;

/// A repository's alerts.
#[derive(Debug)]
pub struct FoundAlerts {
    /// The alerts, most urgent first.
    pub alerts: Vec<Alert>,
    /// The number of files whose heads were not read.
    pub unread: usize,
}

/// Finds the problems that need an operator's attention. `threshold` is how far coverage may be
/// below the coverage on any of the last few days, and `timers` are the alerts about timers.
///
/// # Errors
/// Returns an error if the checks cannot run, which also needs an operator's attention.
pub fn find_alerts(
    repo: &Repo,
    revision: &Revision,
    now: Timestamp,
    threshold: Share,
    watch: &WatchFacts,
    timers: &[Alert],
) -> Result<FoundAlerts, OpsError> {
    let state = revision.state(repo)?;
    let code = code_state(repo, &state.config, revision.commit(repo)?, CodeDays::None)?;
    let Checked { mut findings, unread } = state.check_all_heads(repo)?;
    findings.sort();
    let since = Timestamp::from_unix((now.day() - DAYS) * DAY).ok();
    // If there is no commit yet, the index has no history to compare with.
    let lately = match revision.tip(repo)? {
        Some(tip) => coverage_history(repo, tip, since, &mut |_| {})?.points,
        None => Vec::new(),
    };
    // The lock belongs to a working tree, and a bare repository has none.
    let lock =
        if repo.is_bare() { None } else { LockStatus::probe(repo, "alerts", limit(repo)).fault() };
    let backup = BackupState::read(repo).filter(|backup| backup.is_overdue);
    let alerts = alerts(&Signs {
        findings: &findings,
        coverage: state.coverage().with_pending(&findings),
        lately: &lately,
        threshold,
        lock,
        stale: state.stale_outputs(repo)?,
        backup: backup.as_ref().map(backup_summary),
        timers,
        watch,
        code: code.as_ref(),
        writes: dual_writes(repo, &state.config),
    });
    Ok(FoundAlerts { alerts, unread })
}

/// Returns this clone's recent legacy file writes, if commits keep the file in step.
fn dual_writes(repo: &Repo, config: &Config) -> Option<RecentDualWrites> {
    // A clone that no longer writes the file must not raise alerts about earlier writes.
    let is_on = |rules: &&DualWrite| DualWriteSwitch::of(repo.environment(), rules).is_on;
    config.dual_write.as_deref().filter(is_on)?;
    Some(RecentDualWrites::of(&CountersFile::in_dir(&repo.state_dir()).read()))
}
