//! [`ComparedFile`]: the legacy file of a commit or the index, compared with the registry there.

use idhooks_core::legacy::{LegacyState, LegacyTally};
use idhooks_core::registry::{Registry, Tree};
use idhooks_repo::git::Repo;
use idhooks_repo::state::LegacyFile;

use crate::error::CommandResult;

/// The legacy file of a commit or the index, compared with the registry there.
pub(in crate::commands) struct ComparedFile<'r> {
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
        Ok(Some(ComparedFile { file, state, registry }))
    }

    /// Returns whether the rules or the environment have the file written.
    pub(in crate::commands) fn is_enabled(&self) -> bool {
        self.file.is_checked() || self.file.is_written()
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
