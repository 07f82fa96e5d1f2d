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

/// A reader for small loose objects in a single object directory.
pub(super) struct LooseObjects {
    dir: PathBuf,
    buffers: Option<Buffers>,
}

struct Buffers {
    file: Vec<u8>,
    object: Vec<u8>,
    inflate: Inflate,
}

impl LooseObjects {
    /// Returns a reader for the loose objects in an object directory.
    pub(super) fn of(dir: PathBuf) -> Self {
        LooseObjects { dir, buffers: None }
    }

    /// Returns an object's kind and content, or `None` if it is large, damaged, or not a loose
    /// object in this directory.
    pub(super) fn find(&mut self, id: BlobId) -> Option<(Kind, &[u8])> {
        let name = id.to_string();
        let (fan, rest) = name.split_at_checked(2)?;
        // The path buffer is reused, which saves an allocation for each object.
        self.dir.push(fan);
        self.dir.push(rest);
        let file = File::open(&self.dir);
        self.dir.pop();
        self.dir.pop();
        let mut file = file.ok()?;
        let Buffers { file: bytes, object, inflate } =
            self.buffers.get_or_insert_with(|| Buffers {
                file: vec![0; MAX_FILE],
                object: vec![0; MAX_OBJECT],
                inflate: Inflate::default(),
            });
        // If a file is longer than the buffer, it is cut off here, and its incomplete stream is
        // rejected below.
        let length = file.read(bytes).ok()?;
        inflate.reset();
        let (status, _, length) = inflate.once(bytes.get(..length)?, object).ok()?;
        let object = object.get(..length)?;
        let (kind, size, start) = loose_header(object).ok()?;
        let content = object.get(start..)?;
        (status == Status::StreamEnd && size == content.len() as u64).then_some((kind, content))
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
        }
        // Everything else is left to gix: large files and objects, damaged objects, and objects
        // elsewhere.
        let large = [write(Kind::Blob, &noise), write(Kind::Blob, &[b'a'; 64 << 10])];
        assert_eq!(large.map(|id| objects.find(id).is_some()), [false, false]);
        let id = write(Kind::Blob, b"content that will be damaged");
        let name = id.to_string();
        let file = temp.path().join(&name[..2]).join(&name[2..]);
        let whole = fs::read(&file).expect("readable");
        fs::remove_file(&file).expect("removable");
        for damaged in [&whole[..whole.len() / 2], b"", b"no stream", &[0; 40]] {
            fs::write(&file, damaged).expect("writable");
            assert_eq!(objects.find(id), None);
        }
        fs::remove_file(&file).expect("removable");
        assert_eq!(objects.find(id), None);
        fs::write(temp.path().join(&name[..2]), "").unwrap_err();
        assert!(
            objects.find(large[0]).is_none() && objects.find(write(Kind::Blob, b"x")).is_some()
        );
    }
}
