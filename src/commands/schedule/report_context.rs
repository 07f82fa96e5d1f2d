//! The subject of all reports: a commit, its registry, and the findings there.

use std::collections::BTreeSet;

use idhooks_core::check::Finding;
use idhooks_core::config::Config;
use idhooks_core::registry::{Registry, RepoPath, Timestamp};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::state::{CommitState, Heads};

use crate::commands::revision_args::{RevisionArgs, find_commit};
use crate::error::CommandError;
use crate::output::{Section, SectionFact};

/// The commit that reports describe; they ignore staged changes.
const REV: &str = "HEAD";

/// The commit that a report describes, with its registry and findings.
pub(super) struct ReportContext<'r> {
    pub(super) repo: &'r Repo,
    pub(super) commit: CommitId,
    pub(super) view: CommitState,
    pub(super) config: Config,
    pub(super) findings: Vec<Finding>,
    pub(super) now: Timestamp,
}

impl<'r> ReportContext<'r> {
    /// Reads the commit and checks it; `heads` selects the file heads to read.
    ///
    /// # Errors
    /// Returns an error if there is no commit, if it has no registry, or if an object cannot be read.
    pub(super) fn of(
        repo: &'r Repo,
        now: Timestamp,
        heads: Heads<'_>,
    ) -> Result<Self, CommandError> {
        let commit = find_commit(repo, REV)?;
        let view = CommitState::of_commit(repo, commit)?;
        if !view.is_adopted() {
            return Err(RevisionArgs::at(REV).not_adopted());
        }
        let config = view.config(repo)?;
        let mut findings = view.check_reading(repo, &config, heads)?.findings;
        findings.sort();
        Ok(ReportContext { repo, commit, view, config, findings, now })
    }

    /// Returns the registry, if it can be read.
    pub(super) fn registry(&self) -> Option<&Registry> {
        self.view.stored().map(|stored| &stored.registry)
    }

    /// Returns the only section of a report if the registry cannot be read.
    pub(super) fn unreadable(&self) -> Section {
        let found: Vec<&Finding> = self.findings.iter().collect();
        let mut section = Section::new("registry", "Registry").listing(&found);
        section.is_well = false;
        section.facts = vec![("errors", SectionFact::Count(found.len()))];
        section.help =
            Some("see what is wrong and how to fix it: idhooks check --rev HEAD".to_owned());
        section
    }

    /// Returns the files that the rules track.
    pub(super) fn tracked(&self) -> BTreeSet<&RepoPath> {
        self.view.tracked(&self.config).collect()
    }
}
