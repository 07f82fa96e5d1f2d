//! [`InjectRefusal`]: why a file's identity cannot be written or removed.

use idhooks_core::embed::Obstacle;
use idhooks_core::registry::{Id, RepoPath};

use crate::PathError;

/// Why a file's identity cannot be written into it or removed from it.
#[derive(Debug, thiserror::Error)]
pub enum InjectRefusal {
    /// A typed path is not in the repository.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The path is not a regular file, or it is one of idhooks' own files.
    #[error("'{0}' cannot carry an identity")]
    NoFile(RepoPath),
    /// The index contains neither this file nor any files below this path.
    #[error("'{0}' is not in the index")]
    NotInIndex(RepoPath),
    /// The file has no identity.
    #[error("'{0}' cannot carry its identity: it has none yet")]
    NoIdentity(RepoPath),
    /// The file carries a different identity.
    #[error("'{path}' cannot carry its identity: it carries {other}, but its identity is {own}")]
    CarriesOther {
        /// The file.
        path: RepoPath,
        /// The identity that the file carries.
        other: Id,
        /// The file's own identity.
        own: Id,
    },
    /// The file's content does not allow it to carry an identity.
    #[error("'{0}' cannot carry its identity: {1}")]
    Impossible(RepoPath, Obstacle),
    /// The file carries only identities that are not its own; holds the first of them, and the
    /// file's own identity.
    #[error("'{0}' carries {1}, {own}", own = .2.map_or("but has no identity".to_owned(), |id| format!("but its identity is {id}")))]
    Foreign(RepoPath, String, Option<Id>),
    /// The file carries something that is not an identity.
    #[error("'{0}' is not changed: {1}")]
    NoId(RepoPath, Obstacle),
    /// The identity cannot be removed.
    #[error("'{0}' keeps its identity: {1}")]
    Kept(RepoPath, Obstacle),
    /// A rule would write the identity again.
    #[error("the [[embed]] rule at idhooks.toml:{line} (path \"{glob}\") matches {}", matched(.paths))]
    Ruled {
        /// The rule's line number.
        line: usize,
        /// The rule's glob.
        glob: String,
        /// The files that the rule matches; never empty.
        paths: Vec<RepoPath>,
    },
}

/// Describes what the rule does to the files it matches.
fn matched(paths: &[RepoPath]) -> String {
    match paths {
        [path] => format!("'{path}': a commit that changes it would write its identity again"),
        _ => format!(
            "'{}' and {} more: a commit that changes them would write their identities again",
            paths[0],
            paths.len() - 1
        ),
    }
}
