//! The layout of git's index file, found by stepping through its bytes.
//!
//! Everything here is a pure function of untrusted bytes. It returns `None` for anything it does
//! not fully understand, so that git or the full reader handles the file.

use std::{fs::Metadata, io::Read, ops::Range};

use idhooks_core::registry::{BlobId, Window};

/// The length of the header: signature, version, and number of entries.
pub(super) const HEADER: usize = 12;
/// The length of an extension's header, which contains its name and the length of its content.
pub(super) const EXTENSION: usize = 8;
/// The length of the stat data before an entry's id: times, device, inode, mode, owner and size.
pub(super) const STAT: usize = 40;
/// The position of the mode in the stat data.
const MODE: usize = 24;
/// The position of the size in the stat data.
const SIZE: usize = 36;
/// The flag bits that hold the length of the name. All of them are set if the name is longer.
const NAME_LENGTH: u16 = 0x0fff;
/// The bits for the merge stage.
const STAGE: u16 = 0x3000;
/// The bit that indicates extended flags.
const EXTENDED: u16 = 0x4000;
/// The extended flag set by `git add -N` for a path without content.
const INTENT_TO_ADD: u16 = 0x2000;
/// The extended flag for a file that a sparse checkout excludes.
const SKIP_WORKTREE: u16 = 0x4000;

/// The maximum length in bytes of an entry that is handled here.
const LONGEST: usize = 64 << 10;

/// The layout of an index file in version 2 or 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexLayout {
    /// The number of entries.
    pub(super) entries: u32,
    /// The given path's entry; `None` unless there is exactly one, and it is a regular, merged file
    /// without flags.
    pub(super) entry: Option<EntryPlace>,
    /// Whether all entries are merged and have content, and no entry is a sparse directory.
    pub(super) has_whole_entries: bool,
    /// The extensions, in order; if only the tail was read, those from `TREE` on.
    pub(super) extensions: Vec<Extension>,
    /// The content of the `TREE` extensions.
    pub(super) tree: Vec<u8>,
    /// The position of the checksum, which ends the file.
    pub(super) end: u64,
    /// Whether the file has a checksum: with index.skipHash, git writes zeros instead.
    pub(super) is_hashed: bool,
}

/// An entry's position and content.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryPlace {
    /// Its position in the file.
    pub(super) at: u64,
    /// Its stat data for the working file.
    pub(super) stat: [u8; STAT],
    /// Its object's id.
    pub(super) id: BlobId,
}

/// An index entry that the reader steps over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SkippedEntry<'a> {
    /// The entry's range in the file.
    pub(super) range: Range<u64>,
    /// Its path.
    pub(super) path: &'a [u8],
    /// Its mode bits.
    pub(super) mode: u32,
    /// Its object's id.
    pub(super) id: &'a [u8],
    /// The size of its working file, modulo 2³²; 0 if git does not know it.
    pub(super) size: u32,
    /// Whether the entry is a regular, merged file without flags.
    pub(super) is_plain: bool,
}

/// An extension, which follows the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extension {
    /// Its name.
    pub(super) name: [u8; 4],
    /// The range of the content that follows the extension's name and length.
    pub(super) content: Range<u64>,
}

