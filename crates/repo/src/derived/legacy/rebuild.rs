//! Rebuilds a registry from a legacy file that was derived from it.

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::Registry;

use super::error::LegacyError;
use super::read;

/// Returns the registry that a legacy file was derived from. Whatever a file without a head lacks,
/// such as reserved numbers and the scope, comes from `known`, an earlier version of the registry.
///
/// # Errors
/// Returns an error if the file has conflict markers or cannot be read.
pub fn rebuild_registry(
    bytes: &[u8],
    format: LegacyFormat,
    known: Option<&Registry>,
) -> Result<Registry, LegacyError> {
    let scope = known.map(|known| known.scope).unwrap_or_default();
    let registry = read(bytes, format, scope)?;
    Ok(match known {
        None => registry,
        // If a counter has no floor, its `current` in the file is the highest claim.
        Some(known) if format == LegacyFormat::Classic => {
            let had = |name| known.counters.get(&name).is_some_and(|known| known.floor.is_some());
            let mut registry =
                registry.retaining_floors(|name, floor, highest| had(name) || floor != highest);
            registry.keep_legacy_notes_of(known);
            registry
        }
        Some(known) => Registry { allocations: registry.allocations, ..known.head() },
    })
}
