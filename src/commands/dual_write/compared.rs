//! [`ComparedFile`]: the legacy file of a commit or the index, compared with the registry there.

use idhooks_core::legacy::LegacyState;
use idhooks_core::registry::Registry;
use idhooks_repo::git::Repo;
use idhooks_repo::state::{CommitState, LegacyFile};

use crate::commands::revision_args::RevisionArgs;
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
    /// Returns an error if the registry, the rules or the file cannot be read.
    pub(in crate::commands) fn of(
        repo: &'r Repo,
        source: &RevisionArgs,
        view: &'r CommitState,
    ) -> CommandResult<Option<Self>> {
        let registry = &source.registry(view)?.registry;
        let Some(file) = LegacyFile::of(repo, &view.tree)? else { return Ok(None) };
        let state = file.state(&view.tree, registry)?;
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

    /// Returns the number of records of the legacy file, if it is known.
    pub(in crate::commands) fn legacy_records(&self) -> Option<usize> {
        let own = self.registry.allocations.len();
        match &self.state {
            LegacyState::InStep => Some(own),
            LegacyState::Missing => Some(0),
            LegacyState::Differs(all) if self.file.rules.format.has_records() => {
                let whole = || all.iter().filter(|one| one.is_of_record());
                let missing = whole().filter(|one| one.new.is_some()).count();
                Some(own + whole().count() - 2 * missing)
            }
            _ => None,
        }
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
