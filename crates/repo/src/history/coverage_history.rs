//! Coverage over time: the number of files that have an identity on each day.

use std::collections::HashSet;

use idhooks_core::check::{Coverage, Point};
use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::registry::{BlobId, Entry, REGISTRY_PATH, Registry, RepoPath, Timestamp};

use super::daily_measurements::{DayEnd, measure_days};
use crate::cache::CoverageKey;
use crate::git::{CommitId, Repo, TreeId};
use crate::state::{StateError, if_readable, read_config_in, read_registry};

/// A history's coverage, day by day.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CoverageHistory {
    /// A point for each day with a commit, oldest first.
    pub points: Vec<Point>,
    /// The number of days that were left out because objects are missing from this clone.
    pub absent: usize,
}

/// Follows the first-parent line that ends at `tip` and returns the coverage at each day's last
/// commit (UTC), starting at `since`. `step` is called for each day with the total number of days.
///
/// # Errors
/// Returns an error if git cannot be run, or if the history or trees cannot be read.
pub fn coverage_history(
    repo: &Repo,
    tip: CommitId,
    since: Option<Timestamp>,
    step: &mut dyn FnMut(usize),
) -> Result<CoverageHistory, StateError> {
    let mut last: Option<TreeCount> = None;
    let key = |tree: TreeId| CoverageKey(tree.object());
    let count = |tree| -> Result<_, StateError> {
        last = TreeCount::of(repo, tree, last.take())?;
        Ok(last.as_ref().map(TreeCount::coverage))
    };
    let days = measure_days(repo, tip, since, key, count, step)?;
    let total = days.len();
    let point = |day: DayEnd<Coverage>| {
        let (at, commit) = (day.at, day.commit.to_string());
        day.value.map(|coverage| Point { at, commit, coverage })
    };
    let points: Vec<Point> = days.into_iter().filter_map(point).collect();
    let absent = total - points.len();
    Ok(CoverageHistory { points, absent })
}

/// The counts for a tree. The next tree's counts are derived from these counts and the differences.
struct TreeCount {
    tree: TreeId,
    /// The tracked files.
    tracked: HashSet<RepoPath>,
    rules: Option<Entry>,
    config: Config,
    registry: Option<BlobId>,
    /// The paths that count as covered, whether or not the file exists.
    held: HashSet<RepoPath>,
}

impl TreeCount {
    /// Counts a tree, starting from the last tree's counts if possible. Returns `None` if objects
    /// are not in this clone.
    fn of(repo: &Repo, tree: TreeId, last: Option<TreeCount>) -> Result<Option<Self>, StateError> {
        let rules = repo.tree_entry(tree, CONFIG_PATH)?.filter(|entry| entry.mode.is_file());
        let registry = repo.tree_entry(tree, REGISTRY_PATH)?.filter(|entry| entry.mode.is_file());
        let mut blobs = rules.iter().chain(&registry).map(|entry| entry.blob);
        if blobs.any(|blob| !repo.has_blob(blob)) {
            return Ok(None);
        }
        let mut counted = match last {
            // If the rules are the same, only changed paths can start or stop being tracked.
            Some(last) if last.rules == rules => last.advanced_to(repo, tree)?,
            _ => Self::from_tree(repo, tree, rules)?,
        };
        let blob = registry.map(|entry| entry.blob);
        if counted.registry != blob {
            counted.registry = blob;
            // If the registry cannot be read, no file has an identity.
            let read = |entry| if_readable(read_registry(repo, entry));
            let stored = registry.map_or(Ok(None), read)?;
            counted.held = stored.map(|s| held_paths(s.registry)).unwrap_or_default();
        }
        Ok(Some(counted))
    }

    fn from_tree(repo: &Repo, tree: TreeId, rules: Option<Entry>) -> Result<Self, StateError> {
        // An invalid `idhooks.toml` is treated as missing, because nobody can fix it in past
        // commits.
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

/// Returns the paths that count as covered, whether or not the file exists.
fn held_paths(registry: Registry) -> HashSet<RepoPath> {
    let holds = registry.allocations.into_iter();
    // If the user deprecated an identity, its file does not need another one.
    holds.filter(|r| r.is_active() || r.is_deprecated_by_command()).map(|r| r.path).collect()
}
