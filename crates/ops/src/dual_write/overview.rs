//! [`MigrationOverview`]: the registry and the legacy file, as shown on the dashboard.

use idhooks_core::config::MigrationPhase;
use idhooks_core::registry::{Discrepancy, in_order};
use idhooks_repo::derived::legacy::LegacyState;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::store::{CountersFile, LastRun, Runs, WriteCounter, WriteCounts};
use serde::Serialize;

use super::compared::name;
use super::progress::DualWriteState;
use super::writes::{OperationCounts, RecentWrite, recent_writes};
use crate::{OpsError, RuledState};

/// The facts about a commit and this clone that go into the overview.
#[derive(Debug)]
pub struct MigrationFacts {
    /// The registry and the legacy file in the commit, or why they could not be compared.
    state: Result<Option<DualWriteState>, Box<OpsError>>,
    /// The most recent commits that changed the legacy file.
    recent: Vec<RecentWrite>,
    counts: WriteCounts,
    last_verify: Option<LastRun>,
}

/// The registry and the legacy file, or why there is nothing to show.
#[derive(Debug, Serialize)]
#[serde(tag = "state", rename_all = "snake_case")]
pub enum MigrationOverview<'o> {
    /// The configuration has no `[dual_write]` table.
    Off,
    /// The two files could not be compared.
    Failed {
        /// Why.
        reason: String,
    },
    /// They were compared.
    Compared(Box<ComparedFiles<'o>>),
}

/// How the registry and the legacy file compare, and how often this clone wrote the legacy file.
#[derive(Debug, Serialize)]
pub struct ComparedFiles<'o> {
    phase: &'static str,
    enabled: bool,
    leading: &'static str,
    path: String,
    format: &'static str,
    /// How the legacy file compares with the registry; `None` while the two are not kept in step.
    legacy: Option<&'static str>,
    progress: Option<f64>,
    #[serde(serialize_with = "in_order")]
    records: Vec<(&'static str, usize)>,
    discrepancies: usize,
    shown: &'o [Discrepancy],
    operations: OperationCounts,
    times: Vec<WithinTime>,
    recent: &'o [RecentWrite],
    last_verify: Option<&'o LastRun>,
}

/// The number of writes that took at most this long.
#[derive(Debug, Serialize)]
struct WithinTime {
    ms: u32,
    writes: u64,
}

impl MigrationFacts {
    /// Gathers the facts about a commit.
    ///
    /// # Errors
    /// Returns an error if git fails.
    pub fn read(repo: &Repo, commit: CommitId, state: &RuledState) -> Result<Self, OpsError> {
        // The dashboard shows this error rather than failing.
        let state = DualWriteState::read(repo, state, Some(commit)).map_err(Box::new);
        let recent = match &state {
            Ok(Some(both)) => recent_writes(repo, &both.rules.legacy, commit)?,
            _ => Vec::new(),
        };
        let (counts, last_verify) = (WriteCounts::default(), None);
        Ok(MigrationFacts { state, recent, counts, last_verify }.refreshed(repo))
    }

    /// Rereads the parts that may change without a commit.
    pub fn refreshed(self, repo: &Repo) -> Self {
        let state_dir = repo.state_dir();
        let counts = CountersFile::in_dir(&state_dir).read();
        MigrationFacts { counts, last_verify: Runs::in_dir(&state_dir).last(Runs::VERIFY), ..self }
    }

    /// Returns the overview, with at most `most` differences.
    pub fn overview(&self, most: usize) -> MigrationOverview<'_> {
        let both = match &self.state {
            Ok(Some(both)) => both,
            Ok(None) => return MigrationOverview::Off,
            Err(error) => return MigrationOverview::Failed { reason: error.to_string() },
        };
        let (legacy, tally) = (both.compared.as_ref().map(|(state, _)| state), both.tally());
        let all: &[Discrepancy] = match legacy {
            Some(LegacyState::Differs(all)) => all,
            _ => &[],
        };
        let within = |(counter, ms): (WriteCounter, u32)| {
            let writes = self.counts.get(counter);
            WithinTime { ms, writes }
        };
        let rules = &both.rules;
        MigrationOverview::Compared(Box::new(ComparedFiles {
            phase: both.phase.unwrap_or(MigrationPhase::Off).as_str(),
            enabled: both.switch.is_on,
            leading: rules.leading.as_str(),
            path: rules.legacy.to_string(),
            format: rules.format.as_str(),
            legacy: legacy.map(name),
            progress: both.progress(),
            records: tally.map(|tally| tally.states().to_vec()).unwrap_or_default(),
            discrepancies: both.discrepancies().unwrap_or_default(),
            shown: &all[..all.len().min(most)],
            operations: OperationCounts::of(&self.counts),
            times: WriteCounter::DUAL_WRITES.map(within).into(),
            recent: &self.recent,
            last_verify: self.last_verify.as_ref(),
        }))
    }
}
