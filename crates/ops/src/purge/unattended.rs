//! Purges records from a timer.

use idhooks_core::registry::Timestamp;
use idhooks_repo::events::Edit;
use idhooks_repo::git::Repo;

use super::Purged;
use super::plan::PurgePlan;
use crate::audit_events::record_refusal;
use crate::{Observer, OpsError, Writer, open_to_change};

/// The result of [`purge_unattended`].
#[derive(Debug)]
pub enum UnattendedPurge {
    /// These records were purged, and the result is staged.
    Done(Purged),
    /// Nothing was purged.
    LeftOut(PurgeObstacle),
}

/// Why a timer cannot purge anything.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PurgeObstacle {
    /// There is no working tree.
    NoWorkingTree,
    /// In a GitHub job, the staged changes would be lost.
    GithubJob,
    /// Work is in progress in the working tree; holds a description of it.
    WorkInProgress(String),
}

/// Purges records that were deprecated before `cutoff` and are no longer mentioned, and stages the
/// result, unless work is in progress in the working tree.
///
/// # Errors
/// Returns an error if the index cannot be read or written.
pub fn purge_unattended(
    observer: &mut dyn Observer,
    repo: &Repo,
    cutoff: Timestamp,
) -> Result<UnattendedPurge, OpsError> {
    if repo.is_bare() {
        return Ok(UnattendedPurge::LeftOut(PurgeObstacle::NoWorkingTree));
    }
    // A GitHub job's clone is thrown away, along with the purge.
    if repo.environment().text("GITHUB_ACTIONS") == Some("true") {
        return Ok(UnattendedPurge::LeftOut(PurgeObstacle::GithubJob));
    }
    let repo = open_to_change(repo.top())?;
    let writer = Writer::open(&repo, "scheduled purge")?;
    let done = writer.run(observer, |observer, transaction| {
        // This is checked after reading the index: if the index changes from now on, it will be
        // read again.
        if let Some(what) = transaction.repo.work_in_progress()? {
            return Ok(UnattendedPurge::LeftOut(PurgeObstacle::WorkInProgress(what)));
        }
        let PurgePlan { records, mentioned, after } = PurgePlan::plan(transaction, cutoff)?;
        if !records.is_empty() {
            transaction.write(observer, &after)?;
        }
        let edits = Edit::between(transaction.registry(), &after);
        Ok(UnattendedPurge::Done(Purged { cutoff, records, mentioned, edits }))
    });
    // Nobody reads a timer's output, so the error is recorded.
    if let Err(error) = &done {
        record_refusal(writer.repo, error);
    }
    done
}
