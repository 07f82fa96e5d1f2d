//! Comparing two trees.

use std::cmp::Ordering;

use gix::objs::tree::EntryRef;
use idhooks_core::registry::{Change, Entry, RepoPath};

use super::ids::from_gix;
use super::objects::mode_of;
use super::{GitError, Repo, TreeId};

/// The changes found so far, and the directory being compared.
#[derive(Debug, Default)]
struct TreeDiff {
    changes: Vec<Change>,
    prefix: Vec<u8>,
}

/// The tree that an entry is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum TreeSide {
    Old,
    New,
}

impl Repo {
    /// Returns the differences between two trees, in byte order of paths. Equal directories are not
    /// read.
    ///
    /// # Errors
    /// Returns an error if a tree cannot be read.
    pub fn changes(&self, old: TreeId, new: TreeId) -> Result<Vec<Change>, GitError> {
        let mut found = TreeDiff::default();
        self.compare(Some(old), Some(new), &mut found)?;
        let mut changes = found.changes;
        changes.sort_by(|one, other| one.path.cmp(&other.path));
        // A path occurs twice only in a damaged tree.
        changes.dedup_by(|later, first| {
            let is_same = later.path == first.path;
            if is_same {
                (first.old, first.new) = (first.old.or(later.old), first.new.or(later.new));
            }
            is_same
        });
        changes.retain(|change| change.old != change.new);
        Ok(changes)
    }

    fn compare(
        &self,
        old: Option<TreeId>,
        new: Option<TreeId>,
        found: &mut TreeDiff,
    ) -> Result<(), GitError> {
        if old == new {
            return Ok(());
        }
        let read = |id: Option<TreeId>| match id {
            Some(id) => self.object(id.object(), gix::objs::Kind::Tree),
            None => Ok(Vec::new()),
        };
        let (before, after) = (read(old)?, read(new)?);
        let hash = self.gix.object_hash();
        let failed = |id: Option<TreeId>, error| {
            let tree = id.map(|id| id.to_string()).unwrap_or_default();
            GitError::reading(&format!("tree {tree}"), &error)
        };
        let mut before = gix::objs::TreeRefIter::from_bytes(&before, hash);
        let mut after = gix::objs::TreeRefIter::from_bytes(&after, hash);
        let mut one = before.next().transpose().map_err(|e| failed(old, e))?;
        let mut other = after.next().transpose().map_err(|e| failed(new, e))?;
        loop {
            let order = match (&one, &other) {
                (None, None) => return Ok(()),
                (Some(_), None) => Ordering::Less,
                (None, Some(_)) => Ordering::Greater,
                (Some(one), Some(other)) => one.cmp(other),
            };
            match (&one, &other) {
                (Some(one), Some(other)) if order.is_eq() => {
                    self.compare_entries(one, other, found)?;
                }
                (Some(one), _) if order.is_lt() => self.add_one_sided(one, TreeSide::Old, found)?,
                (_, Some(other)) => self.add_one_sided(other, TreeSide::New, found)?,
                _ => {}
            }
            if order.is_le() {
                one = before.next().transpose().map_err(|e| failed(old, e))?;
            }
            if order.is_ge() {
                other = after.next().transpose().map_err(|e| failed(new, e))?;
            }
        }
    }

    /// Compares two entries with the same name: both are directories, or neither is.
    fn compare_entries(
        &self,
        old: &EntryRef<'_>,
        new: &EntryRef<'_>,
        found: &mut TreeDiff,
    ) -> Result<(), GitError> {
        if old.mode.is_tree() && new.mode.is_tree() {
            let [old_id, new_id] = [old, new].map(|entry| Some(TreeId(from_gix(entry.oid))));
            return found.below(old, |found| self.compare(old_id, new_id, found));
        }
        let [before, after] = [old, new].map(leaf);
        if before == after { Ok(()) } else { found.note(old, Some(before), Some(after)) }
    }

    /// Records an entry that only one tree has.
    fn add_one_sided(
        &self,
        entry: &EntryRef<'_>,
        side: TreeSide,
        found: &mut TreeDiff,
    ) -> Result<(), GitError> {
        if entry.mode.is_tree() {
            let id = Some(TreeId(from_gix(entry.oid)));
            let (old, new) = if side == TreeSide::Old { (id, None) } else { (None, id) };
            return found.below(entry, |found| self.compare(old, new, found));
        }
        let leaf = Some(leaf(entry));
        match side {
            TreeSide::Old => found.note(entry, leaf, None),
            TreeSide::New => found.note(entry, None, leaf),
        }
    }
}

impl TreeDiff {
    /// Runs `work` for the directory of `entry`.
    fn below(
        &mut self,
        entry: &EntryRef<'_>,
        work: impl FnOnce(&mut Self) -> Result<(), GitError>,
    ) -> Result<(), GitError> {
        let length = self.prefix.len();
        self.prefix.extend_from_slice(entry.filename);
        self.prefix.push(b'/');
        work(self)?;
        self.prefix.truncate(length);
        Ok(())
    }

    fn note(
        &mut self,
        entry: &EntryRef<'_>,
        old: Option<Entry>,
        new: Option<Entry>,
    ) -> Result<(), GitError> {
        let path = [&self.prefix[..], entry.filename].concat();
        let path = RepoPath::new(path).map_err(|e| GitError::reading("a tree", &e))?;
        self.changes.push(Change { path, old, new });
        Ok(())
    }
}

fn leaf(entry: &EntryRef<'_>) -> Entry {
    Entry { mode: mode_of(u32::from(entry.mode.value())), blob: from_gix(entry.oid) }
}
