//! Changes that users make to the queue: they retry or remove items.

use std::path::{Path, PathBuf};
use std::time::Duration;

use idhooks_core::registry::RepoPath;
use idhooks_ops::{PathError, repo_path};
use idhooks_repo::git::Repo;

use crate::moment::Moment;

use super::{ItemStatus, Queue, QueueError, QueueItem, QueueWriter};

/// Why the queue was not changed or an item was not shown.
#[derive(Debug, thiserror::Error)]
pub enum QueueRefusal {
    /// A path has no item.
    #[error("'{0}' is not in the queue")]
    NoItem(RepoPath),
    /// An item has not failed, so it cannot be retried.
    #[error("'{0}' is {1}")]
    NotFailed(RepoPath, ItemStatus),
    /// An item is being worked on.
    #[error("'{0}' is being worked on")]
    Running(RepoPath),
    /// A path does not belong to the repository.
    #[error(transparent)]
    Path(#[from] PathError),
    /// The queue cannot be used.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

/// The items named on the command line.
#[derive(Debug)]
pub struct NamedItems<'p> {
    /// The directory that the paths are relative to.
    pub dir: &'p Path,
    /// The items' paths; a path without an item causes an error.
    pub paths: &'p [PathBuf],
}

impl NamedItems<'_> {
    /// Finds the items in a working tree's queue, if it has one.
    ///
    /// # Errors
    /// Returns an error if a path has no item, or if the queue cannot be read.
    pub fn find(&self, repo: &Repo, queue: Option<&Queue>) -> Result<Vec<QueueItem>, QueueRefusal> {
        let find = |typed: &PathBuf| {
            let path = repo_path(repo, self.dir, typed)?;
            let item = queue.map(|queue| queue.get(&path)).transpose()?.flatten();
            item.ok_or(QueueRefusal::NoItem(path))
        };
        self.paths.iter().map(find).collect()
    }
}

/// Retries failed items and dead letters: the named ones or, if none are named, all dead letters.
/// Returns their paths.
///
/// # Errors
/// Returns an error, without changing anything, if one of the items has not failed.
pub fn retry_items(
    repo: &Repo,
    named: Option<NamedItems<'_>>,
    is_dry_run: bool,
) -> Result<Vec<RepoPath>, QueueRefusal> {
    let queue = Queue::open_existing(&repo.worktree_state_dir())?;
    let items = match (named, &queue) {
        (Some(named), queue) => named.find(repo, queue.as_ref())?,
        // A failed item is retried automatically; only dead letters wait for a human.
        (None, Some(queue)) => queue.list(Some(ItemStatus::DeadLetter), usize::MAX)?,
        (None, None) => Vec::new(),
    };
    let has_failed =
        |item: &&QueueItem| [ItemStatus::Failed, ItemStatus::DeadLetter].contains(&item.status);
    if let Some(other) = items.iter().find(|item| !has_failed(item)) {
        return Err(QueueRefusal::NotFailed(other.path.clone(), other.status));
    }
    Ok(change(queue, items, is_dry_run, |work, path| work.retry(path))?)
}

/// Removes items from the queue; returns their paths.
///
/// # Errors
/// Returns an error, without changing anything, if one of the items is being worked on.
pub fn drop_items(
    repo: &Repo,
    named: &NamedItems<'_>,
    is_dry_run: bool,
) -> Result<Vec<RepoPath>, QueueRefusal> {
    let queue = Queue::open_existing(&repo.worktree_state_dir())?;
    let items = named.find(repo, queue.as_ref())?;
    if let Some(item) = items.iter().find(|item| item.status == ItemStatus::Running) {
        return Err(QueueRefusal::Running(item.path.clone()));
    }
    Ok(change(queue, items, is_dry_run, |work, path| work.drop_item(path))?)
}

/// Changes items in one transaction; returns their paths.
fn change(
    queue: Option<Queue>,
    items: Vec<QueueItem>,
    is_dry_run: bool,
    one: impl Fn(&QueueWriter<'_>, &RepoPath) -> Result<bool, QueueError>,
) -> Result<Vec<RepoPath>, QueueError> {
    let paths: Vec<RepoPath> = items.into_iter().map(|item| item.path).collect();
    if let Some(mut queue) = queue.filter(|_| !is_dry_run) {
        queue.write(|work| paths.iter().try_for_each(|path| one(work, path).map(drop)))?;
    }
    Ok(paths)
}

/// Removes items that were completed longer ago than `age`; returns how many were removed.
///
/// # Errors
/// Returns an error if the queue cannot be read or written.
pub fn clear_queue(repo: &Repo, age: Duration, is_dry_run: bool) -> Result<usize, QueueError> {
    let before = Moment::now().before(age);
    match Queue::open_existing(&repo.worktree_state_dir())? {
        None => Ok(0),
        Some(queue) if is_dry_run => {
            let items = queue.list(Some(ItemStatus::Completed), usize::MAX)?;
            let is_old = |item: &&QueueItem| item.completed_at.is_some_and(|at| at < before);
            Ok(items.iter().filter(is_old).count())
        }
        Some(mut queue) => queue.write(|work| work.clear_completed(before)),
    }
}
