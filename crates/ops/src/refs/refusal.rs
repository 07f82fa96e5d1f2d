//! [`RefsRefusal`]: why the references in a file cannot be listed or reviewed.

use idhooks_core::registry::RepoPath;

use crate::Revision;

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
}

fn at(column: Option<usize>) -> String {
    column.map(|column| format!("at column {column} ")).unwrap_or_default()
}
