//! `idhooks queue status`, `list` and `show`.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_automation::{ItemStatus, NamedItems, Queue, QueueDepth, QueueError};
use idhooks_ops::Repo;

use crate::automation::queue_json;
use crate::commands::value_parsers::choice;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui};

/// The number of queued items at which '--strict' reports a backlog.
const BACKLOG: u32 = 100;

/// Print the number of items by status
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue status
  idhooks queue status --strict --format json

Exit code: 0 fine; 1 dead letters or, with --strict, 100 or more queued items; 2 an error")]
pub(super) struct QueueStatus {
    /// Also fail if 100 or more items are queued
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
            Format::Json => ui.data(&queue_json(&depth, None)),
            Format::Text => {
                ui.line("Queue Status:");
                let line = |status: ItemStatus| format!("  {status}: {}", depth.of(status));
                ui.lines(ItemStatus::ALL.map(line));
            }
        }
        ui.dead_letters(&depth);
        if self.strict && depth.queued >= BACKLOG {
            ui.warning(&format!(
                "{} items are queued; fewer than {BACKLOG} is normal",
                depth.queued
            ));
            ui.hint("is the watcher running? idhooks watch status");
            return Ok(Exit::Findings);
        }
        Ok(exit_of(&depth))
    }
}

fn depth(queue: Option<&Queue>) -> Result<QueueDepth, QueueError> {
    // If no watcher has run here yet, there is no database; the queue is then empty, which is not
    // an error.
    Ok(queue.map(Queue::depth).transpose()?.unwrap_or_default())
}

/// Returns the exit code for a queue; dead letters count as findings.
fn exit_of(depth: &QueueDepth) -> Exit {
    if depth.dead_letter == 0 { Exit::Fine } else { Exit::Findings }
}

/// List items
///
/// Waiting items are listed first, in processing order, followed by the others, newest first.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue list
  idhooks queue list --status dead_letter --limit 10 --format json

Exit code: 0 no dead letters; 1 dead letters; 2 an error")]
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
            Format::Json => ui.data(&queue_json(&depth, Some(&items))),
            Format::Text => {
                let all = ItemStatus::ALL.iter().filter(|s| self.status.is_none_or(|of| of == **s));
                // The items are counted in the database, because the list contains at most `limit`
                // items.
                let all: u32 = all.map(|status| depth.of(*status)).sum();
                let hidden = (all as usize).saturating_sub(items.len());
                ui.queue_items(&items);
                if hidden > 0 {
                    ui.status(&format!("and {hidden} more: --limit"));
                }
            }
        }
        ui.dead_letters(&depth);
        Ok(exit_of(&depth))
    }
}

/// Show everything about one item
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue show docs/plan.md
  idhooks queue show docs/plan.md --format json

Exit code: 0 shown; 2 an error, or the path is not in the queue")]
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
        repo: &Repo,
        dir: &Path,
        queue: Option<&Queue>,
    ) -> CommandResult<Exit> {
        let paths = std::slice::from_ref(&self.path);
        let items = NamedItems { dir, paths }.find(repo, queue)?;
        match self.format {
            Format::Json => ui.data(&queue_json(&depth(queue)?, Some(&items))),
            Format::Text => items.iter().for_each(|item| ui.queue_item(item)),
        }
        Ok(Exit::Fine)
    }
}
