//! Files: read, replace as a whole, remember.

pub mod block;
pub mod changes;
mod given_file;
mod program;
mod replace;
mod verdicts;

pub use given_file::GivenFile;
pub use program::{enter, program_path};
pub use replace::{Access, Replacement, StoreError, read_file, replace_file};
pub use verdicts::Verdicts;
