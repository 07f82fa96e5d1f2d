//! `idhooks reconcile`: heals the registry after commits made without hooks.

mod enqueue;
mod remote;
mod rewrite;
mod service;
mod summary;
mod target;
mod work;

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::{Globs, HealTarget};
use idhooks_repo::git::Repo;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Format, MARKDOWN_MARK, Ui, json};

use super::output_file::{OverwriteArgs, check_place, write};
pub(super) use remote::heal_with_remote;
pub(super) use service::ServiceRun;
use summary::show_left;
pub(super) use summary::{LeftToPerson, ReconcileFigures};
use work::{ReconcileOptions, ReconcileWork, Stop};

/// Update the registry for commits that were made without hooks
///
/// Starts at the newest commits with a consistent registry and follows the renames in every commit
/// since then that was made without hooks: by a forge, by a bot, with '--no-verify', in a clone
/// without idhooks. The result is staged. The next commit would do the same; this command shows it,
/// and does it now.
///
/// --commit is for a clone that no one works in, such as one of a service: it heals the branch that is
/// checked out with a commit that changes only the registry, and puts that on another branch or into
/// a patch, as the table 'reconcile' of idhooks.toml says. Index and working tree stay as they are.
/// The commit depends on the healed one and on the author in that table alone: every clone makes the
/// same one. 'idhooks schedule run hourly' does this by the clock.
///
/// If a commit changed an identity and a later one confirms the change, no new commit can heal that.
/// --rewrite makes such commits again while they are unpublished: files, authors, dates, messages and
/// notes stay, signed commits are signed again, and the old commits are kept under
/// refs/idhooks/rewrites.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks reconcile --dry-run                       show what would change
  idhooks reconcile && git commit -m 'Heal the registry'
  idhooks reconcile --commit                        in a service clone
  idhooks reconcile --commit 'patch heal.patch'     then: git am heal.patch
  idhooks reconcile --enqueue --paths 'docs/'       queue the repairs
  idhooks reconcile --rewrite origin/main..HEAD     commits that you have not pushed

Exit code: 0 healed, or nothing to heal; 1 findings that would block the next commit, such as a \
damaged registry in the index, or that --rewrite cannot heal; with --commit and --enqueue also \
something that needs a person; 2 an error")]
pub(super) struct Reconcile {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Heal the checked-out branch with a commit: 'branch NAME', 'patch FILE.patch' or 'none'
    ///
    /// Without a value, the table 'reconcile' of idhooks.toml says where the commit is put; if it does
    /// not, on branch 'idhooks/heal'. A branch that ends with a commit of someone else is not changed;
    /// if it has some below, its tip is kept under refs/idhooks/reconcile. What needs a person becomes a
    /// dead letter of the queue.
    #[arg(long, value_name = "WHERE", num_args = 0..=2, conflicts_with_all = ["rewrite", "enqueue"])]
    commit: Option<Vec<String>>,
    /// Also write what was done and what is left to you to a file, as Markdown for a pull request
    ///
    /// Names of files are escaped, and a long list is cut before a forge would refuse it.
    #[arg(long, value_name = "FILE", requires = "commit")]
    report: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
    /// Put the repairs into the queue instead of doing them
    ///
    /// What needs a person becomes a dead letter with the command to paste; see 'idhooks queue list'.
    #[arg(long, conflicts_with = "rewrite")]
    enqueue: bool,
    /// Report or queue only paths that match this glob, as in a .gitignore at the repository root
    ///
    /// Only with --dry-run or --enqueue: a registry is healed as a whole.
    #[arg(long, value_name = "GLOB", num_args = 1.., conflicts_with_all = ["commit", "rewrite"])]
    paths: Vec<String>,
    /// Rewrite the inconsistent commits of this range, and those after them, on the current branch
    ///
    /// The range must end at HEAD. Commit or stash all changes first. No remote, tag or other branch
    /// may contain the commits to replace.
    #[arg(long, value_name = "RANGE")]
    rewrite: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Keep the index complete until you stop it: 'idhooks watch run --live' with on_change = "stage"
    #[arg(long, conflicts_with_all = ["dry_run", "rewrite", "format", "commit", "enqueue", "paths"])]
    watch: bool,
}

