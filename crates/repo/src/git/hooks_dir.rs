//! The paths that installing idhooks reads and writes.

use std::path::{Path, PathBuf};

use crate::store::resolve_path;

use super::{Git, GitError, command::os_string};

/// The paths in a clone that installing idhooks reads and writes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HookPaths {
    /// The root of the working tree; `None` in a bare repository and inside `.git`.
    pub top: Option<PathBuf>,
    /// Whether the repository is bare.
    pub bare: bool,
    /// The git directory of this working tree.
    pub git_dir: PathBuf,
    /// The git directory shared by all working trees.
    pub common_dir: PathBuf,
    /// The hooks directory: `core.hooksPath`, or `hooks` in the git directory.
    pub hooks_dir: PathBuf,
    /// This clone's attributes file.
    pub info_attributes: PathBuf,
}

const ARGS: [&str; 11] = [
    "rev-parse",
    "--is-bare-repository",
    "--is-inside-work-tree",
    "--path-format=absolute",
    "--git-dir",
    "--git-common-dir",
    "--git-path",
    "hooks",
    "--git-path",
    "info/attributes",
    // This option comes last because it prints nothing without a working tree, not even a newline.
    "--show-cdup",
];

impl HookPaths {
    /// Finds the paths with a single git call.
    ///
    /// # Errors
    /// Returns an error if there is no repository, or if a path contains a newline.
    pub fn find(git: &Git) -> Result<Self, GitError> {
        let answer = git.run(&ARGS)?;
        let lines: Vec<&[u8]> = answer.split(|b| *b == b'\n').collect();
        let inside = lines.get(1) == Some(&&b"true"[..]);
        // Splitting at the final newline leaves an extra empty part.
        let [bare, _, git_dir, common_dir, hooks_dir, info_attributes, cdup, ..] = lines[..] else {
            return Err(odd_answer());
        };
        if lines.len() != 8 && (inside || lines.len() != 7) {
            return Err(odd_answer());
        }
        let top = inside.then(|| git.dir().join(PathBuf::from(os_string(cdup))));
        Ok(HookPaths {
            // `hooks_dir` may be a symlink into the tree, so resolve symlinks before comparing
            // paths.
            top: top.map(|t| resolve_path(&t).unwrap_or(t)),
            bare: bare == b"true",
            git_dir: os_string(git_dir).into(),
            common_dir: os_string(common_dir).into(),
            hooks_dir: os_string(hooks_dir).into(),
            info_attributes: os_string(info_attributes).into(),
        })
    }

    /// Returns whether this is a linked working tree.
    pub fn is_linked(&self) -> bool {
        resolved(&self.git_dir) != resolved(&self.common_dir)
    }

    /// Returns whether a path, or what it leads to, is in this working tree.
    pub fn in_tree(&self, path: &Path) -> bool {
        let (dir, name) = (path.parent().unwrap_or(path), path.file_name().unwrap_or_default());
        let paths = [resolved(dir).join(name), resolved(path)];
        self.top.as_deref().is_some_and(|top| paths.iter().any(|path| path.starts_with(top)))
    }

    /// Returns whether the hooks are in the working tree, and so can be committed.
    pub fn hooks_in_tree(&self) -> bool {
        let within = |dir: &Path| resolved(&self.hooks_dir).starts_with(resolved(dir));
        self.top.as_deref().is_some_and(within) && !within(&self.common_dir)
    }

    /// Returns whether the hooks are outside this repository, where other repositories may share
    /// them.
    pub fn hooks_shared(&self) -> bool {
        // A linked working tree may use the main working tree's hooks, which still belong to this
        // repository.
        let main_tree = self.common_dir.file_name().is_some_and(|name| name == ".git");
        let main_tree = self.common_dir.parent().filter(|_| main_tree);
        let own = [Some(self.common_dir.as_path()), self.top.as_deref(), main_tree];
        let hooks = resolved(&self.hooks_dir);
        !own.into_iter().flatten().any(|dir| hooks.starts_with(resolved(dir)))
    }

    /// Returns a path for display, relative to the working tree if the path is inside it.
    pub fn shown(&self, path: &Path) -> String {
        let short = self.top.as_deref().and_then(|top| path.strip_prefix(top).ok());
        short.unwrap_or(path).to_string_lossy().replace('\\', "/")
    }
}

fn odd_answer() -> GitError {
    let reason = "paths that contain a newline are not supported";
    GitError::failed("'git rev-parse --git-path hooks'", &reason)
}

/// Resolves symlinks in the part of a path that exists.
pub(super) fn resolved(path: &Path) -> PathBuf {
    // The hooks directory may not exist yet, in which case resolving fails for the whole path.
    for dir in path.ancestors() {
        if let (Ok(real), Ok(rest)) = (resolve_path(dir), path.strip_prefix(dir)) {
            return real.join(rest);
        }
    }
    path.to_owned()
}
