//! `idhooks inject`: writes identities into files, or removes them.

use std::path::{Path, PathBuf};

use clap::Args;
#[cfg(doc)]
use idhooks_core::embed; // configured by the rules named [[embed]]
use idhooks_core::registry::RepoPath;
use idhooks_ops::{
    InjectAction, InjectOptions, InjectRefusal, InjectReport, InjectedId, Repo, inject,
    open_to_change, undo_run,
};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count, show_undone};

/// Write identities into files, as a comment or key at the top
///
/// Writes 'doc_id' into a comment at the head of the file, into its front matter, or as a key in
/// JSON or YAML, both in the index and in the working tree; unstaged edits are kept. Every commit
/// that changes a file matching an [[embed]] rule in idhooks.toml also writes the identity into it,
/// and the file keeps it wherever it moves. The rule may set 'style' to "front-matter", "comment"
/// or "key"; an identity written in another style is converted.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks inject docs/plan.md src             a file and all files below 'src'
  idhooks inject --all                        all files of [[embed]] rules
  idhooks inject --all --check                list files that lack theirs
  idhooks inject --remove docs/plan.md        keep other identities in it

The identity is placed below a shebang, an encoding line, an XML declaration, a doctype and a licence. \
Binary, signed and generated files are skipped: their identity is only in the registry.

Exit code: 0 written, or all files carry theirs; 1 with --check, some files do not; with --keep-going, \
some named files cannot; 2 an error, and nothing was written")]
pub(super) struct Inject {
    /// Files and directories in the index
    #[arg(value_name = "PATH", required_unless_present_any = ["all", "rollback"])]
    paths: Vec<PathBuf>,
    /// Every file that matches an [[embed]] rule (with --remove: every file in the index)
    #[arg(long, conflicts_with = "paths")]
    all: bool,
    /// Report files that do not carry their identity; write nothing
    #[arg(long, conflicts_with_all = ["replace", "dry_run", "keep_going"])]
    check: bool,
    /// Remove the file's own identity; no [[embed]] rule may match the file
    #[arg(long, conflicts_with_all = ["replace", "check"])]
    remove: bool,
    /// With --remove, remove only identities that are not the file's own
    #[arg(long, requires = "remove")]
    foreign: bool,
    /// Replace a different identity that a file carries
    #[arg(long)]
    replace: bool,
    /// Undo the last run, even if it was interrupted
    #[arg(long, conflicts_with_all = ["paths", "all", "remove", "check", "replace"])]
    rollback: bool,
    /// Skip files that cannot carry their identity instead of stopping
    #[arg(long)]
    keep_going: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Inject {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = if self.check { Repo::open(dir)? } else { open_to_change(dir)? };
        if self.rollback {
            let undone = undo_run(ui, &repo, "inject", self.dry_run)?;
            show_undone(ui, undone, self.dry_run);
            return Ok(Exit::Fine);
        }
        let action = match (self.remove, self.foreign, self.replace) {
            (true, true, _) => InjectAction::RemoveForeign,
            (true, false, _) => InjectAction::Remove,
            (false, _, true) => InjectAction::Replace,
            (false, _, false) => InjectAction::Write,
        };
        let options = InjectOptions {
            paths: self.paths.clone(),
            all: self.all,
            action,
            keeps_going: self.keep_going,
            is_check: self.check,
            is_dry_run: self.dry_run,
        };
        let report = inject(ui, &repo, &options)?;
        self.show(ui, report)
    }

    /// Shows the changes of a run or dry run, and missing identities.
    fn show(&self, ui: &mut Ui, report: InjectReport) -> CommandResult<Exit> {
        let InjectReport { changes, refusals, left_out, foreign, is_unruled } = report;
        if refusals.is_empty() || self.keep_going || self.check {
            for (path, ids) in &changes {
                ui.lines(ids.iter().map(|id| self.shown(path, id)));
            }
        }
        if left_out > 0 {
            let left = match self.remove {
                true => count(left_out, "file not changed", "files not changed"),
                false => count(left_out, "file cannot carry it", "files cannot carry it"),
            };
            ui.status(&format!("{left}; --verbose shows why"));
        }
        if foreign > 0 {
            let files = count(
                foreign,
                "file keeps an identity that is not its own",
                "files keep identities that are not their own",
            );
            ui.status(&format!("{files}; --verbose lists them, --remove --foreign removes them"));
        }
        // An identity not covered by a rule becomes outdated when its file is copied or given a
        // different identity.
        if is_unruled && !changes.is_empty() && !self.remove {
            ui.status(
                "no [[embed]] rule in idhooks.toml matches some of these files: commits do not update the identities that they carry",
            );
        }
        if self.remove && changes.is_empty() && refusals.is_empty() {
            ui.status("nothing to remove");
        }
        let files = refusals.iter().map(|refusal| match refusal {
            // One refusal covers all files that match the same rule, because changing the rule
            // fixes them all.
            InjectRefusal::Ruled { paths, .. } => paths.len(),
            _ => 1,
        });
        let files = count(files.sum(), "file", "files");
        let mut errors: Vec<CommandError> = refusals.into_iter().map(Into::into).collect();
        match errors.len() {
            0 if self.check && !changes.is_empty() => Ok(Exit::Findings),
            0 => Ok(Exit::Fine),
            1 if !self.keep_going => Err(errors.remove(0)),
            _ => {
                let mut all = CommandError::new(format!("{files} cannot be changed"))
                    .listing(errors.iter().map(|error| &error.message), usize::MAX);
                // Three hints are enough: files are refused for only a few different reasons, and
                // each hint names only its own file.
                all.hints = errors.iter().flat_map(|e| e.hints.first().cloned()).take(3).collect();
                if self.keep_going {
                    all.show(ui);
                    return Ok(Exit::Findings);
                }
                Err(all.hint("nothing was written; to skip these files: --keep-going"))
            }
        }
    }

    /// Returns the output line for a file that changes.
    fn shown(&self, path: &RepoPath, id: &InjectedId) -> String {
        match (self.remove, self.check || self.dry_run) {
            (true, false) => format!("removed {id} from {path}"),
            (true, true) => format!("would remove {id} from {path}"),
            (false, false) => format!("{path} carries {id}"),
            (false, true) if self.check => format!("{path} does not carry {id}"),
            (false, true) => format!("{path} would carry {id}"),
        }
    }
}
