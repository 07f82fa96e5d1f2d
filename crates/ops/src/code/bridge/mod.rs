//! Old and new identifiers side by side, related by maps and the registry.

mod file_ids;
mod known_ids;
mod map_file;
mod refusal;

pub use known_ids::{
    DetectedId, KnownId, KnownIds, MatchedIds, TranslateTarget, TranslatedId, keep_translations,
};
pub use refusal::BridgeRefusal;
