//! A commit or the index with the rules that apply there: the input to every report.

use std::collections::BTreeSet;

use idhooks_core::check::{Coverage, Finding};
use idhooks_core::config::Config;
use idhooks_core::registry::{Registry, RepoPath, Timestamp};
use idhooks_repo::derived::generators::Generating;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, Heads};
use idhooks_repo::{history::History, transaction::Checked};

use super::{OpsError, TrackedFiles};
use crate::timeline::Timeline;

/// A commit or the index, with its rules.
#[derive(Debug)]
pub struct RuledState {
    /// The files and the registry.
    pub view: CommitState,
    /// The rules.
    pub config: Config,
}

impl RuledState {
    /// Reads the rules in a commit or the index.
    pub fn read(repo: &Repo, view: CommitState) -> Result<Self, OpsError> {
        let config = view.config(repo)?;
        Ok(RuledState { view, config })
    }

    /// Reads a commit and its rules.
    pub fn read_commit(repo: &Repo, commit: CommitId) -> Result<Self, OpsError> {
        Self::read(repo, CommitState::of_commit(repo, commit)?)
    }

    /// Returns the registry, if it can be read.
    pub fn registry(&self) -> Option<&Registry> {
        self.view.registry()
    }

    /// Returns the files that the rules track.
    pub fn tracked(&self) -> BTreeSet<&RepoPath> {
        self.view.tracked(&self.config).collect()
    }

    /// Returns the tracked files with their records.
    pub fn files(&self) -> TrackedFiles<'_> {
        TrackedFiles::new(&self.config, self.registry(), self.tracked())
    }

    /// Returns the coverage, which is zero without a registry.
    pub fn coverage(&self) -> Coverage {
        self.files().coverage()
    }

    /// Returns a finding for each generated file that is known to be out of date, without running
    /// any program.
    pub fn stale_outputs(&self, repo: &Repo) -> Result<Vec<Finding>, OpsError> {
        let Some(registry) = self.registry() else { return Ok(Vec::new()) };
        let (config, tree) = (&self.config, &self.view.tree);
        Ok(Generating { repo, config, tree, registry }.stale_outputs()?)
    }

    /// Checks the registry against the files and its history.
    pub fn check(&self, repo: &Repo) -> Result<Vec<Finding>, OpsError> {
        Ok(self.view.check(repo, &self.config)?)
    }

    /// Like [`Self::check`], but reads the heads of all files, as 'idhooks ci' does: a report must
    /// not claim that a file is free of faults if the file was not read.
    pub fn check_all_heads(&self, repo: &Repo) -> Result<Checked, OpsError> {
        Ok(self.view.check_reading(repo, &self.config, Heads::All)?)
    }
}

/// Returns the events in a commit's history.
pub fn timeline(repo: &Repo, tip: CommitId) -> Result<Timeline, OpsError> {
    let mut timeline = Timeline::default();
    History::of(repo, tip, &mut |_| {})?.events(repo, &mut |_| {}, &mut |commit| {
        // An invalid date must not cause events to be lost.
        let at = Timestamp::from_unix(commit.author_time).unwrap_or(Timestamp::EPOCH);
        timeline.add_commit(at, &commit.commit.to_string(), &commit.events);
    })?;
    Ok(timeline)
}
