//! Queues changed paths, and processes the queue.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::OpenOptions;
use std::io::ErrorKind;
use std::path::Path;
use std::time::Duration;

use idhooks_core::registry::RepoPath;
use idhooks_repo::store::digest;
use serde::Serialize;

use crate::moment::Moment;
use crate::path_change::{PathChange, change_of};
use crate::pending_paths::{PendingPath, is_young};
use crate::queue::{FileEvent, KnownStamp, Queue, QueueError, QueueEvent, QueueItem, QueueWriter};
use crate::round::ObservedMove;
use crate::watched_tree::WatchedTree;

/// Returns a digest of a file's state.
pub(crate) fn state_of(stamp: Option<&KnownStamp>) -> i64 {
    digest(stamp.map(|stamp| (stamp.inode, stamp.size, stamp.modified))).cast_signed()
}

/// Queues all paths that are quiet and stable in one transaction. Paths that need no work are
/// skipped.
///
/// # Errors
/// Returns an error if the queue cannot be read or written; then no path is queued.
pub(crate) fn enqueue(
    queue: &mut Queue,
    tree: &WatchedTree,
    paths: &[(RepoPath, PendingPath)],
    now: Moment,
) -> Result<usize, QueueError> {
    let visible = visible(queue, tree, paths.iter().map(|(path, _)| path))?;
    // A move that is waiting may have been undone, so its old path has to be compared too.
    let mut origins: BTreeMap<RepoPath, &PendingPath> = BTreeMap::new();
    let mut changes: Vec<(&RepoPath, &PendingPath, Option<PathChange>)> = Vec::new();
    for (path, pending) in paths {
        let change = match visible.contains(path) {
            true => change_of(queue, tree, path, &pending.former, false)?,
            false => None,
        };
        origins.extend(queue.waiting_move(path)?.map(|old| (old, pending)));
        changes.push((path, pending, change));
    }
    // Paths that changed themselves are already on the list.
    origins.retain(|old, _| paths.iter().all(|(path, _)| path != old));
    for (path, pending) in &origins {
        changes.push((path, pending, change_of(queue, tree, path, &[], false)?));
    }
    find_refilled(queue, tree, &mut changes)?;
    // Deleted files come last, because they may turn out to have been moved.
    changes.sort_by_key(|(path, _, change)| {
        let rank = match change {
            Some(change) if change.event == FileEvent::Deleted => 2,
            Some(_) => 0,
            None => 1,
        };
        (rank, *path)
    });
    queue.write(|work| {
        let mut queued = 0;
        for (path, pending, change) in &changes {
            let Some(change) = change else {
                work.cancel(path)?;
                continue;
            };
            let state = state_of(change.stamp.as_ref());
            let is_moved = change.event == FileEvent::Deleted && work.is_moved_away(path)?;
            if is_moved || (pending.scanned.is_some() && work.has_state(path, state)?) {
                continue;
            }
            let gone = change.old_path.as_ref().filter(|old| tree.stamp(old).is_none());
            gone.map_or(Ok(()), |old| work.cancel(old))?;
            let event = QueueEvent {
                old_path: change.old_path.clone(),
                first_seen: Some(pending.first),
                state: Some(state),
                ..QueueEvent::new(change.event, (*path).clone())
            };
            work.enqueue(&event, now)?;
            queued += 1;
        }
        Ok(queued)
    })
}

/// Returns the paths that files were moved away from.
fn left_paths<'c>(
    changes: impl IntoIterator<Item = &'c PathChange>,
) -> impl Iterator<Item = RepoPath> {
    changes.into_iter().filter_map(|change| change.old_path.clone())
}

/// Finds the files that took the place of moved files.
fn find_refilled(
    queue: &Queue,
    tree: &WatchedTree,
    changes: &mut [(&RepoPath, &PendingPath, Option<PathChange>)],
) -> Result<(), QueueError> {
    let all = changes.iter().filter_map(|(_, _, change)| change.as_ref());
    let mut left: Vec<RepoPath> = left_paths(all).collect();
    while let Some(path) = left.pop() {
        let is_it = |(at, _, change): &&mut (&RepoPath, &PendingPath, Option<PathChange>)| {
            let event = change.as_ref().map(|change| change.event);
            **at == path && event == Some(FileEvent::Modified)
        };
        if let Some((_, _, change)) = changes.iter_mut().find(is_it) {
            *change = change_of(queue, tree, &path, &[], true)?;
            left.extend(left_paths(change.iter()));
        }
    }
    Ok(())
}

