//! The clone to install idhooks in, and the changes planned there.

use std::path::{Path, PathBuf};

use idhooks_repo::git::{
    Git, GitError, GitErrorKind, HookEvent, HookStep, Installation, MadeDirs, Manager, OpenError,
    UnsafeRepository, git_config, inspect, old_git,
};
use idhooks_repo::store::file_change::{self, FileChange};
use idhooks_repo::store::{Scratch, StoreError, read_file, resolve_path};

use super::{InstallRefusal, InstalledPart};
use crate::OpsError;

/// The changes planned in a clone, and the report about them.
#[derive(Debug, Default)]
pub struct ClonePlan {
    pub parts: Vec<InstalledPart>,
    pub(crate) changes: Vec<FileChange>,
    /// The managers that will overwrite hooks, each with the events of these hooks.
    pub(super) managers: Vec<(Manager, Vec<&'static str>)>,
    /// Files that are left in the hooks directory.
    pub(crate) left: Vec<String>,
    /// The directories to remove if they are empty.
    pub(crate) made_dirs: Vec<MadeDirs>,
}

impl ClonePlan {
    /// Adds a part to the report.
    pub(crate) fn note(&mut self, name: &'static str, outcome: impl Into<String>, changes: bool) {
        self.parts.push(InstalledPart { name, outcome: outcome.into(), changes });
    }

    /// Adds the changes for a hook.
    pub(crate) fn add(&mut self, event: &HookEvent, step: HookStep) {
        self.note(event.name, step.summary, !step.changes.is_empty());
        self.changes.extend(step.changes);
    }

    /// Changes the files, all or nothing. On failure, undoes any change that `configured` has made
    /// to the local configuration.
    ///
    /// # Errors
    /// Returns an error if the configuration or a file cannot be written.
    pub(crate) fn apply(
        &self,
        git: &Git,
        state: &Installation,
        configured: Option<Result<(), GitError>>,
        command: &'static str,
    ) -> Result<(), OpsError> {
        let configured = configured.transpose().map_err(InstallRefusal::Configuration)?;
        let scratch = Scratch::in_dir(&state.places.common_dir);
        file_change::apply(&scratch, &self.changes).map_err(|error| {
            if configured.is_some() {
                git_config::restore(git, &state.settings);
            }
            InstallRefusal::Files { command, error }.into()
        })
    }
}

/// Returns the path of the clone's own attributes file, and its content if there is any. If the
/// file is a symlink, this is the path of its target.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub(crate) fn read_attributes(
    state: &Installation,
) -> Result<(PathBuf, Option<Vec<u8>>), StoreError> {
    let path = &state.places.info_attributes;
    // The symlink is resolved so that its target is replaced and the symlink itself stays.
    let path = resolve_path(path).unwrap_or_else(|_| path.clone());
    let bytes = read_file(&path)?;
    Ok((path, bytes))
}

/// Returns git and the installation in a clone that has a working tree.
///
/// # Errors
/// Returns an error if git cannot be used there, or if there is no working tree.
pub(crate) fn inspect_clone(dir: &Path) -> Result<(Git, Installation), OpsError> {
    let (git, state) = inspect_repository(dir)?;
    match state.places.top {
        Some(_) => Ok((git, state)),
        None => Err(InstallRefusal::Bare.into()),
    }
}

/// Returns git and the installation in a repository, which may be bare.
///
/// # Errors
/// Returns an error if git cannot be used there, or if the directory is inside a git directory.
pub fn inspect_repository(dir: &Path) -> Result<(Git, Installation), OpsError> {
    let git = Git::new(dir);
    let state = inspect(&git).map_err(|error| not_usable(dir, error))?;
    match state.places.top.is_none() && !state.places.bare {
        true => Err(OpenError::InGitDir.into()),
        false => Ok((git, state)),
    }
}

/// Returns the reason that the first git call failed.
fn not_usable(dir: &Path, error: GitError) -> OpsError {
    if let Some(refused) = UnsafeRepository::read(&error) {
        return OpenError::Unsafe(refused).into();
    }
    if error.kind() == GitErrorKind::NotARepository {
        let dir = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        return InstallRefusal::NotARepository(dir).into();
    }
    // An old git lacks some options, but its error messages do not make that clear.
    match old_git(&Git::new(dir)) {
        Some(version) => InstallRefusal::OldGit(version, error).into(),
        None => error.into(),
    }
}
