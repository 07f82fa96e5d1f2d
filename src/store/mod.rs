//! Files: read, replace as a whole, remember.

mod given_file;
mod replace;
mod verdicts;

pub use given_file::GivenFile;
pub use replace::{Replacement, StoreError, read_file, replace_file};
pub use verdicts::Verdicts;
