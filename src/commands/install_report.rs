//! What `install` and `uninstall` share: their report, and errors about the clone.

use std::path::{Path, PathBuf};

use idhooks_repo::git::{
    Git, GitError, GitErrorKind, HookEvent, HookStep, Installation, OLDEST_GIT, OpenError,
    UnsafeRepository, inspect, old_git, settings,
};
use idhooks_repo::store::changes::{self, FileChange};
use idhooks_repo::store::{Scratch, read_file};

use crate::error::{CommandError, CommandResult};
use crate::output::Ui;

/// A line of the report: one part of the installation.
#[derive(Debug)]
pub(super) struct Done {
    /// The name of the event, or of another part.
    pub(super) part: &'static str,
    /// What was done, as a past participle, or the state of the part.
    pub(super) message: String,
    /// Whether anything changes.
    pub(super) changes: bool,
}

/// The planned changes of files in a clone, and the report.
#[derive(Debug, Default)]
pub(super) struct ClonePlan {
    pub(super) done: Vec<Done>,
    pub(super) changes: Vec<FileChange>,
}

impl ClonePlan {
    /// Adds a line to the report.
    pub(super) fn note(&mut self, part: &'static str, message: impl Into<String>, changes: bool) {
        self.done.push(Done { part, message: message.into(), changes });
    }

    /// Adds the changes of a hook.
    pub(super) fn add(&mut self, event: &HookEvent, step: HookStep) {
        self.note(event.name, step.summary, !step.changes.is_empty());
        self.changes.extend(step.changes);
    }

    /// Changes the files, all or none. If that fails, restores the local configuration, which
    /// `configured` has changed, if it had to.
    ///
    /// # Errors
    /// Returns an error if the configuration or a file cannot be written.
    pub(super) fn apply(
        &self,
        git: &Git,
        state: &Installation,
        configured: Option<Result<(), GitError>>,
        what: &str,
    ) -> CommandResult<()> {
        let configured = configured.transpose().map_err(|error| {
            CommandError::new("cannot write the local configuration; nothing was changed")
                .because(&error)
        })?;
        let scratch = Scratch::in_dir(&state.places.common_dir);
        changes::apply(&scratch, &self.changes).map_err(|error| {
            if configured.is_some() {
                settings::restore(git, &state.settings);
            }
            CommandError::new(format!("cannot {what}; nothing was changed")).because(&error)
        })
    }
}

/// Returns the path of the clone's own attributes, and their content if there are any. A link to a
/// file elsewhere is followed: it is written through, not replaced.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub(super) fn read_attributes(state: &Installation) -> CommandResult<(PathBuf, Option<Vec<u8>>)> {
    let path = &state.places.info_attributes;
    let path = std::fs::canonicalize(path).unwrap_or_else(|_| path.clone());
    let bytes = read_file(&path)?;
    Ok((path, bytes))
}

/// Returns git and the installation in a clone that has a working tree.
///
/// # Errors
/// Returns an error if git cannot be used there, or if there is no working tree.
pub(super) fn inspect_clone(dir: &Path) -> CommandResult<(Git, Installation)> {
    let git = Git::new(dir);
    let state = inspect(&git).map_err(|error| not_usable(dir, error))?;
    match state.places.top {
        Some(_) => Ok((git, state)),
        None => Err(no_work_tree(state.places.bare)),
    }
}

/// Returns the error for a file whose block is incomplete.
pub(super) fn damaged_block(shown: &str, command: &str) -> CommandError {
    CommandError::new(format!("the idhooks block in '{shown}' is damaged"))
        .hint(format!("remove its lines by hand, then run 'idhooks {command}' again"))
}

/// Prints what was done, or would be.
pub(super) fn report(ui: &mut Ui, done: &[Done], dry_run: bool) {
    for Done { part, message, changes } in done {
        match (dry_run, changes) {
            (true, true) => ui.line(&format!("{part}: would be {message}")),
            (true, false) => ui.line(&format!("{part}: {message}")),
            (false, _) => ui.status(&format!("{part}: {message}")),
        }
    }
}

/// Returns the error of the first call of git, in words for people.
pub(super) fn not_usable(dir: &Path, error: GitError) -> CommandError {
    if let Some(refused) = UnsafeRepository::read(&error) {
        return OpenError::Unsafe(refused).into();
    }
    if error.kind() == GitErrorKind::NotARepository {
        let shown = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        return CommandError::new(format!("'{}' is not in a git repository", shown.display()))
            .hint("change to a repository, name one with 'idhooks -C <dir> …', or create one with 'git init'");
    }
    // An old git lacks some options, and its error messages do not say so.
    if let Some(version) = old_git(&Git::new(dir)) {
        let [major, minor] = OLDEST_GIT;
        return CommandError::new(format!("{version} is older than {major}.{minor}"))
            .because(&error)
            .hint(format!("install git {major}.{minor} or later"));
    }
    error.into()
}

/// Returns the error of a repository without a working tree.
pub(super) fn no_work_tree(bare: bool) -> CommandError {
    if bare {
        CommandError::new("this repository is bare: nothing is committed in it")
            .hint("run the command in a clone that has a working tree")
    } else {
        OpenError::InGitDir.into()
    }
}
