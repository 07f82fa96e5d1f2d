//! `idhooks id`: prints the identities of files, for scripts.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use idhooks_core::registry::Allocation;
use idhooks_ops::repo_path;
use idhooks_repo::{git::Repo, state::look_up};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, shell_quoted};

use super::answers::{AnswerArgs, Question, RecordMaps};

/// Print the identity of each path, one a line, for scripts
///
/// Prints the identities that the index, or a commit, gives to these files, in the order of the
/// arguments. For a path without an identity it prints an empty line and an error, so that line N
/// always answers argument N. 'idhooks show' also finds files that are gone, and explains.
#[derive(Debug, clap::Args)]
#[command(group = clap::ArgGroup::new("subjects").args(["paths", "stdin"]).required(true))]
#[command(after_help = "\
Examples:
  idhooks id docs/intro.md
  git ls-files -z docs | idhooks id --stdin -z | tr '\\0' '\\n'
  git ls-files docs | idhooks id --stdin --rev HEAD

Lines may be quoted as git quotes paths.

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
        let question = Question { quickly: quick_record, fully: record, is_for_path: false };
        self.how.run(ui, dir, self.paths, &question)
    }
}

fn quick_record(repo: &Repo, dir: &Path, typed: &OsStr) -> Option<Allocation> {
    let path = repo_path(repo, dir, Path::new(typed)).ok()?;
    look_up(repo, Some(&path), None).ok()?
}

fn record<'a>(records: &RecordMaps<'a>, typed: &OsStr) -> CommandResult<&'a Allocation> {
    let path = repo_path(records.repo, records.dir, Path::new(typed))?;
    records.holders.get(&path).copied().ok_or_else(|| {
        let RecordMaps { shown, rev, .. } = records;
        let typed = shell_quoted(&typed.to_string_lossy());
        CommandError::new(format!("no file with an identity at '{path}' in {shown}"))
            .hint(format!("to see why: idhooks show{rev} -- {typed}"))
    })
}
