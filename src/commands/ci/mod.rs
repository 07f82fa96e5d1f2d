//! `idhooks ci`: checks whether a change can be merged.

mod init;
mod report_file;

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use idhooks_core::check::{Severity, Share};
use idhooks_core::registry::RepoPath;
use idhooks_ops::{
    ChangeReport, CheckChangeOptions, CiChange, CiContext, HealedChange, Repo, check_change,
    check_place, current_dir, heal_change, healing, note_checked_change, write_output,
};

use crate::error::{CommandResult, Exit};
use crate::output::{
    FindingsReport, ReportFormat, Ui, reference_changes, show_checked_change, unified, unmet_gates,
};

use super::gate_args::GateArgs;
use super::output_file::OverwriteArgs;
use report_file::ReportFile;

/// Check a branch or pull request as it will be once merged
///
/// Merges the change into its target branch in memory, without a merge driver, as a forge does.
/// Then checks the result and every commit in the change for uniqueness, sync, format, coverage and
/// history, and searches the heads of all files for identities. If idhooks.toml has a 'lint' table,
/// also checks identifiers in code, like 'idhooks lint'. If it has a 'references' table, also checks
/// references between files, and says what the change does to them. On GitHub, GitLab, Gitea and Jenkins, the
/// change and its target are read from the environment; elsewhere, they are HEAD and the remote's
/// default branch. After a push to the target itself, the pushed commits are checked. The index and
/// the working tree are ignored. Only the requested files are written, along with a note of the
/// result for 'idhooks health'.
#[derive(Debug, Args)]
#[command(
    args_conflicts_with_subcommands = true,
    after_help = "\
Examples:
  idhooks ci                                        in a CI job
  idhooks ci --base origin/main --head HEAD         before you push
  idhooks ci --report sarif=idhooks.sarif --report markdown=summary.md
  idhooks ci --patch fix.diff                       then: git apply --index fix.diff
  idhooks ci --fix && git push                      if the forge runs no merge driver
  idhooks ci --min-score 95 --max critical=0        gates of the linter
  idhooks ci init --provider lefthook               write the configuration for CI

Exit code: 0 the change can be merged (with --fix, after you push the new commit); 1 findings; 2 an \
error prevented the check"
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
    /// Write a report to a file, such as 'sarif=idhooks.sarif'; repeatable
    #[arg(long, value_name = "FORMAT=FILE")]
    report: Vec<ReportFile>,
    /// Write a patch for 'git apply' that heals the registry; the file is empty if the registry is
    /// consistent
    #[arg(long, value_name = "FILE")]
    patch: Option<PathBuf>,
    /// Heal the registry in a new commit on the current branch
    #[arg(long, conflicts_with = "patch")]
    fix: bool,
    /// Accept files without an identity if at least this share of files has one: 0.95 or 95%
    #[arg(long, value_name = "SHARE")]
    min_coverage: Option<Share>,
    /// Report only findings that are not in this baseline
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    #[command(flatten)]
    gates: GateArgs,
    /// Also fail on warnings
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

