//! `idhooks hook`: the commands that the git hooks run.

mod amended;
mod plain_commit;
mod post_checkout;
mod post_merge;
mod post_rewrite;
mod pre_commit;
mod replace;

use std::path::Path;

use clap::{Args, Parser, Subcommand};
use idhooks_repo::git::Repo;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::panic::guarded;
pub(super) use replace::replace_head_by;

/// Do the work of a git hook; the installed hooks call this
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks hook pre-commit
  idhooks hook post-rewrite rebase

Set IDHOOKS=0 to turn the hooks off for one git command.")]
pub(super) struct HookArgs {
    #[command(subcommand)]
    event: HookCommand,
}

#[derive(Debug, Subcommand)]
enum HookCommand {
    /// Add the registry update to the commit being made
    #[command(after_help = "\
Examples:
  idhooks hook pre-commit
  IDHOOKS=0 git commit                        commit without the hook")]
    PreCommit,
    /// Check a merge commit, and replace it if it is inconsistent
    #[command(after_help = "\
Examples:
  idhooks hook post-merge                     after a merge
  idhooks hook post-merge 1                   after a squash merge")]
    PostMerge {
        /// 1 after a squash merge
        #[arg(value_name = "SQUASH", default_value = "0")]
        squash: String,
    },
    /// Check a commit that was checked out
    #[command(after_help = "\
Examples:
  idhooks hook post-checkout
  idhooks hook post-checkout \"$1\" \"$2\" \"$3\"     with the arguments from git")]
    PostCheckout {
        /// Commit before the checkout
        #[arg(value_name = "OLD", default_value = "")]
        old: String,
        /// Commit after the checkout
        #[arg(value_name = "NEW", default_value = "")]
        new: String,
        /// 1 if git switched commits, 0 if it checked out files
        #[arg(value_name = "SWITCHED", default_value = "1")]
        switched: String,
    },
    /// Check the commits of a rebase or an amend, and rewrite inconsistent ones
    #[command(after_help = "\
Examples:
  idhooks hook post-rewrite                   after a rebase
  idhooks hook post-rewrite amend             after 'git commit --amend'")]
    PostRewrite {
        /// Git command that rewrote the commits: rebase or amend
        #[arg(value_name = "COMMAND", default_value = "rebase")]
        command: String,
    },
}

/// The name of the command, which the hooks call.
pub(super) const NAME: &str = "hook";

/// The command as a hook calls it, without options. It is parsed without building the parsers of all
/// commands, which would take half of the startup time.
#[derive(Debug, Parser)]
#[command(name = NAME)]
pub(super) struct Called {
    #[command(flatten)]
    hook: HookArgs,
}

impl Called {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        self.hook.run(ui, dir)
    }
}

impl HookArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
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

/// Runs a hook that git calls afterwards. Errors become warnings, since git's command has succeeded.
fn never_fails(
    ui: &mut Ui,
    dir: &Path,
    hook: impl FnOnce(&mut Ui, &Repo) -> CommandResult<()>,
) -> Exit {
    let failed = |ui: &mut Ui, error: CommandError| {
        ui.warning(&format!("idhooks: {}", error.message));
        for cause in error.causes {
            ui.cause(&cause);
        }
        for hint in error.hints {
            ui.hint(&hint);
        }
        Exit::Fine
    };
    let report = move |panic: &str| failed(&mut Ui::default(), CommandError::internal(panic)) as u8;
    let done = guarded(report, || match Repo::open(dir) {
        Ok(repo) => hook(ui, &repo),
        Err(error) => Err(error.into()),
    });
    done.map_or_else(|error| failed(ui, error), |()| Exit::Fine)
}
