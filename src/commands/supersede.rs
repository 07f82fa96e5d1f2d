//! `idhooks supersede`: replace an identity by another one.

use std::{ffi::OsString, path::Path};

use clap::Args;
use idhooks_core::plan::lifecycle;
use idhooks_ops::{
    Reach, RegistryDraft, Writer, mentions_of_id, mentions_of_records, open_to_change,
};

use crate::error::{CommandResult, Exit, PrintingWork, report_full};
use crate::output::Ui;

/// Deprecate an identity and name another one as its successor
///
/// Both records then refer to each other. With --with-new the file gets a new identity, which
/// replaces its current one. With --by the file of the old identity must be gone.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks supersede docs/plan.md --with-new
  git rm docs/old.md && idhooks supersede docs/old.md --by docs/new.md

Exit code: 0 superseded; 1 a counter is full; 2 an error, and nothing was changed")]
pub(super) struct Supersede {
    /// Identity to replace or its first digits (8 or more), its second identity, or the path of its file
    #[arg(value_name = "ID|PATH")]
    old: OsString,
    /// Identity that replaces it or its first digits (8 or more), its second identity, or its path
    #[arg(long, value_name = "ID|PATH", required_unless_present = "with_new")]
    by: Option<OsString>,
    /// Give the file a new identity that replaces the old one
    #[arg(long, conflicts_with = "by")]
    with_new: bool,
    /// Show what would change; change nothing
    #[arg(long)]
    dry_run: bool,
}

impl Supersede {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let named: Vec<_> = std::iter::once(&self.old).chain(&self.by).cloned().collect();
        let repo = open_to_change(dir)?;
        Writer::open_for(&repo, "supersede", Reach::Subjects(&named))?.work(
            ui,
            |ui, transaction| {
                let old = transaction.record(ui, &self.old)?;
                let mut after = transaction.registry().clone();
                let new = match &self.by {
                    Some(subject) => transaction.record(ui, subject)?.id,
                    None => {
                        if !transaction.holds(&old) {
                            return Err(
                                lifecycle::LifecycleRefusal::HasNoFile(old.id, old.path).into()
                            );
                        }
                        let mut draft = RegistryDraft::new(transaction, after);
                        let Some(new) = report_full(ui, draft.allocate_in_index(&old.path))? else {
                            return Ok(Exit::Findings);
                        };
                        after = draft.into_registry();
                        new.id
                    }
                };
                let has_file = |path: &_| transaction.has_file(path);
                lifecycle::supersede(&mut after, old.id, new, &has_file)?;
                let edits = transaction.finish(ui, &after, self.dry_run)?;
                ui.lines(edits);
                ui.status(&format!("{new} supersedes {}", old.id));
                let mentions = match self.with_new {
                    true => mentions_of_id(ui, transaction.repo, old.id),
                    false => mentions_of_records(ui, transaction.repo, &[old]),
                };
                ui.mentions(&mentions);
                Ok(Exit::Fine)
            },
        )
    }
}
