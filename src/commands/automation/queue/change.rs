//! `idhooks queue retry`, `drop` and `clear`.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_automation::{NamedItems, clear_queue, drop_items, retry_items};
use idhooks_core::config::TimeSpan;
use idhooks_core::registry::RepoPath;
use idhooks_ops::Repo;

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, count};

/// Retry failed items and dead letters
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue retry docs/plan.md
  idhooks queue retry --all-dead --dry-run

Exit code: 0 queued again; 2 an error, or an item has not failed and nothing was changed")]
pub(super) struct RetryItems {
    /// Paths of items
    #[arg(value_name = "PATH", required_unless_present = "all_dead")]
    paths: Vec<PathBuf>,
    /// All dead letters
    #[arg(long, conflicts_with = "paths")]
    all_dead: bool,
    /// Print the items that would be retried; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl RetryItems {
    pub(super) fn run(&self, ui: &mut Ui, repo: &Repo, dir: &Path) -> CommandResult<Exit> {
        // If no names are given, only dead letters are retried: items that have failed once or
        // twice are retried anyway.
        let named = (!self.all_dead).then_some(NamedItems { dir, paths: &self.paths });
        let retried = retry_items(repo, named, self.dry_run)?;
        Ok(show(ui, &retried, self.dry_run, "queued again"))
    }
}

/// Remove items from the queue
///
/// The files themselves are not touched. A file that changes again is queued again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue drop docs/plan.md
  idhooks queue drop --dry-run docs/plan.md docs/terms.md

Exit code: 0 removed; 2 an error, or an item is being processed and nothing was removed")]
pub(super) struct DropItems {
    /// Paths of items
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Print the items that would be removed; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl DropItems {
    pub(super) fn run(&self, ui: &mut Ui, repo: &Repo, dir: &Path) -> CommandResult<Exit> {
        let named = NamedItems { dir, paths: &self.paths };
        let dropped = drop_items(repo, &named, self.dry_run)?;
        Ok(show(ui, &dropped, self.dry_run, "removed"))
    }
}

/// Prints the paths of the items that were changed, or that a dry run would change.
fn show(ui: &mut Ui, paths: &[RepoPath], is_dry_run: bool, done: &str) -> Exit {
    ui.lines(paths);
    let would = if is_dry_run { "would be " } else { "" };
    ui.status(&format!("{would}{done}: {}", count(paths.len(), "item", "items")));
    Exit::Fine
}

/// Remove completed items
///
/// The watcher removes items a day after they were completed.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue clear --completed-before 24h
  idhooks queue clear --completed-before 0 --dry-run

Exit code: 0 removed; 2 an error")]
pub(super) struct ClearQueue {
    /// Only items completed longer ago than this: 30m, 24h, 7d
    #[arg(long, value_name = "TIME")]
    completed_before: TimeSpan,
    /// Print how many items would be removed; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl ClearQueue {
    pub(super) fn run(&self, ui: &mut Ui, repo: &Repo) -> CommandResult<Exit> {
        let removed = clear_queue(repo, self.completed_before.0, self.dry_run)?;
        let would = if self.dry_run { "would be " } else { "" };
        ui.status(&format!("{would}removed: {}", count(removed, "item", "items")));
        Ok(Exit::Fine)
    }
}
