//! `idhooks status`: shows one screen about the repository and this clone.

use std::path::Path;

use idhooks_ops::{Repo, lock_state, status};

use crate::commands::watcher;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json, lock_lines, locks_json, status_rows};

/// Show whether hooks are installed and the registry is consistent
///
/// Reports the hooks and the merge driver of this clone, whether the registry is consistent in HEAD
/// and in the index, and the number of identities. A git operation in progress, and a watcher that does
/// not work although it should, have a line of their own. The exit code is 0 whatever the state is.
///
/// One command at a time changes the registry of a working tree; others wait for it. Commands that
/// work longer also lock the files that they change, or the whole registry. --locks shows which commands
/// do; it also answers while the registry cannot be read. The operating system releases the locks of a process
/// that ends, however it ends, so no lock needs to be removed.
///
/// A command waits for 30 seconds, or as long as 'git config idhooks.lockTimeout' says in
/// milliseconds, or idhooks.lockTimeout.path, .id or .registry for one kind of lock. If several 'idhooks allocate'
/// wait, the next one allocates for all of them, in one change of the registry.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks status                  one screen for people
  idhooks status --format json    for scripts
  idhooks status --locks          which commands hold locks")]
pub(super) struct StatusArgs {
    /// Show only which commands and other programs hold locks, and how many commands wait
    #[arg(long)]
    locks: bool,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

impl StatusArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        if self.locks {
            let locks = lock_state(&repo);
            match self.format {
                Format::Json => ui.data(&locks_json(&locks)),
                Format::Text => ui.lines(lock_lines(&locks)),
            }
            return Ok(Exit::Fine);
        }
        let report = status(&repo, watcher::down(&repo))?;
        match self.format {
            Format::Json => ui.data(&json::document(&report)),
            Format::Text => ui.table(status_rows(&report)),
        }
        Ok(Exit::Fine)
    }
}
