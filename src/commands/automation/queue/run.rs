//! `idhooks queue run`: processes the items without starting a watcher.

use clap::Args;
use idhooks_automation::run_queue;
use idhooks_ops::Repo;

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, count};

/// Process the queue without watching
///
/// Processes items as the watcher does, and checks the result. Changes no files: repairs queued by
/// 'idhooks reconcile --enqueue' stay queued until they are made by 'idhooks reconcile', by a
/// commit, or by a watcher with on_change = "stage". Fails if a watcher is running, since only one
/// process may work on the queue.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue run --once
  idhooks queue run                       until you stop it

Exit code: 0 no errors in the last check; 1 the last check found errors; 2 an error")]
pub(super) struct RunQueue {
    /// Exit as soon as no item is due
    #[arg(long)]
    once: bool,
}

impl RunQueue {
    pub(super) fn run(&self, ui: &mut Ui, repo: Repo) -> CommandResult<Exit> {
        let done = run_queue(repo, self.once, &mut |news| ui.watch_news(&news))?;
        // Repairs change the index, which this command never does. Without this message, a queue
        // that is never emptied would look broken.
        if done.waiting > 0 {
            let waiting = count(done.waiting, "repair waits", "repairs wait");
            ui.status(&format!("{waiting} in the queue: idhooks reconcile && git commit"));
        }
        Ok(if done.errors > 0 { Exit::Findings } else { Exit::Fine })
    }
}
