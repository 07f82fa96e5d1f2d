//! `idhooks reconcile`: heals the registry after commits made without hooks.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_core::config::{Globs, HealTarget};
use idhooks_ops::{
    CommitId, HealBranchOptions, OpsError, ReconcileOptions, ReconcileRefusal, ReconcileReport,
    Repo, RewriteOptions, check_place, heal_branch, open_to_change, range_to_rewrite, reconcile,
    rewrite,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{
    Format, MARKDOWN_MARK, Ui, count, healed_branch_json, healed_branch_markdown, json,
    reconcile_outcome, rewrite_json, show_figures, show_healed_branch, show_left, show_rewritten,
    summarize_rewrite,
};

use super::output_file::{OverwriteArgs, write};
use super::watcher;

/// Update the registry for commits that were made without hooks
///
/// Starts at the newest commits with a consistent registry, and follows renames through all later
/// commits made without hooks: by a forge, by a bot, with '--no-verify', or in a clone without
/// idhooks. The result is staged. The next commit would make the same changes; this command shows
/// them and makes them now.
///
/// --commit is for a clone that no one works in, such as a service clone. It heals the current
/// branch with a commit that changes only the registry, and puts it on another branch or into a
/// patch, as the 'reconcile' table of idhooks.toml says. The index and the working tree are not
/// touched. The commit depends only on the healed commit and on the author in that table, so every
/// clone makes the same one. 'idhooks schedule run hourly' does this on a schedule.
///
/// If a commit changed an identity and a later commit confirms the change, no new commit can heal
/// it. --rewrite recreates such commits as long as they are unpublished: files, authors, dates,
/// messages and notes stay the same, signed commits are signed again, and the old commits are kept
/// under refs/idhooks/rewrites.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks reconcile --dry-run                       show the changes
  idhooks reconcile && git commit -m 'Heal the registry'
  idhooks reconcile --commit                        in a service clone
  idhooks reconcile --commit 'patch heal.patch'     then: git am heal.patch
  idhooks reconcile --enqueue --paths 'docs/'       queue the repairs
  idhooks reconcile --rewrite origin/main..HEAD     rewrite unpushed commits

Exit code: 0 healed, or nothing to heal; 1 findings that would block the next commit, such as a \
damaged registry in the index, or findings that --rewrite cannot heal; with --commit and --enqueue, \
also repairs that need your decision; 2 an error")]
pub(super) struct Reconcile {
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Heal the current branch with a commit: 'branch NAME', 'patch FILE.patch' or 'none'
    ///
    /// Without a value, the 'reconcile' table of idhooks.toml says where the commit goes, by
    /// default to branch 'idhooks/heal'. That branch is not changed if its tip is someone else's
    /// commit; if only earlier commits are someone else's, the old tip is kept under
    /// refs/idhooks/reconcile. Repairs that need your decision are queued as dead letters.
    #[arg(long, value_name = "WHERE", num_args = 0..=2, conflicts_with_all = ["rewrite", "enqueue"])]
    commit: Option<Vec<String>>,
    /// Also write the repairs, and the decisions left to you, to a Markdown file for a pull request
    ///
    /// File names are escaped, and long lists are shortened to what forges accept.
    #[arg(long, value_name = "FILE", requires = "commit")]
    report: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
    /// Queue the repairs instead of making them
    ///
    /// Repairs that need your decision become dead letters, with a command to paste; see 'idhooks queue
    /// list'.
    #[arg(long, conflicts_with = "rewrite")]
    enqueue: bool,
    /// Report or queue only paths that match this glob, as in a .gitignore at the repository root
    ///
    /// Only with --dry-run or --enqueue, since a registry can only be healed as a whole.
    #[arg(long, value_name = "GLOB", num_args = 1.., conflicts_with_all = ["commit", "rewrite"])]
    paths: Vec<String>,
    /// On the current branch, rewrite the inconsistent commits in this range, and all later commits
    ///
    /// The range must end at HEAD. Commit or stash all changes first. No remote, tag or other branch
    /// may contain the commits to replace.
    #[arg(long, value_name = "RANGE")]
    rewrite: Option<String>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
    /// Keep the index up to date until stopped, like 'idhooks watch run --live' with on_change = "stage"
    #[arg(long, conflicts_with_all = ["dry_run", "rewrite", "format", "commit", "enqueue", "paths"])]
    watch: bool,
}

impl Reconcile {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if let Some(range) = &self.rewrite {
            return self.rewrite(ui, dir, range);
        }
        if self.watch {
            return watcher::stage_changes(ui, dir);
        }
        let globs = self.globs()?;
        let repo = open_to_change(dir)?;
        if let Some(words) = &self.commit {
            // The words are joined, so that the value need not be quoted: in `--commit branch
            // heal`, a shell sees two words.
            let target = (!words.is_empty()).then(|| words.join(" ").parse()).transpose()?;
            return self.heal_branch(ui, &repo, target);
        }
        let is_restricted = globs.is_some();
        let is_dry_run = self.dry_run || self.enqueue;
        let is_checked = is_dry_run || self.format == Format::Json;
        let done = reconcile(ui, &repo, &ReconcileOptions { is_dry_run, is_checked, globs });
        // This is not an error: these findings describe the registry, and each has its own help
        // text.
        if let Err(OpsError::Reconcile(ReconcileRefusal::Findings(findings))) = &done {
            ui.complain(findings);
            return Ok(Exit::Findings);
        }
        let report = done?;
        if is_restricted && report.figures.is_empty() {
            ui.warning("no file and no record matches --paths");
            ui.hint("write it as in a .gitignore: 'docs/', '*.md'");
        }
        if self.enqueue {
            return self.enqueue(ui, &repo, report, !is_restricted);
        }
        if !self.dry_run {
            // Without this, the watcher would retry repairs that have already been made.
            watcher::forget_made(ui, &repo);
        }
        match self.format {
            Format::Json => ui.data(&json::document(&report)),
            Format::Text => ui.lines(report.healed.iter().chain(&report.staged)),
        }
        ui.status(&reconcile_outcome(&report, self.dry_run, is_restricted));
        show_left(ui, &report.left);
        // Users come here after a push or CI job was refused, and would otherwise be told that
        // there is nothing to heal.
        if report.inconsistent == 0
            && let Some(range) = range_to_rewrite(&repo)?
        {
            ui.warning("commits before HEAD have errors that no further commit heals; see: idhooks check --history");
            ui.hint(&format!("if no one else has them: idhooks reconcile --rewrite {range}"));
        }
        Ok(Exit::Fine)
    }

    /// Heals the branch that is checked out in a service clone.
    fn heal_branch(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        target: Option<HealTarget>,
    ) -> CommandResult<Exit> {
        if let Some(file) = &self.report {
            check_place(file)?;
            // The file is checked before the branch moves: a file refused afterwards would leave
            // the branch healed but without a report.
            self.overwrite.guard(repo, file, MARKDOWN_MARK)?;
        }
        let (default_target, is_dry_run) = (HealTarget::default_branch(), self.dry_run);
        let queue_questions = watcher::QUEUE_QUESTIONS;
        let options = HealBranchOptions { target, default_target, is_dry_run, queue_questions };
        let healed = heal_branch(ui, repo, &options)?;
        if let Some(file) = &self.report {
            write(repo, file, healed_branch_markdown(&healed), self.overwrite)?;
        }
        match self.format {
            Format::Json => ui.data(&healed_branch_json(&healed)),
            Format::Text => show_healed_branch(ui, &healed),
        }
        Ok(if healed.needs_attention() { Exit::Findings } else { Exit::Fine })
    }

    /// Queues the repairs found by a dry run.
    fn enqueue(
        &self,
        ui: &mut Ui,
        repo: &Repo,
        mut report: ReconcileReport,
        is_whole: bool,
    ) -> CommandResult<Exit> {
        report.figures.repairs_enqueued =
            watcher::queue_repairs(repo, &report, is_whole, self.dry_run)?;
        match self.format {
            Format::Json => ui.data(&json::document(&report)),
            Format::Text => show_figures(ui, &report.figures),
        }
        let queued = count(report.figures.repairs_enqueued, "repair", "repairs");
        ui.status(&match self.dry_run {
            _ if report.figures.repairs_enqueued == 0 => "no new repair to queue".to_owned(),
            true => format!("{queued} would be queued"),
            false => format!("{queued} queued; see them: idhooks queue list"),
        });
        show_left(ui, &report.left);
        Ok(if report.left.is_empty() { Exit::Fine } else { Exit::Findings })
    }

    /// Rewrites the inconsistent commits in a range.
    fn rewrite(&self, ui: &mut Ui, dir: &Path, range: &str) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        let options = RewriteOptions { range: range.to_owned(), is_dry_run: self.dry_run };
        let report = rewrite(ui, &repo, &options)?;
        match self.format {
            Format::Json => ui.data(&rewrite_json(&report)),
            Format::Text => {
                let old: Vec<CommitId> = report.replaced.iter().map(|one| one.old).collect();
                show_rewritten(ui, &report, &repo.titles(&old)?);
            }
        }
        summarize_rewrite(ui, &report, range);
        if report.left.is_empty() {
            return Ok(Exit::Fine);
        }
        ui.complain(&report.left);
        ui.hint("the remaining findings need a manual fix; see the help of each");
        Ok(Exit::Findings)
    }

    /// Returns globs for the paths to report, or `None` for all paths.
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
            CommandError::new("invalid glob in --paths")
                .because(&error)
                .hint("write it as in a .gitignore: 'docs/', '*.md'")
        })
    }
}
