//! Showing each file's class and kind.

use std::path::PathBuf;

use idhooks_core::config::ContentKind;
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::Repo;
use idhooks_repo::state::read_config;
use serde::Serialize;

use crate::{HERE, OpsError, repo_path};

idhooks_core::words! {
    /// Why a file has its class, or why it has none.
    pub enum ClassReason {
        /// A rule gives the path a class.
        Governed = "governed",
        /// Git ignores it, or the rules do not track it.
        Ignored = "ignored",
        /// No rule gives the path a class.
        Unmanaged = "unmanaged",
        /// It is not a regular file.
        WrongType = "wrong_type",
    }
}

/// A path and its class.
#[derive(Debug, Serialize)]
pub struct ClassifiedFile {
    /// The path.
    pub path: RepoPath,
    /// Whether a rule gives it a class.
    pub is_governed: bool,
    /// The class.
    pub class: Option<String>,
    /// The kind, for a regular file that is not ignored.
    pub kind: Option<ContentKind>,
    /// Why it has this class, or why it has none.
    pub reason: ClassReason,
}

/// Returns each file's class and kind. The paths are given as typed in the current directory, and
/// the files need not exist yet.
///
/// # Errors
/// Returns an error if a path is outside the repository, or if the rules in the index cannot be
/// read.
pub fn classify(repo: &Repo, typed: &[PathBuf]) -> Result<Vec<ClassifiedFile>, OpsError> {
    let tree = repo.index(&repo.index_file())?.tree;
    let config = read_config(repo, &tree)?;
    let paths = typed.iter().map(|typed| repo_path(repo, HERE.as_ref(), typed));
    let paths: Vec<RepoPath> = paths.collect::<Result<_, _>>()?;
    // Ignore rules do not apply to tracked files.
    let untracked = paths.iter().filter(|path| !tree.contains_key(path));
    let ignored = repo.git().ignored(untracked)?;
    let files = paths.into_iter().map(|path| {
        let is_file = match tree.get(&path) {
            Some(entry) => entry.mode.is_file(),
            None => {
                let found = std::fs::symlink_metadata(repo.top().join(path.to_os_path()));
                // A path that does not exist yet is treated as a file about to be created.
                found.map_or(true, |meta| meta.is_file())
            }
        };
        let found = config.classify(&path);
        let reason = match found.class {
            _ if !is_file => ClassReason::WrongType,
            _ if ignored.contains(&path) || !config.tracks(&path) => ClassReason::Ignored,
            Some(_) => ClassReason::Governed,
            None => ClassReason::Unmanaged,
        };
        let is_governed = reason == ClassReason::Governed;
        let class = found.class.filter(|_| is_governed).map(str::to_owned);
        let has_kind = is_governed || reason == ClassReason::Unmanaged;
        let kind = Some(found.kind).filter(|_| has_kind);
        ClassifiedFile { path, is_governed, class, kind, reason }
    });
    Ok(files.collect())
}
