//! `idhooks hook`: the commands that the git hooks run.

mod foreign_legacy;
mod pre_commit;
mod rewriting;

use std::path::Path;

use clap::{Parser, Subcommand};
use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::keep_attributes;
use idhooks_repo::cache::{Cache, ConsistencyKey};
use idhooks_repo::git::{Repo, inspect};
use idhooks_repo::history::{Consistency, Lacking, check_consistency, missing_to_heal};
use idhooks_repo::state::LegacyFile;
use idhooks_repo::transaction::record_seen_commits;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::panic::guarded;
pub(super) use rewriting::replace_head_by;

/// The name of the command, which the hooks call.
pub(super) const NAME: &str = "hook";

// As a hook calls it, the command is parsed without building the parsers of all commands, which would
// take half of the startup time.
/// Do the work of a git hook; the installed hooks call this
#[derive(Debug, Parser)]
#[command(name = NAME)]
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
    /// Record the new commit in the audit log
    ///
    /// The next run of idhooks does that, too. Call it in a post-commit hook of your own if the event must be
    /// in the log at once.
    #[command(after_help = "\
Examples:
  idhooks hook post-commit")]
    PostCommit,
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

/// A hook that git calls after its command, with the argument that matters.
type LaterHook = fn(&mut Ui, &Repo, &str) -> CommandResult<()>;

impl HookArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if std::env::var_os("IDHOOKS").is_some_and(|value| value == "0") {
            return Ok(Exit::Fine);
        }
        let (name, hook, argument): (_, LaterHook, String) = match self.event {
            HookCommand::PreCommit => return pre_commit::run(ui, dir),
            HookCommand::PostCommit => ("hook post-commit", |_, _, _| Ok(()), String::new()),
            HookCommand::PostMerge { squash } => ("hook post-merge", rewriting::post_merge, squash),
            HookCommand::PostRewrite { command } => {
                ("hook post-rewrite", rewriting::post_rewrite, command)
            }
            HookCommand::PostCheckout { switched, .. } => {
                ("hook post-checkout", post_checkout, switched)
            }
        };
        // A checkout has its own message.
        let is_rewriting = name == "hook post-merge" || name == "hook post-rewrite";
        // Errors become warnings, since git's command has succeeded.
        let failed = |ui: &mut Ui, error: CommandError| {
            ui.warning(&format!("idhooks: {}", error.message));
            error.explain(ui);
            Exit::Fine
        };
        let report =
            move |panic: &str| failed(&mut Ui::default(), CommandError::internal(panic)) as u8;
        let done = guarded(report, || {
            let repo = Repo::open(dir)?;
            repo.begin_hook(name);
            let done = hook(ui, &repo, &argument);
            record_seen_commits(&repo).iter().for_each(|problem| ui.warning(problem));
            done?;
            if is_rewriting {
                foreign_legacy::warn_of_foreign_changes(ui, &repo)?;
            }
            keep_attributes_of_head(ui, &repo)
        });
        Ok(done.map_or_else(|error| failed(ui, error), |()| Exit::Fine))
    }
}

/// Keeps the attributes of this clone up to date with the rules of HEAD.
fn keep_attributes_of_head(ui: &mut Ui, repo: &Repo) -> CommandResult<()> {
    if let Some(head) = repo.head()? {
        keep_attributes(ui, repo, LegacyFile::of_tree(repo, repo.commit(head)?.tree));
    }
    Ok(())
}

/// post-checkout: reports an inconsistent registry, once per tree, and problems of the installation.
fn post_checkout(ui: &mut Ui, repo: &Repo, switched: &str) -> CommandResult<()> {
    if switched != "1" {
        return Ok(());
    }
    let Some(head) = repo.head()? else { return Ok(()) };
    let tree = repo.commit(head)?.tree;
    if repo.tree_entry(tree, REGISTRY_PATH)?.is_none() {
        return Ok(());
    }
    let first_time = |problem: &str| {
        let mut cache = Cache::open(&repo.state_dir());
        let key = ConsistencyKey::IsReported(tree.object(), problem.to_owned());
        let is_known = cache.get(&key).is_some();
        // If the cache cannot be written, this hook only repeats its message.
        cache.insert(&key, &true);
        cache.save();
        !is_known
    };
    if first_time("")
        && let Consistency::Inconsistent(_) = check_consistency(repo, head)?
    {
        let what = "idhooks: the registry of HEAD is inconsistent ('idhooks check' shows why)";
        let outlook = missing_to_heal(repo, head)?.map(Lacking::outlook);
        let outlook = outlook.unwrap_or_else(|| "the next commit heals it".to_owned());
        ui.status(&format!("{what}; {outlook}"));
    }
    // Check this every time: a hook manager may have replaced the hooks since.
    if repo.is_plainly_installed() {
        return Ok(());
    }
    if let Some(problem) = inspect(&repo.git())?.problems().first()
        && first_time(&problem.to_string())
    {
        ui.status(&format!("idhooks: {problem} in this clone; 'idhooks install' fixes it"));
    }
    Ok(())
}
