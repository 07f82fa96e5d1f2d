//! What install and uninstall share: the clone they work on, and how they say what they did.

use std::path::Path;

use crate::error::CommandError;
use crate::git::{Git, GitError, OLDEST_GIT, OpenError, UnsafeRepository, old_git};
use crate::output::Ui;

/// What was done to one part of the installation.
#[derive(Debug)]
pub(super) struct Done {
    /// The event, or another part.
    pub(super) part: &'static str,
    /// What was done with it, beginning with a past participle, or how it is.
    pub(super) said: String,
    /// Whether anything changes.
    pub(super) changes: bool,
}

/// Says what was done, or what would be.
pub(super) fn report(ui: &mut Ui, done: &[Done], dry_run: bool) {
    for Done { part, said, changes } in done {
        match (dry_run, changes) {
            (true, true) => ui.line(&format!("{part}: would be {said}")),
            (true, false) => ui.line(&format!("{part}: {said}")),
            (false, _) => ui.status(&format!("{part}: {said}")),
        }
    }
}

/// Words the errors of the first question to git.
pub(super) fn not_usable(dir: &Path, error: GitError) -> CommandError {
    if let Some(refused) = UnsafeRepository::read(&error) {
        return OpenError::Unsafe(refused).into();
    }
    if error.reason.contains("not a git repository") {
        let shown = std::path::absolute(dir).unwrap_or_else(|_| dir.to_owned());
        return CommandError::new(format!("'{}' is not in a git repository", shown.display()))
            .hint("change to a repository, name one with 'idhooks -C <dir> …', or create one with 'git init'");
    }
    // An old git does not know all questions, and its answers say nothing of that.
    if let Some(version) = old_git(&Git::new(dir)) {
        let [major, minor] = OLDEST_GIT;
        return CommandError::new(format!("{version} is older than {major}.{minor}"))
            .because(&error)
            .hint(format!("install git {major}.{minor} or later"));
    }
    error.into()
}

/// The error of a repository in which nothing is ever committed or checked out.
pub(super) fn no_work_tree(bare: bool) -> CommandError {
    if bare {
        CommandError::new("this repository is bare: nothing is committed in it")
            .hint("run the command in a clone that has a working tree")
    } else {
        OpenError::InGitDir.into()
    }
}