impl Ci {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if let Some(CiAction::Init(init)) = self.action {
            return init.run(ui, dir);
        }
        // The check may take minutes, so files that cannot be written are refused first.
        let files = self.report.iter().map(|report| &report.file).chain(&self.patch);
        files.into_iter().try_for_each(|file| check_place(file))?;
        // The merge writes objects, but a check must not leave any in the repository.
        let repo = Repo::open_to_read(dir)?.writing_aside()?;
        self.report.iter().try_for_each(|report| report.guard(&repo, self.overwrite))?;
        if let Some(file) = &self.patch {
            let path = RepoPath::registry();
            // Any diff of the registry will do, since it is only needed to recognize patches this
            // command wrote earlier.
            self.overwrite.guard(&repo, file, unified([&path, &path], [b"", b"\n"]))?;
        }
        let (base, head) = (self.base.as_ref(), self.head.as_ref());
        let change = CiChange::find(&repo, base, head, &CiContext::read(repo.environment()))?;
        let report = self.check(ui, &repo, &change)?;
        if let Some(file) = &self.patch {
            write_patch(ui, &repo, &change, file)?;
        }
        let is_consistent = match report.is_inconsistent() {
            true if self.fix => self.heal(ui, dir, change.clone())?,
            is_inconsistent => !is_inconsistent,
        };
        // Healing only changes the registry, so findings in code and about references remain.
        let is_fine = is_consistent && !report.has_lint_failed && !report.have_references_failed;
        // `idhooks health` shows the last result. A failure to write the note must not change the
        // result.
        note_checked_change(&repo, &change, is_fine);
        Ok(if is_fine { Exit::Fine } else { Exit::Findings })
    }

    /// Checks the change, and shows the findings.
    fn check(&self, ui: &mut Ui, repo: &Repo, change: &CiChange) -> CommandResult<ChangeReport> {
        let least = if self.strict { Severity::Warning } else { Severity::Error };
        let options = CheckChangeOptions {
            baseline: self.baseline.clone(),
            min_coverage: self.min_coverage.clone(),
            gates: self.gates.gates(),
            least,
        };
        let report = check_change(ui, repo, change, &options)?;
        let gates = unmet_gates(&report.lint.unmet());
        let unmet = Vec::from_iter(report.floor.unmet().into_iter().chain(gates.iter().cloned()));
        let hidden = [report.filter.hidden(), report.lint.hidden()].concat();
        let changes = reference_changes(&report.references);
        let shown = FindingsReport::new("ci", &report.findings, least, &unmet)
            .with_changes(&changes)
            .with_unchecked(&report.references.unchecked)
            .leaving_out(&hidden, report.lint.skipped() + report.conflicts);
        ui.report_findings(&shown, self.format.unwrap_or_else(report_file::default_format));
        for ReportFile { format, file } in &self.report {
            write_output(file, format.document(&shown).unwrap_or_default().as_bytes())?;
        }
        show_checked_change(ui, change, &report, &shown.summary());
        ui.note_root(current_dir(repo), &report.findings);
        ui.unmet_gates(&gates);
        // With `--fix`, this advice would be printed before the healing it recommends.
        if report.has_failed && !self.fix {
            if let Some(range) = change.range_to_rewrite(repo)? {
                advise_to_rewrite(ui, &range);
            // The healing is tried in memory: if the next run contradicted the advice, the user
            // would be going in circles.
            } else if !report.is_contested && change.can_be_healed(repo)? {
                ui.hint("heal the branch: idhooks ci --fix, then push it");
            }
        }
        ui.coverage_floor(&report.floor);
        Ok(report)
    }

    /// Heals the registry on the branch, and returns whether the change is consistent afterwards.
    fn heal(&self, ui: &mut Ui, dir: &Path, change: CiChange) -> CommandResult<bool> {
        let healed = heal_change(ui, dir, change, |ui, change| {
            let repo = Repo::open_to_read(dir)?.writing_aside()?;
            CommandResult::Ok(!self.check(ui, &repo, change)?.is_inconsistent())
        })?;
        match healed {
            HealedChange::Checked(is_consistent) => return Ok(is_consistent),
            HealedChange::Rewrite(range) => advise_to_rewrite(ui, &range),
            HealedChange::NotHealable => {
                ui.hint("the remaining findings need a manual fix; see the help of each");
            }
        }
        Ok(false)
    }
}

fn advise_to_rewrite(ui: &mut Ui, range: &str) {
    ui.hint(&format!("no further commit heals this: on the branch, rewrite these commits, then push again: idhooks reconcile --rewrite {range}"));
}

/// Writes a patch that heals the change's registry, or an empty file if the registry needs no
/// healing.
fn write_patch(ui: &mut Ui, repo: &Repo, change: &CiChange, file: &Path) -> CommandResult<()> {
    let path = RepoPath::registry();
    let diff = healing(repo, change.head)?
        .map(|healing| unified([&path, &path], [&healing.before, healing.after.as_bytes()]));
    write_output(file, diff.as_deref().unwrap_or_default().as_bytes())?;
    let file = file.display();
    ui.status(&match diff {
        Some(_) => {
            format!("wrote a patch that heals the registry; apply it: git apply --index {file}")
        }
        None => format!("'{file}' is empty: the registry of the change needs no healing"),
    });
    Ok(())
}
