//! Rebuilds a registry from a legacy file that was derived from it.

use crate::config::LegacyFormat;
use crate::registry::Registry;

use super::error::LegacyError;
use super::read;

/// Returns the registry from which a legacy file was derived. What a file without a head does not have,
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
    Ok(match known.filter(|_| format != LegacyFormat::Classic) {
        Some(known) => Registry { allocations: registry.allocations, ..known.head() },
        None => registry,
    })
}
