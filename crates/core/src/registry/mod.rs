//! The registry: identities, records, and their text form. Pure functions only.
//!
//! [`Registry::parse`] accepts any JSON that follows the schema; [`Registry::format`] returns the
//! canonical form.

mod addition;
mod allocation;
mod counters;
mod discrepancy;
mod displaced;
mod entry;
mod excerpt;
mod file_name;
mod format;
pub mod hex;
mod id;
pub mod json;
mod map_path;
mod origin;
mod packed;
mod parse;
mod parsed;
mod path;
mod records;
mod safe;
pub mod schema;
mod spelling;
mod succession;
mod timestamp;
mod words;

pub use addition::{AdditionRemark, take_values};
pub(crate) use allocation::values;
pub use allocation::{Allocation, Seniority, Status, key, reason};
pub use counters::{CounterState, RecordCounts};
pub use discrepancy::{Discrepancy, differing_texts, discrepancies, record_discrepancies};
pub use displaced::{HeldDocIds, LostDocId, held_doc_ids};
pub use entry::{BlobId, Change, Entry, Mode, Tree};
pub(crate) use excerpt::cut;
pub use excerpt::{excerpt, with_excerpts};
pub use file_name::FileName;
pub use format::{format_record, stored_metadata, write_legacy_record};
pub use id::{CounterKey, Id, IdPart, Namespace, Scope, Sequence, TextError, TypeCode};
pub use json::{Json, JsonError, Object};
pub use map_path::{MapPathError, format_map_path, parse_map_path};
pub use origin::Origin;
pub use packed::{
    ByPrefix, CanonicalRecords, CanonicalText, PackedRegistry, PartialRegistry, PathIndex,
    RecordLine, Splice, ThreeWay, Window, read_head, records_by_prefix, seek_record,
};
pub use parse::{MalformedId, ReadError, SCHEMA_VERSION, conflict_marker_line};
pub use parsed::{Counter, Registry, grouped};
pub use path::{REGISTRY_PATH, RepoPath, shell_quoted};
pub use records::{RecordQuery, Records};
pub use safe::{escaped_with, is_hostile, safe};
pub use spelling::is_total;
pub use succession::{Succession, precedes};
pub use timestamp::Timestamp;
pub use words::{Word, in_order};

crate::serialize_as_text!(
    BlobId, CounterKey, Id, Namespace, Origin, RepoPath, Scope, Timestamp, TypeCode
);
