//! `idhooks queue retry`, `drop` and `clear`.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::TimeSpan;
use idhooks_core::registry::RepoPath;
use idhooks_ops::repo_path;
use idhooks_repo::git::Repo;
use idhooks_watch::moment::Moment;
use idhooks_watch::queue::{ItemStatus, Queue, QueueError, QueueItem, QueueWriter};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

use super::look::no_item;

/// Try failed items and dead letters again
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue retry docs/plan.md
  idhooks queue retry --all-dead --dry-run

Exit code: 0 queued again; 2 an item has not failed, and nothing was changed, or an error")]
pub(super) struct RetryItems {
    /// Paths of items
    #[arg(value_name = "PATH", required_unless_present = "all_dead")]
    paths: Vec<PathBuf>,
    /// All dead letters
    #[arg(long, conflicts_with = "paths")]
    all_dead: bool,
    /// Print what would be tried again; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl RetryItems {
    pub(super) fn run(
        &self,
        ui: &mut Ui,
        place: (&Repo, &Path),
        queue: Option<Queue>,
    ) -> CommandResult<Exit> {
        let items = match (self.all_dead, &queue) {
            (true, Some(queue)) => queue.list(Some(ItemStatus::DeadLetter), usize::MAX)?,
            (true, None) => Vec::new(),
            (false, queue) => find(place, queue.as_ref(), &self.paths)?,
        };
        let has_failed =
            |item: &&QueueItem| [ItemStatus::Failed, ItemStatus::DeadLetter].contains(&item.status);
        if let Some(other) = items.iter().find(|item| !has_failed(item)) {
            return Err(CommandError::new(format!("'{}' is {}", other.path, other.status))
                .hint("only failed items and dead letters can be tried again"));
        }
        let paths: Vec<&RepoPath> = items.iter().map(|item| &item.path).collect();
        change(ui, queue, &paths, self.dry_run, "queued again", |work, path| work.retry(path))
    }
}

/// Remove items from the queue
///
/// The files stay as they are. If one of them changes again, it is queued again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue drop docs/plan.md
  idhooks queue drop --dry-run docs/plan.md docs/terms.md

Exit code: 0 removed; 2 an item is being worked on, and nothing was removed, or an error")]
pub(super) struct DropItems {
    /// Paths of items
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Print what would be removed; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl DropItems {
    pub(super) fn run(
        &self,
        ui: &mut Ui,
        place: (&Repo, &Path),
        queue: Option<Queue>,
    ) -> CommandResult<Exit> {
        let items = find(place, queue.as_ref(), &self.paths)?;
        if let Some(item) = items.iter().find(|item| item.status == ItemStatus::Running) {
            return Err(CommandError::new(format!("'{}' is being worked on", item.path))
                .hint("wait until it is done, or stop the watcher: idhooks watch stop"));
        }
        let paths: Vec<&RepoPath> = items.iter().map(|item| &item.path).collect();
        change(ui, queue, &paths, self.dry_run, "removed", |work, path| work.drop_item(path))
    }
}

/// Finds the items of paths.
fn find(
    (repo, dir): (&Repo, &Path),
    queue: Option<&Queue>,
    paths: &[PathBuf],
) -> CommandResult<Vec<QueueItem>> {
    let find = |typed: &PathBuf| {
        let path = repo_path(repo, dir, typed)?;
        let item = queue.map(|queue| queue.get(&path)).transpose()?.flatten();
        item.ok_or_else(|| no_item(&path))
    };
    paths.iter().map(find).collect()
}

/// Changes items in one step and prints their paths.
fn change(
    ui: &mut Ui,
    queue: Option<Queue>,
    paths: &[&RepoPath],
    dry_run: bool,
    done: &str,
    one: impl Fn(&QueueWriter<'_>, &RepoPath) -> Result<bool, QueueError>,
) -> CommandResult<Exit> {
    if let Some(mut queue) = queue.filter(|_| !dry_run) {
        queue.write(|work| paths.iter().try_for_each(|path| one(work, path).map(drop)))?;
    }
    ui.lines(paths);
    let would = if dry_run { "would be " } else { "" };
    ui.status(&format!("{would}{done}: {}", count(paths.len(), "item", "items")));
    Ok(Exit::Fine)
}

/// Remove completed items
///
/// The watcher itself removes items that were completed more than a day ago.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue clear --completed-before 24h
  idhooks queue clear --completed-before 0 --dry-run

Exit code: 0 removed; 2 an error")]
pub(super) struct ClearQueue {
    /// Only items that were completed longer ago: 30m, 24h, 7d
    #[arg(long, value_name = "TIME")]
    completed_before: TimeSpan,
    /// Print how many would be removed; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl ClearQueue {
    pub(super) fn run(&self, ui: &mut Ui, queue: Option<Queue>) -> CommandResult<Exit> {
        let before = Moment::now().before(self.completed_before.0);
        let removed = match queue {
            None => 0,
            Some(queue) if self.dry_run => {
                let items = queue.list(Some(ItemStatus::Completed), usize::MAX)?;
                items.iter().filter(|item| item.completed_at.is_some_and(|at| at < before)).count()
            }
            Some(mut queue) => queue.write(|work| work.clear_completed(before))?,
        };
        let would = if self.dry_run { "would be " } else { "" };
        ui.status(&format!("{would}removed: {}", count(removed, "item", "items")));
        Ok(Exit::Fine)
    }
}
