//! Searches an index for the contents of a few files, without stepping over its entries.

use std::io::Read;

use idhooks_core::registry::{BlobId, RepoPath, Window};
use memchr::memmem::Finder;

/// The maximum number of contents to search for. Stepping over the entries is faster for more.
const MOST: usize = 4;
/// The bits of an entry's flags that hold the length of its path; all of them, if it is longer.
const LENGTH: usize = 0x0fff;

/// Returns whether any entry might have the same content as one of these files, apart from these
/// files themselves. `entries` is the part of the index with the entries; each file is given with
/// its content.
///
/// An entry contains the id of its content, so it is always found. But an id could also be part of a
/// name or of other data, and an entry may have further flags: whatever is not certainly the plain
/// entry of a given file could be another file's.
pub(super) fn may_have_others(entries: impl Read, files: &[(&RepoPath, BlobId)]) -> bool {
    let mut blobs: Vec<&BlobId> = files.iter().map(|(_, blob)| blob).collect();
    blobs.sort_unstable();
    blobs.dedup();
    if blobs.len() > MOST {
        return true;
    }
    let finders: Vec<_> = blobs.iter().map(|blob| Finder::new(blob.as_bytes())).collect();
    // A plain entry ends with its id, its flags and its path. If only the path's length is set in
    // the flags, no extended flags follow that could be mistaken for the path.
    let ends = files.iter().map(|(path, blob)| {
        let length = u16::try_from(path.as_bytes().len().min(LENGTH)).unwrap_or_default();
        [blob.as_bytes(), &length.to_be_bytes(), path.as_bytes(), &[0]].concat()
    });
    let ends: Vec<Vec<u8>> = ends.collect();
    let is_file = |entry: &[u8]| ends.iter().any(|end| entry.starts_with(end));
    let longest = ends.iter().map(Vec::len).max().unwrap_or(0);
    let mut window = Window::of(entries);
    loop {
        let is_last = !window.more();
        let bytes = window.bytes();
        // An entry near the end of the window may continue in the next one.
        let complete = if is_last { bytes.len() } else { bytes.len().saturating_sub(longest) };
        for finder in &finders {
            let mut found = finder.find_iter(bytes).take_while(|at| *at < complete);
            if found.any(|at| !is_file(&bytes[at..])) {
                return true;
            }
        }
        if is_last {
            return window.into_result().is_err();
        }
        window.step(complete);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn path(text: &str) -> RepoPath {
        RepoPath::new(text.as_bytes()).expect("valid")
    }

    /// Returns an id whose bytes do not repeat.
    fn id(n: u8) -> BlobId {
        let bytes: Vec<u8> = (0..20).map(|k: u8| n.wrapping_mul(31) ^ k.wrapping_mul(77)).collect();
        BlobId::from_bytes(&bytes).expect("20 bytes")
    }

    /// Returns the entries of an index. Those whose number is in `flagged` have further flags.
    fn entries(files: &[(RepoPath, BlobId)], flagged: &[usize]) -> Vec<u8> {
        let mut bytes = b"DIRC\0\0\0\x03\0\0\0\x01".to_vec();
        for (n, (path, blob)) in files.iter().enumerate() {
            let start = bytes.len();
            bytes.extend([7; 40]);
            bytes.extend(blob.as_bytes());
            let (length, is_flagged) = (path.as_bytes().len() as u16, flagged.contains(&n));
            bytes.extend((length | if is_flagged { 0x4000 } else { 0 }).to_be_bytes());
            // Not in the working tree. These bytes could also be a path, which ends with zero.
            bytes.extend(if is_flagged { &b"@\0"[..] } else { b"" });
            bytes.extend(path.as_bytes());
            bytes.resize(start + (bytes.len() - start + 8) / 8 * 8, 0);
        }
        bytes
    }

    /// Reads at most a few bytes at a time.
    struct Slow<'a>(&'a [u8], usize);

    impl Read for Slow<'_> {
        fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
            let most = buffer.len().min(self.1);
            self.0.read(&mut buffer[..most])
        }
    }

    proptest! {
        #[test]
        fn another_file_with_the_content_is_found(
            files in proptest::collection::vec(("@|[a-c]{1,9}(/[a-c]{1,90})?", 0..9_u8), 1..60),
            given in proptest::collection::vec(any::<prop::sample::Index>(), 1..4),
            flagged in proptest::collection::vec(0..60_usize, 0..3),
            size in 1..300_usize,
        ) {
            let files: std::collections::BTreeMap<_, _> =
                files.iter().map(|(name, n)| (path(name), id(*n))).collect();
            let files: Vec<(RepoPath, BlobId)> = files.into_iter().collect();
            let given: Vec<(&RepoPath, BlobId)> =
                given.iter().map(|n| n.get(&files)).map(|(path, blob)| (path, *blob)).collect();
            // The entry of a given file is recognized only if it has no further flags.
            let has = |(n, (path, blob)): (usize, &(RepoPath, BlobId))| {
                given.iter().any(|(_, content)| content == blob)
                    && (flagged.contains(&n) || given.iter().all(|(one, _)| *one != path))
            };
            let found = may_have_others(Slow(&entries(&files, &flagged), size), &given);
            prop_assert_eq!(found, files.iter().enumerate().any(has));
        }
    }

    #[test]
    fn an_id_that_is_no_content_is_not_taken_for_the_given_file() {
        let mut name = b"d/".to_vec();
        name.extend(id(1).as_bytes());
        let odd = RepoPath::new(name).expect("valid");
        let new = path("new.txt");
        let files = [(odd, id(2)), (new.clone(), id(1))];
        assert!(may_have_others(&entries(&files, &[])[..], &[(&new, id(1))]));
        assert!(!may_have_others(&entries(&files[1..], &[])[..], &[(&new, id(1))]));
        // Flags are not taken for a path.
        let (other, new) = (path("a.txt"), path("@"));
        let files = [(new.clone(), id(1)), (other, id(1))];
        assert!(may_have_others(&entries(&files, &[1])[..], &[(&new, id(1))]));
    }

    #[test]
    fn many_contents_are_not_searched_for() {
        let new = path("new.txt");
        let given: Vec<_> = (0..=MOST).map(|n| (&new, id(n as u8))).collect();
        assert!(may_have_others(&b""[..], &given));
        assert!(!may_have_others(&b""[..], &given[1..]));
    }

    #[test]
    fn what_cannot_be_read_may_have_others() {
        struct Unreadable;
        impl Read for Unreadable {
            fn read(&mut self, _: &mut [u8]) -> std::io::Result<usize> {
                Err(std::io::ErrorKind::Other.into())
            }
        }
        assert!(may_have_others(Unreadable, &[(&path("new.txt"), id(1))]));
    }
}
