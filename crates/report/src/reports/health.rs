//! Checks whether the registry and everything it depends on are working.

use std::time::Duration;

use idhooks_core::check::{Code, Finding, Severity, by_severity, unread_heads};
use idhooks_ops::{
    BackupState, CheckedState, DoctorLevel, DoctorLine, OpsError, Revision, WatchFacts, check_state,
};
use idhooks_repo::git::{Repo, inspect};
use idhooks_repo::state::Heads;
use idhooks_repo::store::local_time;
use idhooks_repo::transaction::Checked;
use jiff::tz::TimeZone;

use crate::metrics::{AlertCondition, Health, HealthState};

use super::lock_status::LockStatus;

/// How long to wait for the writer lock.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// Checks a revision's registry and everything it depends on.
///
/// # Errors
/// Returns an error if that revision has not adopted idhooks, or if an object or git's settings
/// cannot be read.
pub fn health(
    repo: &Repo,
    revision: &Revision,
    watch: &WatchFacts,
) -> Result<Vec<Health>, OpsError> {
    let state = revision.state(repo)?;
    let CheckedState { checked, .. } = check_state(repo, &state, Heads::All)?;
    health_of(repo, state.registry().is_some(), &checked, watch)
}

/// Like [`health`], for a registry that has already been checked.
pub(super) fn health_of(
    repo: &Repo,
    is_readable: bool,
    Checked { findings, unread }: &Checked,
    watch: &WatchFacts,
) -> Result<Vec<Health>, OpsError> {
    let mut all = vec![readable(findings)];
    // A registry that cannot be read is not canonical either, but reporting that too would add
    // nothing.
    if is_readable {
        let finding = findings.iter().find(|finding| finding.code == Code::NotCanonical);
        all.push(of("registry canonical", finding, "it is in canonical form"));
    }
    all.push(identities(findings, *unread));
    // The remaining checks concern a clone with a working tree.
    if repo.is_bare() {
        return Ok(all);
    }
    let (state, detail) = match LockStatus::probe(repo, "health", PATIENCE) {
        LockStatus::Had(_) => (HealthState::Ok, "free".to_owned()),
        // Another command may simply be running, which is not a problem.
        LockStatus::Taken(why) => (HealthState::Unknown, why),
        LockStatus::Broken(why) => (HealthState::by_alert(false, AlertCondition::LockTimeout), why),
    };
    all.push(Health { name: "writer lock", state, detail, help: None });
    // Reporting one problem is enough, because the same command repairs them all.
    let problem = inspect(&repo.git())?.problems().into_iter().next();
    all.push(Health {
        name: "hooks and merge driver",
        state: HealthState::of(problem.is_none()),
        help: problem.is_some().then(|| "idhooks install".to_owned()),
        detail: problem.unwrap_or_else(|| "installed in this clone".to_owned()),
    });
    all.extend(BackupState::read(repo).as_ref().map(backup_health));
    all.extend(watch.lines.iter().map(watcher_health));
    Ok(all)
}

/// Returns whether the registry can be read.
pub fn readable(findings: &[Finding]) -> Health {
    let is_it = |finding: &&Finding| finding.code.is_of_unreadable();
    of("registry readable", findings.iter().find(is_it), "it can be read")
}

fn identities(findings: &[Finding], unread: usize) -> Health {
    let (name, help) =
        ("identities", "see what is wrong and how to fix it: idhooks check --all-heads");
    // Without a registry, every file lacks an identity; reporting this would hide the cause.
    if findings.iter().any(|finding| finding.code.is_of_unreadable()) {
        let detail = "unknown without a readable registry".to_owned();
        return Health { name, state: HealthState::Unknown, detail, help: None };
    }
    let detail = by_severity(findings) + &unread_heads(unread, true);
    let errors = findings.iter().filter(|finding| finding.severity == Severity::Error);
    let state = errors.map(|error| match AlertCondition::of_code(error.code) {
        Some(condition) => HealthState::by_alert(false, condition),
        None => HealthState::of(false),
    });
    let state = state.max().unwrap_or(HealthState::Ok);
    Health { name, state, detail, help: state.is_ill().then(|| help.to_owned()) }
}

fn of(name: &'static str, finding: Option<&Finding>, well: &str) -> Health {
    Health {
        name,
        state: HealthState::of(finding.is_none()),
        detail: finding.map_or_else(|| well.to_owned(), |finding| finding.message.clone()),
        help: finding.map(|finding| finding.help.clone()),
    }
}

/// Describes when a timer last pushed the backups, and where to.
pub fn backup_summary(state: &BackupState) -> String {
    let BackupState { remote, since, pushed, .. } = state;
    let zone = TimeZone::system();
    match pushed {
        Some(at) => format!("last pushed to '{remote}' at {}", local_time(*at, &zone)),
        None => format!("not pushed to '{remote}' since {}", local_time(*since, &zone)),
    }
}

/// Returns the health of a watcher, its generators or its queue: all alerts about these are equally
/// urgent.
fn watcher_health(line: &DoctorLine) -> Health {
    let is_well = line.level == DoctorLevel::Ok;
    let state = HealthState::by_alert(is_well, AlertCondition::WatcherDown);
    Health { name: line.check, state, detail: line.message.clone(), help: line.help.clone() }
}

/// Returns the health of the backups that a timer pushes.
fn backup_health(state: &BackupState) -> Health {
    Health {
        name: "backup",
        state: HealthState::by_alert(!state.is_overdue, AlertCondition::BackupOverdue),
        detail: backup_summary(state),
        help: state.is_overdue.then(|| "see why: idhooks schedule run backups".to_owned()),
    }
}
