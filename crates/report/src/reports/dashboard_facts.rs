//! [`DashboardFacts`]: what the dashboard shows of a commit and of this clone.

use idhooks_core::check::{Coverage, Point};
use idhooks_core::config::Strategy;
use idhooks_core::plan::timeline::Timeline;
use idhooks_core::registry::{Registry, Timestamp};
use idhooks_ops::{CoverageGroup, GroupBy, MigrationFacts, OpsError, RuledState, timeline};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::coverage_history;
use idhooks_repo::store::{CountersFile, WriteCounts, clock};
use idhooks_repo::transaction::Checked;

use crate::metrics::{Filling, Health, fillings};

use super::clone_facts::CiRun;
use super::health::health_of;

/// What the dashboard shows.
#[derive(Debug)]
pub struct DashboardFacts {
    /// When the facts were gathered.
    pub at: Timestamp,
    /// When the commit was checked.
    pub checked_at: Timestamp,
    /// The commit.
    pub commit: CommitId,
    /// The coverage of the commit.
    pub coverage: Coverage,
    /// The coverage of groups of files.
    pub groups: [(&'static str, Vec<CoverageGroup>); 3],
    /// The coverage day by day.
    pub history: Vec<Point>,
    /// What happened to identities.
    pub timeline: Timeline,
    /// The findings of the commit, sorted.
    pub checked: Checked,
    /// The health of the registry and of this clone.
    pub health: Vec<Health>,
    /// What writers of the registry did in this clone.
    pub writes: WriteCounts,
    /// The registry, if it can be read.
    pub registry: Option<Registry>,
    strategy: Strategy,
    /// The last run of 'idhooks ci' in this clone; nothing if the note of it is damaged, which 'idhooks
    /// health' reports.
    pub last_ci: Option<CiRun>,
    /// The registry beside a legacy file.
    pub migration: MigrationFacts,
}

impl DashboardFacts {
    /// Gathers the facts about a commit.
    ///
    /// # Errors
    /// Returns an error if an object cannot be read.
    pub fn of(repo: &Repo, commit: CommitId, state: &RuledState) -> Result<Self, OpsError> {
        let now = clock::now();
        let mut checked = state.check_all_heads(repo)?;
        checked.findings.sort();
        let (files, registry) = (state.files(), state.registry().cloned());
        let facts = DashboardFacts {
            at: now,
            checked_at: now,
            commit,
            coverage: files.coverage(),
            groups: [GroupBy::Ns, GroupBy::Type, GroupBy::Dir]
                .map(|by| (by.as_str(), files.groups(by))),
            history: coverage_history(repo, commit, None, &mut |_| {})?.points,
            timeline: timeline(repo, commit)?,
            health: Vec::new(),
            checked,
            writes: WriteCounts::default(),
            registry,
            strategy: state.config.strategy,
            last_ci: None,
            migration: MigrationFacts::of(repo, commit, state)?,
        };
        facts.refreshed_at(repo, now)
    }

    /// Gathers again what may have changed without a commit.
    ///
    /// # Errors
    /// Returns an error if the settings of git cannot be read.
    pub fn refreshed(self, repo: &Repo) -> Result<Self, OpsError> {
        self.refreshed_at(repo, clock::now())
    }

    fn refreshed_at(self, repo: &Repo, at: Timestamp) -> Result<Self, OpsError> {
        Ok(DashboardFacts {
            at,
            health: health_of(repo, self.registry.is_some(), &self.checked)?,
            writes: CountersFile::in_dir(&repo.state_dir()).read(),
            last_ci: CiRun::last(repo).ok().flatten(),
            migration: self.migration.refreshed(repo),
            ..self
        })
    }

    /// Returns how full each counter is.
    pub fn counters(&self) -> Vec<Filling> {
        let counters = self.registry.as_ref().map(|r| fillings(r, self.strategy, self.at));
        counters.unwrap_or_default()
    }
}
