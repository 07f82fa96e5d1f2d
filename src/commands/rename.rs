//! `idhooks rename`: adds identities to file names as a prefix, or removes them.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::{ArgGroup, Args};
use idhooks_ops::{
    RenameOptions, RenameRefusal, RenameReport, RenameTarget, open_to_change, rename, undo_run,
};
use idhooks_references::{NameRefusal, Way};

use crate::error::{CommandError, CommandResult, Exit, refused_names};
use crate::output::{Ui, count, rewriting_diff, show_undone};
use crate::tables::Batch;

/// Add the identity to file names as a prefix, or remove it
///
/// 'app.csv' becomes '1011045214260118_app.csv'; in the names of Python modules, 'P_' precedes the
/// digits. The index and the working tree change together with the registry.
///
/// References to a renamed file are updated, separately in staged and unstaged content: Python
/// imports, relative links in Markdown and HTML, files sourced by shell scripts, and paths in YAML and
/// TOML strings. Ambiguous references are listed and left unchanged; an ambiguous import stops the run
/// unless you pass --force. Imports by a computed name, or through another variable, are not found: run
/// your tests before you commit.
///
/// All files are renamed, or none. --rollback undoes an interrupted run, or the last run if the same
/// files have not changed since.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("way").required(true),
    group = ArgGroup::new("files").conflicts_with("rollback"),
    after_help = "\
Examples:
  idhooks rename --to-id-prefix docs/plan.md --dry-run
  idhooks rename --to-id-prefix --all         all files that [[file_names]] selects
  idhooks rename --from-id-prefix --batch files.csv
  echo '[{\"path\": \"docs/plan.md\"}]' | idhooks rename --to-id-prefix --batch -
  idhooks rename --rollback                   undo the last run

Exit code: 0 renamed, or nothing to do; 1 --keep-going skipped files, or an import is ambiguous; \
2 an error, and nothing was renamed"
)]
pub(super) struct Rename {
    /// Files in the index
    #[arg(value_name = "PATH", group = "files")]
    paths: Vec<PathBuf>,
    /// Add the identity to the names
    #[arg(long, group = "way", requires = "files")]
    to_id_prefix: bool,
    /// Remove the identity from the names
    #[arg(long, group = "way", requires = "files")]
    from_id_prefix: bool,
    /// Undo the last run, even if it was interrupted
    #[arg(long, group = "way")]
    rollback: bool,
    /// Rename all files selected by 'file_names' in idhooks.toml
    #[arg(long, group = "files")]
    all: bool,
    /// Read the files from CSV or JSON; '-' reads standard input
    ///
    /// CSV needs a 'path' column; JSON is a list: [{"path": ...}, ...]. If a row also has an 'id',
    /// it must be the file's identity.
    #[arg(long, value_name = "FILE", group = "files")]
    batch: Option<PathBuf>,
    /// Skip files that cannot be renamed instead of stopping
    #[arg(long, conflicts_with = "rollback")]
    keep_going: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
    /// Rename despite ambiguous imports, and leave those unchanged
    #[arg(long, conflicts_with = "rollback")]
    force: bool,
}

impl Rename {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        if self.rollback {
            let undone = undo_run(ui, &repo, "rename", self.dry_run)?;
            show_undone(ui, undone, self.dry_run);
            return Ok(Exit::Fine);
        }
        let targets = match &self.batch {
            _ if self.all => None,
            Some(file) => Some(batch_targets(&Batch::read(dir, file)?)),
            None => Some(self.path_targets()),
        };
        let is_single = targets.as_ref().is_some_and(|targets| targets.len() == 1);
        let options = RenameOptions {
            targets,
            way: if self.from_id_prefix { Way::From } else { Way::To },
            keeps_going: self.keep_going,
            is_forced: self.force,
            is_dry_run: self.dry_run,
        };
        let mut report = rename(ui, &repo, &options)?;
        let refused = refused_names(std::mem::take(&mut report.names.refusals));
        match refused {
            // If there is only one file, a hint about `--keep-going` would make no sense.
            Some(error) if is_single => Err(error),
            refused => self.show(ui, report, refused, options.way),
        }
    }

    fn path_targets(&self) -> Vec<RenameTarget> {
        let target = |typed: &PathBuf| RenameTarget { typed: typed.clone(), ..Default::default() };
        self.paths.iter().map(target).collect()
    }

    /// Shows the renames of a run or dry run, and the remaining files.
    fn show(
        &self,
        ui: &mut Ui,
        report: RenameReport,
        refused: Option<CommandError>,
        way: Way,
    ) -> CommandResult<Exit> {
        rewriting_diff(&report.rewriting).iter().for_each(|line| ui.report(line));
        ui.lines(&report.edits);
        let is_decided = report.undecided.is_none();
        let doubts = report.rewriting.doubts.iter();
        // References that block the rename are listed as causes of the error below.
        ui.not_updated(doubts.filter(|(_, doubt)| is_decided || !doubt.blocks));
        tell(ui, &report, way);
        ui.mentions(&report.mentions);
        let is_done = report.is_done;
        let undecided = report.undecided.map(CommandError::from);
        if let Some(error) = &undecided {
            error.show(ui);
        }
        match refused {
            None => Ok(undecided.map_or(Exit::Fine, |error| error.exit)),
            Some(error) if is_done || (self.keep_going && self.dry_run) => {
                error.show(ui);
                Ok(Exit::Findings)
            }
            Some(error) => {
                Err(error.hint("nothing was renamed; --keep-going renames the other files"))
            }
        }
    }
}

fn batch_targets(batch: &Batch) -> Vec<RenameTarget> {
    let targets = batch.rows().enumerate().map(|(n, row)| RenameTarget {
        typed: row.path.into(),
        line: Some(batch.line(n)),
        id: row.id.map(str::to_owned),
    });
    targets.collect()
}

fn tell(ui: &mut Ui, report: &RenameReport, way: Way) {
    for path in &report.names.same {
        let said = match way {
            Way::To => "already begins with its identity",
            Way::From => "does not begin with an identity",
        };
        ui.status(&format!("'{path}' {said}"));
    }
    // Files are counted by reason, because the rules may exclude thousands of files with `--all`.
    let mut left_out = BTreeMap::new();
    for refusal in &report.names.left_out {
        *left_out.entry(reason(refusal)).or_default() += 1;
    }
    for (why, number) in left_out {
        ui.status(&format!("{} skipped: {why}", count(number, "file", "files")));
    }
    let (files, others) = (report.names.moves.len(), report.rewriting.rewritten());
    if files == 0 {
        return ui.status("nothing to rename");
    }
    let [files, others] = [files, others].map(|number| count(number, "file", "files"));
    ui.status(&match report.is_done {
        true => format!(
            "renamed {files} and updated references in {others}; undo: idhooks rename --rollback"
        ),
        false => format!("would rename {files} and update references in {others}"),
    });
}

/// Returns the reason that a file selected by the rules keeps its name.
fn reason(refusal: &RenameRefusal) -> &str {
    match refusal {
        RenameRefusal::Name(NameRefusal::Reserved(_, why)) => why,
        RenameRefusal::Name(_) => "Python modules, which the rules exclude",
        _ => "no identity yet; 'idhooks allocate' or a commit allocates one",
    }
}
