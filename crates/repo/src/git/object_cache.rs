//! A cache of recently read commits, trees and small blobs.

use std::cell::RefCell;
use std::collections::HashMap;

use foldhash::fast::RandomState;
use idhooks_core::registry::BlobId;

/// The maximum size of a cached object, in bytes.
const MAX_OBJECT: usize = 64 << 10;
/// The size in bytes above which the cache is emptied.
const MAX_SIZE: usize = 4 << 20;

/// The cached objects.
#[derive(Debug, Default)]
pub(super) struct ObjectCache {
    objects: RefCell<HashMap<BlobId, (gix::objs::Kind, Vec<u8>), RandomState>>,
    size: RefCell<usize>,
}

impl ObjectCache {
    /// Returns an object, if it is cached.
    pub(super) fn get(&self, id: BlobId) -> Option<(gix::objs::Kind, Vec<u8>)> {
        self.objects.borrow().get(&id).cloned()
    }

    /// Returns whether an object is cached.
    pub(super) fn has(&self, id: BlobId) -> bool {
        self.objects.borrow().contains_key(&id)
    }

    /// Returns the size of a blob, if it is cached.
    pub(super) fn blob_size(&self, id: BlobId) -> Option<u64> {
        let objects = self.objects.borrow();
        let (kind, data) = objects.get(&id)?;
        (*kind == gix::objs::Kind::Blob).then_some(data.len() as u64)
    }

    /// Caches an object, unless it is large. If the cache is full, it is emptied.
    pub(super) fn insert(&self, id: BlobId, kind: gix::objs::Kind, data: &[u8]) {
        if data.len() > MAX_OBJECT {
            return;
        }
        let (mut objects, mut size) = (self.objects.borrow_mut(), self.size.borrow_mut());
        if *size > MAX_SIZE {
            objects.clear();
            *size = 0;
        }
        *size += data.len();
        objects.insert(id, (kind, data.to_owned()));
    }
}
