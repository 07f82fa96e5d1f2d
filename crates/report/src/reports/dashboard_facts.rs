//! [`DashboardFacts`]: the data about a commit and this clone that the dashboard shows.

use idhooks_core::check::{Coverage, Point};
use idhooks_core::config::Strategy;
use idhooks_core::registry::{Registry, Timestamp};
use idhooks_ops::{
    CheckedState, CodeDays, CodeState, CoverageGroup, GroupBy, ListedReference, MigrationFacts,
    OpsError, Revision, Timeline, WatchFacts, check_state, code_state, find_commit, timeline,
};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::coverage_history;
use idhooks_repo::state::{CommitState, Heads};
use idhooks_repo::store::{CountersFile, WriteCounts, clock};
use idhooks_repo::transaction::Checked;

use crate::metrics::{Filling, Health, fillings};

use super::clone_facts::CiRun;
use super::health::health_of;

/// The dashboard's data.
#[derive(Debug)]
pub struct DashboardFacts {
    /// The time the facts were gathered.
    pub at: Timestamp,
    /// The time the commit was checked.
    pub checked_at: Timestamp,
    /// The repository's name.
    pub repository: String,
    /// The branch, or the commit's name as the user typed it.
    pub branch: String,
    /// The commit.
    pub commit: CommitId,
    /// The commit's coverage.
    pub coverage: Coverage,
    /// The coverage of file groups.
    pub groups: [(&'static str, Vec<CoverageGroup>); 3],
    /// The coverage for each day.
    pub history: Vec<Point>,
    /// The identity events.
    pub timeline: Timeline,
    /// The commit's findings, sorted.
    pub checked: Checked,
    /// The references between files, if the rules have a table for them.
    pub references: Option<Vec<ListedReference>>,
    /// The health of the registry and of this clone.
    pub health: Vec<Health>,
    /// The counts of registry writes in this clone.
    pub writes: WriteCounts,
    /// The registry, if it can be read.
    pub registry: Option<Registry>,
    strategy: Strategy,
    /// The last run of 'idhooks ci' in this clone; `None` if its record is damaged, which 'idhooks
    /// health' reports.
    pub last_ci: Option<CiRun>,
    /// The state of identifiers in code, or the reason they could not be checked.
    pub code: Result<Option<CodeState>, OpsError>,
    /// The comparison of the registry with a legacy file.
    pub migration: MigrationFacts,
}

impl DashboardFacts {
    /// Gathers the facts about the commit `rev`. If `known` describes the same commit, only facts
    /// that can change without a commit are gathered again.
    ///
    /// # Errors
    /// Returns an error if the commit does not exist or has no registry, or if an object or git's
    /// settings cannot be read.
    pub fn read(
        repo: &Repo,
        rev: &str,
        known: Option<Self>,
        watch: &WatchFacts,
    ) -> Result<Self, OpsError> {
        let commit = find_commit(repo, rev)?;
        let branch = match rev {
            "HEAD" => repo.own_branch()?.unwrap_or_else(|| "detached HEAD".to_owned()),
            rev => rev.to_owned(),
        };
        let now = clock::now();
        // A commit never changes, so a page that refreshes itself need not check it again.
        if let Some(known) = known.filter(|known| known.commit == commit) {
            return DashboardFacts { branch, ..known }.refreshed(repo, now, watch);
        }
        let view = CommitState::of_commit(repo, commit)?;
        let state = Revision::named(rev).adopted(repo, view)?;
        let CheckedState { mut checked, references, .. } = check_state(repo, &state, Heads::All)?;
        checked.findings.sort();
        let files = state.files();
        let facts = DashboardFacts {
            at: now,
            checked_at: now,
            repository: repo.name(),
            branch,
            commit,
            coverage: files.coverage(),
            groups: [GroupBy::Ns, GroupBy::Type, GroupBy::Dir]
                .map(|by| (by.as_str(), files.groups(by))),
            history: coverage_history(repo, commit, None, &mut |_| {})?.points,
            timeline: timeline(repo, commit)?,
            health: Vec::new(),
            checked,
            references,
            writes: WriteCounts::default(),
            registry: state.registry().cloned(),
            strategy: state.config.allocation.strategy,
            last_ci: None,
            code: Ok(None),
            migration: MigrationFacts::read(repo, commit, &state)?,
        };
        let facts = facts.refreshed(repo, now, watch)?;
        // Even if this fails, the rest of the page must be shown.
        let code = code_state(repo, &state.config, Some(commit), CodeDays::History);
        Ok(DashboardFacts { code, ..facts })
    }

    /// Gathers the facts that can change without a commit.
    fn refreshed(self, repo: &Repo, at: Timestamp, watch: &WatchFacts) -> Result<Self, OpsError> {
        Ok(DashboardFacts {
            at,
            health: health_of(repo, self.registry.is_some(), &self.checked, watch)?,
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
