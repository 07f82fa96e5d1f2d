//! Decides whether a file may be written to a place that the user names.

use std::io::Write;
use std::path::{Component, Path, PathBuf};
use std::{fs, io};

use idhooks_core::{config::is_own, registry::RepoPath};
use idhooks_repo::derived::generators::is_earlier_version;
use idhooks_repo::git::Repo;
use idhooks_repo::store::{Runs, SymlinkGuard, read_file, replace_file, resolve_path};

use super::OpsError;

/// Why a file cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum OutputRefusal {
    /// It belongs to idhooks.
    #[error("'{}' belongs to idhooks itself", .0.display())]
    OwnFile(PathBuf),
    /// It is in the git directory.
    #[error("'{}' is in the git directory", .0.display())]
    InGitDir(PathBuf),
    /// git tracks it, and idhooks did not write it.
    #[error("git tracks '{}', and idhooks did not write it", .0.display())]
    Tracked(PathBuf),
    /// git tracks files in the directory.
    #[error("git tracks files in '{}'", .0.display())]
    TrackedDirectory(PathBuf),
    /// The file's directory does not exist.
    #[error("no directory '{}'", .0.display())]
    NoDirectory(PathBuf),
    /// It is a directory.
    #[error("'{}' is a directory", .0.display())]
    Directory(PathBuf),
    /// The system refuses to write it; holds the reason.
    #[error("cannot write '{}'", .0.display())]
    NotWritten(PathBuf, String),
}

/// Returns an error if the file is behind a symlink inside the repository, is one of idhooks' own
/// files, or is in the git directory, where a report could replace files that git needs. Only
/// idhooks' own reports may be written there.
///
/// # Errors
/// Returns an error if the file is in one of these places.
pub fn guard_output(repo: &Repo, file: &Path) -> Result<(), OpsError> {
    repo.link_guard().check(file)?;
    // A path with symlinks or '..' may lead to a protected file.
    let place = real_path(file);
    let below = place.strip_prefix(real_path(repo.top())).ok();
    // idhooks' own directory is refused as well, since several files could be written into it.
    let is_its = |path: RepoPath| is_own(&path) || is_own([path.as_bytes(), b"/"].concat());
    if below.is_some_and(|path| RepoPath::of_os_path(path).is_ok_and(is_its)) {
        return Err(OutputRefusal::OwnFile(file.to_owned()).into());
    }
    let dirs = [repo.git_dir(), repo.common_dir(), repo.top().join(".git")];
    let is_below = |dir: &Path| place.starts_with(real_path(dir));
    let is_git = dirs.iter().any(|dir| is_below(dir)) || place.ancestors().any(is_git_dir);
    match is_git && !is_below(&Runs::in_dir(&repo.state_dir()).reports()) {
        true => Err(OutputRefusal::InGitDir(file.to_owned()).into()),
        false => Ok(()),
    }
}

/// Like [`guard_output`], for a directory whose files are replaced and removed. One that has tracked
/// files is refused.
///
/// # Errors
/// Returns an error if the directory is refused, or if the index cannot be read.
pub fn guard_output_tree(repo: &Repo, dir: &Path) -> Result<(), OpsError> {
    guard_output(repo, dir)?;
    let Some(below) = (!repo.is_bare()).then(|| path_below(repo, dir)).flatten() else {
        return Ok(());
    };
    let index = repo.index(&repo.index_file())?;
    let mut tracked = index.tree.keys().chain(index.unmerged.keys());
    let is_in = |path: &RepoPath| {
        let rest = path.as_bytes().strip_prefix(below.as_bytes());
        below.is_empty() || rest.is_some_and(|rest| rest.starts_with(b"/"))
    };
    match tracked.any(is_in) {
        true => Err(OutputRefusal::TrackedDirectory(dir.to_owned()).into()),
        false => Ok(()),
    }
}

/// Returns a path below the top of the working tree, relative to it; empty for the top.
fn path_below(repo: &Repo, path: &Path) -> Option<String> {
    let place = real_path(path);
    let below = place.strip_prefix(real_path(repo.top())).ok()?;
    Some(below.to_string_lossy().into_owned())
}

/// Returns whether a directory is the git directory of any repository, or has its name.
fn is_git_dir(dir: &Path) -> bool {
    let is_named = dir.file_name().is_some_and(|name| name.eq_ignore_ascii_case(".git"));
    let has = |name: &str| dir.join(name).exists();
    is_named || (has("HEAD") && has("objects") && has("refs"))
}

