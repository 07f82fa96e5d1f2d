//! Reads a registry in canonical form and parses only the requested records.
//!
//! In canonical form, each record is a line, and the lines are sorted by identity. So the records
//! involved in a change can be read, changed and written back without parsing the rest, which is
//! recognized by its form and copied byte by byte. A file in another form, or with records that
//! depend on each other, is refused; use [`Registry::parse`](super::Registry::parse) for those.
//!
//! The text is never in memory as a whole: it is scanned once, and bytes are copied from the
//! source.

mod block_writer;
mod by_prefix;
mod canonical_records;
mod cursor;
mod diff;
mod partial;
mod path_index;
mod reader;
mod record_line;
mod splice;
mod three_way;

pub use block_writer::BlockWriter;
pub use by_prefix::{ByPrefix, read_head, records_by_prefix, seek_record};
pub use canonical_records::CanonicalRecords;
pub use diff::CanonicalText;
pub use partial::{PackedRegistry, PartialRegistry};
pub use path_index::PathIndex;
pub use reader::Window;
pub use record_line::RecordLine;
pub use splice::Splice;
pub use three_way::ThreeWay;
