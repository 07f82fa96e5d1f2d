//! Imports into a repository that is already adopted: records, and second identities of files.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use idhooks_core::plan::ids_map::{MapContext, apply};
use idhooks_core::plan::locate_imported;
use idhooks_core::registry::{Allocation, Id, Origin, Registry};
use idhooks_repo::git::Repo;

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, count};

use super::super::transaction::RegistryTransaction;
use super::super::transaction::writer::{Reach, Writer};
use super::super::{audit::recorder, find};
use super::source::{NAMED, read_text};

/// Adds all records of a registry to the registry in the index, or none.
///
/// # Errors
/// Returns an error if a record conflicts.
pub(super) fn add(
    ui: &mut Ui,
    repo: &Repo,
    mut imported: Registry,
    is_dry_run: bool,
) -> CommandResult<Exit> {
    let transaction = RegistryTransaction::open(ui, repo)?;
    let holders = transaction.registry().holders(|path| transaction.has_file(path));
    let mut free = transaction.tree().clone();
    free.retain(|path, _| !holders.contains_key(path));
    locate_imported::locate(&mut imported, &free, &transaction.config, || repo.renames())?;
    let reasons = reasons(&transaction, &imported);
    if !reasons.is_empty() {
        let what = "this repository is already adopted, and some records conflict";
        return Err(CommandError::new(what)
            .listing(reasons, NAMED)
            .hint("nothing was imported; import into a repository before 'idhooks init'"));
    }
    let mut after = transaction.registry().clone();
    after.allocations.extend(imported.allocations);
    transaction.finish(ui, &after, is_dry_run)
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
    let writer = Writer::open_for(dir, "import", Reach::Everything)?;
    writer.work(ui, |ui, transaction| {
        let outcome = {
            let (registry, holders) = (transaction.registry(), transaction.holders());
            let context = MapContext {
                registry,
                holder: &|path| holders.get(path).map(|record| record.origin),
                advice: &|path| match transaction.has_file(path) {
                    true => "run 'idhooks allocate' first".to_owned(),
                    false => find::advice(registry, path),
                },
                replace: force,
            };
            apply(&text, &context).map_err(|faults| {
                CommandError::new(format!("cannot import '{name}'; nothing was changed"))
                    .listing(faults, NAMED)
                    .hint("write paths from the repository root; correct the lines, then import the file again")
                    .hint("to replace existing second identities: add --force")
            })?
        };
        if !is_dry_run {
            transaction.write(ui, &outcome.registry)?;
            recorder::note_import(ui, transaction.repo, typed);
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

/// Returns the conflicts of the records.
fn reasons(transaction: &RegistryTransaction<'_>, imported: &Registry) -> Vec<String> {
    let own = transaction.registry();
    let holders = own.holders(|path| transaction.has_file(path));
    let origins: BTreeSet<Origin> = own.allocations.iter().map(|record| record.origin).collect();
    let taken = taken(own);
    let config = &transaction.config;
    let against = |record: &Allocation| {
        let (id, path) = (record.id, &record.path);
        let mut ids = [record.id, record.claim].into_iter().chain(record.aliases.iter().copied());
        if let Some(whose) = ids.find_map(|id| taken.get(&id)) {
            return Some(format!("{id} is {whose} here"));
        }
        if origins.contains(&record.origin) {
            return Some(format!("{id} is an allocation that already exists here"));
        }
        let scope = id.scope();
        if scope != own.scope && !config.legacy_scopes.contains(&scope) {
            return Some(format!("{id} has scope {scope}, which is not in legacy_scopes"));
        }
        if let Some(holder) = holders.get(path) {
            return Some(format!("{id} belongs to '{path}', which has {} here", holder.id));
        }
        // The next commit drops new records that name no file.
        let is_file = record.is_active() && transaction.tracks(path);
        (!is_file).then(|| format!("the file of {id} is not tracked: '{path}'"))
    };
    imported.allocations.iter().filter_map(against).collect()
}

/// Returns the identities that are not free, and what uses them.
fn taken(registry: &Registry) -> BTreeMap<Id, String> {
    let mut taken: BTreeMap<Id, String> =
        registry.reserved_ids().map(|id| (id, "reserved".to_owned())).collect();
    for record in &registry.allocations {
        let named = format!("the identity of '{}'", record.path);
        let ids = [record.id, record.claim].into_iter().chain(record.aliases.iter().copied());
        taken.extend(ids.map(|id| (id, named.clone())));
    }
    taken
}
