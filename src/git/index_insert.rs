//! New entries of git's index, put where they belong in its file.
//!
//! As with one entry that is changed: the file is copied with other bytes in between, which is
//! what git itself would write; where it might not be, git does it.

use std::io;
use std::ops::Range;
use std::path::Path;

use crate::registry::{BlobId, Pieces};

use super::ids::Checksum;
use super::index_bytes::{IndexLayout, STAT, SkippedEntry, cached_trees};
use super::index_patch::{copy_rest, has_trees, outdated, replace, stat};
use super::index_peek::IndexReader;
use super::{GitError, IndexFile, Repo};

/// Where the number of entries stands in an index file.
const COUNT: Range<u64> = 8..12;
/// How long a name is at least whose length does not stand in the flags of its entry.
const LONG: usize = 0x0fff;

/// The extensions that stay true when entries come, but for cached trees, which are seen to.
const KEPT: [&[u8; 4]; 2] = [b"TREE", b"REUC"];

impl Repo {
    /// As [`Repo::stage_blobs`], without taking up the entries of the index where its form allows
    /// that.
    ///
    /// # Errors
    /// An index that is locked or cannot be written.
    pub fn stage_new(&self, file: &IndexFile, blobs: &[(&str, BlobId)]) -> Result<(), GitError> {
        match self.insert(file.path(), blobs) {
            Some(Ok(())) => Ok(()),
            // Nothing has happened.
            Some(Err(_)) | None => self.stage_blobs(file, blobs),
        }
    }

    fn insert(&self, file: &Path, blobs: &[(&str, BlobId)]) -> Option<io::Result<()>> {
        if self.has_index_hook() {
            return None;
        }
        let seen = IndexReader::open(file).ok()??;
        let id_length = self.gix.object_hash().len_in_bytes();
        let mut gaps = Gaps::of(blobs);
        let layout = seen.layout(id_length, "", |spot| gaps.note(&spot))?;
        let mut pieces = gaps.filled(&layout, id_length)?;
        let sum = layout.is_hashed.then(|| Checksum::new(id_length));
        if sum.is_none() {
            pieces.write(vec![0; id_length]);
        }
        Some(replace(file, &seen, &pieces, sum))
    }
}

/// Where entries belong.
struct Gaps<'a> {
    /// By path.
    all: Vec<Gap<'a>>,
    /// Whether something about it is not plain.
    is_odd: bool,
}

struct Gap<'a> {
    path: &'a str,
    blob: BlobId,
    /// The entry that is there already, or the empty place before the one that comes after.
    range: Option<Range<u64>>,
    is_there: bool,
}

impl<'a> Gaps<'a> {
    fn of(blobs: &[(&'a str, BlobId)]) -> Self {
        let gap = |&(path, blob)| Gap { path, blob, range: None, is_there: false };
        let mut all: Vec<Gap<'a>> = blobs.iter().map(gap).collect();
        all.sort_by_key(|gap| gap.path);
        Gaps { all, is_odd: false }
    }

    /// Looks at the next entry of the index.
    fn note(&mut self, spot: &SkippedEntry<'_>) {
        for gap in &mut self.all {
            let path = gap.path.as_bytes();
            let is_below = |name: &[u8], dir: &[u8]| {
                name.strip_prefix(dir).is_some_and(|rest| rest.first() == Some(&b'/'))
            };
            if spot.path < path {
                // In the wrong order, or in the place of a directory.
                self.is_odd |= gap.range.is_some() || is_below(path, spot.path);
                continue;
            }
            self.is_odd |= is_below(spot.path, path);
            if spot.path == path {
                self.is_odd |= gap.range.is_some() || !spot.is_plain;
                gap.is_there = true;
                gap.range = Some(spot.range.clone());
            } else if gap.range.is_none() {
                gap.range = Some(spot.range.start..spot.range.start);
            }
        }
    }

    /// Returns what the index becomes, without its checksum.
    fn filled(&self, layout: &IndexLayout, id_length: usize) -> Option<Pieces> {
        let is_kept = |name: &[u8; 4]| KEPT.contains(&name);
        if self.is_odd || !layout.extensions.iter().all(|extension| is_kept(&extension.name)) {
            return None;
        }
        let new = self.all.iter().filter(|gap| !gap.is_there).count();
        let count = layout.entries.checked_add(u32::try_from(new).ok()?)?;
        let stat = stat(None)?;
        let mut pieces = Pieces::default();
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
                tree = outdated(&tree, &cached_trees(&tree, id_length)?, gap.path).0;
            }
        }
        copy_rest(&mut pieces, layout, at, tree)?;
        Some(pieces)
    }
}

/// Returns the bytes of an entry without any flag.
fn entry(stat: &[u8; STAT], blob: BlobId, path: &str) -> Option<Vec<u8>> {
    let length = u16::try_from(path.len()).ok().filter(|_| path.len() < LONG)?;
    let mut bytes = [stat, blob.as_bytes(), &length.to_be_bytes(), path.as_bytes()].concat();
    // One to eight zero bytes make its length a multiple of eight.
    bytes.resize((bytes.len() + 8) & !7, 0);
    Some(bytes)
}
