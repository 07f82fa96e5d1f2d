//! What all reports look at: a commit, its registry, and what is wrong there.

use std::collections::BTreeSet;

use crate::check::Finding;
use crate::commands::revision_args::{RevisionArgs, find_commit};
use crate::config::Config;
use crate::error::CommandError;
use crate::git::{CommitId, Repo};
use crate::output::{Section, SectionFact};
use crate::registry::{Registry, RepoPath, Timestamp};
use crate::state::Heads;
use crate::transaction::{Held, View};

/// The commit that is reported on: what is staged is of no interest at night.
const REV: &str = "HEAD";

/// What reports look at.
pub(super) struct ReportContext<'r> {
    pub(super) repo: &'r Repo,
    pub(super) commit: CommitId,
    pub(super) view: View,
    pub(super) config: Config,
    pub(super) findings: Vec<Finding>,
    pub(super) now: Timestamp,
}

impl<'r> ReportContext<'r> {
    /// Looks, at these heads of files among others.
    ///
    /// # Errors
    /// No commit, or one without a registry; objects that cannot be read.
    pub(super) fn of(
        repo: &'r Repo,
        now: Timestamp,
        heads: Heads<'_>,
    ) -> Result<Self, CommandError> {
        let commit = find_commit(repo, REV)?;
        let view = View::of_commit(repo, commit)?;
        if matches!(view.held, Held::NotAdopted) {
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

    /// Returns what there is to say where the registry cannot be read: that, and nothing that would
    /// come from it.
    pub(super) fn unreadable(&self) -> Section {
        let found: Vec<&Finding> = self.findings.iter().collect();
        let mut section = Section::new("registry", "Registry").listing(&found);
        section.is_well = false;
        section.facts = vec![("errors", SectionFact::Count(found.len()))];
        section.help =
            Some("see what is wrong and what helps: idhooks check --rev HEAD".to_owned());
        section
    }

    /// Returns the files that the rules track.
    pub(super) fn tracked(&self) -> BTreeSet<&RepoPath> {
        self.view.tracked(&self.config).collect()
    }
}
