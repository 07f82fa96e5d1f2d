//! `idhooks ci`: checks whether a change can be merged.

mod context;
mod heal;
mod init;
mod report_file;

use std::path::{Path, PathBuf};
use std::{collections::BTreeSet, rc::Rc};

use clap::{Args, Subcommand};
use idhooks_core::check::{
    Code, Finding, Severity, Share, collides_as_text, removed, unread_heads,
};
use idhooks_core::merge::MergeSide;
use idhooks_ops::{
    CheckSubject, CoverageFloor, FindingFilter, Revision, check_place, lint_tree, write_output,
};
use idhooks_repo::git::{CommitId, Listed, Repo};
use idhooks_repo::history::{changed_between, verify_history};
use idhooks_repo::state::{CommitState, Heads, has_registry, has_registry_file};
use idhooks_repo::store::{LastRun, RunOutcome, Runs};
use idhooks_repo::transaction::{Remedy, TestMerge, healing, now, remedy};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{FindingsReport, ReportFormat, Ui, count, unmet_gates};

use super::gate_args::GateArgs;
use super::output_file::{OverwriteArgs, finish_baseline};
use context::{CiContext, Environment};
use report_file::ReportFile;

/// Check a branch or pull request as it will be once merged
///
/// Merges the change into its target branch in memory, as a forge does, without a merge driver. Then it
/// checks the result and every commit of the change: uniqueness, sync, format, coverage and history.
/// If idhooks.toml has the table 'lint', it also checks identifiers in code, as 'idhooks lint' does.
/// It reads the heads of all files. GitHub, GitLab, Gitea and Jenkins say what the change and the
/// target are; elsewhere they are HEAD and the default branch of the remote. Commits that were pushed
/// already are checked as they are. The index and the working tree are ignored, and only the files
/// that you ask for are written, and a note of the result for 'idhooks health'.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  idhooks ci                                        in a CI job
  idhooks ci --base origin/main --head HEAD         before you push
  idhooks ci --report sarif=idhooks.sarif --report markdown=summary.md
  idhooks ci --patch fix.diff                       then: git apply --index fix.diff
  idhooks ci --fix && git push                      where the forge runs no merge driver
  idhooks ci --min-score 95 --max critical=0        gates of the linter
  idhooks ci init --provider lefthook               write the configuration for CI

Exit code: 0 the change can be merged (with --fix, after you push the new commit); 1 findings; 2 the \
check could not run"
)]
pub(super) struct Ci {
    #[command(subcommand)]
    action: Option<CiAction>,
    /// Target branch of the change
    #[arg(long, value_name = "REV")]
    base: Option<String>,
    /// Change to check
    #[arg(long, value_name = "REV")]
    head: Option<String>,
    /// Write a report to a file, such as 'sarif=idhooks.sarif'; repeat for several
    #[arg(long, value_name = "FORMAT=FILE")]
    report: Vec<ReportFile>,
    /// Write a patch for 'git apply' that heals the registry; empty if there is none
    #[arg(long, value_name = "FILE")]
    patch: Option<PathBuf>,
    /// Heal the registry in a commit on the branch that is checked out
    #[arg(long, conflicts_with = "patch")]
    fix: bool,
    /// Accept files without an identity if at least this share has one: 0.95 or 95%
    #[arg(long, value_name = "SHARE")]
    min_coverage: Option<Share>,
    /// Report only findings that are not in this baseline
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    gates: GateArgs,
    /// Fail on warnings, too
    #[arg(long)]
    strict: bool,
    /// Output format [default: github in GitHub Actions, else text]
    #[arg(long, value_enum, value_name = "FORMAT")]
    format: Option<ReportFormat>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

#[derive(Debug, Subcommand)]
enum CiAction {
    Init(init::CiInit),
}

/// How a check ends.
struct CiVerdict {
    /// For the identities of files, which a commit of idhooks may heal.
    identities: Exit,
    /// For the identifiers in code.
    lint: Exit,
}

/// The change to check.
struct CiChange {
    base: Option<CommitId>,
    head: CommitId,
    is_merge: bool,
    /// The name of the base, for messages.
    base_name: String,
}

impl Ci {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if let Some(CiAction::Init(init)) = self.action {
            return init.run(ui, dir);
        }
        let files = self.report.iter().map(|report| &report.file).chain(&self.patch);
        files.into_iter().try_for_each(|file| check_place(file))?;
        let repo = Rc::new(Repo::open_to_read(dir)?.writing_aside()?);
        self.report.iter().try_for_each(|report| report.guard(&repo, self.overwrite))?;
        self.patch.iter().try_for_each(|file| heal::guard_patch(&repo, file, self.overwrite))?;
        let get = |name: &str| std::env::var(name).ok();
        let bytes = |name: &str| std::fs::read(std::env::var_os(name)?).ok();
        let read = |name: &str| serde_json::from_slice(&bytes(name)?).ok();
        let change = self.change(&repo, &CiContext::of(&Environment { get: &get, read: &read }))?;
        let CiVerdict { identities, lint } = self.check(ui, &repo, &change)?;
        if let Some(file) = &self.patch {
            heal::write_patch(ui, &repo, change.head, file)?;
        }
        let report = Some(change.describe());
        let identities = match identities {
            Exit::Findings if self.fix => self.heal(ui, dir, change)?,
            exit => exit,
        };
        // No commit of idhooks changes code.
        let exit = identities.max(lint);
        let outcome = if exit == Exit::Fine { RunOutcome::Fine } else { RunOutcome::Findings };
        let run = LastRun { at: now(), outcome, done: None, report };
        // Only 'idhooks health' misses a note that cannot be written.
        let _ = Runs::in_dir(&repo.state_dir()).note_ci(&run);
        Ok(exit)
    }

