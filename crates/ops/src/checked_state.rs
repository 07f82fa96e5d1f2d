//! [`CheckedState`]: the result of all checks of a commit or the index, for reports.

use idhooks_repo::git::Repo;
use idhooks_repo::state::Heads;
use idhooks_repo::transaction::Checked;

use crate::refs::ReferenceSource;
use crate::{ListedReference, OpsError, RuledState, UncheckedReferences};

/// The result of all checks of a commit or the index.
#[derive(Debug)]
pub struct CheckedState {
    /// The findings, also about references, and the number of files whose heads were not read.
    pub checked: Checked,
    /// All references, if the rules have a table `[references]` and the registry can be read.
    pub references: Option<Vec<ListedReference>>,
    /// The references that were not checked.
    pub unchecked: UncheckedReferences,
}

/// Checks a commit or the index, and its references; `heads` selects the files whose heads are
/// read.
///
/// # Errors
/// Returns an error if objects cannot be read, or if the files cannot be searched.
pub fn check_state(
    repo: &Repo,
    state: &RuledState,
    heads: Heads<'_>,
) -> Result<CheckedState, OpsError> {
    let RuledState { view, config } = state;
    let mut checked = view.check_reading(repo, config, heads)?;
    let Some(registry) = view.registry().filter(|_| config.has_references()) else {
        let unchecked = UncheckedReferences::default();
        return Ok(CheckedState { checked, references: None, unchecked });
    };
    let mut references = Vec::new();
    let source = ReferenceSource { repo, view, config, checksum: None, rev: None };
    let found = source.check_by(registry)?;
    for one in found.references {
        checked.findings.extend(one.findings);
        references.push(one.reference);
    }
    Ok(CheckedState { checked, references: Some(references), unchecked: found.unchecked })
}
