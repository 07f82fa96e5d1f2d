//! The coverage of each day: how many files had an identity.

use std::collections::{BTreeMap, HashSet};

use idhooks_core::check::{Coverage, Point};
use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::registry::{BlobId, Entry, REGISTRY_PATH, Registry, RepoPath, Timestamp};

use crate::cache::{Cache, CoverageKey};
use crate::git::{CommitId, Listed, Repo, TreeId};
use crate::state::{StateError, if_readable, read_config_in, read_registry};

/// The coverage of a history, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageHistory {
    /// A point for each day with a commit, the oldest first.
    pub points: Vec<Point>,
    /// The number of days left out because their objects are not in this clone.
    pub absent: usize,
}

/// Returns the coverage at the last commit of each day (UTC) on the first-parent line that ends at
/// `tip`, from `since` on. `step` is called for each day with the total number of days.
///
/// # Errors
/// Returns an error if git cannot be run, or if the history or trees cannot be read.
pub fn coverage_history(
    repo: &Repo,
    tip: CommitId,
    since: Option<Timestamp>,
    step: &mut dyn FnMut(usize),
) -> Result<CoverageHistory, StateError> {
    let mut days: BTreeMap<String, (Timestamp, Listed)> = BTreeMap::new();
    for commit in repo.first_parents(tip)? {
        let at = Timestamp::from_unix(commit.time).unwrap_or(Timestamp::EPOCH);
        if since.is_none_or(|since| since <= at) {
            // The newest comes first.
            days.entry(at.date().to_owned()).or_insert((at, commit));
        }
    }
    let mut cache = Cache::open(&repo.state_dir());
    let mut last: Option<TreeCount> = None;
    let mut history = CoverageHistory { points: Vec::with_capacity(days.len()), absent: 0 };
    let total = days.len();
    for (at, commit) in days.into_values() {
        let key = CoverageKey(commit.tree.object());
        let coverage = match cache.get(&key) {
            Some(coverage) => Some(coverage),
            None => {
                let counted = TreeCount::of(repo, commit.tree, last.take())?;
                let coverage = counted.as_ref().map(TreeCount::coverage);
                last = counted;
                if let Some(coverage) = &coverage {
                    cache.insert(&key, coverage);
                }
                coverage
            }
        };
        match coverage {
            Some(coverage) => {
                let commit = commit.id.to_string();
                history.points.push(Point { at, commit, coverage });
            }
            None => history.absent += 1,
        }
        step(total);
    }
    cache.save();
    Ok(history)
}

/// The counts of a tree, from which the next tree is counted by its differences.
struct TreeCount {
    tree: TreeId,
    /// The tracked files.
    tracked: HashSet<RepoPath>,
    rules: Option<Entry>,
    config: Config,
    registry: Option<BlobId>,
    /// The paths that have a holder if the file exists.
    held: HashSet<RepoPath>,
}

impl TreeCount {
    /// Counts a tree, by its differences from the last one if possible; `None` if objects are not
    /// in this clone.
    fn of(repo: &Repo, tree: TreeId, last: Option<TreeCount>) -> Result<Option<Self>, StateError> {
        let rules = repo.tree_entry(tree, CONFIG_PATH)?.filter(|entry| entry.mode.is_file());
        let registry = repo.tree_entry(tree, REGISTRY_PATH)?.filter(|entry| entry.mode.is_file());
        let mut blobs = rules.iter().chain(&registry).map(|entry| entry.blob);
        if blobs.any(|blob| !repo.has_blob(blob)) {
            return Ok(None);
        }
        let mut counted = match last {
            Some(last) if last.rules == rules => last.advanced_to(repo, tree)?,
            _ => Self::from_tree(repo, tree, rules)?,
        };
        let blob = registry.map(|entry| entry.blob);
        if counted.registry != blob {
            counted.registry = blob;
            // With a registry that cannot be read, no file has an identity.
            let read = |entry| if_readable(read_registry(repo, entry));
            let stored = registry.map_or(Ok(None), read)?;
            counted.held = stored.map(|s| held_paths(s.registry)).unwrap_or_default();
        }
        Ok(Some(counted))
    }

    fn from_tree(repo: &Repo, tree: TreeId, rules: Option<Entry>) -> Result<Self, StateError> {
        // An invalid `idhooks.toml` counts as none: that day cannot be fixed any more.
        let config = match read_config_in(repo, rules) {
            Err(StateError::Config(_)) => Config::default(),
            config => config?,
        };
        let files = repo.tree(tree)?.into_iter().filter(|(_, entry)| entry.mode.is_file());
        let tracked = files.map(|(path, _)| path).filter(|path| config.tracks(path)).collect();
        let (registry, held) = (None, HashSet::new());
        Ok(TreeCount { tree, tracked, rules, config, registry, held })
    }

    fn advanced_to(mut self, repo: &Repo, tree: TreeId) -> Result<Self, StateError> {
        for change in repo.changes(self.tree, tree)? {
            let is_file = change.new.is_some_and(|entry| entry.mode.is_file());
            if is_file && self.config.tracks(&change.path) {
                self.tracked.insert(change.path);
            } else {
                self.tracked.remove(&change.path);
            }
        }
        self.tree = tree;
        Ok(self)
    }

    fn coverage(&self) -> Coverage {
        let covered = self.tracked.iter().filter(|path| self.held.contains(*path)).count();
        Coverage { files: self.tracked.len(), covered }
    }
}

/// Returns the paths that have a holder if the file exists.
fn held_paths(registry: Registry) -> HashSet<RepoPath> {
    let holds = registry.allocations.into_iter();
    holds.filter(|r| r.is_active() || r.is_deprecated_by_command()).map(|r| r.path).collect()
}
