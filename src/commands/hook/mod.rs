//! `idhooks hook`: what git's hooks run.

mod amended;
mod post_checkout;
mod post_merge;
mod post_rewrite;
mod pre_commit;
mod replace;

use std::path::Path;

use clap::{Args, Parser, Subcommand};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::Ui;

use super::panic::guarded;
pub(super) use replace::replace_head_by;
use replace::{remake_head, replace_head};

/// Run the part of idhooks that belongs to a git hook
#[derive(Debug, Args)]
pub(super) struct HookArgs {
    #[command(subcommand)]
    event: HookCommand,
}

#[derive(Debug, Subcommand)]
enum HookCommand {
    /// Put the registry update into the commit being made
    PreCommit,
    /// Verify a merge commit, and replace it if it is not true
    PostMerge {
        /// 1 after a squash merge
        #[arg(default_value = "0")]
        squash: String,
    },
    /// Look at a commit that was checked out
    PostCheckout {
        /// The commit before
        #[arg(default_value = "")]
        old: String,
        /// The commit now
        #[arg(default_value = "")]
        new: String,
        /// 1 if commits were switched, 0 if files were checked out
        #[arg(default_value = "1")]
        switched: String,
    },
    /// Verify the commits that a rebase or an amendment made, and make those that are not true again
    PostRewrite {
        /// What git rewrote commits for: rebase or amend
        #[arg(default_value = "rebase")]
        command: String,
    },
}

/// The command's name, which the hooks call.
pub(super) const NAME: &str = "hook";

/// The command as a hook calls it, without any option: understood without making up the command
/// line of all the others, which would take as long as half of the start.
#[derive(Debug, Parser)]
#[command(name = NAME)]
pub(super) struct Called {
    #[command(flatten)]
    hook: HookArgs,
}

impl Called {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        self.hook.run(ui, dir)
    }
}

impl HookArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        if std::env::var_os("IDHOOKS").is_some_and(|value| value == "0") {
            return Ok(Exit::Fine);
        }
        match self.event {
            HookCommand::PreCommit => pre_commit::run(ui, dir),
            HookCommand::PostMerge { squash } => {
                Ok(never_fails(ui, dir, |ui, repo| post_merge::run(ui, repo, &squash)))
            }
            HookCommand::PostRewrite { command } => {
                Ok(never_fails(ui, dir, |ui, repo| post_rewrite::run(ui, repo, &command)))
            }
            HookCommand::PostCheckout { switched, .. } => {
                Ok(never_fails(ui, dir, |ui, repo| post_checkout::run(ui, repo, &switched)))
            }
        }
    }
}

/// Runs a hook that comes after the fact: whatever happens, git's command has succeeded.
fn never_fails(
    ui: &mut Ui,
    dir: &Path,
    hook: impl FnOnce(&mut Ui, &Repo) -> Result<(), CommandError>,
) -> Exit {
    let done = guarded(|| match Repo::open(dir) {
        Ok(repo) => hook(ui, &repo),
        Err(error) => Err(error.into()),
    });
    let done = done.unwrap_or_else(|panic| Err(CommandError::internal(panic)));
    if let Err(error) = done {
        ui.warning(&format!("idhooks: {}", error.message));
        for cause in error.causes {
            ui.cause(&cause);
        }
        for hint in error.hints {
            ui.hint(&hint);
        }
    }
    Exit::Fine
}
