//! Files whose names are typed, where '-' is the standard input.

use std::io::{self, Read};
use std::path::Path;

/// Reads a file named in `dir`, or the standard input; no more than one byte beyond `limit`.
///
/// # Errors
/// What cannot be read.
pub(super) fn read_typed(dir: &Path, file: &Path, limit: usize) -> io::Result<Vec<u8>> {
    let limit = u64::try_from(limit).unwrap_or(u64::MAX).saturating_add(1);
    let mut bytes = Vec::new();
    match file.as_os_str() == "-" {
        true => io::stdin().lock().take(limit).read_to_end(&mut bytes)?,
        false => std::fs::File::open(dir.join(file))?.take(limit).read_to_end(&mut bytes)?,
    };
    Ok(bytes)
}
