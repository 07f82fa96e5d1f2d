//! Chooses the program that hooks and merge drivers call.

use std::path::Path;

use idhooks_repo::git::{HookProgram, Installation, is_executable};
use idhooks_repo::store::{ProgramCache, is_temporary, named_program, program_path};

use super::InstallRefusal;
use crate::OpsError;

/// The program to install.
#[derive(Debug)]
pub(super) struct ChosenProgram {
    pub(super) program: HookProgram,
    /// Whether it is in a directory for temporary files, but the repository is not.
    pub(super) is_temporary: bool,
}

impl ChosenProgram {
    /// Returns the named program, or else the running one, if it is likely to stay where it is.
    ///
    /// # Errors
    /// Returns an error if the named program is not one, or if the running one is in a cache.
    pub(super) fn find(state: &Installation, named: Option<&Path>) -> Result<Self, OpsError> {
        if let Some(named) = named {
            let path = named_program(named)?;
            if !path.is_file() || !is_executable(&path) {
                return Err(InstallRefusal::NoProgram(named.to_owned()).into());
            }
            return Ok(ChosenProgram { program: HookProgram::new(&path), is_temporary: false });
        }
        let path = program_path()?;
        // A repository in a temporary directory is thrown away, too.
        let is_lasting = !is_temporary(&state.places.common_dir);
        if is_lasting && let Some(cache) = ProgramCache::of(&path) {
            return Err(InstallRefusal::InCache(path, cache).into());
        }
        let is_temporary = is_lasting && is_temporary(&path);
        Ok(ChosenProgram { program: HookProgram::new(&path), is_temporary })
    }
}