    /// Heals the registry on the branch: alone or, if that is not enough, merged with the target.
    fn heal(&self, ui: &mut Ui, dir: &Path, mut change: CiChange) -> CommandResult<Exit> {
        let branch = heal::CheckedOutBranch::open(dir, change.head)?;
        let aside = Repo::open_to_read(dir)?.writing_aside()?;
        if let Some(advice) = change.advice_to_rewrite(&aside)? {
            ui.hint(&advice);
            return Ok(Exit::Findings);
        }
        if let Some(healed) = branch.heal(ui)? {
            change.head = healed;
            if self.check_again(ui, dir, &change)? == Exit::Fine {
                return Ok(Exit::Fine);
            }
        }
        let Some(base) = change.target() else { return Ok(Exit::Findings) };
        if branch.repo.is_in_history(base, change.head)? {
            ui.hint("the remaining findings need a manual fix; see the help of each");
            return Ok(Exit::Findings);
        }
        let merged = branch.merge(ui, base, &change.base_name);
        change.head = merged.inspect_err(|_| branch.go_back())?;
        self.check_again(ui, dir, &change)
    }

    /// Checks the healed branch.
    fn check_again(&self, ui: &mut Ui, dir: &Path, change: &CiChange) -> CommandResult<Exit> {
        let repo = Rc::new(Repo::open_to_read(dir)?.writing_aside()?);
        Ok(self.check(ui, &repo, change)?.identities)
    }

    /// Finds the commits to check.
    fn change(&self, repo: &Repo, context: &CiContext) -> CommandResult<CiChange> {
        let heads = self.head.as_ref().map_or(&*context.head, std::slice::from_ref);
        let Some((head, _)) = find(repo, heads, "--head")? else {
            return Err(CommandError::new("cannot tell which change to check")
                .hint("name it: idhooks ci --base origin/main --head HEAD"));
        };
        let is_merge = self.base.is_some() || context.is_merge;
        let bases = self.base.as_ref().map_or(&*context.base, std::slice::from_ref);
        let base = match find(repo, bases, "--base") {
            // The commit that a push replaced may be in no clone.
            Err(_) if !is_merge => None,
            base => base?,
        };
        let base_name = base.map(|(_, name)| shown(name)).unwrap_or_default();
        Ok(CiChange { base: base.map(|(id, _)| id), head, is_merge, base_name })
    }