/// Like [`guard_output`], but also refuses a tracked file that is not an earlier version of the
/// text, as far as [`is_earlier_version`] can tell, unless `overwrite` is set.
///
/// # Errors
/// Returns an error if the file is refused, or if it or the index cannot be read.
pub fn guard_overwrite(
    repo: &Repo,
    file: &Path,
    text: &[u8],
    overwrite: bool,
) -> Result<(), OpsError> {
    guard_output(repo, file)?;
    // A committed report may be replaced by a newer version, but a source file that was named by
    // mistake must not be replaced.
    if overwrite || !file.is_file() || !is_tracked(repo, file)? {
        return Ok(());
    }
    match read_file(file)? {
        Some(present) if !is_earlier_version(&present, text) => {
            Err(OutputRefusal::Tracked(file.to_owned()).into())
        }
        _ => Ok(()),
    }
}

/// Returns whether git tracks a file.
fn is_tracked(repo: &Repo, file: &Path) -> Result<bool, OpsError> {
    let place = real_path(file);
    let below = place.strip_prefix(real_path(repo.top())).ok();
    let Some(path) = below.and_then(|path| RepoPath::of_os_path(path).ok()) else {
        return Ok(false);
    };
    let index = repo.index(&repo.index_file())?;
    Ok(index.tree.contains_key(&path) || index.unmerged.contains_key(&path))
}

/// Checks that a file can be written at this path.
///
/// # Errors
/// Returns an error if the directory does not exist, or if the path is a directory.
pub fn check_place(file: &Path) -> Result<(), OpsError> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
    if let Some(dir) = dir.filter(|dir| !dir.is_dir()) {
        return Err(OutputRefusal::NoDirectory(dir.to_owned()).into());
    }
    if file.is_dir() {
        return Err(OutputRefusal::Directory(file.to_owned()).into());
    }
    Ok(())
}

/// Replaces a whole file in an existing directory, without checking whether that is allowed.
/// Follows symlinks. If the path is not a regular file but, for example, a pipe or a device, writes
/// to it instead.
///
/// # Errors
/// Returns an error if the file cannot be written.
pub fn write_output(file: &Path, text: &[u8]) -> Result<(), OpsError> {
    let failed = |cause: io::Error| OutputRefusal::NotWritten(file.to_owned(), cause.to_string());
    match fs::metadata(file) {
        // A pipe or a device, such as /dev/stdout, cannot be replaced.
        Ok(meta) if !meta.is_file() => {
            let mut place = fs::OpenOptions::new().write(true).open(file).map_err(failed)?;
            place.write_all(text).map_err(failed)?;
        }
        Ok(_) => {
            let real = resolve_path(file).map_err(failed)?;
            replace_file(&SymlinkGuard::default(), &real, text)?;
        }
        Err(_) => replace_file(&SymlinkGuard::default(), file, text)?,
    }
    Ok(())
}

/// Replaces several whole files and creates missing directories. If [`guard_overwrite`] refuses one
/// of the files, writes none of them.
///
/// # Errors
/// Returns an error if a file cannot be written or is refused.
pub fn write_outputs(
    repo: &Repo,
    files: &[(&Path, &str)],
    overwrite: bool,
) -> Result<(), OpsError> {
    let guard =
        |(file, text): &(&Path, &str)| guard_overwrite(repo, file, text.as_bytes(), overwrite);
    // All files are checked first, so that nothing is written if one of them is refused.
    files.iter().try_for_each(guard)?;
    let links = repo.link_guard();
    for (file, text) in files {
        replace_file(&links, file, text.as_bytes())?;
    }
    Ok(())
}

/// Returns a path with symlinks and '..' resolved, whether or not all of it exists.
pub fn real_path(path: &Path) -> PathBuf {
    let path = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    // The file may not exist yet, so only the part of the path that exists can be resolved.
    let found = path.ancestors().find_map(|above| Some((above, resolve_path(above).ok()?)));
    let Some((above, mut place)) = found else { return path };
    for part in path.strip_prefix(above).iter().flat_map(|rest| rest.components()) {
        match part {
            Component::ParentDir => drop(place.pop()),
            part => place.push(part),
        }
    }
    place
}