impl IndexLayout {
    /// Reads the layout of an index file of this length, and calls `look` with each entry. Ids have
    /// `id_length` bytes.
    pub(super) fn read(
        file: impl Read,
        length: u64,
        id_length: usize,
        path: &str,
        mut look: impl FnMut(SkippedEntry<'_>),
    ) -> Option<IndexLayout> {
        let end = length.checked_sub(id_length as u64)?;
        let mut window = Window::of(file);
        let Header { version, entries } = Header::next(&mut window)?;
        let (mut found, mut matches, mut is_complete) = (None, 0, true);
        for _ in 0..entries {
            let at = window.at();
            let entry = FoundEntry::next(&mut window, id_length, version)?;
            let bytes = window.bytes();
            is_complete &= entry.is_complete();
            let name = bytes.get(entry.name.clone())?;
            look(SkippedEntry {
                range: at..at + entry.length as u64,
                path: name,
                mode: entry.mode,
                id: bytes.get(STAT..STAT + id_length)?,
                size: be32(bytes, SIZE)?,
                is_plain: entry.is_plain(),
            });
            if name == path.as_bytes() {
                matches += 1;
                found = entry.is_plain().then(|| EntryPlace::read(bytes, at, id_length)).flatten();
            }
            window.step(entry.length);
        }
        let (mut extensions, mut tree) = (Vec::new(), Vec::new());
        while window.at() < end {
            let header = window.next(EXTENSION)?;
            let name = *header.first_chunk()?;
            let length = be32(header, 4)?;
            window.step(EXTENSION);
            let content = window.at()..window.at().checked_add(u64::from(length))?;
            if content.end > end {
                return None;
            }
            if name == *b"TREE" {
                tree.extend_from_slice(window.next(usize::try_from(length).ok()?)?);
            }
            if !window.step_to(content.end) {
                return None;
            }
            extensions.push(Extension { name, content });
        }
        let is_hashed = window.next(id_length)?.iter().any(|byte| *byte != 0);
        let is_at_end = window.at() == end;
        window.step(id_length);
        let entry = found.filter(|_| matches == 1);
        let has_whole_entries = is_complete;
        let layout =
            IndexLayout { entries, entry, has_whole_entries, extensions, tree, end, is_hashed };
        // If the file is longer than its content indicates, the content was misread, so nothing in
        // it can be trusted.
        (is_at_end && window.is_over()).then_some(layout)
    }

    /// Returns whether a commit made from the index would contain exactly these entries.
    pub(super) fn is_complete(&self) -> bool {
        // git rejects an index that has a mandatory extension it does not know, because these
        // extensions change the entries.
        self.has_whole_entries && self.extensions.iter().all(|e| is_optional(e.name))
    }

    /// Returns the position where the entries end; if only the tail was read, where `TREE` begins,
    /// which may be after other extensions.
    pub(super) fn end_of_entries(&self) -> u64 {
        self.extensions.first().map_or(self.end, |first| first.content.start - EXTENSION as u64)
    }

    /// Returns the extension with this name, if there is exactly one.
    pub(super) fn extension(&self, name: &[u8; 4]) -> Option<&Extension> {
        let mut named = self.extensions.iter().filter(|extension| extension.name == *name);
        named.next().filter(|_| named.next().is_none())
    }

    /// Returns the content of the `TREE` extension, if there is exactly one.
    pub(super) fn tree(&self) -> Option<&[u8]> {
        self.extension(b"TREE").map(|_| &*self.tree)
    }
}

/// Returns whether the entries can be understood without this extension.
fn is_optional(name: [u8; 4]) -> bool {
    name[0].is_ascii_uppercase()
}

/// An index file's header.
pub(super) struct Header {
    pub(super) version: u32,
    pub(super) entries: u32,
}

impl Header {
    /// Reads the header of an index file in version 2 or 3.
    pub(super) fn next(window: &mut Window<impl Read>) -> Option<Header> {
        let bytes = window.next(HEADER)?;
        let header = Header { version: be32(bytes, 4)?, entries: be32(bytes, 8)? };
        let is_known = bytes[..4] == *b"DIRC" && (2..=3).contains(&header.version);
        window.step(HEADER);
        is_known.then_some(header)
    }
}

impl EntryPlace {
    pub(super) fn read(entry: &[u8], at: u64, id_length: usize) -> Option<EntryPlace> {
        let id = BlobId::from_bytes(entry.get(STAT..STAT + id_length)?)?;
        Some(EntryPlace { at, stat: *entry.first_chunk()?, id })
    }
}

/// An entry found in the window's bytes.
pub(super) struct FoundEntry {
    mode: u32,
    flags: u16,
    more: u16,
    /// The range of its path within the entry.
    pub(super) name: Range<usize>,
    /// Its length.
    pub(super) length: usize,
}

impl FoundEntry {
    /// Reads the next entry.
    pub(super) fn next(
        window: &mut Window<impl Read>,
        id_length: usize,
        version: u32,
    ) -> Option<FoundEntry> {
        loop {
            let bytes = window.bytes();
            let found = FoundEntry::read(bytes, id_length, version);
            // The entry may end in the next chunk of the file. The limit keeps a damaged file that
            // contains no zero byte from being read into memory completely.
            if found.is_some() || bytes.len() >= LONGEST || !window.more() {
                return found;
            }
        }
    }

    fn read(bytes: &[u8], id_length: usize, version: u32) -> Option<FoundEntry> {
        let mode = be32(bytes, MODE)?;
        let mut name = STAT + id_length + 2;
        let flags = be16(bytes, name - 2)?;
        let mut more = 0;
        if flags & EXTENDED != 0 {
            more = be16(bytes, name)?;
            name += 2;
            // An unknown flag could mean anything, so the file is left to git.
            if version < 3 || more & !(INTENT_TO_ADD | SKIP_WORKTREE) != 0 {
                return None;
            }
        }
        let length = match flags & NAME_LENGTH {
            // If the name's length does not fit in the flags, the name ends at the first zero byte.
            NAME_LENGTH => bytes.get(name..)?.iter().position(|byte| *byte == 0)?,
            length => usize::from(length),
        };
        // The entry is padded with one to eight zero bytes to a multiple of eight.
        let end = (name + length + 8) & !7;
        let last = u64::from_be_bytes(*bytes.get(..end)?.last_chunk()?);
        // The last eight bytes contain the end of the name, followed only by zeros.
        let is_padded = last << (8 * (8 - (end - name - length))) == 0;
        let is_known = matches!(mode & 0o170_000, 0o040_000 | 0o100_000 | 0o120_000 | 0o160_000);
        let read = FoundEntry { mode, flags, more, name: name..name + length, length: end };
        (is_known && is_padded).then_some(read)
    }