impl Reconcile {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if let Some(range) = &self.rewrite {
            return rewrite::run(ui, dir, range, self.dry_run, self.format);
        }
        if self.watch {
            return super::watch::reconcile_continuously(ui, dir);
        }
        let globs = self.globs()?;
        let repo = Repo::open(dir)?.synced();
        repo.begin("reconcile");
        if let Some(words) = self.commit {
            let target = (!words.is_empty()).then(|| words.join(" ").parse()).transpose()?;
            if let Some(file) = &self.report {
                check_place(file)?;
                self.overwrite.guard(&repo, file, MARKDOWN_MARK)?;
            }
            let run =
                ServiceRun::of(ui, &repo, target, HealTarget::default_branch(), self.dry_run)?;
            return show(
                ui,
                &repo,
                &run,
                self.report.as_deref().zip(Some(self.overwrite)),
                self.format,
            );
        }
        let is_dry_run = self.dry_run || self.enqueue;
        let is_checked = is_dry_run || self.format == Format::Json;
        let options = ReconcileOptions { is_dry_run, is_checked, globs };
        let mut work = match ReconcileWork::of(ui, &repo, &options) {
            Ok(work) => work,
            Err(Stop::Findings(findings)) => {
                ui.complain(&findings);
                return Ok(Exit::Findings);
            }
            Err(Stop::Error(error)) => return Err(error),
        };
        if options.globs.is_some() && work.figures.is_empty() {
            ui.warning("no file and no record matches --paths");
            ui.hint("write it as in a .gitignore: 'docs/', '*.md'");
        }
        if self.enqueue {
            return enqueue::run(
                ui,
                &repo,
                &mut work,
                options.globs.is_none(),
                self.dry_run,
                self.format,
            );
        }
        if !self.dry_run
            && let Err(error) = enqueue::forget_made(&repo)
        {
            ui.warning(&format!("repairs that were made may still be in the queue: {error}"));
        }
        match self.format {
            Format::Json => ui.data(&json::document(&work)),
            Format::Text => ui.lines(work.healed.iter().chain(&work.staged)),
        }
        ui.status(&work.outcome(self.dry_run, options.globs.is_some()));
        show_left(ui, &work.left);
        // A refused push or CI job may have sent the user here.
        if work.inconsistent == 0
            && let Some(range) = rewrite::needed(&repo)?
        {
            ui.warning("commits before HEAD have errors that no further commit heals; see: idhooks check --history");
            ui.hint(&format!("if no one else has them: idhooks reconcile --rewrite {range}"));
        }
        Ok(Exit::Fine)
    }

    /// Returns the paths to report; nothing for all.
    fn globs(&self) -> CommandResult<Option<Globs>> {
        if self.paths.is_empty() {
            return Ok(None);
        }
        if !self.dry_run && !self.enqueue {
            return Err(CommandError::new("--paths needs --dry-run or --enqueue")
                .because(&"a registry is healed as a whole")
                .hint("show what would change there: idhooks reconcile --dry-run --paths <glob>"));
        }
        let globs = Globs::new(self.paths.iter().map(String::as_str));
        globs.map(Some).map_err(|error| {
            CommandError::new("--paths has a glob that is not valid")
                .because(&error)
                .hint("write it as in a .gitignore: 'docs/', '*.md'")
        })
    }
}

/// Prints what was done in a service clone, and writes it to a file.
fn show(
    ui: &mut Ui,
    repo: &Repo,
    run: &ServiceRun,
    report: Option<(&Path, OverwriteArgs)>,
    format: Format,
) -> CommandResult<Exit> {
    if let Some((file, overwrite)) = report {
        write(repo, file, run.markdown(), overwrite)?;
    }
    match format {
        Format::Json => ui.data(&run.json()),
        Format::Text => run.show(ui),
    }
    Ok(run.exit())
}

/// Stages a registry that heals the commits and completes the index; returns whether it changed.
///
/// # Errors
/// Returns an error if the index cannot be healed, or if findings must be fixed first.
pub(super) fn stage(ui: &mut Ui, repo: &Repo) -> CommandResult<bool> {
    match ReconcileWork::of(ui, repo, &ReconcileOptions::default()) {
        Ok(work) => Ok(work.written),
        Err(Stop::Error(error)) => Err(error),
        Err(Stop::Findings(findings)) => {
            ui.complain(&findings);
            Err(CommandError::new("the registry cannot be healed yet")
                .hint("fix the findings above, then try again"))
        }
    }
}
