//! Finds the positions of staged blobs in an index file, and generates the same bytes that git
//! would write to the new file. Uncertain cases are left to git.

use std::ops::Range;

use idhooks_core::registry::{BlobId, Splice};

use super::index_bytes::{EntryPlace, IndexLayout, STAT, SkippedEntry, each_cached_tree};

/// The position of the entry count in an index file.
const COUNT: Range<u64> = 8..12;
/// The shortest name length that does not fit into an entry's flags.
const LONG: usize = 0x0fff;

/// The extensions that stay valid when an entry's content changes: resolved conflicts and cached
/// trees (which are adjusted). The list of untracked files also stays valid if no entry is new.
///
/// Other extensions are left to git: `FSMN` lists unmodified entries by position, `EOIE` and `IEOT`
/// contain offsets, `link` means that some entries are in another file, and `sdir` that some are
/// directories. If only the tail was read, `IEOT` and `link`, which come first, are not seen: an
/// entry that is replaced in place changes neither.
const KEPT_EXTENSIONS: [&[u8; 4]; 2] = [b"TREE", b"REUC"];
const UNTRACKED: &[u8; 4] = b"UNTR";

/// A blob to be staged as a regular file, with its entry's stat data.
pub(super) type BlobToStage<'a> = (&'a str, BlobId, [u8; STAT]);

/// Blobs to be staged in an index as regular files.
pub(super) struct IndexEdit<'a> {
    /// Sorted by path.
    blobs: Vec<StagedBlob<'a>>,
    /// Whether the index contains something that only git can handle.
    is_odd: bool,
}

struct StagedBlob<'a> {
    path: &'a str,
    blob: BlobId,
    stat: [u8; STAT],
    /// The range of the existing entry, or an empty range before the entry that follows.
    range: Option<Range<u64>>,
    exists: bool,
}

