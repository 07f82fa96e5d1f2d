//! Prevents writes through symlinks inside a repository.

use std::path::{Component, Path, PathBuf};
use std::{collections::VecDeque, ffi::OsString, fs};

use super::error::StoreError;
use super::resolve_path;

/// The maximum number of symlinks followed for one path. No operating system follows more.
const MAX_LINKS: usize = 40;

/// The directories in which no path may lead through a symlink: a repository's working tree and git
/// directories. Anyone may have created a symlink in them, and it may lead anywhere. Symlinks above
/// these directories are under the user's control.
#[derive(Debug, Clone, Default)]
pub struct SymlinkGuard(Vec<PathBuf>);

impl SymlinkGuard {
    /// Guards everything below these directories.
    pub fn over(roots: impl IntoIterator<Item = PathBuf>) -> Self {
        SymlinkGuard(roots.into_iter().collect())
    }

    /// Returns an error if the path, or a directory above it, is a symlink below a guarded
    /// directory.
    ///
    /// # Errors
    /// Returns an error that names the first such symlink.
    pub fn check(&self, path: &Path) -> Result<(), StoreError> {
        self.first_link(path).map_or(Ok(()), |link| Err(StoreError::Link(link)))
    }

    /// Like [`SymlinkGuard::check`], but checks only the directories above the path. The path itself
    /// may be a symlink that is about to be renamed, for example.
    ///
    /// # Errors
    /// Returns an error that names the first such symlink.
    pub fn check_parent(&self, path: &Path) -> Result<(), StoreError> {
        path.parent().map_or(Ok(()), |dir| self.check(dir))
    }

    fn first_link(&self, path: &Path) -> Option<PathBuf> {
        let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
        let above = self.0.iter().filter(|root| path.starts_with(root));
        // Guarded directories may be nested: a working tree contains its git directory.
        let deepest = above.max_by_key(|root| root.as_os_str().len());
        if let Some(root) = deepest
            && let Ok(rest) = path.strip_prefix(root)
            && rest.components().all(|part| matches!(part, Component::Normal(_)))
        {
            return first_link(root.clone(), rest, |_| true);
        }
        // A path may lead to a guarded directory even if it is spelled differently.
        let real: Vec<PathBuf> = self.0.iter().filter_map(|root| resolve_path(root).ok()).collect();
        let is_guarded = |dir: &Path| real.iter().any(|root| dir.starts_with(root));
        first_link(PathBuf::new(), &path, is_guarded)
    }
}

/// Follows `rest` from `at` as the operating system does, and returns the first symlink inside a
/// guarded directory.
fn first_link(mut at: PathBuf, rest: &Path, is_guarded: impl Fn(&Path) -> bool) -> Option<PathBuf> {
    let parts = |path: &Path| -> Vec<OsString> {
        path.components().map(|part| part.as_os_str().to_owned()).collect()
    };
    let mut rest = VecDeque::from(parts(rest));
    let mut followed = 0;
    while let Some(part) = rest.pop_front() {
        match part.to_str() {
            Some(".") => continue,
            Some("..") => {
                at.pop();
                continue;
            }
            _ => {}
        }
        let here = at.join(part);
        let Ok(target) = fs::read_link(&here) else {
            at = here;
            continue;
        };
        if is_guarded(&at) {
            return Some(here);
        }
        // The symlinks may form a cycle.
        followed += 1;
        if followed > MAX_LINKS {
            return None;
        }
        for part in parts(&target).into_iter().rev() {
            rest.push_front(part);
        }
    }
    None
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;
    use std::os::unix::fs::symlink;

    #[test]
    fn links_are_found_however_a_path_is_spelled() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let at = |path: &str| temp.path().join(path);
        for dir in ["top/docs/deep", "far"] {
            fs::create_dir_all(at(dir)).expect("writable");
        }
        symlink("../far", at("top/out")).expect("a link");
        symlink("../../far/file", at("top/docs/file")).expect("a link");
        symlink(at("top"), at("other-name")).expect("a link");
        symlink("top/out", at("short-cut")).expect("a link");
        let guard = SymlinkGuard::over([at("top")]);
        let found = |path: &str| {
            let real = |link: PathBuf| link.strip_prefix(temp.path()).map(Path::to_owned);
            let link = guard.check(&at(path)).err()?;
            Some(real(link.link_path()?.to_owned()).expect("inside").display().to_string())
        };
        for (path, link) in [
            ("top/docs/new/file", None),
            ("top/docs/deep/../new", None),
            ("far/file", None),
            ("top/../far/file", None),
            ("other-name/docs/new", None),
            ("top/out/file", Some("top/out")),
            ("top/out", Some("top/out")),
            ("top/docs/file", Some("top/docs/file")),
            ("top/docs/../out/file", Some("top/out")),
            ("other-name/out/file", Some("top/out")),
            ("short-cut/file", Some("top/out")),
        ] {
            assert_eq!(found(path).as_deref(), link, "{path}");
        }
        assert!(guard.check_parent(&at("top/out")).is_ok());
        assert!(guard.check_parent(&at("top/out/file")).is_err());
        assert!(SymlinkGuard::default().check(&at("top/out/file")).is_ok());
    }
}
