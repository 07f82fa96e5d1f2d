//! `idhooks path`: prints the paths of identities, for scripts.

use std::ffi::OsString;
use std::path::Path;

use idhooks_ops::SubjectKind;

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use super::lookup_args::AnswerArgs;

/// Print the path of each identity, one per line, for scripts
///
/// Prints the paths of the files with these identities in the index, or in a commit, relative to
/// the current directory, in the order of the arguments. Identities may be abbreviated to at least
/// four digits if these are unambiguous. For an identity without a file, prints an empty line and
/// an error, so that line N always answers argument N. 'idhooks show' also shows the last path of a
/// deleted file.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("subjects").args(["ids", "stdin"]).required(true))]
#[command(after_help = "\
Examples:
  idhooks path 0110073814260118
  $EDITOR \"$(idhooks path 0110073)\"           the first digits of an identity
  idhooks path --stdin -z < ids | xargs -0 wc -l

Without -z, paths with control characters, quotes or backslashes are quoted, as git does.

Exit code: 0 every identity has a file; 1 some have none; 2 an error")]
pub(super) struct PathArgs {
    /// Identity or its first digits, or second identity
    #[arg(value_name = "ID")]
    ids: Vec<OsString>,
    #[command(flatten)]
    how: AnswerArgs,
}

impl PathArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        self.how.run(ui, dir, self.ids, SubjectKind::Id)
    }
}
