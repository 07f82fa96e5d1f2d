//! The file at which a report shows a finding.

use idhooks_core::check::Finding;
use idhooks_core::registry::RepoPath;

/// Returns the file at which to show a finding, where a format needs one: its own, or else the
/// registry.
pub(super) fn place(finding: &Finding) -> RepoPath {
    finding.path.clone().unwrap_or_else(RepoPath::registry)
}
