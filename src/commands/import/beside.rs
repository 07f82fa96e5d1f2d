//! Imports into a repository that is already adopted: records, and second identities of files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use idhooks_core::plan::ids_map::{MapContext, apply};
use idhooks_core::plan::match_imported::{ImportTarget, MatchedImport};
use idhooks_core::plan::{Edit, locate_imported};
use idhooks_core::registry::{Allocation, Origin, Registry, RepoPath};
use idhooks_ops::{
    JournaledRun, MOST_REASONS, Reach, RegistryTransaction, Writer, advice, import_event,
    note_import, open_to_change,
};

use crate::error::{CommandError, CommandResult, Exit, PrintingWork, path_hint};
use crate::output::{Bar, Ui, count};

use super::settings::read_text;

/// Adds the new records of a registry to the registry in the index, and takes what differs in the
/// others if `update` is set: everything or nothing.
///
/// # Errors
/// Returns an error if a record conflicts.
pub(super) fn add(
    ui: &mut Ui,
    writer: &Writer,
    (typed, imported): (&Path, &Registry),
    update: bool,
    is_dry_run: bool,
) -> CommandResult<Exit> {
    writer.work(ui, |ui, transaction| {
        let own = transaction.registry_for(imported);
        let found = matched(transaction, &own, imported, update)?;
        if !found.conflicts.is_empty() {
            return Err(conflicting(found));
        }
        found.notes.iter().for_each(|note| ui.status(&format!("note: {note}")));
        for line in found.changed.iter().flat_map(|(_, differences)| differences) {
            ui.line(&line.as_change());
        }
        if !found.changed.is_empty() && !update {
            let records = count(found.changed.len(), "record differs", "records differ");
            let them = if found.changed.len() == 1 { "it" } else { "them" };
            ui.status(&format!("{records}; nothing was imported: take {them} with --update"));
            return Ok(Exit::Findings);
        }
        let updated = updated(&own, &found);
        let mut after = updated.clone();
        after.allocations.extend(found.new.iter().cloned());
        let is_new = !found.new.is_empty() || !found.changed.is_empty();
        // An import that was killed at its end may have left its records in the working tree alone.
        let is_left = || {
            let staged = transaction.staged_ids();
            let own = transaction.registry().allocations.iter().map(|record| record.id);
            let own: BTreeSet<_> = own.filter(|id| !staged.contains(id)).collect();
            imported.allocations.iter().any(|record| own.contains(&record.id))
        };
        if !is_dry_run && (is_new || is_left()) {
            let what = format!("import {}", typed.display());
            let events = vec![import_event(typed)];
            let (files, entries) = (Vec::new(), Vec::new());
            let run = JournaledRun { what, files, entries, events };
            transaction.write_together(ui, &after, run)?;
        }
        ui.lines(Edit::between(&updated, &after));
        report(ui, &found, is_dry_run);
        Ok(Exit::Fine)
    })
}

/// Returns the error that records conflict.
fn conflicting(found: MatchedImport) -> CommandError {
    let what = "this repository is already adopted, and some records conflict";
    let error = CommandError::new(what).listing(found.conflicts, MOST_REASONS).hint("nothing was imported; correct these records in the file, or remove those whose files have an identity here; then import it again");
    match found.joinable {
        0 => error,
        _ => error.hint("where a file has another identity here: --update makes the imported one an alias of that"),
    }
}

/// Returns a registry with the imported values of the records that differ.
pub(in crate::commands) fn updated(registry: &Registry, found: &MatchedImport) -> Registry {
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

/// Matches the records of a registry with `own`, that of the index, and locates the files of the new ones;
/// also says which conflict. With `joins`, the new number of a file becomes an alias of the one that it has.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub(in crate::commands) fn matched(
    transaction: &RegistryTransaction<'_>,
    own: &Registry,
    imported: &Registry,
    joins: bool,
) -> CommandResult<MatchedImport> {
    let is_tracked = |path: &RepoPath| transaction.tracks(path);
    let scopes = &transaction.config.legacy_scopes;
    let target = ImportTarget::new(own, scopes, &is_tracked).joining(joins);
    let bar = Bar::start("matching records", imported.allocations.len() as u64);
    let mut found = target.match_records(imported, &|| bar.step());
    bar.finish();
    let mut unclear = Vec::new();
    if !found.new.is_empty() {
        let mut free = transaction.tree().clone();
        free.retain(|path, _| target.is_free(path));
        found.changed.iter().for_each(|(record, _)| {
            free.remove(&record.path);
        });
        let mut new = imported.head();
        new.allocations = std::mem::take(&mut found.new);
        let renames = || transaction.repo.renames();
        unclear = locate_imported::locate(&mut new, &free, &transaction.config, renames)?;
        found.new = new.allocations;
    }
    found.conflicts = target.conflicts(&found);
    found.conflicts.extend(unclear.iter().map(ToString::to_string));
    Ok(found)
}

/// Reports what was taken, and what is there already.
fn report(ui: &mut Ui, found: &MatchedImport, is_dry_run: bool) {
    let took = if is_dry_run { "would import" } else { "imported" };
    let mut line = format!("{took} {}", count(found.new.len(), "record", "records"));
    if !found.changed.is_empty() {
        let updated = if is_dry_run { "would update" } else { "updated" };
        line.push_str(&format!(", {updated} {}", found.changed.len()));
    }
    let known = found.known - found.changed.len();
    let there = if known == 1 { "is" } else { "are" };
    line.push_str(&format!("; {known} {there} there already"));
    if is_dry_run { ui.line(&line) } else { ui.report(&line) }
}

/// Imports a map, all of it or nothing; `typed` is the name of its file as typed.
///
/// # Errors
/// Returns an error if the file cannot be read, or with all lines that are wrong.
pub(super) fn add_ids(
    ui: &mut Ui,
    dir: &Path,
    typed: &Path,
    force: bool,
    is_dry_run: bool,
) -> CommandResult<Exit> {
    let name = typed.display().to_string();
    let wanted = "name a file with lines such as: DOC-0001 docs/intro.md";
    let text = read_text(&dir.join(typed), &name, wanted)?;
    let repo = open_to_change(dir)?;
    let writer = Writer::open_for(&repo, "import", Reach::Everything)?;
    writer.work(ui, |ui, transaction| {
        let outcome = {
            let (registry, holders) = (transaction.registry(), transaction.holders());
            let context = MapContext {
                registry,
                holder: &|path| holders.get(path).map(|record| record.origin),
                advice: &|path| match transaction.has_file(path) {
                    true => "run 'idhooks allocate' first".to_owned(),
                    false => path_hint(&advice(registry, path)),
                },
                replace: force,
            };
            apply(&text, &context).map_err(|faults| {
                CommandError::new(format!("cannot import '{name}'; nothing was changed"))
                    .listing(faults, MOST_REASONS)
                    .hint("write paths from the repository root; correct the lines, then import the file again")
                    .hint("to replace existing second identities: add --force")
            })?
        };
        if !is_dry_run {
            transaction.write(ui, &outcome.registry)?;
            note_import(ui, transaction.repo, typed);
        }
        for (doc_id, path) in &outcome.new {
            ui.line(&format!("{doc_id} {path}"));
        }
        let files = count(outcome.new.len(), "file", "files");
        let gave = if is_dry_run { "would give" } else { "gave" };
        ui.report(&format!("{gave} {files} a second identity, {} already had it", outcome.known));
        Ok(Exit::Fine)
    })
}
