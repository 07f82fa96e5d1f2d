//! `idhooks assign`: correct which identity a file has.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::Ui;
use crate::plan::{Correction, PlanError};
use crate::registry::{Id, Registry, RepoPath};

use super::references;
use super::transaction::RegistryTransaction;
use super::transaction::writer::Writer;

/// Make an identity that of another file
///
/// Corrects a rename that was followed wrongly, or not at all. What had the file before goes back
/// to where the last commit has it, if that place is free; else it is superseded. An identity
/// that no commit knows is forgotten. The file that is left without an identity gets a new one,
/// unless another 'assign' gives it one it had.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks assign 0110073814260118 docs/intro.md
  idhooks assign 2099941877260118 src/pool.py --dry-run

Exit code: 0 done, or it is so already; 1 a counter is full; 2 it cannot be done, and nothing was")]
pub(super) struct Assign {
    /// The identity, or the path of the file that has it
    #[arg(value_name = "ID|PATH")]
    identity: OsString,
    /// The file that is to have it, in the index
    #[arg(value_name = "PATH")]
    path: PathBuf,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Assign {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        Writer::open(dir, "assign")?.work(ui, |ui, transaction| self.correct(ui, dir, transaction))
    }

    fn correct(
        &self,
        ui: &mut Ui,
        dir: &Path,
        transaction: &RegistryTransaction<'_>,
    ) -> Result<Exit, CommandError> {
        let path = transaction.file(dir, &self.path)?;
        let taker = transaction.record(ui, dir, &self.identity)?;
        if transaction.is_merging() {
            return Err(CommandError::new("a merge is under way")
                .hint("commit the merge first; which identity a file has can be corrected then"));
        }
        if taker.is_active() && taker.path == path && transaction.holds(&taker) {
            ui.status(&format!("'{path}' has {} already", taker.id));
            return Ok(Exit::Fine);
        }
        let has_file = |path: &RepoPath| transaction.has_file(path);
        let kept = transaction.kept();
        let correction =
            Correction { committed: transaction.committed(), kept: &kept, has_file: &has_file };
        let mut after = transaction.registry().clone();
        let left = correction.assign(&mut after, taker.id, &path)?;
        if let Some(left) = left.filter(|left| transaction.config.tracks(left)) {
            match give(transaction, &correction, &mut after, (taker.id, &left)) {
                Ok(()) => {}
                Err(PlanError::Capacity { counter, path }) => {
                    ui.complain(&[transaction.full_counter(counter, &path)]);
                    return Ok(Exit::Findings);
                }
            }
        }
        let written = transaction.finish(ui, &after, self.dry_run)?;
        tell_rest(ui, transaction, &after);
        Ok(written)
    }
}

/// Gives the file that somebody left a new identity.
fn give(
    transaction: &RegistryTransaction<'_>,
    correction: &Correction<'_>,
    after: &mut Registry,
    (leaver, left): (Id, &RepoPath),
) -> Result<(), PlanError> {
    let Some(entry) = transaction.entry(left) else { return Ok(()) };
    let records = std::mem::take(&mut after.allocations).into_iter();
    let mut records: BTreeMap<_, _> = records.map(|r| (r.origin, r)).collect();
    let given = transaction.assigner().give(&mut records, left, entry.blob, None);
    if let Ok(gift) = &given
        && let Some(record) = records.get_mut(&gift.origin)
    {
        correction.note_predecessor(record, leaver);
    }
    after.allocations = records.into_values().collect();
    given.map(drop)
}

/// Says what became of identities that have no file any more, and who still names them.
fn tell_rest(ui: &mut Ui, transaction: &RegistryTransaction<'_>, after: &Registry) {
    let now: BTreeMap<_, _> = after.allocations.iter().map(|r| (r.origin, r)).collect();
    for before in transaction.registry().allocations.iter().filter(|record| record.is_active()) {
        match now.get(&before.origin) {
            None => ui.status(&format!("{} is forgotten: no commit knows it", before.id)),
            Some(now) if !now.is_active() => {
                ui.status(&format!(
                    "if {} belongs to another file: idhooks assign {} <path>",
                    now.id, now.id
                ));
                references::to_id(ui, transaction.repo, now.id);
            }
            Some(_) => {}
        }
    }
}
