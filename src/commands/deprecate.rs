//! `idhooks deprecate`: give an identity up.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::output::Ui;
use crate::plan::lifecycle;
use crate::transaction::now;

use super::references;
use super::transaction::writer::Writer;

/// Give identities up, whether their files stay or not
///
/// A file that stays, or comes back to its path, keeps its deprecated identity and gets no other
/// one, and 'idhooks check' warns of it. It is taken up again by 'idhooks revive' only.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks deprecate docs/plan.md --reason 'replaced by the handbook'
  idhooks deprecate 2010000007260118 --reason 'never published'

Exit code: 0 done; 2 it cannot be done, and nothing was")]
pub(super) struct Deprecate {
    /// Identities, or paths of files
    #[arg(required = true, value_name = "ID|PATH")]
    subjects: Vec<OsString>,
    /// Why, for those who find it later
    #[arg(long, value_name = "TEXT")]
    reason: String,
    /// Show what would be done, and do nothing
    #[arg(long)]
    dry_run: bool,
}

impl Deprecate {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        Writer::open(dir, "deprecate")?.work(ui, |ui, transaction| {
            let records = transaction.records(ui, dir, &self.subjects)?;
            let done = transaction.change_each(ui, &records, self.dry_run, |registry, id| {
                lifecycle::deprecate(registry, id, &self.reason, now())
            })?;
            references::to_all(ui, transaction.repo, &records);
            Ok(done)
        })
    }
}
