//! The regular files in a directory that git does not ignore, with their metadata.

use std::fs::Metadata;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use idhooks_core::registry::RepoPath;
use ignore::{DirEntry, WalkBuilder, WalkState};

/// A regular file.
#[derive(Debug, Clone)]
pub struct WalkedFile {
    /// Its path, relative to the directory.
    pub path: RepoPath,
    /// Its metadata.
    pub meta: Metadata,
}

/// Returns the files below a directory, sorted bytewise by path. Skips ignored files, git
/// directories, other repositories, and every file or directory for which `skips` returns true.
/// Directories that cannot be read count as empty.
pub fn walk_files(top: &Path, skips: impl Fn(&RepoPath, bool) -> bool + Sync) -> Vec<WalkedFile> {
    let found = Mutex::new(Vec::new());
    // The walk visits the files that git sees: hidden files are included, and other tools'
    // `.ignore` files have no effect.
    let walk =
        WalkBuilder::new(top).hidden(false).ignore(false).require_git(false).build_parallel();
    let visit = |entry: &DirEntry| {
        if entry.depth() == 0 {
            return WalkState::Continue;
        }
        let relative = entry.path().strip_prefix(top).unwrap_or(entry.path());
        let Ok(path) = RepoPath::of_os_path(relative) else { return WalkState::Skip };
        let Some(kind) = entry.file_type() else { return WalkState::Skip };
        if skips(&path, kind.is_dir()) {
            return WalkState::Skip;
        }
        if kind.is_dir() {
            let is_repository = entry.path().join(".git").symlink_metadata().is_ok();
            return if is_repository { WalkState::Skip } else { WalkState::Continue };
        }
        if kind.is_file()
            && let Ok(meta) = entry.metadata()
        {
            found.lock().unwrap_or_else(PoisonError::into_inner).push(WalkedFile { path, meta });
        }
        WalkState::Continue
    };
    walk.run(|| Box::new(|entry| entry.map_or(WalkState::Continue, |entry| visit(&entry))));
    // The walk is parallel, so its order is random.
    let mut files = found.into_inner().unwrap_or_else(PoisonError::into_inner);
    files.sort_unstable_by(|one, other| one.path.cmp(&other.path));
    files
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_are_those_that_nothing_skips() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for path in ["a.py", "b/c.py", "b/.git/x.py", "d/e.py", "venv/f.py", "g.log", ".h/i.py"] {
            let file = dir.path().join(path);
            std::fs::create_dir_all(file.parent().expect("a parent")).expect("a directory");
            std::fs::write(&file, "x").expect("a file");
        }
        std::fs::write(dir.path().join(".gitignore"), "*.log\n").expect("a file");
        let is_skipped = |path: &RepoPath, is_dir: bool| is_dir && path.to_string() == "venv";
        let files = walk_files(dir.path(), is_skipped);
        let paths: Vec<String> = files.iter().map(|file| file.path.to_string()).collect();
        assert_eq!(paths, [".gitignore", ".h/i.py", "a.py", "d/e.py"]);
        assert_eq!(files[2].meta.len(), 1);
    }
}
