//! [`Obtaining`]: the state of fetching the objects that a clone lacks.

use std::cell::{OnceCell, RefCell};
use std::collections::BTreeSet;

use idhooks_core::registry::BlobId;

use super::GitError;

/// The state of fetching missing objects, for a single invocation.
#[derive(Debug, Default)]
pub(super) struct Obtaining {
    pub(super) source: OnceCell<Option<ObjectSource>>,
    /// The reason that fetching has stopped.
    pub(super) failure: OnceCell<GitError>,
    /// The objects that the remote also lacks.
    pub(super) lost: RefCell<BTreeSet<BlobId>>,
}

/// The remote that has the objects this clone lacks.
#[derive(Debug)]
pub(super) struct ObjectSource {
    pub(super) remote: String,
    /// Whether the remote has promised the objects. If so, git needs a filter to fetch only the
    /// objects it asks for.
    pub(super) is_promisor: bool,
}
