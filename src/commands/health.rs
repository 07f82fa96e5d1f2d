//! `idhooks health`: whether the registry, and what it depends on, works.

use std::path::Path;
use std::time::{Duration, Instant};

use clap::Args;
use idhooks_core::check::{Code, Finding, Severity, unread_heads};
use idhooks_core::plan::{EventKind, audit::AuditEntry};
use idhooks_core::registry::Timestamp;
use idhooks_ops::BackupState;
use idhooks_repo::git::{Repo, inspect};
use idhooks_repo::store::{
    AuditFile, LastRun, LockError, RunOutcome, Runs, StoreError, WriterLock, clock,
};
use idhooks_repo::transaction::Checked;
use idhooks_report::metrics::{AlertCondition, Health, HealthState};
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, backup_health, health_json, health_lines, summary};

use super::{revision_args::RevisionArgs, schedule::ScheduleList, watch::WatchFacts};

/// How long to wait for the writer lock.
const PATIENCE: Duration = Duration::from_millis(1_000);

/// Print a short health check of registry and clone for monitoring
///
/// A quick overview for people and for service monitoring: the registry, its identities, the writer
/// lock, the hooks and the merge driver, the backups that a timer pushes, the watcher and its queue if you use them; and the version of idhooks, the timers that are installed
/// or should be, with their last runs, the last repair of the registry, and the last result of 'idhooks ci' in this clone. These four never change
/// the exit code: a problem with one of them is reported as 'unknown'. The states 'critical', 'high' and 'warning' are the
/// severities that 'idhooks alerts' gives the same conditions; what no alert covers is 'critical'. For details, run 'idhooks check',
/// 'idhooks doctor' and 'idhooks schedule list'. In a bare repository there is no lock and no hook;
/// name a commit there with --rev.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks health
  idhooks health --rev origin/main --format json

Exit code: 0 everything works; 1 something is 'warning', 'high' or 'critical'; 2 the state cannot be determined")]
pub(super) struct HealthArgs {
    #[command(flatten)]
    source: RevisionArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl HealthArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let (repo, state) = self.source.open_adopted(dir)?;
        let checked = state.check_all_heads(&repo)?;
        let mut all = health(&repo, state.registry().is_some(), &checked)?;
        let facts = HealthFacts::of(&repo)?;
        all.extend(facts.health());
        match self.format {
            Format::Text => ui.lines(health_lines(&all)),
            Format::Json => ui.data(&health_json(&all, &clock::now(), &facts)),
        }
        Ok(if HealthState::of_all(&all).is_ill() { Exit::Findings } else { Exit::Fine })
    }
}

/// What runs in this clone besides the hooks.
#[derive(Serialize)]
struct HealthFacts {
    /// The version of this program.
    program_version: &'static str,
    schedule: ScheduleList,
    /// The last repair of the registry.
    last_repair: Option<LastRepair>,
    /// Why that is unknown.
    #[serde(skip)]
    repair_fault: Option<String>,
    /// The last run of 'idhooks ci'.
    ci: Option<CiRun>,
    /// Why that is unknown.
    #[serde(skip)]
    ci_fault: Option<String>,
}

/// A repair of the registry, as the audit log of this clone has it.
#[derive(Serialize)]
struct LastRepair {
    at: Timestamp,
    /// The command or hook that made it.
    command: String,
}

impl LastRepair {
    fn of(entry: &AuditEntry) -> Option<Self> {
        let command = entry.fact("command").unwrap_or_default().to_owned();
        Some(LastRepair { at: entry.at().parse().ok()?, command })
    }
}

/// A run of 'idhooks ci'.
#[derive(Debug, Clone, Serialize)]
pub(super) struct CiRun {
    at: Timestamp,
    result: RunOutcome,
    /// The change that it checked.
    checked: String,
}

impl CiRun {
    /// Returns the last run in this clone, if there was one.
    ///
    /// # Errors
    /// Returns an error if the note of it cannot be read.
    pub(super) fn last(repo: &Repo) -> Result<Option<Self>, StoreError> {
        let run = |LastRun { at, outcome, report, .. }| CiRun {
            at,
            result: outcome,
            checked: report.unwrap_or_default(),
        };
        Ok(Runs::in_dir(&repo.state_dir()).last_ci()?.map(run))
    }
}

impl HealthFacts {
    fn of(repo: &Repo) -> CommandResult<Self> {
        let (ci, ci_fault) = match CiRun::last(repo) {
            Ok(last) => (last, None),
            Err(error) => (None, Some(error.to_string())),
        };
        let schedule = ScheduleList::of(repo, &TimeZone::system())?;
        let audit = AuditFile::in_dir(&repo.state_dir());
        let (last_repair, repair_fault) = match audit.last(EventKind::Healed) {
            Ok(last) => (last.and_then(|entry| LastRepair::of(&entry)), None),
            Err(error) => (None, Some(error.to_string())),
        };
        let program_version = env!("CARGO_PKG_VERSION");
        Ok(HealthFacts { program_version, schedule, last_repair, repair_fault, ci, ci_fault })
    }

