//! What `install` and `uninstall` share: their report, and errors about the clone.

use std::path::Path;

use idhooks_repo::git::{
    Git, GitError, GitErrorKind, OLDEST_GIT, OpenError, UnsafeRepository, old_git,
};

use crate::error::CommandError;
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
