//! [`InjectRefusal`]: why the identity of a file is not written or removed.

use idhooks_core::embed::Obstacle;
use idhooks_core::registry::{Id, RepoPath};

use crate::PathError;

/// Why the identity of a file is not written into it, or not removed from it.
#[derive(Debug, thiserror::Error)]
pub enum InjectRefusal {
    /// A typed path is not in the repository.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The path is not that of a regular file, or it is a file of idhooks.
    #[error("'{0}' cannot carry an identity")]
    NoFile(RepoPath),
    /// The index has no such file, and no files below the path.
    #[error("'{0}' is not in the index")]
    NotInIndex(RepoPath),
    /// The file has no identity.
    #[error("'{0}' cannot carry its identity: it has none yet")]
    NoIdentity(RepoPath),
    /// The file carries another identity.
    #[error("'{path}' cannot carry its identity: it carries {other}, but its identity is {own}")]
    CarriesOther {
        /// The file.
        path: RepoPath,
        /// The identity that it carries.
        other: Id,
        /// Its identity.
        own: Id,
    },
    /// The content does not allow it.
    #[error("'{0}' cannot carry its identity: {1}")]
    Impossible(RepoPath, Obstacle),
    /// The file only carries identities that are not its own: the first, and its own.
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
        /// The line of the rule.
        line: usize,
        /// Its glob.
        glob: String,
        /// The files that it matches; at least one.
        paths: Vec<RepoPath>,
    },
}

/// Returns the effect of a rule on the files that it matches.
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
