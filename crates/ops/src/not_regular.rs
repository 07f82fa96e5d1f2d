//! [`NotRegular`]: entries that never have an identity because they are not regular files.

use idhooks_core::config::is_own;
use idhooks_core::registry::{Mode, RepoPath, Tree};

/// The kind of entry at a path that is not a regular file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum NotRegular {
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Submodule,
    /// A directory that contains files.
    Directory,
    /// A directory that contains idhooks' own files.
    OwnDirectory,
}

impl NotRegular {
    /// Returns the kind of entry at a path if it is not a regular file.
    pub fn find(tree: &Tree, path: &RepoPath) -> Option<Self> {
        match tree.get(path).map(|entry| entry.mode) {
            Some(Mode::Symlink) => return Some(NotRegular::Symlink),
            Some(Mode::Submodule) => return Some(NotRegular::Submodule),
            Some(Mode::Regular | Mode::Executable) => return None,
            None => {}
        }
        let start = [path.as_bytes(), b"/"].concat();
        // In bytewise order, 'a-b' sorts between 'a' and 'a/b'.
        let mut following = tree.range(path..).map(|(path, _)| path);
        let below = following.find(|path| path.as_bytes() >= start.as_slice())?;
        let is_directory = below.as_bytes().starts_with(&start);
        is_directory.then(|| match is_own(below) {
            true => NotRegular::OwnDirectory,
            false => NotRegular::Directory,
        })
    }

    /// Describes the entry in a sentence.
    pub fn describe(self, path: &RepoPath) -> String {
        match self {
            NotRegular::Symlink => {
                format!("'{path}' is a symbolic link; only regular files have identities")
            }
            NotRegular::Submodule => {
                format!("'{path}' is a submodule; only regular files have identities")
            }
            NotRegular::Directory | NotRegular::OwnDirectory => {
                format!("'{path}' is a directory; only files have identities")
            }
        }
    }
}
