//! [`Blobs`]: where rename detection reads the contents of files.

use crate::registry::BlobId;

/// A source of file contents.
pub trait Blobs {
    /// Returns the size in bytes; `None` if the object is not in the clone. Never fetches.
    fn size(&self, blob: BlobId) -> Option<u64>;
    /// Returns the content; `None` if the object is not in the clone. Never fetches.
    fn read(&self, blob: BlobId) -> Option<Vec<u8>>;
    /// Returns the id that a blob with this content has or would have; `None` if the implementation
    /// cannot compute it.
    fn id_of(&self, _content: &[u8]) -> Option<BlobId> {
        None
    }
}

/// A source without contents.
#[derive(Debug, Clone, Copy)]
pub struct NoBlobs;

impl Blobs for NoBlobs {
    fn size(&self, _: BlobId) -> Option<u64> {
        None
    }

    fn read(&self, _: BlobId) -> Option<Vec<u8>> {
        None
    }
}
