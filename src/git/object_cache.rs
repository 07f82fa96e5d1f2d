//! Commits and trees that were read lately.

use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;

use crate::registry::BlobId;

/// How large an object is that is kept, in bytes.
const LARGE: usize = 64 << 10;
/// How much is kept, in bytes.
const MOST: usize = 4 << 20;

/// Objects that one question after the other asks for.
#[derive(Debug, Default)]
pub(super) struct ObjectCache {
    objects: RefCell<HashMap<BlobId, (gix::objs::Kind, Vec<u8>), RandomState>>,
    size: RefCell<usize>,
}

impl ObjectCache {
    /// Returns an object that is kept.
    pub(super) fn get(&self, id: BlobId) -> Option<(gix::objs::Kind, Vec<u8>)> {
        self.objects.borrow().get(&id).cloned()
    }

    /// Returns whether an object is kept.
    pub(super) fn has(&self, id: BlobId) -> bool {
        self.objects.borrow().contains_key(&id)
    }

    /// Keeps a commit or a tree, for which all others may have to go.
    pub(super) fn keep(&self, id: BlobId, kind: gix::objs::Kind, data: &[u8]) {
        let is_asked_for_again = matches!(kind, gix::objs::Kind::Commit | gix::objs::Kind::Tree);
        if !is_asked_for_again || data.len() > LARGE {
            return;
        }
        let (mut objects, mut size) = (self.objects.borrow_mut(), self.size.borrow_mut());
        if *size > MOST {
            objects.clear();
            *size = 0;
        }
        *size += data.len();
        objects.insert(id, (kind, data.to_owned()));
    }
}
