//! `idhooks id`: prints the identities of files, for scripts.

use std::ffi::OsString;
use std::path::Path;

use idhooks_ops::SubjectKind;

use crate::error::{CommandResult, Exit};
use crate::output::Ui;

use super::lookup_args::AnswerArgs;

/// Print the identity of each path, one per line, for scripts
///
/// Prints the identities of these files in the index, or in a commit, in the order of the
/// arguments. For a path without an identity, prints an empty line and an error, so that line N
/// always answers argument N. 'idhooks show' prints more, and also finds deleted files.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("subjects").args(["paths", "stdin"]).required(true))]
#[command(after_help = "\
Examples:
  idhooks id docs/intro.md
  git ls-files -z docs | idhooks id --stdin -z | tr '\\0' '\\n'
  git ls-files docs | idhooks id --stdin --rev HEAD

Input lines may be quoted as git quotes paths.

Exit code: 0 every path has an identity; 1 some have none; 2 an error")]
pub(super) struct IdArgs {
    /// Files
    #[arg(value_name = "PATH")]
    paths: Vec<OsString>,
    #[command(flatten)]
    how: AnswerArgs,
}

impl IdArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        self.how.run(ui, dir, self.paths, SubjectKind::Path)
    }
}