    /// Returns the facts as checks that nothing depends on.
    fn health(&self) -> [Health; 4] {
        let of = |name, is_well, detail, help: &str| Health {
            name,
            state: if is_well { HealthState::Ok } else { HealthState::Unknown },
            detail,
            help: (!is_well).then(|| help.to_owned()),
        };
        let (is_well, timers) = self.schedule.summary(&TimeZone::system());
        let ci = self.ci.as_ref().map(|run| {
            (
                run.result == RunOutcome::Fine,
                format!("{} at {}: {}", run.result, run.at, run.checked),
            )
        });
        let fault = self.ci_fault.clone().map(|fault| (false, fault));
        let ci = fault.or(ci);
        let never = || "none in the audit log of this clone".to_owned();
        let repaired = self.last_repair.as_ref();
        let repaired =
            repaired.map_or_else(never, |one| format!("{} by '{}'", one.at, one.command));
        let repaired = self.repair_fault.clone().unwrap_or(repaired);
        let (is_fine, ci) = ci.unwrap_or_else(|| (true, "none in this clone".to_owned()));
        [
            of("version", true, format!("idhooks {}", self.program_version), ""),
            of("timers", is_well, timers, "idhooks schedule list"),
            of(
                "last repair",
                self.repair_fault.is_none(),
                repaired,
                "check the permissions of the audit log: idhooks doctor",
            ),
            of("last CI", is_fine, ci, "check the change again: idhooks ci"),
        ]
    }
}

/// Checks the registry and what it depends on.
///
/// # Errors
/// Returns an error if the settings of git cannot be read.
pub(super) fn health(
    repo: &Repo,
    is_readable: bool,
    Checked { findings, unread }: &Checked,
) -> CommandResult<Vec<Health>> {
    let mut all = vec![readable(findings)];
    if is_readable {
        let finding = findings.iter().find(|finding| finding.code == Code::NotCanonical);
        all.push(of("registry canonical", finding, "it is in canonical form"));
    }
    all.push(identities(findings, *unread));
    if repo.is_bare() {
        return Ok(all);
    }
    let (state, detail) = match LockStatus::of(repo, "health", PATIENCE) {
        LockStatus::Had(_) => (HealthState::Ok, "free".to_owned()),
        LockStatus::Taken(why) => (HealthState::Unknown, why),
        LockStatus::Broken(why) => (HealthState::by_alert(false, AlertCondition::LockTimeout), why),
    };
    all.push(Health { name: "writer lock", state, detail, help: None });
    let problem = inspect(&repo.git())?.problems().into_iter().next();
    all.push(Health {
        name: "hooks and merge driver",
        state: HealthState::of(problem.is_none()),
        help: problem.is_some().then(|| "idhooks install".to_owned()),
        detail: problem.unwrap_or_else(|| "installed in this clone".to_owned()),
    });
    all.extend(BackupState::of(repo).as_ref().map(backup_health));
    all.extend(WatchFacts::of(repo)?.health());
    Ok(all)
}

/// Returns whether the registry can be read.
pub(super) fn readable(findings: &[Finding]) -> Health {
    let is_it = |finding: &&Finding| finding.code.is_of_unreadable();
    of("registry readable", findings.iter().find(is_it), "it can be read")
}

fn identities(findings: &[Finding], unread: usize) -> Health {
    let (name, help) =
        ("identities", "see what is wrong and how to fix it: idhooks check --all-heads");
    if findings.iter().any(|finding| finding.code.is_of_unreadable()) {
        let detail = "unknown without a readable registry".to_owned();
        return Health { name, state: HealthState::Unknown, detail, help: None };
    }
    let detail = summary(findings) + &unread_heads(unread, true);
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

/// The state of the writer lock.
pub(super) enum LockStatus {
    /// It was taken after this time, and released.
    Had(Duration),
    /// Another process held it all the time: this one.
    Taken(String),
    /// It cannot be created.
    Broken(String),
}

impl LockStatus {
    /// Takes the writer lock, in the name of `what`, and releases it.
    pub(super) fn of(repo: &Repo, what: &str, limit: Duration) -> Self {
        let begin = Instant::now();
        match WriterLock::take(&repo.worktree_state_dir(), what, limit) {
            Ok(_) => LockStatus::Had(begin.elapsed()),
            Err(LockError::Held { holder, .. }) => LockStatus::Taken(format!("held by {holder}")),
            Err(LockError::Store(error)) => LockStatus::Broken(error.to_string()),
        }
    }

    /// Returns why the lock is not free; nothing if it is.
    pub(super) fn fault(self) -> Option<String> {
        match self {
            LockStatus::Had(_) => None,
            LockStatus::Taken(why) | LockStatus::Broken(why) => Some(why),
        }
    }
}
