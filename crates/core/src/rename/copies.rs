//! [`Originals`]: finds the unchanged files that new files are exact copies of.
//!
//! `git diff -C` only looks for sources among the files that a commit changes. Here, any file with
//! the same content can be a copy's source; if there are several, the one with the smallest path is
//! chosen. An empty file is not a copy.

use std::cell::OnceCell;
use std::collections::{BTreeMap, HashMap};

use foldhash::fast::RandomState;

use crate::registry::{BlobId, RepoPath};

use super::blob_cache::Blobs;
use super::path_table::{NEARLY_EMPTY, related};

/// New files that are not renames, and the unchanged files that they are exact copies of.
pub struct Originals<'a> {
    blobs: &'a dyn Blobs,
    /// The new files that have no source yet, by content.
    open: HashMap<BlobId, Copies<'a>, RandomState>,
    /// A bitmap of the first bytes of these contents' ids. It rules out nearly all files in a
    /// repository without a lookup.
    first_bytes: [u64; 4],
    found: BTreeMap<&'a RepoPath, RepoPath>,
}

/// New files with the same content.
#[derive(Default)]
struct Copies<'a> {
    paths: Vec<&'a RepoPath>,
    /// The content's size, which determines what counts as evidence; read once a possible source is
    /// found. Content of unknown size counts as large.
    size: OnceCell<Option<u64>>,
}

impl<'a> Originals<'a> {
    /// Starts a search for the sources of these new files.
    pub fn of(
        additions: impl IntoIterator<Item = (&'a RepoPath, BlobId)>,
        blobs: &'a dyn Blobs,
    ) -> Self {
        // All empty files are equal, so an empty file is never a copy.
        let empty = blobs.id_of(b"");
        let mut open: HashMap<BlobId, Copies<'a>, RandomState> = HashMap::default();
        let mut first_bytes = [0; 4];
        for (path, blob) in additions.into_iter().filter(|(_, blob)| Some(*blob) != empty) {
            let (word, bit) = first_byte(blob);
            first_bytes[word] |= bit;
            open.entry(blob).or_default().paths.push(path);
        }
        Originals { blobs, open, first_bytes, found: BTreeMap::new() }
    }

    /// Returns whether every new file has a source.
    pub fn is_done(&self) -> bool {
        self.open.is_empty()
    }

    /// Returns whether any new file without a source has this content.
    pub fn wants(&self, blob: BlobId) -> bool {
        let (word, bit) = first_byte(blob);
        self.first_bytes[word] & bit != 0 && self.open.contains_key(&blob)
    }

    /// Offers an unchanged file as a possible source; must be called in bytewise path order.
    pub fn offer(&mut self, path: &RepoPath, blob: BlobId) {
        let Some(copies) = self.open.get_mut(&blob) else { return };
        let size = *copies.size.get_or_init(|| self.blobs.size(blob));
        copies.paths.retain(|copy| {
            let is_source = match size {
                Some(0) => false,
                // As with a rename, a copy with hardly any content needs a related name.
                Some(size) if size < NEARLY_EMPTY => related(path, copy),
                _ => true,
            };
            if is_source {
                self.found.insert(copy, path.clone());
            }
            !is_source
        });
        if copies.paths.is_empty() || size == Some(0) {
            self.open.remove(&blob);
        }
    }

    /// Returns the source of each new file that has one.
    pub fn into_sources(self) -> BTreeMap<&'a RepoPath, RepoPath> {
        self.found
    }
}

/// Returns the place of the bit for a content's first byte.
fn first_byte(blob: BlobId) -> (usize, u64) {
    let byte = blob.as_bytes().first().copied().unwrap_or(0);
    (usize::from(byte >> 6), 1 << (byte & 63))
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Sizes;

    impl Blobs for Sizes {
        fn size(&self, blob: BlobId) -> Option<u64> {
            match blob.as_bytes()[0] {
                255 => None,
                size => Some(u64::from(size)),
            }
        }

        fn read(&self, _: BlobId) -> Option<Vec<u8>> {
            None
        }
    }

    fn blob(size: u8) -> BlobId {
        BlobId::from_bytes(&[size; 20]).expect("an id")
    }

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes()).expect("valid")
    }

    /// Returns the sources of the files in `new`, chosen from `others`; each file is given with its
    /// content's size.
    fn sources(new: &[(&str, u8)], others: &[(&str, u8)]) -> Vec<(String, String)> {
        let new: Vec<(RepoPath, BlobId)> = new.iter().map(|(p, n)| (path(p), blob(*n))).collect();
        let mut originals = Originals::of(new.iter().map(|(path, blob)| (path, *blob)), &Sizes);
        for (other, size) in others {
            originals.offer(&path(other), blob(*size));
        }
        let found = originals.into_sources().into_iter();
        found.map(|(copy, source)| (copy.to_string(), source.to_string())).collect()
    }

    fn pair(copy: &str, source: &str) -> (String, String) {
        (copy.to_owned(), source.to_owned())
    }

    #[test]
    fn the_smallest_path_of_the_same_content_is_the_source() {
        let others = [("a", 40), ("b", 33), ("c", 33), ("d", 255)];
        let new = [("x", 33), ("y", 33), ("z", 41), ("u", 255)];
        assert_eq!(sources(&new, &others), [pair("u", "d"), pair("x", "b"), pair("y", "b")]);
    }

    #[test]
    fn nearly_empty_copies_need_related_names_and_empty_files_have_no_source() {
        let others = [("a/x.py", 5), ("b/y.py", 5), ("c/z.py", 0)];
        let new = [("d/y.pyi", 5), ("e/w.py", 5), ("f/z.py", 0)];
        assert_eq!(sources(&new, &others), [pair("d/y.pyi", "b/y.py")]);
    }

    #[test]
    fn nothing_is_needed_once_every_source_is_found() {
        let copy = path("copy.py");
        let mut originals = Originals::of([(&copy, blob(40))], &Sizes);
        assert!(originals.wants(blob(40)) && !originals.wants(blob(41)) && !originals.is_done());
        originals.offer(&path("a.py"), blob(40));
        originals.offer(&path("b.py"), blob(40));
        assert!(originals.is_done());
        assert_eq!(originals.into_sources()[&copy], path("a.py"));
    }
}
