//! Repairs that are queued instead of made right away, and questions for a human.

use std::collections::BTreeMap;

use idhooks_core::registry::RepoPath;
use idhooks_ops::{
    AnsweredQuestion, HealedBranch, LeftToPerson, Notice, Observer, ReconcileReport, note_reconcile,
};
use idhooks_repo::events::{Edit, EventKind};
use idhooks_repo::git::Repo;
use idhooks_repo::store::digest;
use serde_json::value::{RawValue, to_raw_value};

use crate::moment::Moment;
use crate::queue::{FileEvent, ItemStatus, Queue, QueueError, QueueEvent, QueueItem};

/// Why a repair was queued.
const MISSING: &str = "missing_from_registry";
const DELETED: &str = "file_deleted";
const PERSON: &str = "needs_a_person";

/// A repair to queue.
struct Repair {
    event: FileEvent,
    reason: &'static str,
    old_path: Option<RepoPath>,
    /// The command for the user to paste, if a human is needed.
    command: Option<String>,
}

impl Repair {
    fn of(edit: &Edit) -> Option<(RepoPath, Self)> {
        let (event, reason) = match edit.kind {
            EventKind::Allocated
            | EventKind::Copied
            | EventKind::Revived
            | EventKind::Restored
            | EventKind::Renamed => (FileEvent::ReconcileAdd, MISSING),
            EventKind::Deprecated | EventKind::Superseded => (FileEvent::ReconcileRemove, DELETED),
            _ => return None,
        };
        let old_path = edit.from.clone();
        Some((edit.path.clone()?, Repair { event, reason, old_path, command: None }))
    }

    /// Returns the questions for a human.
    fn question(left: &LeftToPerson) -> Option<(RepoPath, Self)> {
        let command = Some(format!("{}: {}", left.reason, left.command));
        let (event, reason, old_path) = (FileEvent::ReconcileAdd, PERSON, None);
        Some((left.path.clone()?, Repair { event, reason, old_path, command }))
    }

    /// Returns a stable number that identifies the repair.
    fn state(&self) -> i64 {
        let old_path = self.old_path.as_ref().map(RepoPath::as_bytes);
        digest((self.event.as_str(), self.reason, old_path, &self.command)).cast_signed()
    }

    fn metadata(&self) -> Option<Box<RawValue>> {
        to_raw_value(&BTreeMap::from([("reason", self.reason)])).ok()
    }
}

/// The repairs needed in a given state, keyed by path.
struct Repairs {
    by_path: BTreeMap<RepoPath, Repair>,
    /// Whether the repairs cover all paths.
    is_whole: bool,
}

impl Repairs {
    /// Returns the repairs for these registry changes, and the questions for a human.
    fn of<'e>(
        edits: impl IntoIterator<Item = &'e Edit>,
        left: &[LeftToPerson],
        is_whole: bool,
    ) -> Self {
        let edits = edits.into_iter().filter_map(Repair::of);
        let by_path = edits.chain(left.iter().filter_map(Repair::question)).collect();
        Repairs { by_path, is_whole }
    }

    /// Queues the repairs that `is_meant` accepts, unless they are already queued, and removes
    /// those that are no longer needed. Returns the number of new repairs, and the paths whose
    /// questions have been answered.
    fn put(
        &self,
        repo: &Repo,
        is_meant: &dyn Fn(&Repair) -> bool,
    ) -> Result<(usize, Vec<RepoPath>), QueueError> {
        let meant: BTreeMap<&RepoPath, &Repair> =
            self.by_path.iter().filter(|(_, repair)| is_meant(repair)).collect();
        let state = repo.worktree_state_dir();
        // If there are no repairs, the queue is not created.
        let queue = match meant.is_empty() {
            true => Queue::open_existing(&state)?,
            false => Some(Queue::open(&state)?),
        };
        let Some(mut queue) = queue else { return Ok((0, Vec::new())) };
        // A run limited to some paths knows nothing about the others.
        let over = if self.is_whole { self.over(&queue)? } else { Vec::new() };
        let (new, now) = (new_in(Some(&queue), &meant)?, Moment::now());
        queue.write(|work| {
            over.iter().try_for_each(|item| work.drop_item(&item.path).map(drop))?;
            new.iter().try_for_each(|(path, repair)| {
                let event = QueueEvent {
                    old_path: repair.old_path.clone(),
                    metadata: repair.metadata(),
                    state: Some(repair.state()),
                    ..QueueEvent::new(repair.event, (*path).clone())
                };
                work.enqueue(&event, now)?;
                // A question waits for a human, not for another attempt.
                let command = repair.command.as_ref();
                command.map_or(Ok(()), |command| work.bury(path, command).map(drop))
            })
        })?;
        let answered = over.into_iter().filter(is_question).map(|item| item.path);
        Ok((new.len(), answered.collect()))
    }

    /// Returns the items whose repairs are no longer needed.
    fn over(&self, queue: &Queue) -> Result<Vec<QueueItem>, QueueError> {
        let is_over = |item: &QueueItem| {
            let repair = self.by_path.get(&item.path);
            match item.status {
                ItemStatus::DeadLetter => {
                    is_question(item) && repair.is_none_or(|repair| repair.command.is_none())
                }
                ItemStatus::Queued | ItemStatus::Failed => {
                    item.event.is_request() && repair.is_none()
                }
                ItemStatus::Running | ItemStatus::Completed => false,
            }
        };
        let mut items = Vec::new();
        for status in [ItemStatus::DeadLetter, ItemStatus::Queued, ItemStatus::Failed] {
            items.extend(queue.list(Some(status), usize::MAX)?.into_iter().filter(is_over));
        }
        Ok(items)
    }
}

