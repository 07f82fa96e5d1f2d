//! How often this clone wrote the legacy file, and the most recent commits that changed it.

use idhooks_core::registry::RepoPath;
use idhooks_repo::git::{CommitId, Repo, Title};
use idhooks_repo::store::{WriteCounter, WriteCounts};
use serde::Serialize;

use crate::OpsError;

/// The number of commits to show.
const RECENT: usize = 10;

/// How often this clone derived the legacy file.
#[derive(Debug, Serialize)]
pub struct OperationCounts {
    /// The number of writes.
    pub total_operations: u64,
    /// The number of successful writes.
    pub successful_operations: u64,
    /// The number of failed writes.
    pub failed_operations: u64,
    /// The percentage of writes that succeeded; `None` before the first write.
    pub success_rate: Option<f64>,
    /// The mean time per write in milliseconds; `None` before the first write.
    pub mean_ms: Option<f64>,
}

impl OperationCounts {
    /// Returns the values from a clone's counters.
    pub(crate) fn of(counts: &WriteCounts) -> Self {
        let successful = counts.get(WriteCounter::DualWriteSucceeded);
        let failed = counts.get(WriteCounter::DualWriteFailed);
        let total = successful.saturating_add(failed);
        let per = |part: u64, scale: f64| {
            let value = part as f64 * scale / total as f64;
            // Before the first write, the total is zero.
            (total > 0).then_some((value * 100.0).round() / 100.0)
        };
        OperationCounts {
            total_operations: total,
            successful_operations: successful,
            failed_operations: failed,
            success_rate: per(successful, 100.0),
            mean_ms: per(counts.get(WriteCounter::DualWriteMicros), 0.001),
        }
    }
}

/// A commit that changed the legacy file.
#[derive(Debug, Serialize)]
pub struct RecentWrite {
    /// The commit's id.
    pub commit: String,
    /// The commit's date.
    pub date: String,
    /// The first line of the commit message.
    pub subject: String,
}

/// Returns the most recent commits, up to `tip`, that changed a legacy file, newest first.
///
/// # Errors
/// Returns an error if git fails.
pub(crate) fn recent_writes(
    repo: &Repo,
    legacy: &RepoPath,
    tip: CommitId,
) -> Result<Vec<RecentWrite>, OpsError> {
    let Some(path) = legacy.as_str() else { return Ok(Vec::new()) };
    let commits = repo.last_changes(path, &[tip], RECENT)?;
    let recent =
        |Title { id, subject, date, .. }| RecentWrite { commit: id.to_string(), date, subject };
    Ok(repo.titles(&commits)?.into_iter().map(recent).collect())
}
