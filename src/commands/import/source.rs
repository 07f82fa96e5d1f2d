//! What the imports have in common: reading a named file, and listing what is wrong with it.

use std::collections::BTreeSet;
use std::path::Path;

use idhooks_core::registry::{Registry, Scope};
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
