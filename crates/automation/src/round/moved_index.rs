//! [`MovedIndex`]: an index that follows moves in the working tree.

use std::collections::BTreeMap;

use idhooks_core::config::is_own;
use idhooks_core::registry::{Entry, Origin, RepoPath};
use idhooks_ops::RegistryTransaction;
use idhooks_repo::store::journal::IndexStep;

/// An index that follows moves.
pub(super) struct MovedIndex<'t> {
    transaction: &'t RegistryTransaction<'t>,
    /// The entries that have changed.
    changed: BTreeMap<RepoPath, Option<Entry>>,
    /// The identities, keyed by their current paths.
    pub(super) origins: BTreeMap<RepoPath, Origin>,
    /// Each moved file's new path, keyed by the origin of the file's identity.
    pub(super) moves: BTreeMap<Origin, RepoPath>,
}

impl<'t> MovedIndex<'t> {
    pub(super) fn new(transaction: &'t RegistryTransaction<'t>) -> Self {
        let holders = transaction.holders().into_iter();
        let origins = holders.map(|(path, record)| (path.clone(), record.origin)).collect();
        MovedIndex { transaction, changed: BTreeMap::new(), origins, moves: BTreeMap::new() }
    }

    fn entry(&self, path: &RepoPath) -> Option<Entry> {
        self.changed.get(path).map_or_else(|| self.transaction.entry(path), |entry| *entry)
    }

    /// Returns whether an entry in the index blocks the path of a new file.
    fn is_taken(&self, path: &RepoPath) -> bool {
        let below = [path.as_bytes(), b"/"].concat();
        let is_below = |other: &RepoPath| other.as_bytes().starts_with(&below);
        let near = self.transaction.tree().range(path..).map(|(other, _)| other);
        let mut near = near.take_while(|other| other.as_bytes().starts_with(path.as_bytes()));
        let above = std::iter::successors(path.parent(), RepoPath::parent);
        std::iter::once(path.clone()).chain(above).any(|path| self.entry(&path).is_some())
            || near.any(|other| is_below(other) && self.entry(other).is_some())
            || self.changed.iter().any(|(other, entry)| is_below(other) && entry.is_some())
    }

    /// Moves a file that has an identity, if its new path is free; returns whether it was moved.
    pub(super) fn follow(&mut self, from: &RepoPath, to: &RepoPath) -> bool {
        let repo = self.transaction.repo;
        let (Some(entry), Some(origin)) = (self.entry(from), self.origins.get(from).copied())
        else {
            return false;
        };
        // The working tree may have changed since the move was seen.
        let place = |path: &RepoPath| repo.top().join(path.to_os_path());
        let is_moved = place(from).symlink_metadata().is_err()
            && place(to).symlink_metadata().is_ok_and(|meta| meta.is_file())
            && repo.link_guard().check_parent(&place(to)).is_ok();
        let is_allowed =
            !is_own(from) && !is_own(to) && self.transaction.config.tracks(to) && is_moved;
        // The old entry is removed first, so that a move into the file's own former path, such as
        // 'a' to 'a/b', does not block itself.
        self.changed.insert(from.clone(), None);
        if !is_allowed || self.is_taken(to) {
            self.changed.insert(from.clone(), Some(entry));
            return false;
        }
        self.changed.insert(to.clone(), Some(entry));
        self.origins.remove(from);
        self.origins.insert(to.clone(), origin);
        self.moves.insert(origin, to.clone());
        true
    }

    /// Follows a move that is recorded only in the working tree's registry, because it had been
    /// staged before a stash restored just the working tree. The new path may already be in the
    /// index.
    pub(super) fn restore(&mut self, from: &RepoPath, to: &RepoPath) {
        let added = self.entry(to).filter(|entry| entry.mode.is_file());
        let Some(added) = added.filter(|_| !self.origins.contains_key(to)) else {
            self.follow(from, to);
            return;
        };
        // The move is followed as if the new path were not in the index yet, and the path's staged
        // content is then restored.
        self.changed.insert(to.clone(), None);
        self.follow(from, to);
        self.changed.insert(to.clone(), Some(added));
    }

    /// Returns the changes to the index.
    pub(super) fn steps(&self) -> Vec<IndexStep> {
        let step = |(path, after): (&RepoPath, &Option<Entry>)| {
            let before = self.transaction.entry(path);
            (before != *after).then(|| IndexStep::new(path.clone(), before, *after))
        };
        self.changed.iter().filter_map(step).collect()
    }
}
