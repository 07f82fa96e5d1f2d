//! Measurements at the end of each day that has commits.

use std::collections::BTreeMap;

use idhooks_core::registry::Timestamp;

use crate::cache::{Cache, CacheKey};
use crate::git::{CommitId, Listed, Repo, TreeId};
use crate::state::StateError;

/// The last commit of a day (UTC).
#[derive(Debug, Clone)]
pub struct DayEnd<V> {
    /// The time of the commit.
    pub at: Timestamp,
    /// The commit.
    pub commit: CommitId,
    /// The measured value; `None` if objects are not in this clone.
    pub value: Option<V>,
}

/// Measures the tree of the last commit of each day (UTC), from `since` on, along the first-parent
/// line that ends at `tip`, oldest first. Values are cached by tree, so only new days take time.
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
    // A commit on a merged branch was not this branch's state on that day.
    for commit in repo.first_parents(tip).map_err(StateError::from)? {
        let at = Timestamp::from_unix(commit.time).unwrap_or(Timestamp::EPOCH);
        if since.is_none_or(|since| since <= at) {
            // The newest commit of each day comes first.
            days.entry(at.date().to_owned()).or_insert((at, commit));
        }
    }
    let mut cache = Cache::open(&repo.state_dir());
    let (total, mut ends) = (days.len(), Vec::with_capacity(days.len()));
    for (at, commit) in days.into_values() {
        let key = key(commit.tree);
        let value = match cache.get(&key) {
            Some(known) => Some(known),
            None => {
                let measured = measure(commit.tree)?;
                // A missing object may arrive later, so its absence is not cached.
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
