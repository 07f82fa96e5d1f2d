//! `idhooks refs add`: writes a reference into a file.

use std::ffi::OsString;
use std::path::Path;

use idhooks_ops::{AddOptions, AddedReference, add_reference, open_to_change, undo_run};

use crate::error::{CommandResult, Exit};
use crate::output::{Ui, show_undone};

/// Write a reference to a file into another one
///
/// Writes 'idhooks:' and the identity at the end of a line, or before the character at a column, in
/// the index and in the working tree. Text that would join the reference is separated by a space. The line is that
/// of the working file; if it has unstaged changes, the reference becomes one of them, and other
/// unstaged changes stay unstaged.
///
/// A title is the first heading of a Markdown file, in upper or lower case; only one file may have
/// it. A heading is checked: a Markdown file must have it. Deprecated and superseded files are refused.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks refs add docs/guide.md:12 docs/limits.md
  idhooks refs add docs/guide.md:12:19 docs/limits.md --section 'Rate limits'
  idhooks refs add src/client.py:7 0110073814260118 --stamp
  idhooks refs add docs/guide.md:14 'Rate limits of the API'
  idhooks refs add --rollback

Exit code: 0 written; 2 an error, and nothing was changed")]
pub(super) struct AddArgs {
    /// A line of a file in the index, or a character on it
    #[arg(value_name = "FILE:LINE[:COLUMN]", required_unless_present = "rollback")]
    place: Option<OsString>,
    /// Path, identity or its first digits, second identity, or title of the file to refer to
    #[arg(value_name = "ID|PATH", required_unless_present = "rollback")]
    subject: Option<OsString>,
    /// Refer to this heading of a Markdown file, named by its text or its slug
    #[arg(long, value_name = "HEADING")]
    section: Option<String>,
    /// Add the stamp of the present content, which you have read
    #[arg(long)]
    stamp: bool,
    /// Undo the last run, even if it was interrupted
    #[arg(long, conflicts_with_all = ["place", "subject", "section", "stamp"])]
    rollback: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl AddArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = open_to_change(dir)?;
        let (Some(place), Some(subject)) = (self.place, self.subject) else {
            let undone = undo_run(ui, &repo, "refs add", self.dry_run)?;
            show_undone(ui, undone, self.dry_run);
            return Ok(Exit::Fine);
        };
        let (section, has_stamp) = (self.section, self.stamp);
        let options = AddOptions { place, subject, section, has_stamp, is_dry_run: self.dry_run };
        let added = add_reference(ui, &repo, &options)?;
        show_added(ui, &added, self.dry_run);
        Ok(Exit::Fine)
    }
}

/// Shows the reference that was written, or would be.
fn show_added(ui: &mut Ui, added: &AddedReference, is_dry_run: bool) {
    let AddedReference { path, line, column, text, target, others, .. } = added;
    ui.line(&format!("{path}:{line}:{column}  {text}  {target}"));
    if let Some(other) = others.first() {
        ui.warning(&format!(
            "'{other}' had the identity of '{target}', too, so 'idhooks check' reports this reference as ambiguous"
        ));
    }
    if !added.has_working_file {
        ui.status(&format!(
            "note: the working tree has no file '{path}', so only the index changes"
        ));
    } else if !added.is_staged {
        let place = path.shell_quoted();
        ui.status(&format!(
            "note: line {line} has unstaged changes, so the reference is not staged: git add {place}"
        ));
    } else if added.has_unstaged {
        ui.status(&format!("note: '{path}' has unstaged changes, which stay unstaged"));
    }
    ui.status(match is_dry_run {
        true => "would write the reference",
        false => "wrote the reference",
    });
}
