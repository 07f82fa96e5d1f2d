//! The legacy file that maps second identities to paths.

use std::collections::BTreeMap;

use idhooks_core::registry::{Status, format_map_path, key};

use super::record::LegacyRecord;

/// The second identities of files, as `idhooks import --ids-map` reads them.
#[derive(Debug, Default)]
pub(super) struct IdsMapText(BTreeMap<String, String>);

impl IdsMapText {
    /// Adds a record.
    pub(super) fn push(&mut self, record: &LegacyRecord<'_>) {
        let found = match record {
            LegacyRecord::Plain(_, line) => line
                .doc_id
                .filter(|_| line.status == Status::Active)
                .map(|id| (id, format_map_path(line.path))),
            LegacyRecord::Parsed(record, _) => record
                .text(key::DOC_ID)
                .filter(|_| record.is_active())
                .map(|id| (id, format_map_path(record.path.as_bytes()))),
        };
        self.0.extend(found.map(|(id, path)| (id.to_owned(), path)));
    }

    /// Returns the text: a line with the identity and the path for each, sorted by identity.
    pub(super) fn finish(self) -> String {
        self.0.iter().map(|(id, path)| format!("{id} {path}\n")).collect()
    }
}
