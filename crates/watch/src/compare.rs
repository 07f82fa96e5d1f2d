//! What happened to a path: how it stands now against how it was when it was last processed.

use idhooks_core::registry::RepoPath;

use crate::queue::{FileEvent, KnownStamp, Queue, QueueError};
use crate::tree::WatchedTree;

/// What happened to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathChange {
    /// What happened.
    pub event: FileEvent,
    /// The former path of a move.
    pub old_path: Option<RepoPath>,
    /// How the file stands now; nothing if it is gone.
    pub stamp: Option<KnownStamp>,
}

/// Returns whether two stamps are those of the same content. A device has another number after each
/// start of some systems.
pub fn is_same_content(one: &KnownStamp, other: &KnownStamp) -> bool {
    (one.inode, one.size, one.modified) == (other.inode, other.size, other.modified)
}

/// Returns what happened to a path since it was last processed; `None` if nothing did. `hint` is its
/// former path, if the file system reported a rename.
///
/// # Errors
/// Returns an error if the queue cannot be read.
pub fn change_of(
    queue: &Queue,
    tree: &WatchedTree,
    path: &RepoPath,
    hint: Option<&RepoPath>,
) -> Result<Option<PathChange>, QueueError> {
    let (stamp, known) = (tree.stamp(path), queue.known(path)?);
    let (event, old_path) = match (&known, &stamp) {
        (None, None) => return Ok(None),
        (Some(known), Some(stamp)) if is_same_content(known, stamp) => return Ok(None),
        (Some(_), Some(_)) => (FileEvent::Modified, None),
        (Some(_), None) => (FileEvent::Deleted, None),
        (None, Some(stamp)) => match former_path(queue, tree, (path, stamp), hint)? {
            Some(old) => (FileEvent::Moved, Some(old)),
            None => (FileEvent::Added, None),
        },
    };
    Ok(Some(PathChange { event, old_path, stamp }))
}

/// Returns the path that a new file had, if it was renamed.
fn former_path(
    queue: &Queue,
    tree: &WatchedTree,
    (path, stamp): (&RepoPath, &KnownStamp),
    hint: Option<&RepoPath>,
) -> Result<Option<RepoPath>, QueueError> {
    let is_free = |old: &RepoPath| old != path && tree.stamp(old).is_none();
    // Its inode alone proves nothing: that of a deleted file is given to the next new one.
    for old in queue.known_paths(stamp)? {
        let known = queue.known(&old)?.filter(|known| is_same_content(known, stamp));
        if known.is_some() && is_free(&old) {
            return Ok(Some(old));
        }
    }
    match hint {
        Some(old) if is_free(old) && queue.known(old)?.is_some() => Ok(Some(old.clone())),
        _ => Ok(None),
    }
}
