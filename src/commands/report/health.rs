//! `idhooks health`: does a quick health check for monitoring.

use std::path::Path;

use clap::Args;
use idhooks_ops::{Repo, clock};
use idhooks_report::metrics::{Health, HealthState};
use idhooks_report::reports::{CloneFacts, health};
use idhooks_report::schedule::ScheduleList;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::commands::watcher;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui};
use crate::report::{health_json, health_lines};

use crate::commands::revision_args::RevisionArgs;

/// Print a short health check of the registry and clone
///
/// Reports the state of the registry, its identities, the writer lock, the hooks and the merge driver, the
/// backups pushed by a timer, and the watcher and its queue if you use them. Also reports the version of
/// idhooks, the timers with their last runs, the last repair of the registry, and the last result of
/// 'idhooks ci' in this clone; these four never change the exit code, and a problem with one of them is
/// reported as 'unknown'.
///
/// 'critical', 'high' and 'warning' are the severities of the same conditions in 'idhooks alerts';
/// conditions without an alert are 'critical'. For details, run 'idhooks check', 'idhooks doctor'
/// and 'idhooks schedule list'. A bare repository has no lock and no hooks; in one, name a commit
/// with --rev.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks health
  idhooks health --rev origin/main --format json

Exit code: 0 everything works; 1 a state is 'warning', 'high' or 'critical'; 2 an error")]
pub(in crate::commands) struct HealthArgs {
    #[command(flatten)]
    source: RevisionArgs,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl HealthArgs {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = self.source.open(dir)?;
        let mut all = health(&repo, &self.source.revision(), &watcher::facts(&repo)?)?;
        let facts = HealthFacts::of(&repo)?;
        all.extend(facts.health());
        match self.format {
            Format::Text => ui.lines(health_lines(&all)),
            Format::Json => ui.data(&health_json(&all, &clock::now(), &facts)),
        }
        Ok(if HealthState::of_all(&all).is_ill() { Exit::Findings } else { Exit::Fine })
    }
}

/// Facts about this clone that never change the exit code.
#[derive(Serialize)]
struct HealthFacts {
    /// The version of this program.
    program_version: &'static str,
    schedule: ScheduleList,
    #[serde(flatten)]
    clone: CloneFacts,
}

impl HealthFacts {
    fn of(repo: &Repo) -> CommandResult<Self> {
        let schedule = ScheduleList::read(repo, &TimeZone::system())?;
        let program_version = env!("CARGO_PKG_VERSION");
        Ok(HealthFacts { program_version, schedule, clone: CloneFacts::read(repo) })
    }

    /// Returns the facts as checks that never change the exit code.
    fn health(&self) -> impl Iterator<Item = Health> {
        let version = format!("idhooks {}", self.program_version);
        let (is_well, timers) = self.schedule.summary(&TimeZone::system());
        // These checks are optional: a clone without timers is not unhealthy, and many clones have
        // none.
        let own = [
            Health::optional("version", true, version, ""),
            Health::optional("timers", is_well, timers, "idhooks schedule list"),
        ];
        own.into_iter().chain(self.clone.health())
    }
}
