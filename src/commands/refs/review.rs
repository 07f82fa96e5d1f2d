//! `idhooks refs review`: writes the stamp of the present content into references.

use std::ffi::OsString;
use std::path::Path;

use clap::ArgGroup;
use idhooks_ops::{
    ReviewOptions, ReviewPlan, ReviewSelection, ReviewedReference, Unreviewed, open_to_change,
    review_references, undo_run,
};

use crate::error::{CommandResult, Exit};
use crate::output::{
    ShownChanges, Ui, count, reference_row, report_index_only, report_unsearched, show_undone,
};

/// How many commits are named in a line.
const MOST_COMMITS: usize = 20;

/// Write the stamp of the present content into references
///
/// Shows what has changed since each reference was read, then writes the stamp of the present
/// content into it, in the index and in the working tree; unstaged changes stay unstaged, and lines
/// with such changes keep their stamps. For a file, all references in it that have a stamp get the
/// present one; a reference without a stamp gets its first one only if its line is named.
///
/// The stamp is that of the content in the index, so add the changes that you have read first. A
/// review does not make other references suspect, and files can refer to each other.
#[derive(Debug, clap::Args)]
#[command(
    group = ArgGroup::new("which").required(true).args(["places", "target", "all", "rollback"]),
    after_help = "\
Examples:
  idhooks refs review docs/guide.md:12         the references on a line, also without a stamp
  idhooks refs review docs/guide.md            the stamps in a file
  idhooks refs review --target docs/limits.md  the stamps in all references to a file
  idhooks refs review --all --dry-run

Exit code: 0 reviewed, or all stamps are right; 1 some references cannot be reviewed; 2 an error, and \
nothing was changed"
)]
pub(super) struct ReviewArgs {
    /// Files in the index, or lines of them
    #[arg(value_name = "FILE[:LINE]")]
    places: Vec<OsString>,
    /// References with a stamp to this file: a path, an identity or its first digits, or a second identity
    #[arg(long, value_name = "ID|PATH")]
    target: Option<OsString>,
    /// All references with a stamp
    #[arg(long)]
    all: bool,
    /// Undo the last run, even if it was interrupted
    #[arg(long)]
    rollback: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl ReviewArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        if self.rollback {
            let undone = undo_run(ui, &repo, "refs review", self.dry_run)?;
            show_undone(ui, undone, self.dry_run);
            return Ok(Exit::Fine);
        }
        let selection = match self.target {
            Some(target) => ReviewSelection::Target(target),
            None if self.all => ReviewSelection::All,
            None => ReviewSelection::Places(self.places),
        };
        let options = ReviewOptions { selection, is_dry_run: self.dry_run };
        let plan = review_references(ui, &repo, &options, show_plan)?;
        let exit = show_result(ui, &plan, self.dry_run);
        // A file that was named is part of the question; others are only noted.
        let names_files = matches!(options.selection, ReviewSelection::Places(_));
        Ok(if names_files && !plan.unsearched.is_empty() { Exit::Findings } else { exit })
    }
}

/// Shows the references to review, and what has changed since they were read.
fn show_plan(ui: &mut Ui, plan: &ReviewPlan) {
    let mut shown = ShownChanges::default();
    for ReviewedReference { reference, stamp, change } in &plan.reviewed {
        ui.line(&format!("{}  @{stamp}", reference_row(reference).join("  ")));
        if let Some(change) = change {
            ui.line(&format!("    {}", change.describe(MOST_COMMITS)));
            shown.show(ui, reference, change);
        }
    }
}

/// Shows the result of a run or a dry run.
fn show_result(ui: &mut Ui, plan: &ReviewPlan, is_dry_run: bool) -> Exit {
    let ReviewPlan { reviewed, unreviewed, right, index_only, unstaged, unsearched } = plan;
    for Unreviewed { reference, reason } in unreviewed {
        let place = format!("{}:{}:{}", reference.path, reference.line, reference.column);
        ui.warning(&format!("{place}: '{}' is not reviewed: {}", reference.text, reason.title()));
    }
    report_index_only(ui, index_only);
    for path in unstaged {
        ui.status(&format!("note: '{path}' has unstaged changes, which stay unstaged"));
    }
    report_unsearched(ui, unsearched);
    let references = count(reviewed.len(), "reference", "references");
    let is_complete = unreviewed.is_empty() && unsearched.is_empty();
    ui.status(&match (reviewed.len(), right, is_dry_run) {
        (0, 0, _) if !is_complete => "nothing was reviewed".to_owned(),
        (0, 0, _) => "nothing to review: no reference with a stamp".to_owned(),
        (0, _, _) if !is_complete => {
            format!("nothing was reviewed; {} up to date", count(*right, "stamp is", "stamps are"))
        }
        (0, _, _) => {
            format!("nothing to review: {} up to date", count(*right, "stamp is", "stamps are"))
        }
        (_, _, true) => format!("would review {references}"),
        (_, _, false) => format!("reviewed {references}"),
    });
    if unreviewed.is_empty() { Exit::Fine } else { Exit::Findings }
}
