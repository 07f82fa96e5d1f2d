//! The bytes of git's index file: where things stand in it, found without taking it apart.
//!
//! Everything here is a pure function of bytes, whoever wrote them: what is not fully understood
//! is answered with nothing, and git or the complete reader takes over.

use std::io::Read;
use std::ops::Range;

use crate::registry::{BlobId, Window};

/// How long what stands before the entries is: the signature, the version, their number.
pub(super) const HEADER: usize = 12;
/// What of an extension stands before its content: its name and its length.
pub(super) const EXTENSION: usize = 8;
/// What of an entry stands before its id: times, device, inode, mode, owner, size.
pub(super) const STAT: usize = 40;
/// Where in it the mode stands.
const MODE: usize = 24;
/// A name's length stands in these bits of the flags; a longer name has all of them.
pub(super) const NAME_LENGTH: u16 = 0x0fff;
/// The bits of a path that is not merged.
const STAGE: u16 = 0x3000;
/// Says that more flags follow.
pub(super) const EXTENDED: u16 = 0x4000;
/// Those further flags: "git add -N" gave a path and no content.
const INTENT_TO_ADD: u16 = 0x2000;
/// Those further flags: the file is left out of a sparse checkout.
const SKIP_WORKTREE: u16 = 0x4000;

/// How much of a file an entry takes at most, as far as it is understood here, in bytes.
const LONGEST: usize = 64 << 10;

/// Where things stand in an index file of version 2 or 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct IndexLayout {
    /// How many entries there are.
    pub(super) entries: u32,
    /// The entry of the wanted path; nothing where it is not there, more than once there, or
    /// anything but a regular, merged file without any flag.
    pub(super) entry: Option<EntryPlace>,
    /// Whether all entries are merged, each has a content, and none is a directory of a sparse
    /// index.
    has_whole_entries: bool,
    /// The extensions, in their order.
    pub(super) extensions: Vec<Extension>,
    /// The content of the extensions `TREE`.
    tree: Vec<u8>,
    /// Where the checksum stands, which is the last.
    pub(super) end: u64,
    /// Whether there is one: with index.skipHash the file ends in zeros.
    pub(super) is_hashed: bool,
}

/// An entry, and what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct EntryPlace {
    /// Where it begins.
    pub(super) at: u64,
    /// What it knows of the working file.
    pub(super) stat: [u8; STAT],
    /// Its object.
    pub(super) id: BlobId,
}

/// An entry that is being stepped over.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct SkippedEntry<'a> {
    /// Where it stands.
    pub(super) range: Range<u64>,
    /// Its path.
    pub(super) path: &'a [u8],
    /// Its mode bits.
    pub(super) mode: u32,
    /// Its object.
    pub(super) id: &'a [u8],
    /// Whether it is a regular, merged file without any flag.
    pub(super) is_plain: bool,
}

/// A part of the index file that follows the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extension {
    /// Its name.
    pub(super) name: [u8; 4],
    /// Where its content stands; its name and its length stand before it.
    pub(super) content: Range<u64>,
}

impl IndexLayout {
    /// Steps over the entries and the extensions of an index of this length, and has each entry
    /// looked at; ids have `id_length` bytes.
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
        (is_at_end && window.is_over()).then_some(layout)
    }

    /// Returns whether the entries are what a commit of them holds.
    pub(super) fn is_complete(&self) -> bool {
        self.has_whole_entries && self.extensions.iter().all(|e| is_optional(e.name))
    }

    /// Returns where the entries end.
    pub(super) fn end_of_entries(&self) -> u64 {
        self.extensions.first().map_or(self.end, |first| first.content.start - EXTENSION as u64)
    }

    /// Returns the only extension of a name.
    pub(super) fn extension(&self, name: &[u8; 4]) -> Option<&Extension> {
        let mut named = self.extensions.iter().filter(|extension| extension.name == *name);
        named.next().filter(|_| named.next().is_none())
    }

    /// Returns the bytes of the only extension `TREE`.
    pub(super) fn tree(&self) -> Option<&[u8]> {
        self.extension(b"TREE").map(|_| &*self.tree)
    }
}

/// Returns whether an extension leaves what the entries mean as it is.
pub(super) fn is_optional(name: [u8; 4]) -> bool {
    name[0].is_ascii_uppercase()
}

/// What stands before the entries.
pub(super) struct Header {
    pub(super) version: u32,
    pub(super) entries: u32,
}

impl Header {
    /// Reads what an index file of version 2 or 3 begins with.
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

/// An entry on the way.
pub(super) struct FoundEntry {
    mode: u32,
    flags: u16,
    more: u16,
    /// Where its path stands in it.
    pub(super) name: Range<usize>,
    /// How long it is.
    pub(super) length: usize,
}

impl FoundEntry {
    /// Reads the entry that a file goes on with.
    pub(super) fn next(
        window: &mut Window<impl Read>,
        id_length: usize,
        version: u32,
    ) -> Option<FoundEntry> {
        loop {
            let bytes = window.bytes();
            let found = FoundEntry::read(bytes, id_length, version);
            // It may begin in this piece and end in the next.
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
            if version < 3 || more & !(INTENT_TO_ADD | SKIP_WORKTREE) != 0 {
                return None;
            }
        }
        let length = match flags & NAME_LENGTH {
            // A longer name ends where its zero byte is.
            NAME_LENGTH => bytes.get(name..)?.iter().position(|byte| *byte == 0)?,
            length => usize::from(length),
        };
        // One to eight zero bytes make its length a multiple of eight.
        let end = (name + length + 8) & !7;
        let last = u64::from_be_bytes(*bytes.get(..end)?.last_chunk()?);
        // The bytes of the name among the last eight are the first of them.
        let is_padded = last << (8 * (8 - (end - name - length))) == 0;
        let is_known = matches!(mode & 0o170_000, 0o040_000 | 0o100_000 | 0o120_000 | 0o160_000);
        let read = FoundEntry { mode, flags, more, name: name..name + length, length: end };
        (is_known && is_padded).then_some(read)
    }

    fn is_complete(&self) -> bool {
        let is_directory = self.mode & 0o170_000 == 0o040_000;
        !is_directory && self.flags & STAGE == 0 && self.more & INTENT_TO_ADD == 0
    }

    /// Returns whether it is a regular, merged file without any flag.
    pub(super) fn is_plain(&self) -> bool {
        self.mode == 0o100_644 && self.flags & !NAME_LENGTH == 0
    }
}

/// A tree that git has cached, with its directories after it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CachedTree {
    /// How many directories it is below the root.
    pub(super) depth: usize,
    /// Its name in the directory above.
    pub(super) name: Range<usize>,
    /// How many entries of the index are in it; nothing where git has to make it anew.
    pub(super) entries: Option<u32>,
    /// How many directories are directly in it.
    pub(super) directories: u32,
    /// Where its id stands; empty where it has none.
    pub(super) id: Range<usize>,
}

/// Returns the trees that the extension `TREE` with these bytes holds, from the root down.
pub(super) fn cached_trees(bytes: &[u8], id_length: usize) -> Option<Vec<CachedTree>> {
    let mut trees: Vec<CachedTree> = Vec::new();
    // How many directories are still to come in each tree from the root down to here.
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
        if at > bytes.len() || name.is_empty() != trees.is_empty() {
            return None;
        }
        trees.push(CachedTree { depth: open.len(), name, entries, directories, id });
        open.push(directories);
        while open.last() == Some(&0) {
            open.pop();
        }
        match open.last_mut() {
            Some(left) => *left -= 1,
            None => return (at == bytes.len()).then_some(trees),
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

pub(super) fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

pub(super) fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}
