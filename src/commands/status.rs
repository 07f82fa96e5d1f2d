//! `idhooks status`: summarizes the state of the repository and of this clone.

use std::path::Path;

use idhooks_ops::{Repo, lock_state, status};

use crate::commands::watcher;
use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json, lock_lines, locks_json, status_rows};

/// Show whether hooks are installed and the registry is consistent
///
/// Reports the hooks and the merge driver in this clone, whether the registry is consistent in HEAD
/// and in the index, and the number of identities. A git operation in progress and a watcher that
/// is down are also shown. The exit code is always 0.
///
/// Only one command at a time can change a working tree's registry; others wait for it. Commands
/// that take longer also lock the files they change, or the whole registry. --locks shows who holds
/// locks, even if the registry cannot be read. The operating system releases a process's locks when
/// it exits or dies, so you never have to remove one.
///
/// A command waits for a lock for 30 seconds, or for the number of milliseconds in 'git config
/// idhooks.lockTimeout'; idhooks.lockTimeout.path, .id and .registry set the time for one kind of
/// lock. If several 'idhooks allocate' commands are waiting, the next one allocates for all of them
/// in one change.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks status                  one screen for people
  idhooks status --format json    for scripts
  idhooks status --locks          show the holders of locks")]
pub(super) struct StatusArgs {
    /// Show only the commands and programs that hold locks, and the number of waiting commands
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
            // Locks are shown before the registry is read: the command is needed when another
            // command holds a lock or has left something damaged.
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
