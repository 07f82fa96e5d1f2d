//! The legacy registry file: its text, derived from the registry; a registry, read from its text; and
//! where the two differ. Pure.
//!
//! The legacy file is a function of the registry: what only the legacy file knew, such as foreign
//! keys and spellings, the registry keeps from the import on.

mod additions;
mod compare;
mod derive;
mod edit;
mod error;
mod file_change;
mod head;
mod headless;
mod ids_map;
mod merge;
mod rebuild;
mod record;
mod state;
mod table;
mod tally;

use crate::config::LegacyFormat;
use crate::registry::{ReadError, Registry, Scope, conflict_marker_line};

pub use additions::{AdditionRemark, join_additions, place_additions};
pub use compare::{Discrepancy, discrepancies, record_discrepancies};
pub use derive::{derive, derive_from_text};
pub use edit::LegacyEdit;
pub use error::LegacyError;
pub use file_change::{LegacyChange, LegacyChanges, file_changes};
pub(crate) use ids_map::parse_path;
pub use merge::{has_records, merge_files};
pub use rebuild::rebuild_registry;
pub use state::LegacyState;
pub use table::{header, row};
pub use tally::LegacyTally;

use headless::with_head;

/// Reads a registry from a legacy file with whole records. A file without a head gets this scope.
///
/// # Errors
/// Returns an error with the place of what is not a record, and for a format without records.
pub fn read(bytes: &[u8], format: LegacyFormat, scope: Scope) -> Result<Registry, LegacyError> {
    match format {
        LegacyFormat::Classic => Ok(Registry::parse_foreign(bytes)?),
        LegacyFormat::Jsonl => {
            let text = text(bytes)?;
            let lines = text.lines().map(str::trim_end);
            Ok(Registry::parse_foreign(with_head(scope, lines).as_bytes())?)
        }
        LegacyFormat::Csv => table::read(text(bytes)?, scope),
        LegacyFormat::IdsMap => {
            let message = "a map of second identities has no records to read";
            Err(LegacyError::Form(message.to_owned()))
        }
    }
}

/// Returns a file without a head as text. A conflict would be lines like others.
fn text(bytes: &[u8]) -> Result<&str, LegacyError> {
    if let Some(line) = conflict_marker_line(bytes) {
        return Err(LegacyError::Registry(ReadError::ConflictMarkers(line)));
    }
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes);
    text.map_err(|error| LegacyError::Registry(ReadError::NotText(error.valid_up_to())))
}

#[cfg(test)]
mod tests;
