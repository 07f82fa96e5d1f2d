//! [`ComparedFile`]: the legacy file in a commit or the index, compared with that commit's or
//! index's registry.

use idhooks_core::registry::{Registry, Tree};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::derived::legacy::{LegacyState, LegacyTally};
use idhooks_repo::git::Repo;

use crate::OpsError;

/// The legacy file in a commit or the index, compared with the registry in the same place.
pub(crate) struct ComparedFile<'r> {
    pub(crate) file: LegacyFile<'r>,
    pub(crate) state: LegacyState,
    pub(crate) registry: &'r Registry,
}

impl<'r> ComparedFile<'r> {
    /// Compares the legacy file with the registry; returns `None` if the rules describe no legacy
    /// file.
    ///
    /// # Errors
    /// Returns an error if the rules or the file cannot be read.
    pub(crate) fn read(
        repo: &'r Repo,
        tree: &Tree,
        registry: &'r Registry,
    ) -> Result<Option<Self>, OpsError> {
        let Some(file) = LegacyFile::of(repo, tree)? else { return Ok(None) };
        let state = file.state(tree, registry)?;
        Ok(Some(ComparedFile { file, state, registry }))
    }

    /// Returns the number of records on each side, if known.
    pub(crate) fn tally(&self) -> Option<LegacyTally> {
        LegacyTally::of(&self.state, self.registry, self.file.rules.format.has_records())
    }
}

/// Returns a state's name for use in JSON documents.
pub(crate) fn name(state: &LegacyState) -> &'static str {
    match state {
        LegacyState::InStep => "in_step",
        LegacyState::Missing => "missing",
        LegacyState::Conflicted => "conflicted",
        LegacyState::Unreadable(_) => "unreadable",
        LegacyState::Differs(_) => "differs",
    }
}
