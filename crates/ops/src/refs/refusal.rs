//! [`RefsRefusal`]: why the references in a file cannot be listed or reviewed.

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::Repo;
use idhooks_repo::state::CommitState;

use crate::{Revision, current_dir, typed_path};

/// Why the references in a file cannot be listed or reviewed.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum RefsRefusal {
    /// There is no such file.
    #[error("cannot find a file '{path}' in {revision}")]
    NoFile {
        /// The path.
        path: RepoPath,
        /// Where it was looked for.
        revision: Revision,
        /// The file that the same path names at the root of the working tree, if there is one, as it
        /// is typed in the current directory.
        at_root: Option<String>,
    },
    /// It is a symbolic link or a submodule.
    #[error("'{0}' is not a regular file, so it has no references")]
    NotRegular(RepoPath),
    /// There is no reference on a line, or at a column of it.
    #[error("there is no reference {}on line {line} of '{path}' in the index", at(*.column))]
    NoReference {
        /// The file.
        path: RepoPath,
        /// The line.
        line: usize,
        /// The column, if one was named.
        column: Option<usize>,
    },
    /// The rules exclude it.
    #[error("references in '{0}' are not searched")]
    Excluded(RepoPath),
    /// It is not merged, so its references cannot be reviewed.
    #[error("'{0}' is not merged yet")]
    Unmerged(RepoPath),
    /// This clone lacks the content of a file.
    #[error("the content of '{0}' is not in this clone")]
    Missing(RepoPath),
}

impl RefsRefusal {
    /// Returns the error about a path without a file.
    pub(super) fn no_file(
        repo: &Repo,
        view: &CommitState,
        path: RepoPath,
        revision: Revision,
    ) -> Self {
        // Paths in messages begin at the root.
        let here = current_dir(repo);
        let below = here.as_ref().filter(|here| path.is_at_or_below(here)).and_then(|here| {
            let below = path.as_bytes().get(here.as_bytes().len() + 1..)?;
            RepoPath::new(below).ok()
        });
        let at_root = below
            .filter(|path| view.has_file(path))
            .map(|path| String::from_utf8_lossy(&typed_path(here.as_ref(), &path)).into_owned());
        RefsRefusal::NoFile { path, revision, at_root }
    }
}

fn at(column: Option<usize>) -> String {
    column.map(|column| format!("at column {column} ")).unwrap_or_default()
}
