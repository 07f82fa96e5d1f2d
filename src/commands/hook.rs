//! `idhooks hook`: implements the git hooks.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use idhooks_core::check::{Drift, Family, Finding};
use idhooks_core::registry::BlobId;
use idhooks_ops::{
    CommitNotice, Notice, Observer, OpsError, PostHook, Progress, Repo, complete_commit,
    pack_registry, run_later_hook, start_packing,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::notices::{git_prefix, warn_of_fallback};
use crate::output::Ui;
use crate::panic::guarded;

/// The name of the command that the hooks call.
pub(super) const NAME: &str = "hook";

// Hook calls have their own parser: building the parsers for all commands would take up half of the
// startup time.
/// Run a git hook; called by the installed hooks
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
    /// The next run of idhooks does this anyway. Call it in your own post-commit hook if the event must be
    /// logged at once.
    #[command(after_help = "\
Examples:
  idhooks hook post-commit")]
    PostCommit,
    /// Check the merge commit, and replace it if it is inconsistent
    #[command(after_help = "\
Examples:
  idhooks hook post-merge                     after a merge
  idhooks hook post-merge 1                   after a squash merge")]
    PostMerge {
        /// 1 after a squash merge
        #[arg(value_name = "SQUASH", default_value = "0")]
        squash: String,
    },
    /// Check the commit that was checked out
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
    /// Check the commits made by a rebase or an amend, and rewrite inconsistent ones
    #[command(after_help = "\
Examples:
  idhooks hook post-rewrite                   after a rebase
  idhooks hook post-rewrite amend             after 'git commit --amend'")]
    PostRewrite {
        /// Git command that rewrote the commits: rebase or amend
        #[arg(value_name = "COMMAND", default_value = "rebase")]
        command: String,
    },
    /// Have git pack the loose versions of the registry; started by pre-commit in the background
    #[command(hide = true)]
    PackRegistry(PackRegistry),
}

/// The arguments of `hook pack-registry`.
#[derive(Debug, Parser)]
struct PackRegistry {
    /// Git directory that all working trees share
    #[arg(value_name = "DIR")]
    dir: PathBuf,
    /// Search the history for versions first
    #[arg(long)]
    search: bool,
    /// Versions that stay loose
    #[arg(value_name = "BLOB")]
    except: Vec<BlobId>,
}

impl PackRegistry {
    fn run(&self) -> CommandResult<Exit> {
        let packed = pack_registry(&self.dir, &self.except, self.search);
        packed.map(|_| Exit::Fine).map_err(Into::into)
    }
}

impl HookArgs {
    /// Parses the arguments of a hook call; `args[0]` is [`NAME`].
    ///
    /// # Errors
    /// Returns an error if an argument is wrong, or asks for help.
    pub(super) fn parse(args: &[OsString]) -> Result<Self, clap::Error> {
        // Every commit starts with this call, which takes no arguments.
        if matches!(args, [_, event] if event == "pre-commit") {
            return Ok(HookArgs { event: HookCommand::PreCommit });
        }
        HookArgs::try_parse_from(args)
    }

    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        // The stubs check this themselves, but hook managers call this command directly.
        if std::env::var_os("IDHOOKS").is_some_and(|value| value == "0") {
            return Ok(Exit::Fine);
        }
        if !matches!(self.event, HookCommand::PackRegistry(_)) {
            warn_of_fallback(ui, dir);
        }
        let hook = match self.event {
            HookCommand::PreCommit => return complete(ui, dir),
            HookCommand::PackRegistry(packing) => return packing.run(),
            HookCommand::PostCommit => PostHook::PostCommit,
            HookCommand::PostMerge { squash } => PostHook::PostMerge { is_squash: squash == "1" },
            HookCommand::PostRewrite { command } => PostHook::PostRewrite(command),
            HookCommand::PostCheckout { old, switched, .. } => PostHook::PostCheckout {
                is_switch: switched == "1",
                // git passes an id of zeros.
                is_first: !old.is_empty() && old.bytes().all(|byte| byte == b'0'),
            },
        };
        // git has already made the commit or switched branches; an error here would wrongly suggest
        // that git failed.
        let failed = |ui: &mut Ui, error: CommandError| {
            ui.warning(&format!("idhooks: {}", error.message));
            error.explain(ui);
            Exit::Fine
        };
        // A panic must not make the hook fail either: `git checkout` would fail even though it has
        // switched branches.
        let report =
            move |panic: &str| failed(&mut Ui::default(), CommandError::internal(panic)) as u8;
        let done = guarded(report, || run_later_hook(ui, &Repo::open(dir)?, &hook));
        Ok(done.map_or_else(
            |error| {
                let exit = failed(ui, error.into());
                explain_skipped(ui, dir);
                exit
            },
            |()| Exit::Fine,
        ))
    }
}

/// Says what an error kept a later hook from doing, and what to do.
fn explain_skipped(ui: &mut Ui, dir: &Path) {
    ui.hint("the rest of this hook was skipped; to check the registry: idhooks check");
    if Repo::open(dir).is_ok_and(|repo| repo.is_partial()) {
        ui.hint("this is a partial clone; to fetch what it lacks: git fetch --refetch --no-filter");
    }
}

/// Advice on linter findings, which may be in old code that this commit only touches.
const LINT_HINT: &str = "fix the code, or accept a line with '# noqa: CODE'; to accept all current findings, run 'idhooks lint --write-baseline lint.json' and set lint.baseline in idhooks.toml";
const BYPASS_HINT: &str = "to commit without idhooks, use 'git commit --no-verify' or set IDHOOKS=0; the next commit heals what it can";
const REFERENCE_BYPASS_HINT: &str = "to commit without idhooks, use 'git commit --no-verify' or set IDHOOKS=0; the next commit heals the registry, but no reference";

/// pre-commit: completes the commit being made, or blocks it.
fn complete(ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
    let repo = Repo::open(dir).map_err(OpsError::from);
    let done = repo.and_then(|repo| {
        let findings = complete_commit(&mut HookObserver(ui), &repo)?;
        if findings.is_empty() {
            start_packing(&repo);
        }
        Ok(findings)
    });
    // An error also blocks the commit, and every message about a blocked commit must say how to
    // bypass the hook.
    let findings = done.map_err(|error| CommandError::from(error).hint(BYPASS_HINT))?;
    if findings.is_empty() {
        return Ok(Exit::Fine);
    }
    ui.complain(&findings);
    ui.note_root(git_prefix(), &findings);
    // This is printed after the findings, because the last lines of output are the ones that stay
    // visible.
    ui.error("idhooks blocked the commit; nothing was changed");
    if findings.iter().any(|finding| finding.code.family() == Family::Identifiers) {
        ui.hint(LINT_HINT);
    }
    let is_about_reference = |one: &Finding| one.code.row().drift == Drift::References;
    ui.hint(match findings.iter().all(is_about_reference) {
        true => REFERENCE_BYPASS_HINT,
        false => BYPASS_HINT,
    });
    Ok(Exit::Findings)
}

/// Shows notices, including the hints of errors.
struct HookObserver<'u>(&'u mut Ui);

impl Observer for HookObserver<'_> {
    fn notice(&mut self, notice: Notice) {
        match notice {
            Notice::Commit(CommitNotice::NotLinted(error)) => {
                let error = CommandError::from(*error);
                self.0.warning(&format!("identifiers in code were not checked: {}", error.message));
                error.explain(self.0);
            }
            notice => self.0.notice(notice),
        }
    }

    fn progress(&mut self, progress: Progress) {
        self.0.progress(progress);
    }
}
