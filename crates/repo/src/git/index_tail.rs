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
    EXTENSION, EntryPlace, Extension, FoundEntry, HEADER, Header, IndexLayout, be32,
    each_cached_tree,
};

/// The number of bytes initially read from the end.
const FIRST: u64 = 64 << 10;

/// One entry in an index, and the extensions after the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexTail {
    /// The path's entry: a regular, merged file without flags.
    pub(super) entry: EntryPlace,
    /// The tree that git has cached for the whole index.
    pub(super) root: BlobId,
    /// The layout, with the entry. Of the extensions, only `TREE` and those after it are known. Git
    /// writes two before it, `IEOT` and `link`, which stay valid if an entry is replaced in place.
    pub(super) layout: IndexLayout,
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
        let end = length.checked_sub(id_length as u64)?;
        let (root, mut layout) = layout(&mut file, end, &header, id_length)?;
        layout.entry = Some(entry.clone());
        Some(IndexTail { entry, root, layout })
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

/// Finds the cached tree for all entries, and the layout without an entry. The cached tree is an
/// extension; the last extension ends at `end`.
///
/// The file does not say where the extensions begin, so the cached trees are searched for from the
/// end. Git always writes them, whether or not they are valid. No bytes after them can be mistaken
/// for cached trees: these have to cover the right number of entries, have a root without a name,
/// and be followed by complete extensions up to the end.
fn layout(
    file: &mut (impl Read + Seek),
    end: u64,
    header: &Header,
    id_length: usize,
) -> Option<(BlobId, IndexLayout)> {
    let longest = end.checked_sub(HEADER as u64)?;
    let mut length = FIRST;
    loop {
        length = length.min(longest);
        let start = end - length;
        file.seek(SeekFrom::Start(start)).ok()?;
        let mut bytes = vec![0; usize::try_from(length).ok()? + id_length];
        file.read_exact(&mut bytes).ok()?;
        let (tail, sum) = bytes.split_at(bytes.len() - id_length);
        let mut places = memmem::rfind_iter(tail, b"TREE");
        match places.find_map(|at| CachedTrees::read(&tail[at..], start + at as u64, id_length)) {
            Some(trees) => {
                let is_hashed = sum.iter().any(|byte| *byte != 0);
                let layout = IndexLayout {
                    entries: header.entries,
                    entry: None,
                    // Git marks a tree as valid only if all its entries are merged and have
                    // content.
                    has_whole_entries: true,
                    extensions: trees.extensions,
                    tree: trees.content.to_vec(),
                    end,
                    is_hashed,
                };
                // Cached trees that cover a different number of entries do not belong to this
                // index.
                let root = trees.root.filter(|_| trees.entries == header.entries)?;
                return layout.is_complete().then_some((root, layout));
            }
            None if length == longest => return None,
            // The size of the cached trees depends on the number of directories, not files, so the
            // first chunk is usually enough.
            None => length *= 4,
        }
    }
}

/// Cached trees that are followed by other extensions.
struct CachedTrees<'a> {
    /// The content of their extension.
    content: &'a [u8],
    /// The number of entries that they cover; [`u32::MAX`] if git has not cached the root.
    entries: u32,
    /// The root, unless there are further cached trees.
    root: Option<BlobId>,
    /// Their extension and those after it.
    extensions: Vec<Extension>,
}

impl<'a> CachedTrees<'a> {
    /// Reads the extensions from one named `TREE` to the last. The first is at `at` in the file.
    fn read(bytes: &'a [u8], mut at: u64, id_length: usize) -> Option<Self> {
        let (_, content, _) = extension(bytes)?;
        let mut root = None;
        each_cached_tree(content, id_length, |tree| {
            root.get_or_insert(tree);
        })?;
        let root = root?;
        let (mut extensions, mut rest) = (Vec::new(), bytes);
        while !rest.is_empty() {
            let (name, content, after) = extension(rest)?;
            at += EXTENSION as u64;
            let end = at + content.len() as u64;
            extensions.push(Extension { name, content: at..end });
            (at, rest) = (end, after);
        }
        let is_alone = extensions.iter().filter(|one| one.name == *b"TREE").count() == 1;
        let id = BlobId::from_bytes(content.get(root.id.clone())?);
        let entries = root.entries.unwrap_or(u32::MAX);
        Some(CachedTrees { content, entries, root: id.filter(|_| is_alone), extensions })
    }
}

/// Splits off the first extension: returns its name, its content and the rest.
fn extension(bytes: &[u8]) -> Option<([u8; 4], &[u8], &[u8])> {
    let length = usize::try_from(be32(bytes, 4)?).ok()?;
    let (content, rest) = bytes.get(EXTENSION..)?.split_at_checked(length)?;
    Some((*bytes.first_chunk()?, content, rest))
}