    fn check(&self, ui: &mut Ui, repo: &Rc<Repo>, change: &CiChange) -> CommandResult<CiVerdict> {
        let mut filter = FindingFilter::new(CheckSubject::Files, self.baseline.as_deref(), None)?;
        let TestMerge { state: view, registries_collide, contested, conflicts } =
            change.merged(repo)?;
        let collision = registries_collide
            .then(|| collides_as_text(&change.base_name, contested.as_ref(), MergeSide::Theirs));
        let mut findings = Vec::from_iter(collision);
        if !view.is_adopted() {
            if !change.base.is_some_and(|base| has_registry(repo, base).unwrap_or(false)) {
                return Err(Revision::named(change.head.to_string())
                    .not_adopted(repo, &view)
                    .into());
            }
            findings.push(removed(&change.base_name));
        }
        let config = view.config(repo)?;
        let checked = view.check_reading(repo, &config, Heads::All)?;
        findings.extend(checked.findings);
        change.add_history(ui, repo, &mut findings)?;
        findings.sort();
        findings.dedup();
        let mut linted = lint_tree(ui, repo, &view.tree, &config, &self.gates.gates())?;
        let floor =
            CoverageFloor::of(view.tracked(&config).count(), &findings, self.min_coverage.clone());
        filter.apply(&mut findings);
        floor.accept_missing(&mut findings);
        let exit = Exit::of(&findings, self.least());
        linted.apply(&mut filter);
        findings.extend_from_slice(&linted.findings);
        findings.sort();
        let least = self.least();
        let format = self.format.unwrap_or_else(report_file::default_format);
        let gates = unmet_gates(&linted.unmet());
        let unmet = Vec::from_iter(floor.unmet().into_iter().chain(gates.iter().cloned()));
        let hidden = [filter.hidden(), linted.hidden()].concat();
        let report = FindingsReport::new("ci", &findings, least, &unmet)
            .leaving_out(&hidden, linted.skipped() + conflicts.len());
        ui.report_findings(&report, format);
        for ReportFile { format, file } in &self.report {
            write_output(file, format.document(&report).unwrap_or_default().as_bytes())?;
        }
        let unread = unread_heads(checked.unread, true);
        ui.status(&format!("{}: {}{unread}", change.describe(), report.summary()));
        finish_baseline(ui, &filter, Some(&**repo))?;
        if !conflicts.is_empty() {
            let files = count(conflicts.len(), "other file conflicts", "other files conflict");
            ui.warning(&format!("{files} with '{}'; these were not checked", change.base_name));
        }
        let lint = Exit::of(&linted.findings, least);
        linted.baseline.iter().for_each(|baseline| ui.baseline(baseline));
        ui.unmet_gates(&gates);
        if exit != Exit::Fine && !self.fix {
            if let Some(advice) = change.advice_to_rewrite(repo)? {
                ui.hint(&advice);
            } else if contested.is_none() && change.can_be_healed(repo)? {
                ui.hint("heal the branch: idhooks ci --fix, then push it");
            }
        }
        ui.coverage_floor(&floor);
        let identities = floor.unmet().map_or(exit, |_| Exit::Findings);
        Ok(CiVerdict { identities, lint: if gates.is_empty() { lint } else { Exit::Findings } })
    }

    /// Returns the lowest severity that fails the check.
    fn least(&self) -> Severity {
        if self.strict { Severity::Warning } else { Severity::Error }
    }
}

impl CiChange {
    /// Adds the findings in its commits that are not in the result.
    fn add_history(&self, ui: &mut Ui, repo: &Repo, found: &mut Vec<Finding>) -> CommandResult<()> {
        let examined = verify_history(repo, &self.commits(repo)?, &|| {})?;
        if examined.shallow > 0 {
            let commits = count(examined.shallow, "commit", "commits");
            let what = "could not be compared with their parents";
            ui.warning(&format!("the clone is shallow: {commits} {what}"));
        }
        let findings = examined.faults.into_iter().flat_map(|(_, findings)| findings);
        // Only the history shows which commit changed an identity, and whether later ones confirm it.
        let is_same = |one: &Finding, other: &Finding| {
            one.code == Code::IdentityChanged && (one.code, &one.path) == (other.code, &other.path)
        };
        let (better, others): (Vec<Finding>, Vec<Finding>) =
            findings.partition(|finding| found.iter().any(|known| is_same(known, finding)));
        found.retain(|known| !better.iter().any(|finding| is_same(known, finding)));
        let codes: BTreeSet<Code> = found.iter().chain(&better).map(|f| f.code).collect();
        let is_new = |f: &Finding| f.severity != Severity::Error || !codes.contains(&f.code);
        found.extend(better.into_iter().chain(others.into_iter().filter(is_new)));
        // A path is reported once: commit by commit, or end to end.
        let mut changed = match self.base {
            Some(base) => changed_between(repo, base, self.head)?,
            None => Vec::new(),
        };
        changed.retain(|finding| !found.iter().any(|known| is_same(known, finding)));
        found.extend(changed);
        Ok(())
    }

    /// Returns the commit that the change is to be merged into.
    fn target(&self) -> Option<CommitId> {
        self.base.filter(|_| self.is_merge)
    }

