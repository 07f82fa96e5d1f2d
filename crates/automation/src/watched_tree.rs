//! [`WatchedTree`]: determines which files and directories in a working tree are watched, and reads
//! their state.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use idhooks_core::config::Config;
use idhooks_core::registry::RepoPath;
use ignore::{DirEntry, WalkBuilder};

use crate::queue::KnownStamp;

/// The git directory, or the file that points to it.
const GIT: &str = ".git";
/// The name of the file that contains a directory's ignore rules.
const IGNORE: &[u8] = b".gitignore";

/// The watched part of a working tree.
#[derive(Debug, Clone)]
pub(crate) struct WatchedTree(Arc<TreeRules>);

#[derive(Debug)]
struct TreeRules {
    top: PathBuf,
    config: Config,
}

/// An entry found by walking the tree.
#[derive(Debug)]
pub(crate) enum TreeEntry {
    /// A directory; `None` for the root of the working tree.
    Directory(Option<RepoPath>),
    /// A regular file.
    File(RepoPath, KnownStamp),
    /// A directory that cannot be read, and why.
    Unreadable(String),
}

impl WatchedTree {
    /// Returns the watched part of the working tree rooted at `top`.
    pub(crate) fn new(top: impl Into<PathBuf>, config: Config) -> Self {
        WatchedTree(Arc::new(TreeRules { top: top.into(), config }))
    }

    /// Returns the rules.
    pub(crate) fn config(&self) -> &Config {
        &self.0.config
    }

    /// Returns the root of the working tree.
    pub(crate) fn top(&self) -> &Path {
        &self.0.top
    }

    /// Returns the path that the operating system uses for a file or directory.
    pub(crate) fn full(&self, path: &RepoPath) -> PathBuf {
        self.0.top.join(path.to_os_path())
    }

    /// Converts an operating system path to a path in the repository; returns `None` for the root,
    /// for paths outside the repository, and for anything in a git directory.
    pub(crate) fn path_of(&self, full: &Path) -> Option<RepoPath> {
        self.0.path_of(full)
    }

    /// Returns the state of a regular file; `None` if there is no such file.
    pub(crate) fn stamp(&self, path: &RepoPath) -> Option<KnownStamp> {
        let meta = self.full(path).symlink_metadata().ok()?;
        meta.is_file().then(|| KnownStamp::of(&meta))
    }

    /// Returns whether a path is itself a directory, and not a symlink to one.
    pub(crate) fn is_dir(&self, path: &RepoPath) -> bool {
        self.full(path).symlink_metadata().is_ok_and(|meta| meta.is_dir())
    }

    /// Returns whether a file contains ignore rules.
    pub(crate) fn is_ignore_file(path: &RepoPath) -> bool {
        path.basename() == IGNORE
    }

    /// Calls `see` with a directory and everything watched below it. Git must not ignore that
    /// directory.
    pub(crate) fn walk(&self, dir: Option<&RepoPath>, see: &mut dyn FnMut(TreeEntry)) {
        self.walk_to(dir, None, see);
    }

    /// Returns the watched files and directories directly inside a directory.
    pub(crate) fn children(&self, dir: Option<&RepoPath>) -> BTreeSet<RepoPath> {
        let mut found = BTreeSet::new();
        self.walk_to(dir, Some(1), &mut |entry| match entry {
            // The walk reports the directory itself first.
            TreeEntry::Directory(Some(path)) if Some(&path) == dir => {}
            TreeEntry::Directory(Some(path)) | TreeEntry::File(path, _) => {
                found.insert(path);
            }
            _ => {}
        });
        found
    }

    fn walk_to(
        &self,
        dir: Option<&RepoPath>,
        depth: Option<usize>,
        see: &mut dyn FnMut(TreeEntry),
    ) {
        let from = dir.map_or_else(|| self.0.top.clone(), |dir| self.full(dir));
        let rules = Arc::clone(&self.0);
        // Unlike the walker by default, git tracks hidden files and knows nothing about `.ignore`
        // files.
        let walk = WalkBuilder::new(&from)
            .hidden(false)
            .ignore(false)
            .require_git(false)
            .max_depth(depth)
            .filter_entry(move |entry| rules.is_watched(entry))
            .build();
        for entry in walk {
            let entry = match entry {
                Ok(entry) => entry,
                Err(error) => {
                    // Files that vanished after their directory was read are not a problem.
                    let is_gone = error
                        .io_error()
                        .is_some_and(|cause| cause.kind() == std::io::ErrorKind::NotFound);
                    if !is_gone {
                        see(TreeEntry::Unreadable(error.to_string()));
                    }
                    continue;
                }
            };
            let Ok(meta) = entry.metadata() else { continue };
            match self.0.path_of(entry.path()) {
                path if meta.is_dir() => see(TreeEntry::Directory(path)),
                Some(path) if meta.is_file() => see(TreeEntry::File(path, KnownStamp::of(&meta))),
                _ => {}
            }
        }
    }
}

impl TreeRules {
    fn path_of(&self, full: &Path) -> Option<RepoPath> {
        RepoPath::of_os_path(full.strip_prefix(&self.top).ok()?).ok()
    }

    /// Returns whether a walk includes an entry.
    fn is_watched(&self, entry: &DirEntry) -> bool {
        if entry.path() == self.top {
            return true;
        }
        // A path that contains `.git` does not belong to the repository.
        let Some(path) = self.path_of(entry.path()) else { return false };
        match entry.file_type() {
            Some(kind) if kind.is_dir() => {
                // A directory that contains `.git` is another repository.
                let is_other = entry.path().join(GIT).symlink_metadata().is_ok();
                !is_other && self.config.watches_dir(&path)
            }
            _ => self.config.watches(&path),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    #[test]
    fn only_what_is_neither_ignored_nor_excluded_is_watched() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let write = |path: &str| {
            let path = dir.path().join(path);
            fs::create_dir_all(path.parent().expect("a directory")).expect("made");
            fs::write(path, "x").expect("writable");
        };
        for path in ["a.md", "sub/b.md", "sub/deep/c.md", "node_modules/x/y.js", "venv/z.py"] {
            write(path);
        }
        for path in ["sub/deep/d.log", "other/.git/HEAD", "other/e.md", ".git/config", "out/f.md"] {
            write(path);
        }
        fs::write(dir.path().join(".gitignore"), "node_modules\n*.log\n").expect("writable");
        let config = Config::parse("track.exclude = ['out/']").expect("valid");
        let tree = WatchedTree::new(dir.path(), config);
        let (mut dirs, mut files) = (Vec::new(), Vec::new());
        tree.walk(None, &mut |entry| match entry {
            TreeEntry::Directory(path) => dirs.push(path.map(|path| path.to_string())),
            TreeEntry::File(path, _) => files.push(path.to_string()),
            TreeEntry::Unreadable(why) => unreachable!("{why}"),
        });
        dirs.sort();
        files.sort();
        let expected = [None, Some("sub"), Some("sub/deep")].map(|dir| dir.map(str::to_owned));
        assert_eq!(dirs, expected);
        assert_eq!(files, [".gitignore", "a.md", "sub/b.md", "sub/deep/c.md"]);
        // Everything below an ignored directory is ignored too.
        let deep = RepoPath::new(*b"sub/deep").expect("a path");
        let children = tree.children(Some(&deep));
        assert_eq!(children.iter().map(ToString::to_string).collect::<Vec<_>>(), ["sub/deep/c.md"]);
        let names: Vec<String> = tree.children(None).iter().map(ToString::to_string).collect();
        assert_eq!(names, [".gitignore", "a.md", "sub"]);
    }
}
