//! Reduces old deprecated records to tombstones.

mod plan;
mod unattended;

use std::collections::BTreeMap;

use idhooks_core::registry::{Allocation, Id, Timestamp};
use idhooks_repo::events::Edit;
use idhooks_repo::git::{GrepMatch, Repo};
use idhooks_repo::store::WriteCounter;
use idhooks_repo::transaction::{count, now};

use crate::{Notice, Observer, OpsError, When, Writer};
use plan::PurgePlan;
pub use unattended::{PurgeObstacle, UnattendedPurge, purge_unattended};

/// Which records to purge.
#[derive(Debug, Clone)]
pub struct PurgeOptions {
    /// Only records deprecated before this time are purged.
    pub deprecated_before: When,
    /// Whether to purge the remaining records if some are still mentioned.
    pub keep_going: bool,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of [`purge`].
#[derive(Debug)]
pub struct Purged {
    /// Only records deprecated before this time were considered.
    pub cutoff: Timestamp,
    /// The purged records, as they were before.
    pub records: Vec<Allocation>,
    /// The identities that were kept because these lines still mention them.
    pub mentioned: BTreeMap<Id, Vec<GrepMatch>>,
    /// The changes to the registry.
    pub edits: Vec<Edit>,
}

/// Reduces records that were deprecated long ago to tombstones. If a tracked file still mentions
/// one of them, nothing is purged, unless the options say to keep going.
///
/// # Errors
/// Returns an error if the tracked files cannot be searched, or if the registry cannot be read or
/// written. In that case nothing was changed.
pub fn purge(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &PurgeOptions,
) -> Result<Purged, OpsError> {
    let writer = Writer::open(repo, "purge")?;
    let done = writer.run(observer, |observer, transaction| {
        let cutoff = options.deprecated_before.as_of(now(repo));
        let PurgePlan { records, mentioned, after } = PurgePlan::plan(transaction, cutoff)?;
        for (id, mentions) in &mentioned {
            observer.notice(Notice::StillMentioned { id: *id, mentions: mentions.clone() });
        }
        if !mentioned.is_empty() && !options.keep_going {
            let (records, edits) = (Vec::new(), Vec::new());
            return Ok(Purged { cutoff, records, mentioned, edits });
        }
        let edits = transaction.finish(observer, &after, options.is_dry_run)?;
        Ok(Purged { cutoff, records, mentioned, edits })
    });
    // The writer itself counts only refusals that are returned as errors.
    if done.as_ref().is_ok_and(|done: &Purged| !done.mentioned.is_empty()) {
        count(repo, &[WriteCounter::ValidationFailures]);
    }
    done
}

#[cfg(test)]
mod tests;
