//! The change of a path: its current state compared with the state when it was last processed.

use idhooks_core::registry::RepoPath;

use crate::queue::{FileEvent, KnownStamp, Queue, QueueError};
use crate::tree::WatchedTree;

/// The change of a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathChange {
    /// The change.
    pub event: FileEvent,
    /// The former path of a move.
    pub old_path: Option<RepoPath>,
    /// The current state of the file; nothing if it is gone.
    pub stamp: Option<KnownStamp>,
}

/// Returns whether two stamps are those of the same content. A device has another number after each
/// start of some systems.
pub(crate) fn is_same_content(one: &KnownStamp, other: &KnownStamp) -> bool {
    (one.inode, one.size, one.modified) == (other.inode, other.size, other.modified)
}

/// Returns the change of a path since it was last processed; `None` if it has not changed. `hints`
/// are its former paths, if the file system reported renames; `is_left` means that the file that
/// was there has another path now, if that is known.
///
/// # Errors
/// Returns an error if the queue cannot be read.
pub(crate) fn change_of(
    queue: &Queue,
    tree: &WatchedTree,
    path: &RepoPath,
    hints: &[RepoPath],
    is_left: bool,
) -> Result<Option<PathChange>, QueueError> {
    let (stamp, known) = (tree.stamp(path), queue.known(path)?);
    let (event, old_path) = match (&known, &stamp) {
        (None, None) => return Ok(None),
        (Some(known), Some(stamp)) if is_same_content(known, stamp) => return Ok(None),
        (Some(_), Some(_)) => {
            // An editor that saves also replaces a file, so another content is a move only if the
            // former file was moved away.
            let is_left = is_left || queue.is_moved_away(path)?;
            match if is_left { refilling_path(queue, tree, path)? } else { None } {
                Some(old) => (FileEvent::Moved, Some(old)),
                None => (FileEvent::Modified, None),
            }
        }
        (Some(_), None) => (FileEvent::Deleted, None),
        (None, Some(stamp)) => match former_path(queue, tree, path, stamp, hints)? {
            Some(old) => (FileEvent::Moved, Some(old)),
            None => (FileEvent::Added, None),
        },
    };
    Ok(Some(PathChange { event, old_path, stamp }))
}

/// The largest number of files that each moved into the place of the next.
const LONGEST_CHAIN: usize = 100;

/// Returns the path that a new file had, if it was renamed.
fn former_path(
    queue: &Queue,
    tree: &WatchedTree,
    path: &RepoPath,
    stamp: &KnownStamp,
    hints: &[RepoPath],
) -> Result<Option<RepoPath>, QueueError> {
    // The same inode with the same content proves a move; reported renames count only without that
    // proof.
    if let Some(old) = exact_former_path(queue, tree, path, stamp, LONGEST_CHAIN)? {
        return Ok(Some(old));
    }
    // A move that is not processed yet stays a move, whatever was written meanwhile.
    let origin = |hint: &RepoPath| queue.waiting_move(hint).map(|old| old.unwrap_or(hint.clone()));
    for hint in hints.iter().chain([path]) {
        let old = origin(hint)?;
        if old != *path && tree.stamp(&old).is_none() && queue.known(&old)?.is_some() {
            return Ok(Some(old));
        }
    }
    Ok(None)
}

/// Returns the path where exactly this file was, if its place is free, or if another file was moved
/// there in turn. Its inode alone proves nothing: that of a deleted file is given to the next new one.
fn exact_former_path(
    queue: &Queue,
    tree: &WatchedTree,
    path: &RepoPath,
    stamp: &KnownStamp,
    chain: usize,
) -> Result<Option<RepoPath>, QueueError> {
    for old in queue.known_paths(stamp)? {
        let known = queue.known(&old)?.filter(|known| is_same_content(known, stamp));
        if old == *path || known.is_none() {
            continue;
        }
        match tree.stamp(&old) {
            None => return Ok(Some(old)),
            // A ring of exchanged files would never end.
            Some(now) if is_same_content(&now, stamp) || chain == 0 => {}
            Some(now) => {
                if exact_former_path(queue, tree, &old, &now, chain - 1)?.is_some() {
                    return Ok(Some(old));
                }
            }
        }
    }
    Ok(None)
}

/// Returns the path of the file that was moved into the place of another one. If that was not moved
/// away itself, it was only replaced, as when an editor saves.
fn refilling_path(
    queue: &Queue,
    tree: &WatchedTree,
    path: &RepoPath,
) -> Result<Option<RepoPath>, QueueError> {
    match tree.stamp(path) {
        Some(stamp) => exact_former_path(queue, tree, path, &stamp, LONGEST_CHAIN),
        None => Ok(None),
    }
}
