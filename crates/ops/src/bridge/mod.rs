//! Old and new identifiers side by side, with what maps and the registry say of them.

mod file_ids;
mod known;
mod map_file;
mod refusal;

pub use known::{
    DetectedId, KnownId, KnownIds, MatchedIds, TranslateTarget, TranslatedId, keep_translations,
};
pub use refusal::BridgeRefusal;
