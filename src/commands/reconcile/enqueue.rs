//! `idhooks reconcile --enqueue`: puts the repairs into the queue instead of doing them.

use std::collections::BTreeMap;

use idhooks_core::plan::{Edit, EventKind};
use idhooks_core::registry::RepoPath;
use idhooks_repo::git::Repo;
use idhooks_repo::store::digest;
use idhooks_watch::moment::Moment;
use idhooks_watch::queue::{FileEvent, ItemStatus, Queue, QueueError, QueueEvent, QueueItem};
use serde_json::value::{RawValue, to_raw_value};

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, count, json};

use super::summary::show_left;
use super::work::{ReconcileWork, note_run};

/// Why a repair is queued.
const MISSING: &str = "missing_from_registry";
const DELETED: &str = "file_deleted";
const PERSON: &str = "needs_a_person";

/// A repair for the queue.
struct Repair {
    event: FileEvent,
    reason: &'static str,
    old_path: Option<RepoPath>,
    /// The command to paste, if a person is needed.
    command: Option<String>,
}

impl Repair {
    fn of(edit: &Edit) -> Option<(RepoPath, Self)> {
        let (event, reason) = match edit.kind {
            EventKind::Allocated | EventKind::Copied | EventKind::Revived | EventKind::Renamed => {
                (FileEvent::ReconcileAdd, MISSING)
            }
            EventKind::Deprecated | EventKind::Superseded => (FileEvent::ReconcileRemove, DELETED),
            _ => return None,
        };
        let old_path = edit.from.clone();
        Some((edit.path.clone()?, Repair { event, reason, old_path, command: None }))
    }

    /// Returns a number that is the same for the same repair.
    fn state(&self) -> i64 {
        let old_path = self.old_path.as_ref().map(RepoPath::as_bytes);
        digest((self.event.as_str(), self.reason, old_path, &self.command)).cast_signed()
    }

    fn metadata(&self) -> Option<Box<RawValue>> {
        to_raw_value(&BTreeMap::from([("reason", self.reason)])).ok()
    }
}

/// Queues the repairs of `work`, and reports them; `is_whole` if they are those of all paths.
pub(super) fn run(
    ui: &mut Ui,
    repo: &Repo,
    work: &mut ReconcileWork,
    is_whole: bool,
    is_dry_run: bool,
    format: Format,
) -> CommandResult<Exit> {
    let mut repairs: BTreeMap<RepoPath, Repair> =
        work.healed.iter().chain(&work.staged).filter_map(Repair::of).collect();
    for left in &work.left {
        let Some(path) = &left.path else { continue };
        let command = Some(format!("{}: {}", left.reason, left.command));
        let (event, reason, old_path) = (FileEvent::ReconcileAdd, PERSON, None);
        repairs.insert(path.clone(), Repair { event, reason, old_path, command });
    }
    work.figures.repairs_enqueued = match is_dry_run {
        true => to_queue(&Queue::open_existing(&repo.worktree_state_dir())?, &repairs)?.len(),
        false => {
            let state = repo.worktree_state_dir();
            let queue = match repairs.is_empty() {
                true => Queue::open_existing(&state)?,
                false => Some(Queue::open(&state)?),
            };
            let solved = if is_whole { solved(&queue, &repairs)? } else { Vec::new() };
            let new = to_queue(&queue, &repairs)?;
            let now = Moment::now();
            if let Some(mut queue) = queue {
                queue.write(|work| {
                    solved.iter().try_for_each(|path| work.drop_item(path).map(drop))?;
                    new.iter().try_for_each(|(path, repair)| {
                        let event = QueueEvent {
                            old_path: repair.old_path.clone(),
                            metadata: repair.metadata(),
                            state: Some(repair.state()),
                            ..QueueEvent::new(repair.event, (*path).clone())
                        };
                        work.enqueue(&event, now)?;
                        repair
                            .command
                            .as_ref()
                            .map_or(Ok(()), |command| work.bury(path, command).map(drop))
                    })
                })?;
            }
            new.len()
        }
    };
    if !is_dry_run {
        note_run(repo, 0);
    }
    match format {
        Format::Json => ui.data(&json::document(work)),
        Format::Text => work.figures.show(ui),
    }
    let queued = count(work.figures.repairs_enqueued, "repair", "repairs");
    ui.status(&match is_dry_run {
        _ if work.figures.repairs_enqueued == 0 => "no new repair to queue".to_owned(),
        true => format!("{queued} would be queued"),
        false => format!("{queued} queued; see them: idhooks queue list"),
    });
    show_left(ui, &work.left);
    Ok(if work.left.is_empty() { Exit::Fine } else { Exit::Findings })
}

/// Returns the paths of dead letters with a question that is no longer open.
fn solved(
    queue: &Option<Queue>,
    repairs: &BTreeMap<RepoPath, Repair>,
) -> Result<Vec<RepoPath>, QueueError> {
    let Some(queue) = queue else { return Ok(Vec::new()) };
    let dead = queue.list(Some(ItemStatus::DeadLetter), usize::MAX)?;
    let is_question = |item: &QueueItem| {
        item.metadata.as_ref().is_some_and(|metadata| metadata.get().contains(PERSON))
    };
    let is_open = |path: &RepoPath| repairs.get(path).is_some_and(|one| one.command.is_some());
    let solved = dead.into_iter().filter(|item| is_question(item) && !is_open(&item.path));
    Ok(solved.map(|item| item.path).collect())
}

/// Returns the repairs that are not in the queue yet. What happened to a path since it was queued is no
/// reason to queue it again: the repair is planned again when it is due.
fn to_queue<'r>(
    queue: &Option<Queue>,
    repairs: &'r BTreeMap<RepoPath, Repair>,
) -> Result<Vec<(&'r RepoPath, &'r Repair)>, QueueError> {
    let mut new = Vec::new();
    for (path, repair) in repairs {
        let item = queue.as_ref().map(|queue| queue.get(path)).transpose()?.flatten();
        let is_queued = item.is_some_and(|item| match item.status {
            ItemStatus::Completed => false,
            ItemStatus::DeadLetter => item.last_error == repair.command,
            ItemStatus::Queued | ItemStatus::Running | ItemStatus::Failed => {
                repair.command.is_none()
            }
        });
        if !is_queued {
            new.push((path, repair));
        }
    }
    Ok(new)
}
