//! Files: read, replace as a whole, remember.

mod replace;

pub use replace::{Replacement, StoreError, read_file, replace_file};