    fn is_complete(&self) -> bool {
        let is_directory = self.mode & 0o170_000 == 0o040_000;
        !is_directory && self.flags & STAGE == 0 && self.more & INTENT_TO_ADD == 0
    }

    /// Returns whether the entry is a regular, merged file without flags.
    pub(super) fn is_plain(&self) -> bool {
        // Executable files and symlinks are also left to git, because a registry is never one of
        // them.
        self.mode == 0o100_644 && self.flags & !NAME_LENGTH == 0
    }
}

/// A cached tree, which is followed by its subdirectories.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CachedTree {
    /// Its depth below the root directory.
    pub(super) depth: usize,
    /// The range of its name.
    pub(super) name: Range<usize>,
    /// The number of index entries in the tree; `None` if the tree is invalid.
    pub(super) entries: Option<u32>,
    /// The number of its immediate subdirectories.
    pub(super) directories: u32,
    /// The range of its id; empty if the tree is invalid.
    pub(super) id: Range<usize>,
}

/// Parses the cached trees in the content of a `TREE` extension, from the root down, and calls
/// `look` with each. They are not collected: with thousands of directories, allocating them takes
/// longer than parsing them.
pub(super) fn each_cached_tree(
    bytes: &[u8],
    id_length: usize,
    mut look: impl FnMut(CachedTree),
) -> Option<()> {
    // For each tree on the path from the root, the number of subdirectories still to come.
    let mut open: Vec<u32> = Vec::new();
    let mut at = 0;
    loop {
        let name = up_to(bytes, at, 0)?;
        let entries = up_to(bytes, name.end + 1, b' ')?;
        let directories = up_to(bytes, entries.end + 1, b'\n')?;
        at = directories.end + 1;
        let entries = match bytes.get(entries)? {
            b"-1" => None,
            digits => Some(number(digits)?),
        };
        let directories = number(bytes.get(directories)?)?;
        let id = at..at + entries.map_or(0, |_| id_length);
        at = id.end;
        // Only the root has no name.
        if at > bytes.len() || name.is_empty() != (name.start == 0) {
            return None;
        }
        look(CachedTree { depth: open.len(), name, entries, directories, id });
        open.push(directories);
        while open.last() == Some(&0) {
            open.pop();
        }
        match open.last_mut() {
            Some(left) => *left -= 1,
            None => return (at == bytes.len()).then_some(()),
        }
    }
}

fn up_to(bytes: &[u8], at: usize, end: u8) -> Option<Range<usize>> {
    let length = bytes.get(at..)?.iter().position(|byte| *byte == end)?;
    Some(at..at + length)
}

fn number(digits: &[u8]) -> Option<u32> {
    let plain = !digits.is_empty() && digits.iter().all(u8::is_ascii_digit);
    std::str::from_utf8(digits).ok().filter(|_| plain)?.parse().ok()
}

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}

/// Returns the stat data for a working file's index entry. The times and size are zero if the file
/// is unknown.
#[cfg(unix)]
pub(super) fn stat(working: Option<&Metadata>) -> Option<[u8; STAT]> {
    use std::os::unix::fs::MetadataExt;
    let mode = 0o100_644;
    let fields = match working.filter(|meta| meta.is_file()) {
        None => [0, 0, 0, 0, 0, 0, mode, 0, 0, 0],
        // Like git, keep only the low 32 bits of larger numbers.
        Some(meta) => [
            meta.ctime() as u32,
            meta.ctime_nsec() as u32,
            meta.mtime() as u32,
            meta.mtime_nsec() as u32,
            meta.dev() as u32,
            meta.ino() as u32,
            mode,
            meta.uid(),
            meta.gid(),
            u32::try_from(meta.len()).ok()?,
        ],
    };
    let mut bytes = [0; STAT];
    for (place, field) in bytes.chunks_exact_mut(4).zip(fields) {
        place.copy_from_slice(&field.to_be_bytes());
    }
    Some(bytes)
}

/// Returns `None`, because stat data is different on other systems and is left to git.
#[cfg(not(unix))]
pub(super) fn stat(_: Option<&Metadata>) -> Option<[u8; STAT]> {
    None
}
