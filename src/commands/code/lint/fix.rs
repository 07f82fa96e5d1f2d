//! `idhooks lint --fix`: replaces code according to the `[[lint.replace]]` rules.

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_code::{FixPlace, FixRefusal};
use idhooks_core::registry::RepoPath;
use idhooks_ops::{
    FixBalance, LintFixOptions, LintFixReport, LintTarget, SkippedFile, UnfitFile, lint_fix,
    open_to_change, undo_run,
};
use serde::Serialize;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{ReportFormat, Ui, count, json, one_line, show_undone, unified};

/// The options of `--fix`.
#[derive(Debug, Args)]
pub(super) struct FixArgs {
    /// Replace code according to the rules in lint.replace; without --execute, only show the
    /// changes
    #[arg(long, conflicts_with_all = ["rev", "staged", "history", "select", "ignore", "count", "by", "no_findings", "baseline", "write_baseline", "min_score", "max", "strict"])]
    pub(super) fix: bool,
    /// Make the changes, in all files or in none
    #[arg(long, alias = "apply", requires = "fix")]
    execute: bool,
    /// Undo the last --fix --execute, even if it was interrupted
    #[arg(long, conflicts_with_all = ["fix", "paths", "path"])]
    pub(super) rollback: bool,
    /// Show the changes; change nothing (default)
    #[arg(long, conflicts_with = "execute")]
    dry_run: bool,
    /// The same as PATH
    #[arg(long, value_name = "PATH", hide = true, requires = "fix")]
    pub(super) path: Vec<PathBuf>,
    /// Only files with one of these extensions
    #[arg(long, value_name = "NAME", value_delimiter = ',', hide = true, requires = "fix")]
    extensions: Vec<String>,
}

/// The JSON document.
#[derive(Serialize)]
struct FixDocument<'r> {
    mode: &'static str,
    files: usize,
    files_with_findings: usize,
    totals: &'r FixBalance,
    changes: Vec<FixLine<'r>>,
    refused: Vec<FixLine<'r>>,
    skipped: &'r [SkippedFile],
}

/// A place in a file, with the code on its line.
#[derive(Serialize)]
struct FixLine<'r> {
    path: &'r RepoPath,
    line: usize,
    current: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    suggested: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
}

impl FixArgs {
    /// Undoes the last run.
    pub(super) fn roll_back(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        let undone = undo_run(ui, &repo, "lint", self.dry_run)?;
        show_undone(ui, undone, self.dry_run);
        Ok(Exit::Fine)
    }

    /// Replaces code, or shows the changes.
    pub(super) fn run(
        &self,
        ui: &mut Ui,
        target: &LintTarget<'_>,
        config: Option<PathBuf>,
        paths: &[PathBuf],
        format: ReportFormat,
    ) -> CommandResult<Exit> {
        if !matches!(format, ReportFormat::Text | ReportFormat::Json) {
            return Err(CommandError::new("'idhooks lint --fix' does not support this format")
                .hint("use --format text or --format json"));
        }
        let options = LintFixOptions {
            paths: [paths, &self.path].concat(),
            extensions: self.extensions.clone(),
            config,
            is_dry_run: !self.execute,
        };
        Ok(show(ui, &lint_fix(target, &options)?, self.execute, format))
    }
}

fn show(ui: &mut Ui, report: &LintFixReport, is_done: bool, format: ReportFormat) -> Exit {
    let [changes, refused] = [true, false].map(|is_changed| {
        let places = report.places().filter(|(_, place)| place.outcome.is_ok() == is_changed);
        places.map(|(path, place)| FixLine::new(path, place)).collect::<Vec<_>>()
    });
    let refused = Vec::from_iter(refused.into_iter().chain(unfit_lines(&report.unfit)));
    let (changed, left) = (changes.len(), refused.len());
    if format == ReportFormat::Json {
        ui.data(&json::document(&FixDocument {
            mode: if is_done { "execute" } else { "dry-run" },
            files: report.scanned,
            files_with_findings: report.files_with_findings,
            totals: &report.balance,
            changes,
            refused,
            skipped: &report.skipped,
        }));
    } else {
        for file in report.changed() {
            let shown = unified([&file.path; 2], [&file.before, &file.fixed.bytes]);
            // This is printed with `report`, so that `--quiet` shows only the places that were not
            // replaced.
            shown.lines().for_each(|line| ui.report(line.trim_end_matches('\r')));
        }
        for FixLine { path, line, current, reason, .. } in &refused {
            let reason = reason.as_deref().unwrap_or_default();
            ui.warning(&format!("not replaced: {path}:{line}: {current}: {reason}"));
        }
    }
    ui.not_linted(&report.skipped);
    conclude(ui, report, changed, is_done);
    match (changed, left, is_done) {
        // A dry run that finds changes fails, so that CI can require that nothing is left to
        // replace.
        (_, 0, true) | (0, 0, _) => Exit::Fine,
        _ => Exit::Findings,
    }
}

fn conclude(ui: &mut Ui, report: &LintFixReport, changed: usize, is_done: bool) {
    let scanned = count(report.scanned, "file", "files");
    let files = count(report.changed().count(), "file", "files");
    let places = count(changed, "place", "places");
    ui.status(&match (changed, is_done) {
        (0, true) => format!("{scanned}: nothing replaced"),
        (0, false) => format!("{scanned}: would replace nothing"),
        (_, true) => {
            format!("{scanned}: replaced {places} in {files}; undo: idhooks lint --rollback")
        }
        (_, false) => {
            format!("{scanned}: would replace {places} in {files}; to do so: --execute")
        }
    });
    // If code changes in hundreds of files, the user must be able to account for every finding.
    ui.status(&equation(&report.balance, is_done));
}

/// Returns the balance as an equation, which shows that every place is accounted for.
fn equation(balance: &FixBalance, is_done: bool) -> String {
    let FixBalance { found, replaced, refused, no_rule } = balance;
    let verb = if is_done { "replaced" } else { "would replace" };
    let left = balance.without_rule();
    let kinds: Vec<String> =
        no_rule.iter().map(|(kind, number)| format!("{kind} {number}")).collect();
    let kinds = if left == 0 { String::new() } else { format!(" ({})", kinds.join(", ")) };
    format!("places: found {found} = {verb} {replaced} + refused {refused} + no rule {left}{kinds}")
}

/// Returns the places in files that would not compile after the changes. Such files are left alone.
fn unfit_lines(unfit: &[UnfitFile]) -> impl Iterator<Item = FixLine<'_>> {
    unfit.iter().flat_map(|UnfitFile { path, reason, places, .. }| {
        places.iter().map(move |(line, text)| FixLine {
            path,
            line: *line,
            current: one_line(text),
            suggested: None,
            reason: Some(reason.to_string()),
        })
    })
}

impl<'r> FixLine<'r> {
    fn new(path: &'r RepoPath, place: &'r FixPlace) -> Self {
        let suggested = place.outcome.as_ref().ok().map(|text| one_line(text));
        let reason = place.outcome.as_ref().err().map(FixRefusal::to_string);
        FixLine { path, line: place.line, current: one_line(&place.found), suggested, reason }
    }
}
