//! Takes measurements at the end of each day that has commits.

use std::collections::BTreeMap;

use idhooks_core::registry::Timestamp;

use crate::cache::{Cache, CacheKey};
use crate::git::{CommitId, Listed, Repo, TreeId};
use crate::state::{StateError, counted_tree};

use super::healed_registries::registry_blob;

/// A measurement at the last commit of a day (UTC).
#[derive(Debug, Clone)]
pub struct DayEnd<V> {
    /// The time of the commit.
    pub at: Timestamp,
    /// The commit.
    pub commit: CommitId,
    /// The measured value; `None` if objects are not in this clone.
    pub value: Option<V>,
}

/// Follows the first-parent line that ends at `tip` and measures the tree that counts in each day's last
/// commit (UTC), starting at `since`, oldest first. Values are cached by tree, so only new days take time.
/// `step` is called for each day with the total number of days.
///
/// # Errors
/// Returns an error if the history cannot be read, or if `measure` fails.
pub fn measure_days<K: CacheKey, E: From<StateError>>(
    repo: &Repo,
    tip: CommitId,
    since: Option<Timestamp>,
    key: impl Fn(TreeId) -> K,
    mut measure: impl FnMut(TreeId) -> Result<Option<K::Value>, E>,
    step: &mut dyn FnMut(usize),
) -> Result<Vec<DayEnd<K::Value>>, E> {
    let mut days: BTreeMap<String, (Timestamp, Listed)> = BTreeMap::new();
    // Only first parents are followed, because a commit on a merged branch was not the state of
    // this branch on that day.
    for commit in repo.first_parents(tip).map_err(StateError::from)? {
        let at = Timestamp::from_unix(commit.time).unwrap_or(Timestamp::EPOCH);
        if since.is_none_or(|since| since <= at) {
            // Commits are visited newest first, so the first one seen for a day is its last.
            days.entry(at.date().to_owned()).or_insert((at, commit));
        }
    }
    let mut cache = Cache::open(&repo.state_dir());
    let (total, mut ends) = (days.len(), Vec::with_capacity(days.len()));
    let mut was_adopted = false;
    for (at, commit) in days.into_values() {
        was_adopted |= registry_blob(repo, commit.tree)?.is_some();
        // Before the adoption, finding out that no registry counts would take longer than the rest.
        let mut tree = commit.tree;
        if was_adopted {
            tree = counted_tree(repo, commit.id).map_err(StateError::from)?;
        }
        let key = key(tree);
        let value = match cache.get(&key) {
            Some(known) => Some(known),
            None => {
                let measured = measure(tree)?;
                // A missing object may arrive later, so don't cache that it is missing.
                if let Some(value) = &measured {
                    cache.insert(&key, value);
                }
                measured
            }
        };
        ends.push(DayEnd { at, commit: commit.id, value });
        step(total);
    }
    cache.save();
    Ok(ends)
}
