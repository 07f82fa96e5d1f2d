//! [`StoreError`]: a failed file operation.

use std::io;
use std::path::{Path, PathBuf};

use idhooks_core::registry::shell_quoted;

/// The advice given if the disk is full.
pub const FREE_SPACE: &str = "free some disk space, then try again";

/// A failed file operation.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The operating system reported an error.
    #[error("cannot {action} '{path}': {cause}")]
    System {
        /// The action, such as "read" or "write".
        action: &'static str,
        /// The path.
        path: PathBuf,
        /// The system's error.
        cause: io::Error,
    },
    /// Another program has changed the file since it was read.
    #[error("cannot replace '{0}': it has changed in the meantime")]
    Changed(PathBuf),
    /// The path is a symlink where symlinks are not allowed.
    #[error("'{0}' is a symbolic link: idhooks does not follow links inside a repository")]
    Link(PathBuf),
    /// The file is not the list of files that it should be.
    #[error("'{0}' is not a list of files that idhooks wrote")]
    NoList(PathBuf),
    /// A file is not as idhooks wrote it, if it did at all.
    #[error("'{}' exists, and is not what idhooks wrote there", .0.display())]
    Taken(PathBuf),
}

impl StoreError {
    /// Returns an error about an action, such as "read" or "write", on `path`.
    pub fn new(action: &'static str, path: impl Into<PathBuf>, cause: io::Error) -> Self {
        StoreError::System { action, path: path.into(), cause }
    }

    /// Returns the symlink's path, if a symlink is the cause of the error.
    pub fn link_path(&self) -> Option<&Path> {
        if let StoreError::Link(path) = self { Some(path) } else { None }
    }

    /// Returns the operating system's error.
    pub(crate) fn into_cause(self) -> io::Error {
        match self {
            StoreError::System { cause, .. } => cause,
            other => io::Error::other(other.to_string()),
        }
    }

    /// Returns advice on how to fix the problem.
    pub fn remedy(&self) -> String {
        match self {
            _ if self.is_disk_full() => FREE_SPACE.to_owned(),
            StoreError::Link(link) => {
                let link = shell_quoted(&link.to_string_lossy());
                format!("check where it points, remove it, and try again: rm {link}")
            }
            StoreError::NoList(list) => {
                let list = shell_quoted(&list.to_string_lossy());
                format!("delete it, and the files that idhooks wrote beside it: rm {list}")
            }
            StoreError::Taken(_) => {
                "name another directory; if a program that builds the website makes this file, join both there"
                    .to_owned()
            }
            _ => {
                "make sure that the file and its directory are writable, then run the command again"
                    .to_owned()
            }
        }
    }

    /// Returns whether the disk is full.
    pub fn is_disk_full(&self) -> bool {
        matches!(self, StoreError::System { cause, .. } if is_disk_full(cause))
    }
}

/// Returns `None` if a file does not exist, or cannot exist because part of its path is a file.
///
/// # Errors
/// Returns any other error.
pub(crate) fn if_exists<T>(result: io::Result<T>) -> io::Result<Option<T>> {
    match result {
        // A file in place of a directory means that nothing can exist below it.
        Err(e) if matches!(e.kind(), io::ErrorKind::NotFound | io::ErrorKind::NotADirectory) => {
            Ok(None)
        }
        result => result.map(Some),
    }
}

/// Returns whether the error means that the disk is full or that a quota has been reached.
pub fn is_disk_full(error: &io::Error) -> bool {
    matches!(error.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded)
}
