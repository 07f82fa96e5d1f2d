//! Determines what happened to a path by comparing its current state with its state when it was
//! last processed.

use idhooks_core::registry::RepoPath;

use crate::queue::{FileEvent, KnownStamp, Queue, QueueError};
use crate::watched_tree::WatchedTree;

/// What happened to a path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct PathChange {
    /// The change.
    pub event: FileEvent,
    /// The path the file was moved from.
    pub old_path: Option<RepoPath>,
    /// The current state of the file; `None` if it is gone.
    pub stamp: Option<KnownStamp>,
}

/// Returns whether two stamps describe the same content. The device number is ignored, because on
/// some systems it changes on every boot.
pub(crate) fn is_same_content(one: &KnownStamp, other: &KnownStamp) -> bool {
    (one.inode, one.size, one.modified) == (other.inode, other.size, other.modified)
}

/// Returns how a path has changed since it was last processed; `None` if it has not changed.
/// `hints` are the file's former paths, if the file system reported renames; `is_left` means that
/// the file previously at this path is known to have moved to another path.
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
            // Editors also replace a file when they save it, so different content counts as a move
            // only if the previous file was moved away.
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

/// The maximum length of a chain of files in which each file took the next file's path.
const LONGEST_CHAIN: usize = 100;

/// Returns a new file's former path, if it was renamed.
fn former_path(
    queue: &Queue,
    tree: &WatchedTree,
    path: &RepoPath,
    stamp: &KnownStamp,
    hints: &[RepoPath],
) -> Result<Option<RepoPath>, QueueError> {
    // The same inode with the same content proves a move; reported renames count only if there is
    // no such proof.
    if let Some(old) = exact_former_path(queue, tree, path, stamp, LONGEST_CHAIN)? {
        return Ok(Some(old));
    }
    // A move that has not been processed yet remains a move, even if the file has been modified
    // since.
    let origin = |hint: &RepoPath| queue.waiting_move(hint).map(|old| old.unwrap_or(hint.clone()));
    for hint in hints.iter().chain([path]) {
        let old = origin(hint)?;
        if old != *path && tree.stamp(&old).is_none() && queue.known(&old)?.is_some() {
            return Ok(Some(old));
        }
    }
    Ok(None)
}

/// Returns the path where exactly this file used to be, if that path is now free or another file
/// was moved to it. The inode alone proves nothing: a deleted file's inode is reused for the next
/// new file.
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
            // Files that swapped places in a cycle would make this recurse forever.
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

/// Returns the former path of a file that was moved over another file. If that other file was not
/// moved away itself, it was merely replaced, as when an editor saves.
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
