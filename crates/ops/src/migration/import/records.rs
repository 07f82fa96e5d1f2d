//! Adds the records from another registry to a repository that is already adopted.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::plan::record_links;
use idhooks_core::registry::{Allocation, Origin, Registry, RepoPath, Scope};
use idhooks_repo::events::Edit;
use idhooks_repo::git::Repo;
use idhooks_repo::store::WriteCounter;
use idhooks_repo::transaction::count;

use super::options::{ImportOptions, ImportedRecords, NAME};
use super::refusal::ImportRefusal;
use crate::adoption::locate::locate_files;
use crate::adoption::{RuleSteps, accept_scopes};
use crate::{
    JournaledRun, Notice, Observer, OpsError, Progress, Reach, RegistryTransaction, Writer,
    import_event,
};
use idhooks_migration::{ImportConflict, ImportTarget, MatchedImport};

/// Adds a registry's new records to the registry in the index and, on request, takes the values of
/// records that differ, all or nothing.
///
/// # Errors
/// Returns an error if a record conflicts.
pub(super) fn add(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ImportOptions,
    imported: &Registry,
) -> Result<ImportedRecords, OpsError> {
    let writer = Writer::open_for(repo, NAME, Reach::Everything)?;
    writer.run(observer, |observer, transaction| {
        let own = transaction.registry_for(imported);
        let found = matched(observer, transaction, &own, imported, options.update)?;
        take(observer, transaction, options, Matched { own, imported, found, joined: None })
    })
}

/// Records that were compared with the registry.
pub(super) struct Matched<'a> {
    /// The registry without them.
    pub(super) own: Registry,
    /// The registry that they are from.
    pub(super) imported: &'a Registry,
    /// The result of the comparison.
    pub(super) found: MatchedImport,
    /// The scope of the other repository, if its files are in a directory of this one.
    pub(super) joined: Option<Scope>,
}

/// Writes the new records, and the new values of those that differ.
///
/// # Errors
/// Returns an error if a record conflicts.
pub(super) fn take(
    observer: &mut dyn Observer,
    transaction: &RegistryTransaction<'_>,
    options: &ImportOptions,
    matched: Matched<'_>,
) -> Result<ImportedRecords, OpsError> {
    let ImportOptions { file, update, is_dry_run, .. } = options;
    let Matched { own, imported, mut found, joined } = matched;
    if !found.conflicts.is_empty() {
        let MatchedImport { conflicts, joinable, .. } = found;
        return Err(ImportRefusal::Conflicts { conflicts, joinable }.into());
    }
    let notes = std::mem::take(&mut found.notes);
    notes.into_iter().for_each(|note| observer.notice(Notice::Remark(note)));
    let is_refused = !found.changed.is_empty() && !update;
    let updated = updated(&own, &found);
    let after = with_new(&updated, &found, transaction);
    let is_new = !found.new.is_empty() || !found.changed.is_empty();
    // If an import was killed near its end, its records may only be in the working tree.
    let is_left = || {
        let staged = transaction.staged_ids();
        let own = transaction.registry().allocations.iter().map(|record| record.id);
        let own: BTreeSet<_> = own.filter(|id| !staged.contains(id)).collect();
        imported.allocations.iter().any(|record| own.contains(&record.id))
    };
    if is_refused {
        count(transaction.repo, &[WriteCounter::ValidationFailures]);
    } else if !is_dry_run && (is_new || is_left()) {
        let rules = match joined {
            Some(other) => {
                let index = transaction.repo.index(&transaction.repo.index_file())?;
                accept_scopes(transaction.repo, &index, &after, other)?
            }
            None => RuleSteps::default(),
        };
        let what = format!("{NAME} {}", file.display());
        let events = vec![import_event(file)];
        let RuleSteps { files, entries } = rules;
        let run = JournaledRun { what, files, entries, events };
        transaction.write_together(observer, &after, run)?;
    }
    // The differences are listed separately, so these edits are relative to the updated records.
    let edits = if is_refused { Vec::new() } else { Edit::between(&updated, &after) };
    let (new, changed, known) = (found.new.len(), found.changed.len(), found.known);
    let differences = found.changed.into_iter().flat_map(|(_, differences)| differences);
    let differences = differences.collect();
    Ok(ImportedRecords { differences, is_refused, edits, new, changed, known })
}

/// Returns the registry with the new records. One that takes the file of an identity supersedes it,
/// which only records of another repository may do.
fn with_new(
    registry: &Registry,
    found: &MatchedImport,
    transaction: &RegistryTransaction<'_>,
) -> Registry {
    let mut after = registry.clone();
    after.allocations.extend(found.new.iter().cloned());
    let holders = registry.holders(|path| transaction.tracks(path));
    for record in found.new.iter().filter(|record| record.is_active()) {
        if let Some(holder) = holders.get(&record.path) {
            record_links::supersede(&mut after, holder.origin, record.origin);
        }
    }
    after
}

/// Returns the registry with the imported values for the records that differ.
pub(crate) fn updated(registry: &Registry, found: &MatchedImport) -> Registry {
    let mut updated = registry.clone();
    let taken: BTreeMap<Origin, &Allocation> =
        found.changed.iter().map(|(record, _)| (record.origin, record)).collect();
    for record in &mut updated.allocations {
        if let Some(after) = taken.get(&record.origin) {
            record.clone_from(after);
        }
    }
    updated
}

/// Matches a registry's records against `own`, the registry in the index, and locates the files of
/// the new records; also returns the conflicts. With `joins`, a file's imported number becomes an
/// alias of the identity that the file already has.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub(crate) fn matched(
    observer: &mut dyn Observer,
    transaction: &RegistryTransaction<'_>,
    own: &Registry,
    imported: &Registry,
    joins: bool,
) -> Result<MatchedImport, OpsError> {
    let is_tracked = |path: &RepoPath| transaction.tracks(path);
    let scopes = &transaction.config.legacy_scopes;
    let target = ImportTarget::new(own, scopes, &is_tracked).joining(joins);
    let (observer, total) = (RefCell::new(observer), imported.allocations.len());
    let step = |progress: Progress| observer.borrow_mut().progress(progress);
    let mut found = target.match_records(imported, &|| step(Progress::Matching(total)));
    step(Progress::Done);
    let mut unclear = Vec::new();
    if !found.new.is_empty() {
        // A new record cannot belong to a file that already has a record.
        let mut free = transaction.tree().clone();
        free.retain(|path, _| target.is_free(path));
        found.changed.iter().for_each(|(record, _)| {
            free.remove(&record.path);
        });
        let mut new = imported.head();
        new.allocations = std::mem::take(&mut found.new);
        let renames = || transaction.repo.renames();
        unclear = locate_files(&mut new, &free, &transaction.config, renames)?;
        found.new = new.allocations;
    }
    found.conflicts = target.conflicts(&found);
    found.conflicts.extend(unclear.into_iter().map(ImportConflict::Unclear));
    Ok(found)
}
