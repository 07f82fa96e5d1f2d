//! `idhooks assign`: gives an identity to a different file.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_ops::{
    AssignOptions, AssignSecondOptions, Assigned, AssignedSecond, DisplacedId, assign,
    assign_second, open_to_change,
};

use crate::error::{CommandResult, Exit, report_full};
use crate::output::Ui;

/// Move an identity to another file, to correct a wrong match
///
/// Use it if a rename was detected wrongly or not at all. The file's previous identity returns to
/// the path it had in the last commit if that path is free; otherwise, it is superseded. An
/// identity that is in no commit is dropped. The file that loses its identity gets a new one,
/// unless another 'assign' gives it back one of its former identities.
///
/// A number that no file ever had can be given, too, for example one that the file carries.
///
/// With --second, ID is a second identity such as DOC-0007, created by another tool. Only that
/// identity is given to the file, or moved from the file that has it; both files keep their 16
/// digits. A deprecated record keeps its second identity, in case its file returns, unless you pass
/// --force.
///
/// A commit prints this command, complete with arguments, if a new file is too different from a
/// deleted one to count as a rename, but is at least 25 % similar and has the same name or
/// directory.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks assign 0110073814260118 docs/intro.md
  idhooks assign 2099941877260118 src/pool.py --dry-run
  idhooks assign --second DOC-0007 docs/intro.md

Exit code: 0 assigned, or already so; 1 a counter is full; 2 an error, and nothing was changed")]
pub(super) struct Assign {
    /// Identity or its first digits (8 or more), second identity, or path of the file that has it
    #[arg(value_name = "ID|PATH")]
    identity: OsString,
    /// File in the index that the identity belongs to
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Give only the second identity ID to the file
    #[arg(long)]
    second: bool,
    /// Replace the file's other second identity, or take ID from a deprecated record
    #[arg(long, requires = "second")]
    force: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Assign {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let Assign { identity, path: file, second, force: is_forced, dry_run: is_dry_run } = self;
        let repo = open_to_change(dir)?;
        if second {
            let doc_id = identity.to_string_lossy().into_owned();
            let options = AssignSecondOptions { doc_id, file, is_forced, is_dry_run };
            let done = assign_second(ui, &repo, &options)?;
            show_second(ui, done, &options);
            return Ok(Exit::Fine);
        }
        let done = assign(ui, &repo, &AssignOptions { identity, file, is_dry_run });
        let Some(done) = report_full(ui, done)? else { return Ok(Exit::Findings) };
        show(ui, done);
        Ok(Exit::Fine)
    }
}

/// Reports the changes, the identities that no longer have a file, and the lines that still mention them.
fn show(ui: &mut Ui, done: Assigned) {
    if done.was_held {
        return ui.status(&format!("'{}' already has {}", done.path, done.id));
    }
    ui.lines(done.edits);
    for displaced in done.displaced {
        match displaced {
            DisplacedId::Discarded(id) => {
                ui.status(&format!("{id} was discarded: it is in no commit"));
            }
            // Only a human can tell whether the identity's former file still exists at another
            // path.
            DisplacedId::Inactive { id, mentions } => {
                let command = format!("idhooks assign {id} <path>");
                ui.status(&format!("if {id} belongs to another file, run: {command}"));
                ui.mentions(&mentions);
            }
        }
    }
}

fn show_second(ui: &mut Ui, done: AssignedSecond, options: &AssignSecondOptions) {
    let AssignedSecond { path, was_held, edits } = done;
    let doc_id = &options.doc_id;
    if was_held {
        return ui.status(&format!("'{path}' already has {doc_id}"));
    }
    ui.lines(edits);
    let gave = if options.is_dry_run { "would give" } else { "gave" };
    ui.status(&format!("{gave} {doc_id} to '{path}'"));
}
