//! A commit that removes idhooks.

use idhooks_core::check::Finding;
use idhooks_repo::state::StateError;
use idhooks_repo::transaction::{PendingCommit, attributes_cleanup};

use crate::output::Ui;

/// Removes the rest of idhooks from a commit that removes its registry and its configuration.
///
/// # Errors
/// Returns an error if the index has changed meanwhile.
pub(super) fn remove_idhooks(
    ui: &mut Ui,
    pending: &PendingCommit<'_>,
) -> Result<Vec<Finding>, StateError> {
    let removed = "idhooks: this commit removes idhooks, and its line in '.gitattributes', too";
    let leftover = attributes_cleanup(pending.repo, &pending.file, &pending.index);
    match leftover.and_then(|found| found.map(|change| change.commit(|| Ok(()))).transpose()) {
        Ok(Some(())) => ui.status(removed),
        Ok(None) => {}
        Err(error @ StateError::IndexMoved) => return Err(error),
        // The line does no harm, so the commit goes on.
        Err(error) => {
            ui.warning(&format!("'.gitattributes' still names idhooks: {error}"));
            ui.hint("remove its line by hand, or run 'idhooks uninstall'");
        }
    }
    Ok(Vec::new())
}
