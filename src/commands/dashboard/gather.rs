//! The data of the dashboard, gathered from git and the registry.

use std::collections::BTreeSet;

use idhooks_core::check::{Coverage, Family, Finding, Point};
use idhooks_core::plan::timeline::Timeline;
use idhooks_core::registry::{Registry, RepoPath, Timestamp};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{commit_events, coverage_history};
use idhooks_repo::state::CommitState;
use idhooks_report::metrics::{By, Group, Health, covered, fillings, grouped};

use crate::error::CommandResult;
use crate::output::{
    DashboardCoverage, DashboardData, FamilyCheck, MAX_FINDINGS, WorstFindings, drift_sections,
    duplicates, identities, json,
};

use super::super::health::health;
use super::super::revision_args::{RevisionArgs, find_commit};
use idhooks_repo::store::clock;

/// The data that was gathered.
pub(super) struct Gathered {
    at: Timestamp,
    checked_at: Timestamp,
    repository: String,
    branch: String,
    commit: CommitId,
    coverage: Coverage,
    groups: [(&'static str, Vec<Group>); 3],
    history: Vec<Point>,
    annals: Timeline,
    findings: Vec<Finding>,
    health: Vec<Health>,
    registry: Option<Registry>,
}

impl Gathered {
    /// Gathers the data of a commit. If `known` is of the same commit, only data that may have changed
    /// since is gathered again.
    ///
    /// # Errors
    /// Returns an error if the commit does not exist or has no registry, or if an object cannot be read.
    pub(super) fn of(repo: &Repo, rev: &str, known: Option<Self>) -> CommandResult<Self> {
        let commit = find_commit(repo, rev)?;
        let now = clock::now();
        let branch = match rev {
            "HEAD" => repo.own_branch()?.unwrap_or_else(|| "detached HEAD".to_owned()),
            rev => rev.to_owned(),
        };
        if let Some(known) = known.filter(|known| known.commit == commit) {
            let health = health(repo, known.registry.is_some(), &known.findings)?;
            return Ok(Gathered { at: now, branch, health, ..known });
        }
        let view = CommitState::of_commit(repo, commit)?;
        if !view.is_adopted() {
            return Err(RevisionArgs::at(rev).not_adopted());
        }
        let config = view.config(repo)?;
        let mut findings = view.check(repo, &config)?;
        findings.sort();
        let registry = view.stored().map(|stored| stored.registry.clone());
        let tracked: BTreeSet<&RepoPath> = view.tracked(&config).collect();
        let groups = [By::Ns, By::Type, By::Dir];
        let groups =
            groups.map(|by| (by.as_str(), grouped(by, &config, registry.as_ref(), &tracked)));
        let mut annals = Timeline::default();
        commit_events(repo, commit, &mut |_| {}, &mut |chapter| {
            let at = Timestamp::from_unix(chapter.author_time).unwrap_or(Timestamp::EPOCH);
            annals.add_commit(at, &chapter.commit.to_string(), &chapter.events);
        })?;
        Ok(Gathered {
            at: now,
            checked_at: now,
            repository: repo.name(),
            branch,
            commit,
            coverage: covered(registry.as_ref(), &tracked),
            groups,
            history: coverage_history(repo, commit, None, &mut |_| {})?.points,
            annals,
            health: health(repo, registry.is_some(), &findings)?,
            findings,
            registry,
        })
    }

    /// Returns the JSON document with the overview. If a server answers, `refresh` is the number of
    /// seconds after which the page requests it again.
    pub(super) fn overview(&mut self, refresh: Option<u64>) -> String {
        let counters = self.registry.as_ref().map(|r| fillings(r, self.at)).unwrap_or_default();
        let check = |family| FamilyCheck::new(family, &self.findings, self.checked_at);
        json::document(&DashboardData {
            at: self.at,
            repository: &self.repository,
            branch: &self.branch,
            commit: self.commit,
            is_live: refresh.is_some(),
            refresh_seconds: refresh.unwrap_or(0),
            coverage: DashboardCoverage::new(self.coverage, &self.groups),
            history: self.history.iter().map(Into::into).collect(),
            allocations: self.annals.days(self.at).into_iter().map(Into::into).collect(),
            checks: Family::ALL.map(check),
            findings: WorstFindings::new(&self.findings),
            duplicates: duplicates(&self.findings),
            drift: drift_sections(&self.findings, MAX_FINDINGS, json::FindingSummary::full),
            health: &self.health,
            counters: counters.into_iter().map(Into::into).collect(),
            events: self.annals.events(),
        })
    }

    /// Returns the JSON document with every identity.
    pub(super) fn identities(&self) -> String {
        let records = self.registry.as_ref().map(|registry| registry.allocations.as_slice());
        identities(records.unwrap_or_default(), &self.annals)
    }
}
