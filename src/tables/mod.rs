//! Reads and writes tables and lists as CSV or JSON, and reads standard input.

mod csv;
mod file_list;

use std::io::{self, Read};
use std::path::Path;

pub use csv::{RawArgs, with_formula};
pub use file_list::{Batch, BatchRow};

/// Reads a file whose name is relative to `dir`, or standard input if the name is `-`. Reads at
/// most one byte more than `limit`, so that the caller can detect longer input.
///
/// # Errors
/// Returns an error if it cannot be read.
pub fn read_typed(dir: &Path, file: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    match file.as_os_str() == "-" {
        true => io::stdin().lock().take(limit).read_to_end(&mut bytes)?,
        false => std::fs::File::open(dir.join(file))?.take(limit).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}