impl<'a> IndexEdit<'a> {
    pub(super) fn of(blobs: &[BlobToStage<'a>]) -> Self {
        let staged =
            |&(path, blob, stat)| StagedBlob { path, blob, stat, range: None, exists: false };
        let mut blobs: Vec<StagedBlob<'a>> = blobs.iter().map(staged).collect();
        blobs.sort_by_key(|staged| staged.path);
        IndexEdit { blobs, is_odd: false }
    }

    /// Returns the edit that replaces an entry, which has been found already.
    pub(super) fn at(blob: BlobToStage<'a>, place: &EntryPlace) -> Option<Self> {
        let mut edit = IndexEdit::of(&[blob]);
        let staged = edit.blobs.first_mut()?;
        let length = entry(&staged.stat, staged.blob, staged.path)?.len() as u64;
        (staged.exists, staged.range) = (true, Some(place.at..place.at + length));
        Some(edit)
    }

    /// Takes the next index entry into account.
    pub(super) fn note(&mut self, entry: &SkippedEntry<'_>) {
        for staged in &mut self.blobs {
            let path = staged.path.as_bytes();
            let is_below = |name: &[u8], dir: &[u8]| {
                name.strip_prefix(dir).is_some_and(|rest| rest.first() == Some(&b'/'))
            };
            if entry.path < path {
                // Either the entries are out of order, or a path belongs to both a file and a
                // directory.
                self.is_odd |= staged.range.is_some() || is_below(path, entry.path);
                continue;
            }
            // There is a directory where the new file would be. git would remove its entries first.
            self.is_odd |= is_below(entry.path, path);
            if entry.path == path {
                self.is_odd |= staged.range.is_some() || !entry.is_plain;
                staged.exists = true;
                staged.range = Some(entry.range.clone());
            } else if staged.range.is_none() {
                staged.range = Some(entry.range.start..entry.range.start);
            }
        }
    }

    /// Returns the pieces of the new index, without its checksum.
    pub(super) fn pieces(&self, layout: &IndexLayout, id_length: usize) -> Option<Splice> {
        let new = self.blobs.iter().filter(|staged| !staged.exists).count();
        let is_kept =
            // Adding a file makes the cached listing of its directory in `UNTR` wrong.
            |name: &[u8; 4]| KEPT_EXTENSIONS.contains(&name) || (new == 0 && name == UNTRACKED);
        if self.is_odd || !layout.extensions.iter().all(|extension| is_kept(&extension.name)) {
            return None;
        }
        let count = layout.entries.checked_add(u32::try_from(new).ok()?)?;
        let mut pieces = Splice::default();
        pieces.copy(0..COUNT.start);
        pieces.write(count.to_be_bytes());
        let mut at = COUNT.end;
        for staged in &self.blobs {
            let end = layout.end_of_entries();
            let range = staged.range.clone().unwrap_or(end..end);
            pieces.copy(at..range.start);
            pieces.write(entry(&staged.stat, staged.blob, staged.path)?);
            at = range.end;
        }
        if layout.extensions.iter().any(|extension| extension.name == *b"TREE") {
            let tree = self.tree(layout.tree()?, id_length)?;
            let content = &layout.extension(b"TREE")?.content;
            pieces.copy(at..content.start - 4);
            pieces.write(u32::try_from(tree.len()).ok()?.to_be_bytes());
            pieces.write(tree);
            at = content.end;
        }
        pieces.copy(at..layout.end);
        Some(pieces)
    }

    /// Returns the cached trees, invalidating those that contain a staged path.
    fn tree(&self, bytes: &[u8], id_length: usize) -> Option<Vec<u8>> {
        let mut bytes = bytes.to_vec();
        for staged in &self.blobs {
            let trees = InvalidatedTrees::of(&bytes, id_length, staged.path)?;
            // A valid tree lists all of its directories, so if one is missing, the index is
            // damaged.
            let expected = staged.path.matches('/').count() + 1;
            if staged.exists && trees.was_valid && trees.found != expected {
                return None;
            }
            bytes = trees.bytes;
        }
        Some(bytes)
    }
}

/// Returns the bytes of an entry that has no flags.
fn entry(stat: &[u8; STAT], blob: BlobId, path: &str) -> Option<Vec<u8>> {
    let length = u16::try_from(path.len()).ok().filter(|_| path.len() < LONG)?;
    let mut bytes = [stat, blob.as_bytes(), &length.to_be_bytes(), path.as_bytes()].concat();
    // The entry is padded with one to eight zero bytes to a multiple of eight.
    bytes.resize((bytes.len() + 8) & !7, 0);
    Some(bytes)
}

/// A copy of the cached trees in which every tree that contains a certain path has been
/// invalidated.
#[derive(Default)]
struct InvalidatedTrees {
    /// The extension's new content.
    bytes: Vec<u8>,
    /// The number of trees found on the way from the root to the path.
    found: usize,
    /// Whether the root was valid before.
    was_valid: bool,
}

impl InvalidatedTrees {
    fn of(bytes: &[u8], id_length: usize, path: &str) -> Option<Self> {
        let mut directories: Vec<&str> = path.split('/').collect();
        directories.pop();
        let mut new = Self { bytes: Vec::with_capacity(bytes.len()), ..Self::default() };
        let mut is_below = true;
        each_cached_tree(bytes, id_length, |tree| {
            is_below &= tree.depth >= new.found;
            let name = &bytes[tree.name.clone()];
            let expected = match tree.depth.checked_sub(1) {
                None => Some(""),
                Some(above) => directories.get(above).copied(),
            };
            let holds = is_below
                && tree.depth == new.found
                && expected.is_some_and(|expected| expected.as_bytes() == name);
            if holds {
                new.found += 1;
            }
            new.was_valid |= tree.depth == 0 && tree.entries.is_some();
            if holds && tree.entries.is_some() {
                new.bytes.extend_from_slice(name);
                // git writes -1 for an invalid tree, without an id after it.
                new.bytes.extend_from_slice(format!("\0-1 {}\n", tree.directories).as_bytes());
            } else {
                new.bytes.extend_from_slice(&bytes[tree.name.start..tree.id.end]);
            }
        })?;
        Some(new)
    }
}
