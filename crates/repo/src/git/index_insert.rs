//! Adding entries to an index file without reading all of it.
//!
//! The file is copied with the new entries in their places, which gives the same bytes as git.
//! Where that is not certain, git does it.

use std::io;
use std::ops::Range;
use std::path::Path;

use idhooks_core::registry::{BlobId, Entry, Mode, Splice};

use super::ids::Checksum;
use super::index_bytes::{IndexLayout, STAT, SkippedEntry, cached_trees, stat};
use super::index_patch::{copy_rest, has_trees, invalidated, replace};
use super::index_peek::IndexReader;
use super::{GitError, IndexFile, Repo};

/// The position of the number of entries in an index file.
const COUNT: Range<u64> = 8..12;
/// From this length on, the flags of an entry do not hold the length of its name.
const LONG: usize = 0x0fff;

/// The extensions that stay valid when entries are added. Cached trees are adjusted.
const KEPT_EXTENSIONS: [&[u8; 4]; 2] = [b"TREE", b"REUC"];

impl Repo {
    /// Stages blobs as regular files, as [`Repo::stage_entries`] does, but patches the index file if its format allows that.
    ///
    /// # Errors
    /// Returns an error if the index is locked or cannot be written.
    pub fn stage_new(&self, file: &IndexFile, blobs: &[(&str, BlobId)]) -> Result<(), GitError> {
        match self.insert(file.path(), blobs) {
            Some(Ok(())) => Ok(()),
            // Nothing has changed yet.
            Some(Err(_)) | None => {
                let entry = |blob| Some(Entry { mode: Mode::Regular, blob });
                self.stage_entries(file, blobs.iter().map(|(path, blob)| (path, entry(*blob))))
            }
        }
    }

    fn insert(&self, file: &Path, blobs: &[(&str, BlobId)]) -> Option<io::Result<()>> {
        if self.has_index_hook() {
            return None;
        }
        let seen = IndexReader::open(file).ok()??;
        let id_length = self.gix.object_hash().len_in_bytes();
        let mut gaps = Gaps::of(blobs);
        let layout = seen.layout(id_length, "", |entry| gaps.note(&entry))?;
        let mut pieces = gaps.filled(&layout, id_length)?;
        let sum = layout.is_hashed.then(|| Checksum::new(id_length));
        if sum.is_none() {
            pieces.write(vec![0; id_length]);
        }
        Some(replace(file, &seen, &pieces, sum))
    }
}

/// The positions of new entries.
struct Gaps<'a> {
    /// By path.
    all: Vec<Gap<'a>>,
    /// Whether the index has something that only git can handle.
    is_odd: bool,
}

struct Gap<'a> {
    path: &'a str,
    blob: BlobId,
    /// The range of the existing entry, or the empty range before the next one.
    range: Option<Range<u64>>,
    exists: bool,
}

impl<'a> Gaps<'a> {
    fn of(blobs: &[(&'a str, BlobId)]) -> Self {
        let gap = |&(path, blob)| Gap { path, blob, range: None, exists: false };
        let mut all: Vec<Gap<'a>> = blobs.iter().map(gap).collect();
        all.sort_by_key(|gap| gap.path);
        Gaps { all, is_odd: false }
    }

    /// Takes the next entry of the index into account.
    fn note(&mut self, entry: &SkippedEntry<'_>) {
        for gap in &mut self.all {
            let path = gap.path.as_bytes();
            let is_below = |name: &[u8], dir: &[u8]| {
                name.strip_prefix(dir).is_some_and(|rest| rest.first() == Some(&b'/'))
            };
            if entry.path < path {
                // The entries are out of order, or a file has the path of a directory.
                self.is_odd |= gap.range.is_some() || is_below(path, entry.path);
                continue;
            }
            self.is_odd |= is_below(entry.path, path);
            if entry.path == path {
                self.is_odd |= gap.range.is_some() || !entry.is_plain;
                gap.exists = true;
                gap.range = Some(entry.range.clone());
            } else if gap.range.is_none() {
                gap.range = Some(entry.range.start..entry.range.start);
            }
        }
    }

    /// Returns the pieces of the new index, without its checksum.
    fn filled(&self, layout: &IndexLayout, id_length: usize) -> Option<Splice> {
        let is_kept = |name: &[u8; 4]| KEPT_EXTENSIONS.contains(&name);
        if self.is_odd || !layout.extensions.iter().all(|extension| is_kept(&extension.name)) {
            return None;
        }
        let new = self.all.iter().filter(|gap| !gap.exists).count();
        let count = layout.entries.checked_add(u32::try_from(new).ok()?)?;
        let stat = stat(None)?;
        let mut pieces = Splice::default();
        pieces.copy(0..COUNT.start);
        pieces.write(count.to_be_bytes());
        let mut at = COUNT.end;
        for gap in &self.all {
            let end = layout.end_of_entries();
            let range = gap.range.clone().unwrap_or(end..end);
            pieces.copy(at..range.start);
            pieces.write(entry(&stat, gap.blob, gap.path)?);
            at = range.end;
        }
        let mut tree = Vec::new();
        if has_trees(layout) {
            tree = layout.tree()?.to_vec();
            for gap in &self.all {
                tree = invalidated(&tree, &cached_trees(&tree, id_length)?, gap.path).0;
            }
        }
        copy_rest(&mut pieces, layout, at, tree)?;
        Some(pieces)
    }
}

/// Returns the bytes of an entry without flags.
fn entry(stat: &[u8; STAT], blob: BlobId, path: &str) -> Option<Vec<u8>> {
    let length = u16::try_from(path.len()).ok().filter(|_| path.len() < LONG)?;
    let mut bytes = [stat, blob.as_bytes(), &length.to_be_bytes(), path.as_bytes()].concat();
    // One to eight zero bytes pad the entry to a multiple of eight.
    bytes.resize((bytes.len() + 8) & !7, 0);
    Some(bytes)
}
