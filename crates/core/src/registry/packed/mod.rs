//! A registry in canonical form that parses only the requested records.
//!
//! In canonical form, one record is one line, and the lines are sorted by identity. So the records
//! of a change can be read, changed and written back without parsing the rest: its form is
//! recognized, and its bytes are copied. A text of another form, or with records that depend on
//! other records, is refused; use [`Registry::parse`](super::Registry::parse) for those.
//!
//! The whole text is never in memory: it is scanned once, and its bytes are copied from the source.

mod by_prefix;
mod cursor;
mod diff;
mod each;
mod line;
mod partial;
mod path_index;
mod reader;
mod splice;
mod three_way;

pub use by_prefix::{ByPrefix, read_head, records_by_prefix, seek_record};
pub use diff::CanonicalText;
pub use each::CanonicalRecords;
pub use line::RecordLine;
pub use partial::{PackedRegistry, PartialRegistry};
pub use path_index::PathIndex;
pub use reader::Window;
pub use splice::Splice;
pub use three_way::ThreeWay;
