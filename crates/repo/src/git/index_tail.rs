//! Reads only two parts of an index file: the start, up to one entry, and the part after the
//! entries.
//!
//! An index has as many entries as the repository has files, and stepping over them is most of the
//! cost of reading it. The parts needed here come before and after most of the entries.

use std::cmp::Ordering;
use std::io::{Read, Seek, SeekFrom};

use idhooks_core::registry::{BlobId, Window};
use memchr::memmem;

use super::index_bytes::{
    EXTENSION, EntryPlace, FoundEntry, HEADER, Header, be32, each_cached_tree, is_optional,
};

/// The number of bytes initially read from the end.
const FIRST: u64 = 64 << 10;

/// One entry in an index, and the cached root tree.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexTail {
    /// The path's entry: a regular, merged file without flags.
    pub(super) entry: EntryPlace,
    /// The tree that git has cached for the whole index.
    pub(super) root: BlobId,
}

impl IndexTail {
    /// Reads an index file of this length. Ids have `id_length` bytes. Returns `None` if the path
    /// has no plain entry, or if git has no valid cached tree for the whole index.
    pub(super) fn read(
        mut file: impl Read + Seek,
        length: u64,
        id_length: usize,
        path: &str,
    ) -> Option<IndexTail> {
        let (header, entry) = find(&mut file, id_length, path.as_bytes())?;
        let root = root(&mut file, length.checked_sub(id_length as u64)?, &header, id_length)?;
        Some(IndexTail { entry, root })
    }

    /// Returns only a path's entry.
    pub(super) fn entry_of(file: impl Read, id_length: usize, path: &[u8]) -> Option<EntryPlace> {
        find(file, id_length, path).map(|(_, entry)| entry)
    }
}

/// Reads the header and finds the only entry for a path. Entries are sorted by path.
fn find(file: impl Read, id_length: usize, path: &[u8]) -> Option<(Header, EntryPlace)> {
    let mut window = Window::of(file);
    let header = Header::next(&mut window)?;
    let mut found = None;
    for _ in 0..header.entries {
        let entry = FoundEntry::next(&mut window, id_length, header.version)?;
        let (at, bytes) = (window.at(), window.bytes());
        match bytes.get(entry.name.clone())?.cmp(path) {
            Ordering::Less => {}
            Ordering::Equal if found.is_none() && entry.is_plain() => {
                found = Some(EntryPlace::read(bytes, at, id_length)?);
            }
            // Entries with flags or conflicts are left to the full reader.
            Ordering::Equal => return None,
            Ordering::Greater => break,
        }
        window.step(entry.length);
    }
    Some((header, found?))
}

/// Finds the cached tree for all entries. It is in one of the extensions, the last of which ends at
/// `end`.
///
/// The file does not say where the extensions begin, so the cached trees are searched for from the
/// end. Git always writes them, whether or not they are valid. No bytes after them can be mistaken
/// for cached trees: these have to cover the right number of entries, have a root without a name,
/// and be followed by complete extensions up to the end.
fn root(
    file: &mut (impl Read + Seek),
    end: u64,
    header: &Header,
    id_length: usize,
) -> Option<BlobId> {
    let longest = end.checked_sub(HEADER as u64)?;
    let mut length = FIRST;
    loop {
        length = length.min(longest);
        file.seek(SeekFrom::Start(end - length)).ok()?;
        let mut bytes = vec![0; usize::try_from(length).ok()?];
        file.read_exact(&mut bytes).ok()?;
        let mut places = memmem::rfind_iter(&bytes, b"TREE");
        let trees = places.find_map(|at| trees(&bytes[at..], id_length));
        // Cached trees that cover a different number of entries do not belong to this index.
        match trees {
            Some((entries, root)) => return root.filter(|_| entries == header.entries),
            None if length == longest => return None,
            // The size of the cached trees depends on the number of directories, not files, so the
            // first chunk is usually enough.
            None => length *= 4,
        }
    }
}

/// Parses cached trees that are followed by other extensions. Returns the number of entries that
/// the trees cover and, if all the other extensions are optional, the root.
fn trees(bytes: &[u8], id_length: usize) -> Option<(u32, Option<BlobId>)> {
    let (name, content, mut rest) = extension(bytes)?;
    debug_assert_eq!(name, *b"TREE", "looked for by its name");
    let mut root = None;
    each_cached_tree(content, id_length, |tree| {
        root.get_or_insert(tree);
    })?;
    let root = root?;
    let mut is_alone = true;
    while !rest.is_empty() {
        let (name, _, after) = extension(rest)?;
        is_alone &= is_optional(name) && name != *b"TREE";
        rest = after;
    }
    let id = BlobId::from_bytes(content.get(root.id.clone())?);
    Some((root.entries.unwrap_or(u32::MAX), id.filter(|_| is_alone)))
}

/// Splits off the first extension: returns its name, its content and the rest.
fn extension(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let length = usize::try_from(be32(bytes, 4)?).ok()?;
    let (content, rest) = bytes.get(EXTENSION..)?.split_at_checked(length)?;
    Some((*bytes.first_chunk()?, content, rest))
}
