//! A commit that removes idhooks.

use idhooks_core::check::Finding;
use idhooks_repo::state::StateError;
use idhooks_repo::transaction::{PendingCommit, attributes_cleanup};

use crate::{CommitNotice, Notice, Observer};

/// Removes the rest of idhooks from a commit that removes its registry and configuration.
///
/// # Errors
/// Returns an error if the index has changed in the meantime.
pub(super) fn remove_idhooks(
    observer: &mut dyn Observer,
    pending: &PendingCommit<'_>,
) -> Result<Vec<Finding>, StateError> {
    let leftover = attributes_cleanup(pending.repo, &pending.file, pending.index()?);
    match leftover.and_then(|found| found.map(|change| change.commit(|| Ok(()))).transpose()) {
        Ok(Some(())) => observer.notice(Notice::Commit(CommitNotice::Removed)),
        Ok(None) => {}
        Err(error @ StateError::IndexMoved) => return Err(error),
        // A leftover line does no harm, so the commit goes ahead.
        Err(error) => observer.notice(Notice::Commit(CommitNotice::AttributesLeft(error))),
    }
    Ok(Vec::new())
}
