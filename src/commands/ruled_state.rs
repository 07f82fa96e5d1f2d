//! A commit or the index, with the rules that apply there: what every report begins with.

use std::collections::BTreeSet;

use idhooks_core::check::{Coverage, Finding};
use idhooks_core::config::Config;
use idhooks_core::plan::timeline::Timeline;
use idhooks_core::registry::{Registry, RepoPath, Timestamp};
use idhooks_repo::generators::Generating;
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, Heads};
use idhooks_repo::{history::commit_events, transaction::Checked};
use idhooks_report::metrics::TrackedFiles;

use crate::error::CommandResult;

/// A commit or the index, with its rules.
pub(super) struct RuledState {
    pub(super) view: CommitState,
    pub(super) config: Config,
}

impl RuledState {
    /// Reads the rules of a commit or the index.
    pub(super) fn of(repo: &Repo, view: CommitState) -> CommandResult<Self> {
        let config = view.config(repo)?;
        Ok(RuledState { view, config })
    }

    /// Reads a commit and its rules.
    pub(super) fn of_commit(repo: &Repo, commit: CommitId) -> CommandResult<Self> {
        Self::of(repo, CommitState::of_commit(repo, commit)?)
    }

    /// Returns the registry, if it can be read.
    pub(super) fn registry(&self) -> Option<&Registry> {
        self.view.registry()
    }

    /// Returns the files that the rules track.
    pub(super) fn tracked(&self) -> BTreeSet<&RepoPath> {
        self.view.tracked(&self.config).collect()
    }

    /// Returns the tracked files with their records.
    pub(super) fn files(&self) -> TrackedFiles<'_> {
        TrackedFiles::new(&self.config, self.registry(), self.tracked())
    }

    /// Returns the coverage; without a registry it is zero.
    pub(super) fn coverage(&self) -> Coverage {
        self.files().coverage()
    }

    /// Returns a finding for each generated file that is known to be out of date; runs no program.
    pub(super) fn stale_outputs(&self, repo: &Repo) -> CommandResult<Vec<Finding>> {
        let Some(registry) = self.registry() else { return Ok(Vec::new()) };
        let (config, tree) = (&self.config, &self.view.tree);
        Ok(Generating { repo, config, tree, registry }.stale_outputs()?)
    }

    /// Checks the registry against the files and its history.
    pub(super) fn check(&self, repo: &Repo) -> CommandResult<Vec<Finding>> {
        Ok(self.view.check(repo, &self.config)?)
    }

    /// Does the same as [`Self::check`], but reads the heads of all files, as 'idhooks ci' does: what a
    /// report calls free of faults must have been read.
    pub(super) fn check_all_heads(&self, repo: &Repo) -> CommandResult<Checked> {
        Ok(self.view.check_reading(repo, &self.config, Heads::All)?)
    }
}

/// Returns the events in the history of a commit.
pub(super) fn timeline(repo: &Repo, tip: CommitId) -> CommandResult<Timeline> {
    let mut timeline = Timeline::default();
    commit_events(repo, tip, &mut |_| {}, &mut |commit| {
        let at = Timestamp::from_unix(commit.author_time).unwrap_or(Timestamp::EPOCH);
        timeline.add_commit(at, &commit.commit.to_string(), &commit.events);
    })?;
    Ok(timeline)
}
