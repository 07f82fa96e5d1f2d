//! Counting the index entries that have one of some objects.
//!
//! Most new files are no copies. To find that out, only the length of each entry and the first
//! byte of its id are read, which is much less than [`super::index_bytes`] reads.

use std::io::Read;

use idhooks_core::registry::{BlobId, Window};

use super::index_bytes::{EXTENDED, Header, NAME_LENGTH, STAT, be16};
use super::{GitError, IndexFile, Repo, index_peek::IndexReader};

impl Repo {
    /// Counts the entries of an index that have one of these objects. Returns `None` if the format
    /// of the index is not supported.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn count_entries_of(
        &self,
        file: &IndexFile,
        objects: &[BlobId],
    ) -> Result<Option<usize>, GitError> {
        let Some(seen) = IndexReader::open(file.path())? else { return Ok(None) };
        Ok(count(&seen.file, self.gix.object_hash().len_in_bytes(), objects))
    }
}

/// Counts the entries in an index file of version 2 or 3. Ids have `id_length` bytes.
fn count(file: impl Read, id_length: usize, objects: &[BlobId]) -> Option<usize> {
    let sought = SoughtObjects::of(objects, id_length);
    let mut window = Window::of(file);
    let Header { entries, .. } = Header::next(&mut window)?;
    let (mut left, mut found) = (entries, 0);
    while left > 0 {
        let hop = sought.hop(window.bytes(), left)?;
        if hop.entries == 0 {
            // The next entry ends in the next piece of the file.
            if !window.more() {
                return None;
            }
            continue;
        }
        window.step(hop.length);
        left -= hop.entries;
        found += hop.found;
    }
    Some(found)
}

/// The objects to find.
struct SoughtObjects {
    ids: Vec<BlobId>,
    /// The first bytes of their ids.
    first_bytes: [bool; 256],
    id_length: usize,
}

/// The totals of some entries.
#[derive(Default)]
struct Hop {
    entries: u32,
    length: usize,
    found: usize,
}

impl SoughtObjects {
    fn of(objects: &[BlobId], id_length: usize) -> Self {
        let mut ids = objects.to_vec();
        ids.sort_unstable();
        let mut first_bytes = [false; 256];
        for first in ids.iter().filter_map(|id| id.as_bytes().first()) {
            first_bytes[usize::from(*first)] = true;
        }
        SoughtObjects { ids, first_bytes, id_length }
    }

    /// Hops over the complete entries in these bytes, at most `limit`. Returns `None` if a name is
    /// too long for the flags to hold its length.
    fn hop(&self, bytes: &[u8], limit: u32) -> Option<Hop> {
        let flags_at = STAT + self.id_length;
        let mut hop = Hop::default();
        while hop.entries < limit {
            let rest = &bytes[hop.length..];
            let Some(flags) = be16(rest, flags_at) else { break };
            if flags & NAME_LENGTH == NAME_LENGTH {
                return None;
            }
            let more = if flags & EXTENDED == 0 { 0 } else { 2 };
            let end = flags_at + 2 + more + usize::from(flags & NAME_LENGTH);
            // One to eight zero bytes pad the entry to a multiple of eight.
            let length = (end + 8) & !7;
            if rest.len() < length {
                break;
            }
            let id = &rest[STAT..flags_at];
            hop.found += usize::from(self.first_bytes[usize::from(id[0])] && self.has(id));
            hop.length += length;
            hop.entries += 1;
        }
        Some(hop)
    }

    fn has(&self, id: &[u8]) -> bool {
        self.ids.binary_search_by(|sought| sought.as_bytes().cmp(id)).is_ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn blob(n: u8) -> BlobId {
        BlobId::from_bytes(&[n; 20]).expect("an id")
    }

    fn entry(id: u8, name: &str, flags: u16) -> Vec<u8> {
        let mut entry = vec![0; STAT];
        entry.extend([id; 20]);
        entry.extend((name.len().min(0xfff) as u16 | flags).to_be_bytes());
        entry.extend(vec![0; if flags & EXTENDED == 0 { 0 } else { 2 }]);
        entry.extend(name.as_bytes());
        let padding = 8 - entry.len() % 8;
        entry.extend(vec![0; padding]);
        entry
    }

    fn index(entries: &[Vec<u8>]) -> Vec<u8> {
        let mut index = b"DIRC\0\0\0\x03".to_vec();
        index.extend((entries.len() as u32).to_be_bytes());
        index.extend(entries.concat());
        index.extend([0; 20]);
        index
    }

    #[test]
    fn entries_are_counted_by_their_objects() {
        let names: Vec<String> = (0..9000).map(|n| format!("directory/file{n}")).collect();
        let entries: Vec<Vec<u8>> = names
            .iter()
            .enumerate()
            .map(|(n, name)| entry((n % 7) as u8, name, if n % 3 == 0 { EXTENDED } else { 0 }))
            .collect();
        let bytes = index(&entries);
        let counted = |objects: &[BlobId]| count(&*bytes, 20, objects);
        let expected = |n: u8| entries.iter().filter(|e| e[STAT] == n).count();
        assert_eq!(counted(&[blob(3)]), Some(expected(3)));
        assert_eq!(counted(&[blob(6), blob(1)]), Some(expected(1) + expected(6)));
        assert_eq!(counted(&[blob(9)]), Some(0));
        assert_eq!(counted(&[]), Some(0));
    }

    #[test]
    fn unsupported_indexes_are_not_counted() {
        let long = "a".repeat(5000);
        assert_eq!(count(&*index(&[entry(1, &long, 0)]), 20, &[blob(1)]), None);
        let whole = index(&[entry(1, "a", 0), entry(2, "b", 0)]);
        assert_eq!(count(&whole[..whole.len() - 40], 20, &[blob(1)]), None);
        assert_eq!(count(&b"none"[..], 20, &[blob(1)]), None);
    }
}