/// Returns the paths that are known or that git does not ignore.
fn visible<'p>(
    queue: &Queue,
    tree: &WatchedTree,
    paths: impl Iterator<Item = &'p RepoPath>,
) -> Result<HashSet<&'p RepoPath>, QueueError> {
    let mut visible = HashSet::new();
    let mut new: BTreeMap<Option<RepoPath>, Vec<&RepoPath>> = BTreeMap::new();
    for path in paths {
        if queue.known(path)?.is_some() {
            visible.insert(path);
        } else if tree.config().watches(path) && tree.stamp(path).is_some() {
            new.entry(path.parent()).or_default().push(path);
        }
    }
    for (dir, paths) in new {
        let children = tree.children(dir.as_ref());
        visible.extend(paths.into_iter().filter(|path| children.contains(*path)));
    }
    Ok(visible)
}

/// A processed item, in the form recorded in the log.
#[derive(Debug, Clone, Serialize)]
pub struct ProcessedItem {
    /// When the item was processed.
    pub at: Moment,
    /// What happened to the path.
    #[serde(rename = "event_type")]
    pub event: FileEvent,
    /// The path.
    pub path: RepoPath,
    /// The path the file was moved from.
    pub old_path: Option<RepoPath>,
    /// The number of attempts.
    pub attempts: u32,
    /// The time since the first event, in seconds.
    pub seconds: f64,
    /// Why the item failed, if it did.
    pub error: Option<String>,
}

/// The result of working on an item.
enum Processed {
    Done(Option<PathChange>),
    Failed(String),
    /// The item is retried after this time, which does not count as an attempt.
    Postponed(Duration),
}

/// How long an item waits if git or another command keeps it from being processed.
pub(crate) const WAIT: Duration = Duration::from_secs(1);

/// The outcome of the work an item requires beyond examining its file.
pub(crate) enum Acted {
    /// The work is done, or there was nothing to do.
    Done,
    /// The work has to wait.
    Waits,
    /// It failed.
    Failed(String),
}

/// Processes at most `max` due items by making each file's current state its last known state.
/// `act` carries out moves and repair requests; unless `repairs` is set, repair requests stay
/// queued. Returns the processed items and the number of items taken.
///
/// # Errors
/// Returns an error if the queue cannot be read or written. The items then stay with the lock
/// holder and are put back when the next watcher starts.
pub(crate) fn process(
    queue: &mut Queue,
    tree: &WatchedTree,
    max: usize,
    repairs: bool,
    act: &mut dyn FnMut(&[ObservedMove]) -> Acted,
) -> Result<(Vec<ProcessedItem>, usize), QueueError> {
    let now = Moment::now();
    let items = queue.write(|work| {
        let take = || if repairs { work.take(now) } else { work.take_change(now) };
        let next = || take().transpose();
        std::iter::from_fn(next).take(max).collect::<Result<Vec<_>, _>>()
    })?;
    let mut moved_away = BTreeSet::new();
    let mut results = Vec::new();
    for item in items {
        // The item for the new path also covers this path.
        let is_gone = moved_away.contains(&item.path) && tree.stamp(&item.path).is_none();
        let result = match is_gone {
            true => Processed::Done(None),
            false => look_at(queue, tree, &item)?,
        };
        if let Processed::Done(Some(PathChange { old_path: Some(old), .. })) = &result {
            moved_away.insert(old.clone());
        }
        results.push((item, result));
    }
    // Moves and requests are carried out after all files have been examined, so that the index
    // changes only once.
    act_on(&mut results, act);
    let taken = results.len();
    let done = Moment::now();
    let processed = queue.write(|work| {
        let mut processed = Vec::new();
        let origins = forget_left(work, &results)?;
        for (item, result) in results {
            match result {
                Processed::Postponed(time) => {
                    work.postpone(&item, done.after(time))?;
                }
                Processed::Failed(why) => {
                    work.fail(&item, &why, done)?;
                    processed.push(ProcessedItem::of(item, Some(why), done));
                }
                Processed::Done(change) => {
                    // Nothing has changed after all, so there is nothing to report.
                    let is_silent = change.is_none() && !item.event.is_request();
                    let item = with_change(item, change.as_ref());
                    if let Some(change) = &change {
                        note_change(work, &item.path, change, &origins)?;
                    }
                    if is_silent {
                        work.discard(&item, done)?;
                    } else {
                        work.complete(&item, done)?;
                        processed.push(ProcessedItem::of(item, None, done));
                    }
                }
            }
        }
        Ok(processed)
    })?;
    Ok((processed, taken))
}

