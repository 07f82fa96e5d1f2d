//! `idhooks path`: prints the paths of identities, for scripts.

use std::ffi::{OsStr, OsString};
use std::path::Path;

use idhooks_core::registry::{Allocation, Id};
use idhooks_ops::{Purpose, TypedId, by_doc_id, by_id};
use idhooks_repo::{git::Repo, state::look_up};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::answers::{AnswerArgs, Question, RecordMaps};

/// Print the path of each identity, one a line, for scripts
///
/// Prints the paths of the files that have these identities in the index or in a commit, as seen from
/// the current directory, in the order of the arguments. The first digits of an identity suffice, at
/// least four, if no other begins with them. For an identity without a file it prints an empty line and
/// an error, so that line N always answers argument N. 'idhooks show' also shows the last path of a
/// file that is gone.
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
        let question = Question { quickly: quick_record, fully: record, is_for_path: true };
        self.how.run(ui, dir, self.ids, &question)
    }
}

fn quick_record(repo: &Repo, _dir: &Path, typed: &OsStr) -> Option<Allocation> {
    let id = TypedId::of(typed)?.full()?;
    let record = look_up(repo, None, Some(id)).ok()??;
    look_up(repo, Some(&record.path), None).ok()?.filter(|holder| holder.id == id)
}

fn record<'a>(records: &RecordMaps<'a>, typed: &OsStr) -> CommandResult<&'a Allocation> {
    let registry = records.registry;
    let find = |id: Id| match records.by_id.get(&id) {
        Some(record) => Some(*record),
        None => by_id(registry, id)?.current(),
    };
    let id = TypedId::of(typed);
    let named = match (id.as_ref().and_then(TypedId::full), &id) {
        (Some(id), _) => find(id),
        (None, id) => match (by_doc_id(registry, typed), id) {
            (Some(found), _) => found.current(),
            (None, Some(id)) => id.resolve_in(Purpose::Read, &[registry])?.and_then(find),
            (None, None) => None,
        },
    };
    let record = named.ok_or_else(|| {
        let typed = typed.to_string_lossy();
        CommandError::new(format!("cannot find an identity '{typed}' in {}", records.shown))
            .hint(format!("list the identities: idhooks list{}", records.rev))
    })?;
    match records.holders.get(&record.path) {
        Some(holder) if holder.origin == record.origin => Ok(record),
        _ => Err(CommandError::new(format!("{} has no file in {}", record.id, records.shown))
            .hint(format!("to see its last path: idhooks show{} {}", records.rev, record.id))),
    }
}
