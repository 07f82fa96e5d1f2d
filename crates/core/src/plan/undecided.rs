//! [`Undecided`]: files and records left alone because the clone lacks commits or contents, or
//! because of a limit.

use std::collections::BTreeSet;

use crate::check::is_file;
use crate::config::{Config, RenameLimits};
use crate::registry::{Origin, Registry, RepoPath, Tree};

/// Files and records that may or may not belong together. They stay unchanged until they are healed
/// in a clone that can tell, or with limits high enough to compare them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Undecided {
    /// Tracked files without an identity.
    pub paths: BTreeSet<RepoPath>,
    /// Active records without a file.
    pub records: BTreeSet<Origin>,
    /// The paths where a commit deleted undecided files: a file that appears at such a path may be
    /// the deleted one.
    pub gone: BTreeSet<RepoPath>,
    /// The `[rename]` limits that would be needed, if limits are the reason.
    pub needed: RenameLimits,
}

/// An instance with nothing undecided.
pub(super) static NOTHING: Undecided = Undecided::new();

impl Undecided {
    /// Returns an instance with nothing undecided.
    pub const fn new() -> Self {
        Undecided {
            paths: BTreeSet::new(),
            records: BTreeSet::new(),
            gone: BTreeSet::new(),
            needed: RenameLimits::NONE,
        }
    }

    /// Returns every file and record that is inconsistent between a registry and its tree, for a
    /// commit whose parents are missing from the clone.
    pub fn between(config: &Config, registry: &Registry, tree: &Tree) -> Self {
        let is_tracked = |path: &RepoPath| is_file(tree, path) && config.tracks(path);
        let holders = registry.holders(is_tracked);
        let paths = tree.keys().filter(|path| is_tracked(path) && !holders.contains_key(*path));
        let records = registry.active().filter(|record| !is_tracked(&record.path));
        Undecided {
            paths: paths.cloned().collect(),
            records: records.map(|record| record.origin).collect(),
            ..Undecided::new()
        }
    }

    /// Returns whether there is currently nothing to decide.
    pub fn is_empty(&self) -> bool {
        self.paths.is_empty() && self.records.is_empty()
    }

    /// Moves deleted paths to `gone`, and moves paths back to `paths` where a file has reappeared.
    pub(super) fn keep_gone(&mut self, is_tracked: impl Fn(&RepoPath) -> bool) {
        let [paths, gone] = [&mut self.paths, &mut self.gone].map(std::mem::take);
        (self.paths, self.gone) = paths.into_iter().chain(gone).partition(is_tracked);
    }

    /// Adds everything in another instance.
    pub fn extend(&mut self, other: &Undecided) {
        self.paths.extend(other.paths.iter().cloned());
        self.records.extend(&other.records);
        self.gone.extend(other.gone.iter().cloned());
        self.needed.raise_to(other.needed);
    }
}
