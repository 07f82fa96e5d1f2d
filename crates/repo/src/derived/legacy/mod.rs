//! The legacy file: deriving its text from the registry, reading a registry from its text, and the
//! differences between the two.
//!
//! The legacy file is a function of the registry and of the file's own earlier order and style.
//! After the import, the registry keeps everything that used to be only in the legacy file, such as
//! foreign keys and spellings.

mod additions;
mod classic_format;
mod derive;
mod edit;
mod error;
mod findings;
mod head_changes;
mod headless;
mod ids_map;
mod layout;
mod legacy_file;
mod merge;
mod ordered_json;
mod raw_json;
mod reader_changes;
mod rebuild;
mod record_order;
mod registry_table;
mod splice;
mod state;
mod tally;
mod tree;

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::{ReadError, Registry, Scope, conflict_marker_line};

pub use additions::{join_additions, join_numbers, place_additions, restore_origins};
pub use classic_format::classic_text;
pub use derive::{derive, derive_over};
pub use edit::LegacyEdit;
pub use error::LegacyError;
pub use legacy_file::{
    LegacyFile, legacy_file_is_back, legacy_findings, legacy_findings_here, needs_resolve,
};
pub use merge::{has_records, merge_files};
pub use reader_changes::{LegacyChange, LegacyChanges, file_changes};
pub use rebuild::rebuild_registry;
pub use registry_table::{table_header, table_row};
pub use state::LegacyState;
pub use tally::LegacyTally;
pub use tree::LegacyTree;

use headless::with_head;

/// Reads a registry from a legacy file with whole records. A file without a head is given this
/// scope.
///
/// # Errors
/// Returns an error if a record is not valid, with its position, or if the format has no records.
pub fn read(bytes: &[u8], format: LegacyFormat, scope: Scope) -> Result<Registry, LegacyError> {
    match format {
        LegacyFormat::Classic => Ok(Registry::parse_foreign(bytes)?),
        LegacyFormat::Jsonl => {
            let text = text(bytes)?;
            let lines = text.lines().map(str::trim_end);
            Ok(Registry::parse_foreign(with_head(scope, lines).as_bytes())?)
        }
        LegacyFormat::Csv => registry_table::read(text(bytes)?, scope),
        LegacyFormat::IdsMap => {
            let message = "a map of second identities has no records to read";
            Err(LegacyError::Form(message.to_owned()))
        }
    }
}

/// Reads the legacy file that accompanies a registry. A file without a head takes the registry's
/// head, because nobody has removed a head from the file.
///
/// # Errors
/// Returns an error in the same cases as [`read`].
pub fn read_beside(
    bytes: &[u8],
    format: LegacyFormat,
    own: &Registry,
) -> Result<Registry, LegacyError> {
    let mut read = read(bytes, format, own.scope)?;
    if format == LegacyFormat::Classic {
        read.keep_legacy_notes_of(own);
        return Ok(read);
    }
    let mut with_head = own.head();
    // The metadata also holds a table's column order.
    with_head.metadata.extend(read.metadata);
    Ok(Registry { allocations: read.allocations, ..with_head })
}

/// Decodes a file that has no head. Conflict markers are an error, because they would be read as
/// records.
fn text(bytes: &[u8]) -> Result<&str, LegacyError> {
    if let Some(line) = conflict_marker_line(bytes) {
        return Err(LegacyError::Registry(ReadError::ConflictMarkers(line)));
    }
    // Spreadsheet programs put a byte order mark at the start of CSV files.
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let text = std::str::from_utf8(bytes);
    text.map_err(|error| LegacyError::Registry(ReadError::NotText(error.valid_up_to())))
}

#[cfg(test)]
mod tests;
