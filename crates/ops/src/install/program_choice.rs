//! Chooses the program that hooks and merge drivers call.

use std::path::Path;
use std::time::Duration;

use idhooks_core::config::{CONFIG_PATH, Config, ConfigError};
use idhooks_repo::git::{
    DriverState, Git, GitError, HookPaths, HookProgram, HookState, Installation, is_executable,
};
use idhooks_repo::state::StateError;
use idhooks_repo::store::{self, ProgramCache, is_temporary, program_path, read_file};

use super::InstallRefusal;
use crate::OpsError;

/// The program to install.
#[derive(Debug)]
pub(super) struct ChosenProgram {
    pub(super) program: HookProgram,
    /// Why it may be gone while the repository remains.
    pub(super) passing: Option<PassingPlace>,
}

/// A place of a program that may be gone while the repository remains.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PassingPlace {
    /// A directory for temporary files.
    Temporary,
    /// A linked working tree. Hooks and merge driver belong to all working trees.
    LinkedTree,
}

impl PassingPlace {
    pub(crate) fn of(program: &Path, places: &HookPaths) -> Option<Self> {
        if is_temporary(program) && !is_temporary(&places.common_dir) {
            return Some(PassingPlace::Temporary);
        }
        (places.is_linked() && places.in_tree(program)).then_some(PassingPlace::LinkedTree)
    }
}

impl ChosenProgram {
    /// Returns the named program, or else the running one, if it is likely to stay where it is.
    ///
    /// # Errors
    /// Returns an error if the named program is not idhooks, if the running one is in a cache, or if
    /// `idhooks.toml` requires a newer one.
    pub(super) fn find(
        git: &Git,
        state: &Installation,
        named: Option<&Path>,
    ) -> Result<Self, OpsError> {
        if let Some(named) = named {
            let program = accepted_program(git, state.places.top.as_deref(), named)?;
            return Ok(ChosenProgram { program, passing: None });
        }
        check_required_version(state)?;
        let path = program_path()?;
        if let Some(cache) = passing_cache(&path, &state.places.common_dir) {
            return Err(InstallRefusal::InCache(path, cache).into());
        }
        let passing = PassingPlace::of(&path, &state.places);
        Ok(ChosenProgram { program: HookProgram::new(&path), passing })
    }

    /// Returns the program to repair the installation with: the one that is installed already if it
    /// can be run, or else the running one. Returns `None` if a newer version has written hooks that
    /// are in order, but the merge driver calls another program: both stay.
    ///
    /// # Errors
    /// Returns an error if a newer version has written a part that this one would write again.
    pub(super) fn for_repair(
        git: &Git,
        state: &Installation,
    ) -> Result<Option<HookProgram>, OpsError> {
        let running = || Ok(Some(Self::find(git, state, None)?.program));
        let Some(newest) = state.newest_program() else { return running() };
        let (configured, is_driver_known) = match &state.driver {
            DriverState::Installed(program) => (program, true),
            _ => (newest, false),
        };
        let has_hook = |wanted| state.hooks.iter().any(|(_, hook)| *hook == wanted);
        // This version would write the same, whichever program is called.
        let is_known = is_driver_known && !has_hook(HookState::Outdated);
        let is_newer =
            |program: &HookProgram| program.is_newer_than(&HookProgram::new(&program.path));
        if is_newer(newest) && !(is_known && configured == newest) {
            let is_whole = !has_hook(HookState::Missing) && !has_hook(HookState::Damaged);
            if is_known && is_whole && state.info_attributes {
                return Ok(None);
            }
            let there = named_program(git, &newest.path).ok();
            // It may have been replaced by an older one.
            if there.as_ref().is_none_or(is_newer) {
                let (program, is_there) = (newest.clone(), there.is_some());
                return Err(InstallRefusal::Newer { program, is_there }.into());
            }
        }
        match Self::find(git, state, Some(&configured.path)) {
            Ok(_) if is_known => Ok(Some(configured.clone())),
            Ok(kept) => Ok(Some(kept.program)),
            Err(_) => running(),
        }
    }
}

/// Returns the program that a user has named, if the working tree's `idhooks.toml` accepts it.
///
/// # Errors
/// Returns an error if it is not idhooks, or is older than that file requires.
pub(crate) fn accepted_program(
    git: &Git,
    top: Option<&Path>,
    named: &Path,
) -> Result<HookProgram, OpsError> {
    let program = named_program(git, named)?;
    let required = match working_config(top) {
        Ok(config) => config.requires,
        Err(mistake) => mistake.required_version,
    };
    match required {
        Some(required) if !required.accepts(&program.version) => {
            Err(InstallRefusal::TooOld { program, required }.into())
        }
        _ => Ok(program),
    }
}

/// Returns the program at a path, with the version that it reports.
fn named_program(git: &Git, named: &Path) -> Result<HookProgram, OpsError> {
    let path = store::named_program(named)?;
    if !path.is_file() || !is_executable(&path) {
        return Err(InstallRefusal::NoProgram(named.to_owned()).into());
    }
    let reported = reported_version(git, &path).unwrap_or_default();
    let program = HookProgram::of_version(&path, &reported);
    program.ok_or_else(|| InstallRefusal::NotIdhooks(named.to_owned()).into())
}

/// How long to wait for a program to report its version.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Returns the first line that a program prints with `--version`.
///
/// # Errors
/// Returns an error if the program cannot be run, or does not end in time.
pub(crate) fn reported_version(git: &Git, program: &Path) -> Result<String, GitError> {
    let output = git.clone().other_program(program).run_within(&["--version"], b"", TIMEOUT)?;
    let text = String::from_utf8_lossy(&output);
    Ok(text.lines().next().unwrap_or_default().trim().to_owned())
}

/// Checks that the working tree's `idhooks.toml` accepts this version: the hooks would stop every
/// commit.
///
/// # Errors
/// Returns an error if it requires a newer version. Any other mistake in it is for other commands.
fn check_required_version(state: &Installation) -> Result<(), OpsError> {
    match working_config(state.places.top.as_deref()) {
        Err(mistake) if mistake.required_version.is_some() => {
            Err(StateError::Config(mistake).into())
        }
        _ => Ok(()),
    }
}

fn working_config(top: Option<&Path>) -> Result<Config, ConfigError> {
    let file = top.map(|top| top.join(CONFIG_PATH));
    let bytes = file.and_then(|file| read_file(&file).ok().flatten()).unwrap_or_default();
    Config::parse(&String::from_utf8_lossy(&bytes))
}

/// Returns the cache that a program is in and that may be cleaned while a repository remains. A
/// repository in a temporary directory is thrown away, too.
pub(crate) fn passing_cache(program: &Path, repository: &Path) -> Option<ProgramCache> {
    if is_temporary(repository) { None } else { ProgramCache::of(program) }
}
