//! Renaming files to add their identities to the beginning of their names, or to remove them.

mod reference_updates;
mod refusal;
mod targets;

use idhooks_references::Way;
use idhooks_repo::events::Edit;
use idhooks_repo::git::{GrepMatch, Repo};
use idhooks_repo::store::WriteCounter;
use idhooks_repo::transaction::count;

use crate::{
    JournaledRun, Notice, Observer, OpsError, Reach, RegistryTransaction, Writer, assert_settled,
    lifecycle,
};
pub use reference_updates::{ReferenceUpdates, RewrittenFile};
pub use refusal::RenameRefusal;
pub use targets::{PlannedNames, RefusedName, RenameTarget};

/// Which files to rename, and how.
#[derive(Debug)]
pub struct RenameOptions {
    /// The files; by default, those that the rules select.
    pub targets: Option<Vec<RenameTarget>>,
    /// Whether to add identities to the names or remove them.
    pub way: Way,
    /// Whether to rename the other files even if some cannot be renamed.
    pub keeps_going: bool,
    /// Whether to rename files even if imports are ambiguous; ambiguous imports are not updated.
    pub is_forced: bool,
    /// Whether to change nothing.
    pub is_dry_run: bool,
}

/// The result of renaming or a dry run.
#[derive(Debug)]
pub struct RenameReport {
    /// The new names, and the files that keep their names.
    pub names: PlannedNames,
    /// The files to rename or rewrite.
    pub rewriting: ReferenceUpdates,
    /// The changes to the registry.
    pub edits: Vec<Edit>,
    /// The ambiguous imports that prevent all renames, if there are any.
    pub undecided: Option<RenameRefusal>,
    /// The lines that still mention the old names.
    pub mentions: Vec<GrepMatch>,
    /// Whether the files have been renamed.
    pub is_done: bool,
}

/// Renames files, updates references to them, and moves their records along. Either everything is
/// changed or nothing is. The run can be undone.
///
/// # Errors
/// Returns an error if imports are ambiguous, if the rules select no file, or if a file cannot be
/// read or written. In that case nothing is changed.
pub fn rename(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &RenameOptions,
) -> Result<RenameReport, OpsError> {
    let writer = Writer::open_for(repo, "rename", Reach::Everything)?;
    let report = writer.run(&mut &mut *observer, |observer, transaction| {
        options.carry_out(observer, transaction)
    })?;
    let is_refused = match report.names.refusals.is_empty() {
        true => report.undecided.is_some(),
        false => report.is_done || options.keeps_going && options.is_dry_run,
    };
    if is_refused {
        count(repo, &[WriteCounter::ValidationFailures]);
    }
    Ok(report)
}

impl RenameOptions {
    fn carry_out(
        &self,
        observer: &mut dyn Observer,
        transaction: &RegistryTransaction<'_>,
    ) -> Result<RenameReport, OpsError> {
        assert_settled(transaction.repo)?;
        let names = match &self.targets {
            Some(targets) => PlannedNames::of_targets(transaction, targets, self.way),
            None => PlannedNames::of_rules(transaction, self.way)?,
        };
        let is_done = !self.is_dry_run && !names.moves.is_empty();
        let is_done = is_done && (names.refusals.is_empty() || self.keeps_going);
        let rewriting = ReferenceUpdates::find(transaction, &names.moves, &[])?;
        let undecided = rewriting.ambiguous().filter(|_| !self.is_forced);
        if is_done && let Some(refusal) = undecided {
            // The refusal only mentions the ambiguous imports.
            let others = rewriting.doubts.into_iter().filter(|(_, doubt)| !doubt.blocks);
            observer.notice(Notice::NotUpdated(others.collect()));
            return Err(refusal.into());
        }
        let mut after = transaction.registry().clone();
        lifecycle::relocate(&mut after, &names.origins, transaction.committed());
        let mut mentions = Vec::new();
        if is_done {
            let (files, entries) = rewriting.steps(transaction.repo)?;
            let way = match self.way {
                Way::To => "--to-id-prefix",
                Way::From => "--from-id-prefix",
            };
            let what = format!("rename {way}");
            let run = JournaledRun { what, files, entries, events: Vec::new() };
            transaction.write_together(observer, &after, run)?;
            // The search must read the files under their new names.
            mentions = rewriting.mentions(observer, transaction.repo, self.way, &names.moves);
        }
        let edits = Edit::between(transaction.registry(), &after);
        Ok(RenameReport { names, rewriting, edits, undecided, mentions, is_done })
    }
}
