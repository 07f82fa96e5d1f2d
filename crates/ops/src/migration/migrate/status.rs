//! A migration's state.

use idhooks_core::config::{DualWrite, MigrationPhase};
use idhooks_core::registry::{RepoPath, Timestamp};
use idhooks_migration::{MigrationRun, QuietTime};
use idhooks_repo::derived::legacy::LegacyState;
use idhooks_repo::git::Repo;
use idhooks_repo::state::DualWriteSwitch;
use idhooks_repo::store::CountersFile;
use idhooks_repo::transaction::committed_now;
use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::context::MigrationContext;
use super::foreign_write::{ForeignWrite, in_step_since, quiet_time};
use super::gap::MigrationGap;
use super::step_files::is_changed_here;
use crate::dual_write::compared::{ComparedFile, name};
use crate::dual_write::writes::recent_writes;
use crate::dual_write::{OperationCounts, RecentWrite};
use crate::{OpsError, Revision, RevisionError};

/// A migration's state in HEAD and in this clone.
#[derive(Debug, Serialize)]
pub struct MigrationState {
    /// The phase.
    pub phase: MigrationPhase,
    /// The legacy file.
    pub path: Option<String>,
    /// The legacy file's format.
    pub format: Option<&'static str>,
    /// The side that leads.
    pub leading: Option<&'static str>,
    /// Whether commits made here write both files.
    pub enabled: bool,
    /// The environment variable that decides whether commits made here write both files, and its
    /// value.
    pub switched_by: Option<String>,
    /// How the legacy file compares with the registry, while commits write both.
    pub state: Option<&'static str>,
    /// Whether the legacy file in the index or the working tree differs from the one in HEAD.
    pub edited: bool,
    /// The number of differences.
    pub discrepancies: usize,
    /// The number of records in the registry.
    pub records: Option<usize>,
    /// The number of records in the legacy file.
    pub legacy_records: Option<usize>,
    /// Another program's last change to the legacy file.
    pub foreign_write: Option<ForeignChange>,
    /// The time since which the two files have been in step; `None` if they are out of step.
    pub in_step_since: Option<Timestamp>,
    /// How long the phase has lasted without another program's change, if there is a next step.
    pub quiet: Option<QuietTime>,
    /// Whether the phase has lasted long enough for the next step.
    pub ready: Option<bool>,
    /// How often this clone wrote the legacy file.
    pub writes: OperationCounts,
    /// The most recent commits that changed the legacy file.
    pub changes: Vec<RecentWrite>,
    /// The last step's progress, from 0 to 1.
    pub progress: f64,
    /// The last step in this clone.
    #[serde(serialize_with = "last_step")]
    pub last_step: Option<MigrationRun>,
    /// The legacy file, if dual write was switched off while the file leads, in which case there is
    /// no next step.
    #[serde(skip)]
    pub stopped_early: Option<RepoPath>,
    /// The rules for the legacy file.
    #[serde(skip)]
    pub rules: Option<DualWrite>,
    /// Why the two files are out of step, if they are.
    #[serde(skip)]
    pub gap: Option<MigrationGap>,
    /// A note about an environment variable that has no effect.
    #[serde(skip)]
    pub remark: Option<String>,
    /// Why the registry cannot be read, although both files should be written.
    #[serde(skip)]
    pub unreadable: Option<RevisionError>,
}

/// Another program's change to the legacy file.
#[derive(Debug, Serialize)]
pub struct ForeignChange {
    /// The time at which the change was made.
    pub at: Timestamp,
    /// The commit that contains the change, if this clone has it.
    pub commit: Option<String>,
    /// The first line of the commit message.
    pub subject: Option<String>,
}

impl ForeignChange {
    fn of(repo: &Repo, last: ForeignWrite) -> Result<Self, OpsError> {
        let title = repo.titles(last.commit.as_slice())?.pop();
        let commit = last.commit.map(|commit| commit.to_string());
        Ok(ForeignChange { at: last.at, commit, subject: title.map(|title| title.subject) })
    }
}

