//! Reads small loose objects, with a single buffer and decompressor.
//!
//! Making a commit with 70 files means reading around a hundred trees that `git add` and `git
//! write-tree` have just written. For each tree, gix checks whether the file exists, maps it and
//! creates a decompressor, which costs several times as much as this reader.

use std::fs::File;
use std::io::Read;
use std::path::PathBuf;

use gix::objs::{Kind, decode::loose_header};
use gix::zlib::{Inflate, Status};
use idhooks_core::registry::BlobId;

/// The maximum number of bytes to read from a file. Larger objects are left to gix.
const MAX_FILE: usize = 16 << 10;
/// The maximum number of bytes in an object.
const MAX_OBJECT: usize = 64 << 10;
/// More bytes than an object's header has.
const MAX_HEADER: usize = 64;
/// After this many objects in a row that were not loose, only one in so many is looked for here.
const MISSES: u32 = 32;

/// A reader for small loose objects in a single object directory.
pub(super) struct LooseObjects {
    dir: PathBuf,
    buffers: Option<Buffers>,
    /// How many objects in a row were not found.
    misses: u32,
}

struct Buffers {
    file: Vec<u8>,
    object: Vec<u8>,
    inflate: Inflate,
}

impl LooseObjects {
    /// Returns a reader for the loose objects in an object directory.
    pub(super) fn of(dir: PathBuf) -> Self {
        LooseObjects { dir, buffers: None, misses: 0 }
    }

    /// Returns an object's kind and content, or `None` if it is large, damaged, or not a loose
    /// object in this directory, or if recent objects were not found either: gix looks into packs
    /// first, which saves opening a file in vain for each of a million objects.
    pub(super) fn find(&mut self, id: BlobId) -> Option<(Kind, &[u8])> {
        let (object, status) = self.inflate(id, MAX_OBJECT)?;
        let (kind, size, start) = loose_header(object).ok()?;
        let content = object.get(start..)?;
        (status == Status::StreamEnd && size == content.len() as u64).then_some((kind, content))
    }

    /// Returns whether there is a loose object in this directory that begins like an object, of
    /// whatever size. If recent objects were not found, it may be overlooked like in
    /// [`Self::find`].
    pub(super) fn has(&mut self, id: BlobId) -> bool {
        self.inflate(id, MAX_HEADER).is_some_and(|(start, _)| loose_header(start).is_ok())
    }

    /// Returns up to `most` bytes from the beginning of an object.
    fn inflate(&mut self, id: BlobId, most: usize) -> Option<(&[u8], Status)> {
        let missed = self.misses;
        // Until an object is found, this one is another miss.
        self.misses = missed.wrapping_add(1);
        if missed >= MISSES && !missed.is_multiple_of(MISSES) {
            return None;
        }
        let name = id.to_string();
        let (fan, rest) = name.split_at_checked(2)?;
        // The path buffer is reused, which saves an allocation for each object.
        self.dir.push(fan);
        self.dir.push(rest);
        let file = File::open(&self.dir);
        self.dir.pop();
        self.dir.pop();
        let mut file = file.ok()?;
        self.misses = 0;
        let Buffers { file: bytes, object, inflate } =
            self.buffers.get_or_insert_with(|| Buffers {
                file: vec![0; MAX_FILE],
                object: vec![0; MAX_OBJECT],
                inflate: Inflate::default(),
            });
        // If a file is longer than the buffer, it is cut off here, and its stream is incomplete.
        let length = file.read(bytes).ok()?;
        inflate.reset();
        let (status, _, length) =
            inflate.prefix(bytes.get(..length)?, object.get_mut(..most)?).ok()?;
        Some((object.get(..length)?, status))
    }
}

impl std::fmt::Debug for LooseObjects {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_tuple("LooseObjects").field(&self.dir).finish()
    }
}

#[cfg(test)]
mod tests {
    use std::fs;

    use gix::objs::Write as _;

    use super::*;
    use crate::git::object_ids::from_gix;

    #[test]
    fn small_whole_objects_are_found() {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let store = gix::odb::loose::Store::at(temp.path(), gix::hash::Kind::Sha1);
        let write = |kind, data: &[u8]| from_gix(&store.write_buf(kind, data).expect("writable"));
        let mut objects = LooseObjects::of(temp.path().to_owned());
        let noise: Vec<u8> =
            (0..6_000_u32).flat_map(|n| n.wrapping_mul(2_654_435_761).to_be_bytes()).collect();
        for (kind, data) in [
            (Kind::Blob, &b""[..]),
            (Kind::Commit, b"tree 1\n"),
            (Kind::Tree, &noise[..9_000]),
            (Kind::Blob, &[b'a'; 60 << 10]),
        ] {
            let id = write(kind, data);
            assert_eq!(objects.find(id), Some((kind, data)));
            assert!(objects.has(id));
        }
        // Everything else is left to gix: large files and objects, damaged objects, and objects
        // elsewhere.
        let large = [write(Kind::Blob, &noise), write(Kind::Blob, &[b'a'; 64 << 10])];
        assert_eq!(large.map(|id| objects.find(id).is_some()), [false, false]);
        assert_eq!(large.map(|id| objects.has(id)), [true, true]);
        let id = write(Kind::Blob, b"content that will be damaged");
        let name = id.to_string();
        let file = temp.path().join(&name[..2]).join(&name[2..]);
        let whole = fs::read(&file).expect("readable");
        fs::remove_file(&file).expect("removable");
        // A part of an object begins like one.
        for (damaged, has) in [
            (&whole[..whole.len() / 2], true),
            (b"", false),
            (b"no stream", false),
            (&[0; 40], false),
        ] {
            fs::write(&file, damaged).expect("writable");
            assert_eq!(objects.find(id), None);
            assert_eq!(objects.has(id), has);
        }
        fs::remove_file(&file).expect("removable");
        assert!(objects.find(id).is_none() && !objects.has(id));
        // After many misses, only some objects are looked for, until one is found.
        let absent = BlobId::from_bytes(&[7; 20]).expect("an id");
        (0..MISSES).for_each(|_| assert_eq!(objects.find(absent), None));
        let id = write(Kind::Blob, b"x");
        let found = (0..MISSES).filter(|_| objects.find(id).is_some()).count();
        assert!((1..MISSES as usize).contains(&found), "{found}");
        assert!((0..MISSES).all(|_| objects.find(id).is_some()));
        fs::write(temp.path().join(&name[..2]), "").unwrap_err();
        assert!(
            objects.find(large[0]).is_none() && objects.find(write(Kind::Blob, b"x")).is_some()
        );
    }
}
