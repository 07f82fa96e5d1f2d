//! [`FreshRecords`] writes a registry of new records, one by one.

use std::io::{self, Write};

use super::format::{CLOSING, write_record};
use super::{Allocation, Id, Origin, Registry, RepoPath, Scope, Timestamp};

/// The number of bytes that are written at once.
const MOST: usize = 128 << 10;

/// Writes a registry of active records with only the required members: in order of their
/// identities, each with its own path.
///
/// The output equals that of [`Registry::format`] for the same records.
#[derive(Debug)]
pub struct FreshRecords<W> {
    out: W,
    text: String,
    is_first: bool,
}

impl<W: Write> FreshRecords<W> {
    /// Begins the registry of a scope.
    pub fn begin(out: W, scope: Scope) -> Self {
        let mut text = String::with_capacity(MOST + (MOST >> 3));
        let whole = Registry::new(scope).format();
        text.push_str(whole.strip_suffix(CLOSING).unwrap_or(&whole));
        FreshRecords { out, text, is_first: true }
    }

    /// Writes the next record.
    ///
    /// # Errors
    /// Returns the errors of the writer.
    pub fn record(&mut self, id: Id, path: &[u8], at: Timestamp, origin: Origin) -> io::Result<()> {
        let text = &mut self.text;
        text.push_str(if self.is_first { "" } else { ",\n" });
        self.is_first = false;
        let path = RepoPath::new(path).map_err(|_| io::ErrorKind::InvalidInput)?;
        write_record(text, &Allocation::new(id, path, at, origin), None);
        if text.len() >= MOST {
            self.out.write_all(text.as_bytes())?;
            text.clear();
        }
        Ok(())
    }

    /// Writes the end of the registry.
    ///
    /// # Errors
    /// Returns the errors of the writer.
    pub fn end(mut self) -> io::Result<()> {
        if !self.is_first {
            self.text.push('\n');
        }
        self.text.push_str(CLOSING);
        self.out.write_all(self.text.as_bytes())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn is_the_canonical_form() {
        let at = "2026-01-18T22:00:00Z".parse().expect("valid");
        let scope = "260118".parse().expect("valid");
        for count in [0, 1, 2, 2000] {
            let mut registry = Registry::new(scope);
            let mut text = Vec::new();
            let mut records = FreshRecords::begin(&mut text, scope);
            for n in 1..=count {
                let path = match n % 5 {
                    0 => [b"\xff", n.to_string().as_bytes()].concat(),
                    _ => format!("a \"b\\\u{1}ü/{n}\n").into_bytes(),
                };
                let id: Id = format!("00999{n:05}260118").parse().expect("valid");
                let origin: Origin = format!("{:016x}", n * n).parse().expect("valid");
                records.record(id, &path, at, origin).expect("memory");
                let path = RepoPath::new(path).expect("valid");
                registry.allocations.push(Allocation::new(id, path, at, origin));
            }
            records.end().expect("memory");
            assert_eq!(String::from_utf8(text).expect("text"), registry.format());
        }
    }
}