/// Returns whether an item needs a human.
fn is_question(item: &QueueItem) -> bool {
    item.metadata.as_ref().is_some_and(|metadata| metadata.get().contains(PERSON))
}

/// Queues questions for a human as dead letters, and removes repairs that are no longer needed.
/// Returns the questions that have been answered; warns if the queue cannot be written.
pub fn queue_questions(
    observer: &mut dyn Observer,
    repo: &Repo,
    healed: &HealedBranch,
) -> Vec<AnsweredQuestion> {
    let repairs = Repairs::of(&healed.follow_up.edits, &healed.left, true);
    let answered = match repairs.put(repo, &|repair| repair.command.is_some()) {
        Ok((_, answered)) => answered,
        Err(error) => {
            let problem = format!("what needs a person was not put into the queue: {error}");
            observer.notice(Notice::NotKept(problem));
            return Vec::new();
        }
    };
    let registry = healed.follow_up.state.registry();
    let id_of = |path: &RepoPath| Some(registry?.active().find(|one| one.path == *path)?.id);
    answered.into_iter().map(|path| AnsweredQuestion { id: id_of(&path), path }).collect()
}

/// Removes completed repairs from the queue.
///
/// # Errors
/// Returns an error if the queue cannot be read or written.
pub fn forget_made(repo: &Repo) -> Result<(), QueueError> {
    let Some(mut queue) = Queue::open_existing(&repo.worktree_state_dir())? else { return Ok(()) };
    let is_made = |item: &QueueItem| item.event.is_request();
    let mut made = Vec::new();
    for status in [ItemStatus::Queued, ItemStatus::Failed] {
        made.extend(queue.list(Some(status), usize::MAX)?.into_iter().filter(is_made));
    }
    queue.write(|work| made.iter().try_for_each(|item| work.drop_item(&item.path).map(drop)))
}

/// Queues the repairs found by a dry run; `is_whole` means that it covered all paths. Returns the
/// number of repairs that were not in the queue yet.
///
/// # Errors
/// Returns an error if the queue cannot be read or written.
pub fn queue_repairs(
    repo: &Repo,
    planned: &ReconcileReport,
    is_whole: bool,
    is_dry_run: bool,
) -> Result<usize, QueueError> {
    // Staged changes need no repair.
    let edits = planned.healed.iter().chain(&planned.staged).filter(|_| planned.is_outdated);
    let repairs = Repairs::of(edits, &planned.left, is_whole);
    if is_dry_run {
        let queue = Queue::open_existing(&repo.worktree_state_dir())?;
        return Ok(new_in(queue.as_ref(), &repairs.by_path.iter().collect())?.len());
    }
    let (queued, _) = repairs.put(repo, &|_| true)?;
    // The run counts as complete, although it repaired nothing itself.
    note_reconcile(repo, 0);
    Ok(queued)
}

/// Returns the repairs that are not in the queue yet. A path with a queued repair is not queued
/// again, even if it has changed since, because the repair is planned again when it is due.
fn new_in<'r>(
    queue: Option<&Queue>,
    repairs: &BTreeMap<&'r RepoPath, &'r Repair>,
) -> Result<Vec<(&'r RepoPath, &'r Repair)>, QueueError> {
    let mut new = Vec::new();
    for (path, repair) in repairs {
        let item = queue.map(|queue| queue.get(path)).transpose()?.flatten();
        let is_queued = item.is_some_and(|item| match item.status {
            ItemStatus::Completed => false,
            ItemStatus::DeadLetter => item.last_error == repair.command,
            ItemStatus::Queued | ItemStatus::Running | ItemStatus::Failed => {
                repair.command.is_none()
            }
        });
        if !is_queued {
            new.push((*path, *repair));
        }
    }
    Ok(new)
}
