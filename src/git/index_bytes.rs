//! The bytes of git's index file: where things stand in it, found without taking it apart.
//!
//! Everything here is a pure function of bytes, whoever wrote them: what is not fully understood
//! is answered with nothing, and git or the complete reader takes over.

use std::ops::Range;

/// The signature, the version and the number of entries.
const HEADER: usize = 12;
/// What of an entry stands before its id: times, device, inode, mode, owner, size.
pub(super) const STAT: usize = 40;
/// Where in it the mode stands.
const MODE: usize = 24;
/// A name's length stands in these bits of the flags; a longer name has all of them.
const NAME_LENGTH: u16 = 0x0fff;
/// The bits of a path that is not merged.
const STAGE: u16 = 0x3000;
/// Says that more flags follow.
const EXTENDED: u16 = 0x4000;
/// Those further flags: "git add -N" gave a path and no content.
const INTENT_TO_ADD: u16 = 0x2000;
/// Those further flags: the file is left out of a sparse checkout.
const SKIP_WORKTREE: u16 = 0x4000;

/// Where things stand in an index file of version 2 or 3.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Layout {
    /// How many entries there are.
    pub(super) entries: u32,
    /// Where the entry of the wanted path begins; nothing where it is not there, more than once
    /// there, or anything but a regular, merged file without any flag.
    pub(super) entry: Option<usize>,
    /// Whether the entries are what a commit of them holds: all merged, each with a content,
    /// none a directory of a sparse index.
    pub(super) is_whole: bool,
    /// The extensions, in their order.
    pub(super) extensions: Vec<Extension>,
}

/// A part of the index file that follows the entries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Extension {
    /// Its name.
    pub(super) name: [u8; 4],
    /// Where its content stands; its name and its length stand before it.
    pub(super) content: Range<usize>,
}

impl Layout {
    /// Steps over the entries and the extensions; ids have `id_length` bytes.
    pub(super) fn read(bytes: &[u8], id_length: usize, path: &str) -> Option<Layout> {
        let version = be32(bytes, 4)?;
        let end = bytes.len().checked_sub(id_length)?;
        if bytes.get(..4)? != b"DIRC" || !(2..=3).contains(&version) {
            return None;
        }
        let entries = be32(bytes, 8)?;
        let (mut at, mut found, mut matches, mut is_whole) = (HEADER, None, 0, true);
        for _ in 0..entries {
            let entry = Found::read(bytes, at, id_length, version)?;
            is_whole &= entry.is_whole();
            if bytes.get(entry.name.clone())? == path.as_bytes() {
                matches += 1;
                found = entry.is_plain().then_some(at);
            }
            at = entry.end;
        }
        let mut extensions = Vec::new();
        while at < end {
            let name = bytes.get(at..at + 4)?.try_into().ok()?;
            let start = at + 8;
            at = start.checked_add(usize::try_from(be32(bytes, at + 4)?).ok()?)?;
            extensions.push(Extension { name, content: start..at });
        }
        let entry = found.filter(|_| matches == 1);
        (at == end).then_some(Layout { entries, entry, is_whole, extensions })
    }

    /// Returns the only extension of a name.
    pub(super) fn extension(&self, name: &[u8; 4]) -> Option<&Extension> {
        let mut named = self.extensions.iter().filter(|extension| extension.name == *name);
        named.next().filter(|_| named.next().is_none())
    }
}

/// An entry on the way.
struct Found {
    mode: u32,
    flags: u16,
    more: u16,
    name: Range<usize>,
    end: usize,
}

impl Found {
    fn read(bytes: &[u8], at: usize, id_length: usize, version: u32) -> Option<Found> {
        let mode = be32(bytes, at + MODE)?;
        let mut name = at + STAT + id_length + 2;
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
        let end = at + ((name + length - at + 8) & !7);
        let padding = bytes.get(name + length..end)?;
        let is_known = matches!(mode & 0o170_000, 0o040_000 | 0o100_000 | 0o120_000 | 0o160_000);
        let read = Found { mode, flags, more, name: name..name + length, end };
        (is_known && padding.iter().all(|byte| *byte == 0)).then_some(read)
    }

    fn is_whole(&self) -> bool {
        let is_directory = self.mode & 0o170_000 == 0o040_000;
        !is_directory && self.flags & STAGE == 0 && self.more & INTENT_TO_ADD == 0
    }

    fn is_plain(&self) -> bool {
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

/// Returns the trees that the extension `TREE` holds, from the root down; `content` is where it
/// stands in `bytes`.
pub(super) fn cached_trees(
    bytes: &[u8],
    content: &Range<usize>,
    id_length: usize,
) -> Option<Vec<CachedTree>> {
    let bytes = bytes.get(..content.end)?;
    let mut trees: Vec<CachedTree> = Vec::new();
    // How many directories are still to come in each tree from the root down to here.
    let mut open: Vec<u32> = Vec::new();
    let mut at = content.start;
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

fn be16(bytes: &[u8], at: usize) -> Option<u16> {
    bytes.get(at..at + 2)?.try_into().ok().map(u16::from_be_bytes)
}

fn be32(bytes: &[u8], at: usize) -> Option<u32> {
    bytes.get(at..at + 4)?.try_into().ok().map(u32::from_be_bytes)
}
