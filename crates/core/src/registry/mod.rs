//! The registry: identities, records, and their text form. Pure functions only.
//!
//! [`Registry::parse`] accepts any JSON that follows the schema; [`Registry::format`] returns the
//! canonical form.

mod addition;
mod allocation;
mod canonical_format;
mod counters;
mod discrepancy;
mod displaced_second_ids;
mod excerpt;
mod file_name;
mod free_sequences;
pub mod hex;
mod id;
pub mod json;
mod keys;
mod left_path;
mod legacy_spelling;
mod map_path;
mod numbering;
mod origin;
mod packed;
mod parse;
mod parsed_registry;
mod path;
mod printable_text;
mod records;
pub mod schema;
mod sieve;
mod succession;
mod timestamp;
mod tree_entry;
mod web_address;
mod word_enums;

pub use addition::{AdditionRemark, take_values};
pub(crate) use allocation::values;
pub use allocation::{Allocation, Seniority, Status};
pub use canonical_format::{format_record, stored_metadata, write_legacy_record, write_record};
pub use counters::{CounterState, RecordCounts};
pub use discrepancy::{Discrepancy, differing_texts, discrepancies, record_discrepancies};
pub use displaced_second_ids::{HeldDocIds, LostDocId, held_doc_ids};
pub(crate) use excerpt::cut;
pub use excerpt::{excerpt, with_excerpts};
pub use file_name::FileName;
pub(crate) use free_sequences::{FreeIds, FreeSequences, Preference};
pub use id::{CounterKey, Id, IdPart, Namespace, Scope, Sequence, TextError, TypeCode};
pub use json::{Json, JsonError, Object};
pub use keys::{key, reason};
pub use left_path::LeftPath;
pub use legacy_spelling::is_total;
pub use map_path::{MapPathError, format_map_path, parse_map_path};
pub use numbering::Numbering;
pub use origin::Origin;
pub use packed::{
    BlockWriter, ByPrefix, CanonicalRecords, CanonicalText, PackedRegistry, PartialRegistry,
    PathIndex, RecordLine, Splice, ThreeWay, Window, read_head, records_by_prefix, seek_record,
};
pub use parse::{MalformedId, ReadError, SCHEMA_VERSION, conflict_marker_line};
pub use parsed_registry::{Counter, Registry, grouped};
pub use path::{REGISTRY_PATH, RepoPath, shell_quoted};
pub use printable_text::{escaped_with, is_hostile, safe};
pub use records::{RecordQuery, Records};
pub(crate) use sieve::Sieve;
pub use succession::{Succession, precedes};
pub use timestamp::Timestamp;
pub use tree_entry::{BlobId, Change, Entry, Mode, Tree};
pub(crate) use web_address::is_printable;
pub use web_address::is_web_address;
pub use word_enums::{Word, in_order};

crate::serialize_as_text!(
    BlobId, CounterKey, Id, Namespace, Origin, RepoPath, Scope, Timestamp, TypeCode
);
