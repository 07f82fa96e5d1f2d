//! `idhooks queue status`, `list` and `show`.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_ops::repo_path;
use idhooks_repo::git::Repo;
use idhooks_watch::queue::{ItemStatus, Queue, QueueDepth, QueueItem};
use serde::Serialize;

use crate::commands::choice::choice;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::json::document;
use crate::output::{Format, Ui, count};

/// From this number of waiting items on, '--strict' reports a backlog.
const BACKLOG: u32 = 100;

/// What the commands print as JSON.
#[derive(Serialize)]
struct QueueDocument {
    depth: QueueDepth,
    #[serde(skip_serializing_if = "Option::is_none")]
    items: Option<Vec<QueueItem>>,
}

/// Print the number of items in each status
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue status
  idhooks queue status --strict --format json

Exit code: 0 fine; 1 there are dead letters or, with --strict, 100 queued items or more; 2 an error")]
pub(super) struct QueueStatus {
    /// Fail if 100 items or more are queued, too
    #[arg(long)]
    strict: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl QueueStatus {
    pub(super) fn run(&self, ui: &mut Ui, queue: Option<&Queue>) -> CommandResult<Exit> {
        let depth = depth(queue)?;
        match self.format {
            Format::Json => ui.data(&document(&QueueDocument { depth, items: None })),
            Format::Text => {
                ui.line("Queue Status:");
                let line = |status: ItemStatus| format!("  {status}: {}", depth.of(status));
                ui.lines(ItemStatus::ALL.map(line));
            }
        }
        let exit = exit_of(ui, &depth);
        if self.strict && depth.queued >= BACKLOG {
            ui.warning(&format!(
                "{} items are queued; fewer than {BACKLOG} is normal",
                depth.queued
            ));
            ui.hint("is the watcher running? idhooks watch status");
            return Ok(Exit::Findings);
        }
        Ok(exit)
    }
}

fn depth(queue: Option<&Queue>) -> CommandResult<QueueDepth> {
    Ok(queue.map(Queue::depth).transpose()?.unwrap_or_default())
}

/// List items
///
/// Items that wait come first, in the order of their turns; then the others, the newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue list
  idhooks queue list --status dead_letter --limit 10 --format json

Exit code: 0 fine; 1 there are dead letters; 2 an error")]
pub(super) struct ListQueue {
    /// Only items with this status
    #[arg(long, value_name = "STATUS", value_parser = choice(ItemStatus::ALL, ItemStatus::as_str, None))]
    status: Option<ItemStatus>,
    /// List at most this many items
    #[arg(long, value_name = "N", default_value_t = 100)]
    limit: usize,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl ListQueue {
    pub(super) fn run(&self, ui: &mut Ui, queue: Option<&Queue>) -> CommandResult<Exit> {
        let list = |queue: &Queue| queue.list(self.status, self.limit);
        let items = queue.map(list).transpose()?.unwrap_or_default();
        let depth = depth(queue)?;
        match self.format {
            Format::Json => ui.data(&document(&QueueDocument { depth, items: Some(items) })),
            Format::Text => {
                let all = ItemStatus::ALL.iter().filter(|s| self.status.is_none_or(|of| of == **s));
                let all: u32 = all.map(|status| depth.of(*status)).sum();
                let hidden = (all as usize).saturating_sub(items.len());
                ui.table(items.iter().map(|item| {
                    [item.status.to_string(), item.event.to_string(), path_of(item), note(item)]
                }));
                if hidden > 0 {
                    ui.status(&format!("and {hidden} more: --limit"));
                }
            }
        }
        Ok(exit_of(ui, &depth))
    }
}

fn path_of(item: &QueueItem) -> String {
    match &item.old_path {
        Some(old) => format!("{old} -> {}", item.path),
        None => item.path.to_string(),
    }
}

/// Returns what else there is to say about an item.
fn note(item: &QueueItem) -> String {
    let attempts = || match item.attempts {
        1 => "1 attempt".to_owned(),
        attempts => format!("{attempts} attempts"),
    };
    let why = item.last_error.as_deref().unwrap_or_default();
    match (item.status, item.next_attempt_at) {
        (ItemStatus::Failed, Some(next)) => format!("{}, next at {next}: {why}", attempts()),
        (ItemStatus::DeadLetter | ItemStatus::Failed, _) => format!("{}: {why}", attempts()),
        (ItemStatus::Completed, _) => format!("at {}", shown(item.completed_at)),
        (ItemStatus::Running, _) => format!("since {}", shown(item.started_at)),
        (ItemStatus::Queued, _) => format!("since {}", item.first_seen),
    }
}

fn shown(value: Option<impl ToString>) -> String {
    value.map_or_else(|| "-".to_owned(), |value| value.to_string())
}

/// Show everything about one item
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue show docs/plan.md
  idhooks queue show docs/plan.md --format json

Exit code: 0 shown; 2 the path has no item, or an error")]
pub(super) struct ShowItem {
    /// Path of the item
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl ShowItem {
    pub(super) fn run(
        &self,
        ui: &mut Ui,
        (repo, dir): (&Repo, &Path),
        queue: Option<&Queue>,
    ) -> CommandResult<Exit> {
        let path = repo_path(repo, dir, &self.path)?;
        let item = queue.map(|queue| queue.get(&path)).transpose()?.flatten();
        let item = item.ok_or_else(|| no_item(&path))?;
        match self.format {
            Format::Json => {
                let (depth, items) = (depth(queue)?, Some(vec![item]));
                ui.data(&document(&QueueDocument { depth, items }));
            }
            Format::Text => ui.table([
                ["path", &item.path.to_string()],
                ["old path", &shown(item.old_path.as_ref())],
                ["event", item.event.as_str()],
                ["status", item.status.as_str()],
                ["attempts", &item.attempts.to_string()],
                ["first seen", &item.first_seen.to_string()],
                ["last event", &item.enqueued_at.to_string()],
                ["started", &shown(item.started_at)],
                ["completed", &shown(item.completed_at)],
                ["next attempt", &shown(item.next_attempt_at)],
                ["last error", &shown(item.last_error.as_ref())],
                ["metadata", &shown(item.metadata.as_ref())],
            ]),
        }
        Ok(Exit::Fine)
    }
}

/// Returns the error for a path without an item.
pub(super) fn no_item(path: &impl std::fmt::Display) -> CommandError {
    CommandError::new(format!("'{path}' is not in the queue"))
        .hint("list the queue: idhooks queue list")
}

/// Returns the exit code of a look at the queue, and reports dead letters.
fn exit_of(ui: &mut Ui, depth: &QueueDepth) -> Exit {
    if depth.dead_letter == 0 {
        return Exit::Fine;
    }
    let dead = depth.dead_letter as usize;
    ui.warning(&count(dead, "dead letter", "dead letters"));
    ui.hint("see why: idhooks queue list --status dead_letter; to try again: idhooks queue retry --all-dead");
    Exit::Findings
}
