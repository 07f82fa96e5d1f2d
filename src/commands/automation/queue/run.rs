//! `idhooks queue run`: works on the items without watching.

use clap::Args;
use idhooks_automation::run_queue;
use idhooks_ops::Repo;

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, count};

/// Work on the queue without watching
///
/// Does what the watcher does with its items, and checks the result. It changes no file: repairs that
/// 'idhooks reconcile --enqueue' has queued stay there until 'idhooks reconcile', a commit or a watcher
/// with on_change = "stage" makes them. Only one process works on the queue: if a watcher runs, this
/// command does not.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks queue run --once
  idhooks queue run                       until you stop it

Exit code: 0 ended, without errors in the last check; 1 the last check found errors; 2 an error")]
pub(super) struct RunQueue {
    /// End when no item is due
    #[arg(long)]
    once: bool,
}

impl RunQueue {
    pub(super) fn run(&self, ui: &mut Ui, repo: Repo) -> CommandResult<Exit> {
        let done = run_queue(repo, self.once, &mut |news| ui.watch_news(&news))?;
        if done.waiting > 0 {
            let waiting = count(done.waiting, "repair waits", "repairs wait");
            ui.status(&format!("{waiting} in the queue: idhooks reconcile && git commit"));
        }
        Ok(if done.errors > 0 { Exit::Findings } else { Exit::Fine })
    }
}
