//! `idhooks assign`: correct which file an identity belongs to.

use std::path::{Path, PathBuf};
use std::{collections::BTreeMap, ffi::OsString};

use clap::Args;
use idhooks_core::plan::Correction;
use idhooks_core::plan::second_id::{self, SecondIdRefusal};
use idhooks_core::registry::{Registry, RepoPath};
use idhooks_ops::{
    Reach, RegistryDraft, RegistryTransaction, Writer, mentions_of_id, open_to_change,
};

use crate::error::{CommandError, CommandResult, Exit, PrintingWork, report_full};
use crate::output::Ui;

/// Give an identity to another file, to correct a wrong match
///
/// Use it if a rename was followed wrongly or not at all. The identity that the file had before
/// returns to its path in the last commit, if that is free; otherwise it is superseded. An identity
/// that is in no commit is dropped. The file that loses its identity gets a new one, unless another
/// 'assign' gives it back one that it had.
///
/// With --second, ID is a second identity such as DOC-0007, which another tool made: only this one is
/// given to the file, or moved to it from the file that has it, and the 16 digits of both stay. A
/// deprecated record that has it keeps it, for when its file comes back, unless --force is given.
///
/// A commit prints this command, for the file and the identity, if a new file is too different from a
/// deleted one for a rename, but at least 25 % similar, and has its name or is in its directory.
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
    /// Replace another second identity of the file, or take ID from a deprecated record
    #[arg(long, requires = "second")]
    force: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Assign {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        if self.second {
            let repo = open_to_change(dir)?;
            return Writer::open_for(&repo, "assign", Reach::Everything)?
                .work(ui, |ui, transaction| self.give_second(ui, transaction));
        }
        let named = [self.identity.clone(), self.path.clone().into_os_string()];
        let repo = open_to_change(dir)?;
        Writer::open_for(&repo, "assign", Reach::Subjects(&named))?
            .work(ui, |ui, transaction| self.correct(ui, transaction))
    }

    /// Gives the second identity to the file.
    fn give_second(
        &self,
        ui: &mut Ui,
        transaction: &RegistryTransaction<'_>,
    ) -> CommandResult<Exit> {
        let path = transaction.file(&self.path)?;
        let doc_id = self.identity.to_string_lossy();
        let registry = transaction.registry();
        let holder = transaction.holders().get(&path).map(|record| record.origin);
        let holder = holder.ok_or_else(|| {
            CommandError::new(format!("'{path}' has no identity"))
                .hint("give it one first: idhooks allocate, or commit it")
        })?;
        let mut after = registry.clone();
        let before = second_id::give(&mut after, &doc_id, holder, self.force).map_err(|error| {
            let hint = match error {
                SecondIdRefusal::HasOther(..) => "to replace it: add --force".to_owned(),
                SecondIdRefusal::NotActive { id, .. } => format!(
                    "give the file another one; or take it from there: add --force, and {id} keeps it as displaced_doc_id"
                ),
                _ => "letters, a '-' or '_', and more: DOC-0001, REQ_17".to_owned(),
            };
            CommandError::new(error.to_string()).hint(hint)
        })?;
        if before.is_empty() && after == *registry {
            ui.status(&format!("'{path}' already has {doc_id}"));
            return Ok(Exit::Fine);
        }
        for record in &before {
            ui.status(&format!("{doc_id} was that of '{}'", record.path));
        }
        let edits = transaction.finish(ui, &after, self.dry_run)?;
        ui.lines(edits);
        let gave = if self.dry_run { "would give" } else { "gave" };
        ui.status(&format!("{gave} {doc_id} to '{path}'"));
        Ok(Exit::Fine)
    }

    fn correct(&self, ui: &mut Ui, transaction: &RegistryTransaction<'_>) -> CommandResult<Exit> {
        let path = transaction.file(&self.path)?;
        let taker = transaction.record(ui, &self.identity)?;
        if transaction.is_merging() {
            return Err(CommandError::new("a merge is in progress")
                .hint("commit the merge first, then correct the identity"));
        }
        if taker.is_active() && taker.path == path && transaction.holds(&taker) {
            ui.status(&format!("'{path}' already has {}", taker.id));
            return Ok(Exit::Fine);
        }
        let has_file = |path: &RepoPath| transaction.has_file(path);
        let kept = transaction.kept();
        let committed = transaction.committed();
        let correction = Correction { committed, kept: &kept, has_file: &has_file };
        let mut after = transaction.registry().clone();
        let left = correction.assign(&mut after, taker.id, &path)?;
        let left = left.filter(|left| transaction.config.tracks(left));
        // The file that had the identity gets a new one.
        if let Some(left) = left.filter(|left| transaction.entry(left).is_some()) {
            let mut draft = RegistryDraft::new(transaction, after);
            let Some(new) = report_full(ui, draft.allocate_in_index(&left))? else {
                return Ok(Exit::Findings);
            };
            after = draft.into_registry();
            let mut records = after.allocations.iter_mut();
            if let Some(record) = records.find(|record| record.origin == new.origin) {
                correction.note_predecessor(record, taker.id);
            }
        }
        let edits = transaction.finish(ui, &after, self.dry_run)?;
        ui.lines(edits);
        tell_rest(ui, transaction, &after);
        Ok(Exit::Fine)
    }
}

/// Reports identities that no longer have a file, and the lines that still mention them.
fn tell_rest(ui: &mut Ui, transaction: &RegistryTransaction<'_>, after: &Registry) {
    let now: BTreeMap<_, _> = after.by_origin();
    for before in transaction.registry().allocations.iter().filter(|record| record.is_active()) {
        match now.get(&before.origin) {
            None => ui.status(&format!("{} was discarded: it is in no commit", before.id)),
            Some(now) if !now.is_active() => {
                let command = format!("idhooks assign {} <path>", now.id);
                ui.status(&format!("if {} belongs to another file, run: {command}", now.id));
                let mentions = mentions_of_id(ui, transaction.repo, now.id);
                ui.mentions(&mentions);
            }
            Some(_) => {}
        }
    }
}