/// Serializes the last step, leaving out the parts of its journal that are only needed to complete
/// it.
fn last_step<S: Serializer>(run: &Option<MigrationRun>, to: S) -> Result<S::Ok, S::Error> {
    let Some(run) = run else { return to.serialize_none() };
    let mut step = to.serialize_struct("MigrationRun", 10)?;
    step.serialize_field("from", &run.from)?;
    step.serialize_field("to", &run.to)?;
    step.serialize_field("started_at", &run.started_at)?;
    step.serialize_field("finished_at", &run.finished_at)?;
    step.serialize_field("records", &run.records)?;
    step.serialize_field("processed", &run.processed)?;
    step.serialize_field("converted", &run.converted)?;
    step.serialize_field("deprecated", &run.deprecated)?;
    step.serialize_field("unchanged", &run.unchanged)?;
    step.serialize_field("skipped", &run.skipped)?;
    step.end()
}

/// Reads the migration's state in HEAD.
///
/// # Errors
/// Returns an error if there is no commit, or if something other than the registry cannot be read.
pub fn migration_state(repo: &Repo) -> Result<MigrationState, OpsError> {
    let context = MigrationContext::of(repo)?;
    let head = Revision::named("HEAD");
    let view = head.view(repo)?;
    let registry = head.registry(repo, &view);
    let compared = match &registry {
        // In the other phases, the legacy file may contain anything or may not exist.
        Ok(state) if context.phase.is_dual() => {
            ComparedFile::read(repo, &view.tree, &state.registry)?
        }
        _ => None,
    };
    let rules = context.rules.as_ref();
    let switch = rules.map(|rules| DualWriteSwitch::of(repo.environment(), rules));
    let changes = match rules {
        Some(rules) => recent_writes(repo, &rules.legacy, context.head)?,
        None => Vec::new(),
    };
    let both = compared.as_ref();
    let is_changed = both.map(|both| is_changed_here(repo, &both.file, &view.tree)).transpose()?;
    let gap =
        both.map(|both| MigrationGap::find(repo, both, &view, context.head)).transpose()?.flatten();
    let tally = both.and_then(ComparedFile::tally);
    let last = context.last_foreign_write()?;
    // Without a next step, there is nothing to wait for.
    let has_next = !matches!(context.phase, MigrationPhase::Off | MigrationPhase::Finished)
        && context.stopped_early().is_none();
    let quiet = has_next.then(|| quiet_time(repo, context.head, last, committed_now(repo)));
    let quiet = quiet.transpose()?.flatten();
    let in_step = rules.filter(|_| both.is_some_and(|both| both.state == LegacyState::InStep));
    let since = in_step.map(|rules| in_step_since(repo, context.head, rules, last));
    Ok(MigrationState {
        phase: context.phase,
        path: rules.map(|rules| rules.legacy.to_string()),
        format: rules.map(|rules| rules.format.as_str()),
        leading: rules.map(|rules| rules.leading.as_str()),
        enabled: switch.as_ref().is_some_and(|switch| switch.is_on),
        remark: switch.as_ref().and_then(DualWriteSwitch::warning),
        switched_by: switch.and_then(|switch| switch.variable),
        state: both.map(|both| name(&both.state)),
        edited: is_changed.unwrap_or_default(),
        discrepancies: match both.map(|both| &both.state) {
            Some(LegacyState::Differs(all)) => all.len(),
            _ => 0,
        },
        records: view.registry().map(|registry| registry.allocations.len()),
        legacy_records: tally.map(|tally| tally.legacy_records()),
        foreign_write: last.map(|last| ForeignChange::of(repo, last)).transpose()?,
        in_step_since: since.transpose()?.flatten(),
        ready: rules.zip(quiet).map(|(rules, quiet)| quiet.is_enough(rules.ready)),
        quiet,
        gap,
        writes: OperationCounts::of(&CountersFile::in_dir(&repo.state_dir()).read()),
        changes,
        progress: MigrationRun::progress(context.run.as_ref(), context.phase),
        stopped_early: context.stopped_early().cloned(),
        unreadable: registry.err().filter(|_| context.phase.is_dual()),
        last_step: context.run,
        rules: context.rules,
    })
}
