//! `idhooks rename`: add the identity to file names as a prefix, or remove it.

mod rewriting;
mod targets;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use crate::tables::Batch;
use clap::{ArgGroup, Args};
use idhooks_core::plan::{Edit, lifecycle};
use idhooks_core::registry::{FileName, RepoPath};
use idhooks_ops::{
    JournaledRun, Reach, RegistryTransaction, Writer, assert_settled, mentions, open_to_change,
};
use idhooks_references::Way;
use idhooks_repo::git::Repo;

use crate::error::{CommandResult, Exit, PrintingWork};
use crate::output::{Ui, count};

use super::rollback::roll_back;

pub(super) use rewriting::Rewriting;
use targets::RenameTarget;
pub(super) use targets::Targets;

/// Put the identity at the start of file names, or remove it again
///
/// 'app.csv' becomes '1011045214260118_app.csv'; in Python modules, 'P_' precedes the digits. The
/// index and the working tree change together with the registry.
///
/// References to a renamed file are updated, separately in staged and unstaged content: Python
/// imports, relative links in Markdown and HTML, files that shell scripts source, and YAML and TOML
/// strings that are a path. Ambiguous references are listed and left unchanged; an ambiguous import
/// stops the run unless you pass --force. Imports by a computed name, or through another variable,
/// are not found: run your tests before you commit.
///
/// Either everything is renamed or nothing. If a run is interrupted, --rollback restores the state
/// before it. Later, --rollback undoes the last run, unless the same files have changed since.
#[derive(Debug, Args)]
#[command(
    group = ArgGroup::new("way").required(true),
    group = ArgGroup::new("files").conflicts_with("rollback"),
    after_help = "\
Examples:
  idhooks rename --to-id-prefix docs/plan.md --dry-run
  idhooks rename --to-id-prefix --all         what [[file_names]] selects
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
    /// Undo the last run, or one that was interrupted
    #[arg(long, group = "way")]
    rollback: bool,
    /// Rename all files that 'file_names' in idhooks.toml selects
    #[arg(long, group = "files")]
    all: bool,
    /// Read the files from CSV or JSON; '-' reads standard input
    ///
    /// CSV needs a column 'path', JSON is a list: [{"path": ...}, ...]. If a row also has an 'id',
    /// it must be the identity of the file.
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
        let writer = Writer::open_for(&repo, "rename", Reach::Everything)?;
        if self.rollback {
            return roll_back(ui, writer.repo, "rename", self.dry_run);
        }
        let wishes = match &self.batch {
            Some(file) => RenameTarget::of_batch(&Batch::read(dir, file)?),
            None => RenameTarget::of_paths(&self.paths),
        };
        writer.work(ui, |ui, transaction| self.rename(ui, dir, transaction, &wishes))
    }

    fn way(&self) -> Way {
        if self.from_id_prefix { Way::From } else { Way::To }
    }

    fn rename(
        &self,
        ui: &mut Ui,
        dir: &Path,
        transaction: &RegistryTransaction<'_>,
        wishes: &[RenameTarget],
    ) -> CommandResult<Exit> {
        assert_settled(transaction.repo)?;
        let targets = match self.all {
            true => Targets::of_config(transaction, self.way())?,
            false => Targets::of_wishes(transaction, dir, wishes, self.way()),
        };
        let errors = targets.error();
        if let Some(error) = &errors
            && wishes.len() == 1
        {
            return Err(error.clone());
        }
        let is_done = !self.dry_run && !targets.moves.is_empty();
        let is_done = is_done && (errors.is_none() || self.keep_going);
        let rewriting = Rewriting::of(transaction, &targets.moves, &[])?;
        let undecided = rewriting.undecided().filter(|_| !self.force);
        if let Some(error) = &undecided
            && is_done
        {
            rewriting.report_doubts(ui, false);
            return Err(error.clone());
        }
        let mut after = transaction.registry().clone();
        lifecycle::relocate(&mut after, &targets.origins, transaction.committed());
        if is_done {
            let steps = rewriting.steps(transaction.repo)?;
            let way = if self.from_id_prefix { "--from-id-prefix" } else { "--to-id-prefix" };
            let (files, entries) = steps;
            let what = format!("rename {way}");
            let run = JournaledRun { what, files, entries, events: Vec::new() };
            transaction.write_together(ui, &after, run)?;
        }
        rewriting.diff().iter().for_each(|line| ui.report(line));
        ui.lines(Edit::between(transaction.registry(), &after));
        rewriting.report_doubts(ui, undecided.is_none());
        self.tell(ui, &targets, &rewriting, is_done);
        if is_done {
            report_references(ui, transaction.repo, self.way(), &targets.moves, &rewriting);
        }
        if let Some(error) = &undecided {
            error.show(ui);
        }
        match errors {
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

    fn tell(&self, ui: &mut Ui, targets: &Targets, rewriting: &Rewriting<'_>, is_done: bool) {
        for path in &targets.same {
            let said = match self.way() {
                Way::To => "already begins with its identity",
                Way::From => "does not begin with an identity",
            };
            ui.status(&format!("'{path}' {said}"));
        }
        for (why, number) in &targets.left_out {
            ui.status(&format!("{} skipped: {why}", count(*number, "file", "files")));
        }
        let (files, others) = (targets.moves.len(), rewriting.rewritten());
        if files == 0 {
            return ui.status("nothing to rename");
        }
        let [files, others] = [files, others].map(|number| count(number, "file", "files"));
        ui.status(&match is_done {
            true => format!("renamed {files} and updated references in {others}; to undo it: idhooks rename --rollback"),
            false => format!("would rename {files} and update references in {others}"),
        });
    }
}

/// Lists the lines that still mention the old names.
pub(super) fn report_references(
    ui: &mut Ui,
    repo: &Repo,
    way: Way,
    moves: &BTreeMap<RepoPath, RepoPath>,
    rewriting: &Rewriting<'_>,
) {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    let words: Vec<String> = moves.keys().map(|path| text(path.basename())).collect();
    let renamed = moves.values().filter(|_| way == Way::To);
    let heads: Vec<String> = renamed.map(|to| text(&FileName::of(to.basename()).head())).collect();
    let still = |text: &str| {
        let is_new = |at: usize| heads.iter().any(|head| text[..at].ends_with(head.as_str()));
        words.iter().any(|word| text.match_indices(word.as_str()).any(|(at, _)| !is_new(at)))
    };
    match mentions(repo, &words) {
        Ok(mut mentions) => {
            mentions.retain(|m| still(&m.text) && !rewriting.has_doubt(&m.path, m.line));
            ui.mentions(&mentions);
        }
        Err(error) => ui.warning(&error.to_string()),
    }
}
