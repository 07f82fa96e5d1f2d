//! Where the registry and the files disagree, or are about to.

use idhooks_core::check::Finding;
use idhooks_repo::{git::Repo, state::Heads, transaction::Checked};

use crate::{
    CheckedState, CodeDays, OpsError, Revision, UncheckedReferences, check_state, code_state,
};

/// Where the registry and the files disagree.
#[derive(Debug)]
pub struct DriftReport {
    /// The findings, sorted.
    pub findings: Vec<Finding>,
    /// The number of files whose heads were not read.
    pub unread: usize,
    /// The references that were not checked.
    pub unchecked: UncheckedReferences,
    /// Whether any findings are about code that uses legacy identifiers.
    pub has_legacy_code: bool,
}

/// Finds where the registry and the files disagree in the index or a commit. If the rules have a
/// 'lint' table, also finds code that uses formats and calls declared as legacy.
///
/// # Errors
/// Returns an error if the revision is not adopted or cannot be read.
pub fn drift(repo: &Repo, revision: &Revision) -> Result<DriftReport, OpsError> {
    let state = revision.state(repo)?;
    let CheckedState { checked, unchecked, .. } = check_state(repo, &state, Heads::All)?;
    let Checked { mut findings, unread } = checked;
    let commit = revision.commit(repo)?;
    let code = code_state(repo, &state.config, commit, CodeDays::None)?;
    let legacy = code.map(|code| code.legacy_findings).unwrap_or_default();
    let has_legacy_code = !legacy.is_empty();
    findings.extend(legacy);
    findings.sort();
    Ok(DriftReport { findings, unread, unchecked, has_legacy_code })
}
