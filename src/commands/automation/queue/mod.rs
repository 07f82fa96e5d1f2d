//! `idhooks queue`: manages the changed files waiting to be processed.

mod change;
mod look;
mod run;

use std::path::Path;

use clap::{Args, Subcommand};
use idhooks_automation::Queue;
use idhooks_ops::Repo;

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use change::{ClearQueue, DropItems, RetryItems};
use look::{ListQueue, QueueStatus, ShowItem};
use run::RunQueue;

/// Show and change the queue of changed files
///
/// The watcher queues every changed file in its working tree and processes the files one by one. A
/// file that fails is retried with increasing delays; after the third attempt, it becomes a dead
/// letter until it changes again or you retry it. The queue is stored in '.git/idhooks/queue.db'.
/// If you delete it, the watcher finds the changes again.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue status
  idhooks queue list --status dead_letter
  idhooks queue retry --all-dead

Exit code: 0 done; 1 there are dead letters; 2 the queue cannot be read or written")]
pub(in crate::commands) struct QueueArgs {
    #[command(subcommand)]
    action: QueueAction,
}

#[derive(Debug, Subcommand)]
enum QueueAction {
    Status(QueueStatus),
    List(ListQueue),
    Show(ShowItem),
    Retry(RetryItems),
    Drop(DropItems),
    Clear(ClearQueue),
    Run(RunQueue),
}

impl QueueArgs {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        // A command that only reads does not create the database: a clone without a watcher has
        // none.
        let queue = || Queue::open_existing(&repo.worktree_state_dir());
        match self.action {
            QueueAction::Status(status) => status.run(ui, queue()?.as_ref()),
            QueueAction::List(list) => list.run(ui, queue()?.as_ref()),
            QueueAction::Show(show) => show.run(ui, &repo, dir, queue()?.as_ref()),
            QueueAction::Retry(retry) => retry.run(ui, &repo, dir),
            QueueAction::Drop(drop) => drop.run(ui, &repo, dir),
            QueueAction::Clear(clear) => clear.run(ui, &repo),
            QueueAction::Run(run) => run.run(ui, repo),
        }
    }
}
