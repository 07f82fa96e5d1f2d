//! [`ReconcileDocument`]: what `idhooks reconcile` did, as JSON.

use serde::Serialize;

use crate::output::json::EditRow;

/// The changes of identities, of commits and of the index.
#[derive(Serialize)]
pub(super) struct ReconcileDocument<'e> {
    pub(super) inconsistent_commits: usize,
    pub(super) written: bool,
    pub(super) healed: Vec<EditRow<'e>>,
    pub(super) staged: Vec<EditRow<'e>>,
}
