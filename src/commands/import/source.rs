//! Reads what is imported: a named file, a registry.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use idhooks_core::registry::{Registry, RepoPath, Scope};
use idhooks_repo::store::read_file;

use crate::error::{CommandError, CommandResult};

/// The number of reasons of one kind that are listed.
pub(super) const NAMED: usize = 20;

/// Reads a text file that was named on the command line; `wanted` is the hint if it does not exist.
pub(super) fn read_text(file: &Path, name: &str, wanted: &str) -> CommandResult<String> {
    let bytes = read_file(file)?
        .ok_or_else(|| CommandError::new(format!("no file '{name}'")).hint(wanted))?;
    String::from_utf8(bytes).map_err(|error| {
        CommandError::new(format!("'{name}' is not UTF-8 text"))
            .because(&error)
            .hint("save it as UTF-8, then import it again")
    })
}

/// Returns the scopes of records that differ from the scope of the registry.
pub(super) fn legacy_scopes(registry: &Registry) -> BTreeSet<Scope> {
    let ids = registry.allocations.iter().flat_map(|record| [record.id, record.claim]);
    ids.map(idhooks_core::registry::Id::scope).filter(|scope| *scope != registry.scope).collect()
}

/// Reads a registry; `typed` is the name of its file as typed.
///
/// # Errors
/// Returns an error if the file cannot be read, is not a registry (with the place), or contains
/// duplicates.
pub(super) fn read_registry(file: &Path, typed: &Path) -> CommandResult<(Vec<u8>, Registry)> {
    let name = typed.display();
    let bytes = read_file(file)?.ok_or_else(|| {
        CommandError::new(format!("no file '{name}'")).hint("name the registry to import")
    })?;
    let mut registry = Registry::parse_foreign(&bytes).map_err(|error| {
        CommandError::new(format!("'{name}' is not a registry"))
            .because(&error)
            .hint("to see the format: idhooks schema registry")
    })?;
    let twice = twice(&registry);
    if !twice.is_empty() {
        return Err(CommandError::new(format!("'{name}' contains duplicates"))
            .listing(twice, usize::MAX)
            .hint("keep one of each, then import the file"));
    }
    let given = registry.allocations.iter().map(|record| record.claim);
    for claim in given.collect::<Vec<_>>() {
        if let Some(counter) = registry.counters.get_mut(&claim.counter()) {
            counter.reserved.remove(&claim.sequence().get());
        }
    }
    registry.counters.retain(|_, counter| !counter.is_empty());
    Ok((bytes, registry))
}

/// Returns the duplicates: identities, origins, and paths of active records.
fn twice(registry: &Registry) -> Vec<String> {
    let ids = registry.duplicate_ids().into_iter().map(|id| format!("{id} is on two records"));
    let origins = registry.duplicate_origins();
    let origins = origins.into_iter().map(|origin| format!("origin {origin} is on two records"));
    let mut paths: BTreeMap<&RepoPath, usize> = BTreeMap::new();
    let own = registry.allocations.iter().filter(|record| record.is_active() && !record.shadowed);
    for record in own {
        *paths.entry(&record.path).or_default() += 1;
    }
    let paths = paths.into_iter().filter(|(_, records)| *records > 1);
    let paths = paths.map(|(path, n)| format!("'{path}' has {n} active identities"));
    ids.take(NAMED).chain(origins.take(NAMED)).chain(paths.take(NAMED)).collect()
}
