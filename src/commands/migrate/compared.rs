//! [`ComparedFile`]: the legacy file of a commit or the index, compared with the registry there.

use idhooks_core::legacy::{LegacyState, LegacyTally};
use idhooks_core::registry::{Registry, Tree};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::Lineage;
use idhooks_repo::state::{CommitState, LegacyFile};
use idhooks_repo::transaction::{MigrationFiles, is_derived};

use crate::error::CommandResult;

use super::next_step::Gap;

/// The legacy file of a commit or the index, compared with the registry there.
pub(in crate::commands) struct ComparedFile<'r> {
    repo: &'r Repo,
    pub(in crate::commands) file: LegacyFile<'r>,
    pub(in crate::commands) state: LegacyState,
    pub(in crate::commands) registry: &'r Registry,
}

impl<'r> ComparedFile<'r> {
    /// Compares them; returns nothing if no rules describe a legacy file.
    ///
    /// # Errors
    /// Returns an error if the rules or the file cannot be read.
    pub(in crate::commands) fn of(
        repo: &'r Repo,
        tree: &Tree,
        registry: &'r Registry,
    ) -> CommandResult<Option<Self>> {
        let Some(file) = LegacyFile::of(repo, tree)? else { return Ok(None) };
        let state = file.state(tree, registry)?;
        Ok(Some(ComparedFile { repo, file, state, registry }))
    }

    /// Returns whether the file is as idhooks wrote it, in a commit or an index with this state: then only the
    /// registry has changed since. `commits` are the commit, or the parents of the next one.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub(super) fn is_behind(
        &self,
        view: &CommitState,
        commits: &[CommitId],
    ) -> CommandResult<bool> {
        let LegacyState::Differs(_) = self.state else { return Ok(false) };
        let lineage = Lineage::of(self.repo, commits)?;
        Ok(is_derived(self.repo, &self.file, view, &lineage, &[])?)
    }

    /// Returns why both are not in step, if so, as [`Self::is_behind`] does.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub(super) fn gap(
        &self,
        view: &CommitState,
        commits: &[CommitId],
    ) -> CommandResult<Option<Gap>> {
        Ok(match self.state {
            LegacyState::InStep => None,
            LegacyState::Differs(_) if self.is_behind(view, commits)? => Some(Gap::Behind),
            LegacyState::Differs(_) => Some(Gap::Foreign),
            _ => Some(Gap::Unreadable),
        })
    }

    /// Returns whether the index or the working tree has another version of the file than this tree.
    ///
    /// # Errors
    /// Returns an error if the index or the file cannot be read.
    pub(super) fn is_changed_here(&self, tree: &Tree) -> CommandResult<bool> {
        if self.repo.is_bare() {
            return Ok(false);
        }
        let blob = self.file.entry(tree).map(|entry| entry.blob);
        let files = MigrationFiles::of(self.repo)?;
        Ok(!files.others([(self.file.path(), [blob, blob])])?.is_empty())
    }

    /// Returns the number of differences.
    pub(in crate::commands) fn discrepancies(&self) -> usize {
        match &self.state {
            LegacyState::Differs(all) => all.len(),
            _ => 0,
        }
    }

    /// Returns the records of both sides, if they are known.
    pub(in crate::commands) fn tally(&self) -> Option<LegacyTally> {
        LegacyTally::of(&self.state, self.registry, self.file.rules.format.has_records())
    }
}

/// Returns the name of a state in documents.
pub(in crate::commands) fn name(state: &LegacyState) -> &'static str {
    match state {
        LegacyState::InStep => "in_step",
        LegacyState::Missing => "missing",
        LegacyState::Conflicted => "conflicted",
        LegacyState::Unreadable(_) => "unreadable",
        LegacyState::Differs(_) => "differs",
    }
}