/// Forgets the paths that files were moved away from; returns the origins of those files.
fn forget_left(
    work: &QueueWriter<'_>,
    results: &[(QueueItem, Processed)],
) -> Result<BTreeMap<RepoPath, RepoPath>, QueueError> {
    let changes = results.iter().filter_map(|(_, result)| match result {
        Processed::Done(change) => change.as_ref(),
        _ => None,
    });
    let mut origins = BTreeMap::new();
    for old in left_paths(changes) {
        origins.insert(old.clone(), work.origin(&old)?);
    }
    // The old paths are forgotten before new states are recorded, because other files may have been
    // moved to them.
    for old in origins.keys() {
        work.forget(old)?;
    }
    Ok(origins)
}

/// Makes a path's current state its last known state, and records the origin of a file that was
/// moved there.
fn note_change(
    work: &QueueWriter<'_>,
    path: &RepoPath,
    change: &PathChange,
    origins: &BTreeMap<RepoPath, RepoPath>,
) -> Result<(), QueueError> {
    let Some(stamp) = &change.stamp else { return work.forget(path) };
    work.note(path, stamp)?;
    let origin = change.old_path.as_ref().and_then(|old| origins.get(old));
    origin.map_or(Ok(()), |origin| work.note_move(path, origin))
}

/// Has `act` carry out moves and requests, and marks those that are postponed or fail.
fn act_on(results: &mut [(QueueItem, Processed)], act: &mut dyn FnMut(&[ObservedMove]) -> Acted) {
    let former = |result: &Processed| match result {
        Processed::Done(Some(change)) => change.old_path.clone(),
        _ => None,
    };
    let moves =
        results.iter().filter_map(|(item, result)| Some((former(result)?, item.path.clone())));
    let moves: Vec<ObservedMove> = moves.collect();
    let asks = |(item, result): &(QueueItem, Processed)| {
        former(result).is_some()
            || (item.event.is_request() && matches!(result, Processed::Done(_)))
    };
    if !results.iter().any(asks) {
        return;
    }
    let acted = act(&moves);
    for result in results.iter_mut().filter(|result| asks(result)) {
        match &acted {
            Acted::Done => {}
            Acted::Waits => result.1 = Processed::Postponed(WAIT),
            Acted::Failed(why) => result.1 = Processed::Failed(why.clone()),
        }
    }
}

/// Returns the item with its event updated to the file's current change.
fn with_change(mut item: QueueItem, change: Option<&PathChange>) -> QueueItem {
    if let Some(change) = change.filter(|_| !item.event.is_request()) {
        (item.event, item.old_path) = (change.event, change.old_path.clone());
    }
    item
}

fn look_at(queue: &Queue, tree: &WatchedTree, item: &QueueItem) -> Result<Processed, QueueError> {
    let Some(change) = change_of(queue, tree, &item.path, item.old_path.as_slice(), false)? else {
        return Ok(Processed::Done(None));
    };
    let Some(stamp) = &change.stamp else { return Ok(Processed::Done(Some(change))) };
    // The file may still be being written.
    if is_young(stamp, tree.config().watch.min_age, Moment::now()) {
        return Ok(Processed::Postponed(tree.config().watch.min_age));
    }
    match check_readable(&tree.full(&item.path)) {
        Ok(()) => Ok(Processed::Done(Some(change))),
        // The file has since vanished; an event will report that.
        Err(error) if error.kind() == ErrorKind::NotFound => {
            Ok(Processed::Postponed(tree.config().watch.min_age))
        }
        Err(error) => Ok(Processed::Failed(format!("cannot read the file: {error}"))),
    }
}

/// Checks that a file is readable, without blocking if it has become a pipe.
fn check_readable(path: &Path) -> std::io::Result<()> {
    let mut options = OpenOptions::new();
    options.read(true);
    #[cfg(unix)]
    {
        /// O_NONBLOCK.
        const NO_WAITING: i32 = if cfg!(target_os = "linux") { 0x800 } else { 0x4 };
        std::os::unix::fs::OpenOptionsExt::custom_flags(&mut options, NO_WAITING);
    }
    options.open(path).map(drop)
}

impl ProcessedItem {
    fn of(item: QueueItem, error: Option<String>, at: Moment) -> Self {
        let QueueItem { path, old_path, event, attempts, first_seen, .. } = item;
        let seconds = at.since(first_seen).as_millis() as f64 / 1000.0;
        ProcessedItem { at, event, path, old_path, attempts, seconds, error }
    }
}
