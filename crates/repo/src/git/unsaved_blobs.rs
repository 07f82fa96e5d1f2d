//! Blobs that are only in memory: what files would be stored as if the buffers of an editor were
//! staged.

use idhooks_core::registry::BlobId;

use super::Repo;

impl Repo {
    /// Makes a blob readable in this invocation as if it were stored, and returns its id.
    pub fn hold_blob(&self, content: Vec<u8>) -> BlobId {
        let mut sum = self.blob_sum(content.len() as u64);
        sum.update(&content);
        let id = sum.id();
        self.objects.unsaved.borrow_mut().insert(id, content);
        id
    }

    /// Forgets the blobs that are only in memory and not in use.
    pub fn retain_unsaved_blobs(&self, is_used: impl Fn(BlobId) -> bool) {
        self.objects.unsaved.borrow_mut().retain(|id, _| is_used(*id));
    }
}
