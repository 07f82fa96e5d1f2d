//! The text of the legacy file, derived from a registry.

use idhooks_core::config::LegacyFormat;
use idhooks_core::registry::{RecordCounts, Registry, write_legacy_record};

use super::classic_format::ClassicText;
use super::ids_map::ids_map;
use super::layout::laid_out;
use super::registry_table::table;

/// Returns the text of a registry's legacy file.
pub fn derive(registry: &Registry, format: LegacyFormat) -> String {
    let mut line = String::new();
    match format {
        LegacyFormat::Classic => {
            let mut text = ClassicText::begin(registry, &RecordCounts::of(registry), true);
            for (record, holder) in registry.sorted() {
                line.clear();
                write_legacy_record(&mut line, record, holder);
                text.push(&line);
            }
            text.finish()
        }
        LegacyFormat::Jsonl => {
            for (record, holder) in registry.sorted() {
                write_legacy_record(&mut line, record, holder);
                line.push('\n');
            }
            line
        }
        LegacyFormat::Csv => table(registry),
        LegacyFormat::IdsMap => ids_map(registry),
    }
}

/// Returns the text of a registry's legacy file, laid out in the same way as an earlier version of
/// the file.
pub fn derive_over(registry: &Registry, before: Option<&[u8]>, format: LegacyFormat) -> String {
    laid_out(derive(registry, format), before, format)
}