    /// Merges the change into its target in memory.
    fn merged(&self, repo: &Repo) -> CommandResult<TestMerge> {
        let Some(base) = self.target() else {
            let (state, conflicts) = (CommitState::of_commit(repo, self.head)?, BTreeSet::new());
            return Ok(TestMerge { state, registries_collide: false, contested: None, conflicts });
        };
        if repo.merge_bases(base, self.head)?.is_empty() {
            let what = "and the change have no commit in common in this clone";
            let hint = "a shallow clone lacks it; get the rest: git fetch --unshallow (on GitHub, 'fetch-depth: 0' for actions/checkout; on GitLab, GIT_DEPTH: 0)";
            return Err(CommandError::new(format!("'{}' {what}", self.base_name)).hint(hint));
        }
        Ok(TestMerge::of(repo, base, self.head)?)
    }

    /// Returns its commits, parents first.
    fn commits(&self, repo: &Repo) -> CommandResult<Vec<Listed>> {
        let mut revisions = vec![self.head.to_string()];
        revisions.extend(self.base.map(|base| format!("^{base}")));
        Ok(repo.commits(&revisions)?)
    }

    /// Returns the advice to rewrite commits, if only that heals the change. `repo` writes objects
    /// aside.
    fn advice_to_rewrite(&self, repo: &Repo) -> CommandResult<Option<String>> {
        let accepts = |head| {
            let change = CiChange { head, base_name: self.base_name.clone(), ..*self };
            Ok(!change.is_faulty(repo)?)
        };
        Ok(match remedy::<CommandError>(repo, &self.commits(repo)?, accepts)? {
            Some(Remedy::Rewrite { range }) => Some(format!(
                "no further commit heals this: on the branch, rewrite these commits, then push again: idhooks reconcile --rewrite {range}"
            )),
            Some(Remedy::FollowUp) | None => None,
        })
    }

    /// Returns whether the change has errors.
    fn is_faulty(&self, repo: &Repo) -> CommandResult<bool> {
        let TestMerge { state, registries_collide, .. } = self.merged(repo)?;
        // As its findings are found: a rewrite does not help against what only they show.
        let found = state.check_reading(repo, &state.config(repo)?, Heads::All)?.findings;
        let history = verify_history(repo, &self.commits(repo)?, &|| {})?;
        let changed = match self.base {
            Some(base) => changed_between(repo, base, self.head)?,
            None => Vec::new(),
        };
        let mut all =
            found.iter().chain(&changed).chain(history.faults.iter().flat_map(|(_, found)| found));
        Ok(registries_collide || all.any(|finding| finding.severity == Severity::Error))
    }

    /// Returns whether a further commit on the branch may heal the change.
    fn can_be_healed(&self, repo: &Repo) -> CommandResult<bool> {
        if !has_registry_file(repo, self.head)? {
            return Ok(false);
        }
        match self.target() {
            Some(base) if !repo.is_in_history(base, self.head)? => Ok(true),
            _ => Ok(healing(repo, self.head)?.is_some()),
        }
    }

    fn describe(&self) -> String {
        let head = self.head.short();
        match (self.base, self.is_merge) {
            (Some(base), true) => {
                format!("{head} merged into '{}' ({})", self.base_name, base.short())
            }
            (Some(base), false) => format!("{head}, pushed onto {}", base.short()),
            (None, _) => format!("{head} and its history"),
        }
    }
}

/// Returns the first revision that is in the clone, and its name.
///
/// # Errors
/// Returns an error if none is.
fn find<'r>(
    repo: &Repo,
    revisions: &'r [String],
    option: &str,
) -> CommandResult<Option<(CommitId, &'r str)>> {
    for rev in revisions {
        if let Some(id) = repo.resolve(rev)? {
            return Ok(Some((id, rev)));
        }
    }
    let Some(first) = revisions.first() else { return Ok(None) };
    let error = CommandError::new(format!("cannot find a commit '{}'", shown(first)));
    Err(match option {
        "--base" => error
            .hint("fetch it first: git fetch origin; on GitHub: 'fetch-depth: 0' for actions/checkout")
            .hint("or name the target branch: idhooks ci --base <rev>"),
        _ => error.hint("list the commits: git log --oneline --all"),
    })
}

/// Returns the short name of a revision.
fn shown(rev: &str) -> String {
    rev.trim_start_matches("refs/remotes/").trim_start_matches("refs/heads/").to_owned()
}
