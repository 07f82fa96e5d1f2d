//! [`InstallRefusal`]: why nothing can be installed in a clone, or removed from it.

use std::path::PathBuf;

use idhooks_core::config::{CONFIG_PATH, RequiredVersion};
use idhooks_repo::git::{GitError, HookPlanError, HookProgram, OLDEST_GIT};
use idhooks_repo::store::{ProgramCache, StoreError};

/// Why nothing can be installed in a clone, or removed from it. Nothing was changed.
#[derive(Debug, thiserror::Error)]
pub enum InstallRefusal {
    /// There is no repository in this directory or above it.
    #[error("'{}' is not in a git repository", .0.display())]
    NotARepository(PathBuf),
    /// git is too old; holds its version and its error.
    #[error("{0} is older than {oldest}", oldest = OLDEST_GIT.map(|part| part.to_string()).join("."))]
    OldGit(String, GitError),
    /// The repository has no working tree.
    #[error("this repository is bare: nothing is committed in it")]
    Bare,
    /// The named program does not exist, or cannot be run.
    #[error("'{}' is not a program that can be run", .0.display())]
    NoProgram(PathBuf),
    /// The named program does not report a version of idhooks.
    #[error("'{}' is not idhooks: with '--version', it does not print 'idhooks <version>'", .0.display())]
    NotIdhooks(PathBuf),
    /// The named program is older than `idhooks.toml` requires.
    #[error("{CONFIG_PATH} needs idhooks {required}, but '{}' is version {}", .program.path.display(), .program.version)]
    TooOld {
        /// The program.
        program: HookProgram,
        /// What the file requires.
        required: RequiredVersion,
    },
    /// A newer version of idhooks has installed the hooks and the merge driver, perhaps in another
    /// form.
    #[error("the hooks call '{}' (version {}), which is newer than this idhooks ({own})", .program.path.display(), .program.version, own = env!("CARGO_PKG_VERSION"))]
    Newer {
        /// The program that they call.
        program: HookProgram,
        /// Whether it is still there.
        is_there: bool,
    },
    /// The running program is in a cache, so the hooks would stop working.
    #[error("'{}' is in the cache of {}, which may be cleaned at any time", .0.display(), .1.as_str())]
    InCache(PathBuf, ProgramCache),
    /// The hooks directory is a file.
    #[error("'{0}' is not a directory: hooks are off")]
    NoHooksDir(String),
    /// A hook cannot be changed.
    #[error("cannot {action} '{path}'")]
    Hook {
        /// The attempted action: `install in` or `uninstall from`.
        action: &'static str,
        /// The hook.
        path: String,
        /// Why the hook cannot be changed.
        reason: HookPlanError,
    },
    /// The markers around idhooks' lines in this file are incomplete, so this command cannot change
    /// it.
    #[error("the idhooks block in '{0}' is damaged")]
    DamagedBlock(String, &'static str),
    /// The local configuration cannot be written.
    #[error("cannot write the local configuration; nothing was changed")]
    Configuration(GitError),
    /// The files cannot be written.
    #[error("cannot {command}; nothing was changed")]
    Files {
        /// The intended action.
        command: &'static str,
        /// Why it failed.
        error: StoreError,
    },
}
