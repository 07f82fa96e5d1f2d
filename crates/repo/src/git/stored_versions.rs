//! [`StoredVersions`]: the versions of the registry that an invocation has stored.

use idhooks_core::registry::BlobId;

use crate::store::AddedVersion;

/// The versions of the registry that this invocation has stored as loose objects.
#[derive(Debug, Default)]
pub(super) struct StoredVersions {
    pub(super) blobs: Vec<BlobId>,
    /// What the list of versions said when the last one was added.
    pub(super) added: Option<AddedVersion>,
}
