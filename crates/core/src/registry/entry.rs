//! [`Entry`]: a path in a tree or an index, in plain types.

use std::collections::BTreeMap;

use super::{BlobId, RepoPath};

/// The kind of a tracked path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Mode {
    /// A regular file.
    Regular,
    /// An executable regular file.
    Executable,
    /// A symbolic link.
    Symlink,
    /// A submodule.
    Submodule,
}

impl Mode {
    /// Returns git's number for the mode, in octal.
    pub fn as_octal(self) -> &'static str {
        match self {
            Mode::Regular => "100644",
            Mode::Executable => "100755",
            Mode::Symlink => "120000",
            Mode::Submodule => "160000",
        }
    }

    /// Returns whether the path is a regular file, the only kind that gets an identity.
    pub fn is_file(self) -> bool {
        matches!(self, Mode::Regular | Mode::Executable)
    }
}

/// The kind and content of a tracked path.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Entry {
    /// The kind of path.
    pub mode: Mode,
    /// The content: a blob, or the commit of a submodule.
    pub blob: BlobId,
}

/// All paths of a tree or an index (stage 0, without intent-to-add), in byte order.
pub type Tree = BTreeMap<RepoPath, Entry>;

/// A path that differs between two trees: an addition, a deletion or a modification.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// The path.
    pub path: RepoPath,
    /// The old entry; `None` for an addition.
    pub old: Option<Entry>,
    /// The new entry; `None` for a deletion.
    pub new: Option<Entry>,
}

impl Change {
    /// Returns the changes from `old` to `new`, in byte order of their paths.
    pub fn between(old: &Tree, new: &Tree) -> Vec<Change> {
        let change = |path: &RepoPath| {
            let (old, new) = (old.get(path).copied(), new.get(path).copied());
            (old != new).then(|| Change { path: path.clone(), old, new })
        };
        let gone = old.keys().filter(|path| !new.contains_key(*path));
        let mut changes: Vec<Change> = gone.chain(new.keys()).filter_map(change).collect();
        changes.sort_by(|a, b| a.path.cmp(&b.path));
        changes
    }
}
