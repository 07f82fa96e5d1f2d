//! [`MergedFiles`]: determines which of a merge's parents have the same file at a path as the merge
//! itself.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Allocation, Origin, RepoPath, Tree, key};

use super::parents::{Inherited, Parent};

/// A merge's parents, compared with the files in the merge.
pub(super) struct MergedFiles<'a> {
    parents: &'a [Parent<'a>],
    tree: &'a Tree,
    /// Whether the merge takes its records' paths from one side, regardless of its files.
    is_contested: bool,
    /// For each parent, the holders of its paths.
    held: OnceCell<Vec<BTreeMap<&'a RepoPath, &'a Allocation>>>,
    /// For each parent, its records.
    records: OnceCell<Vec<BTreeMap<Origin, &'a Allocation>>>,
}

impl<'a> MergedFiles<'a> {
    pub(super) fn of(inherited: &Inherited<'a>, tree: &'a Tree) -> Self {
        let Inherited { parents, is_contested, .. } = *inherited;
        let (held, records) = Default::default();
        MergedFiles { parents, tree, is_contested, held, records }
    }

    fn held(&self, parent: usize) -> &BTreeMap<&'a RepoPath, &'a Allocation> {
        &self.held.get_or_init(|| self.parents.iter().map(Parent::held).collect())[parent]
    }

    fn record(&self, parent: usize, origin: Origin) -> Option<&'a Allocation> {
        let records = || self.parents.iter().map(|parent| parent.registry.by_origin()).collect();
        let records: &Vec<BTreeMap<_, _>> = self.records.get_or_init(records);
        records[parent].get(&origin).copied()
    }

    /// Returns whether at least one parent has the merge's file at a path, and `is_true` holds for
    /// every parent that does.
    fn all_with_file(&self, path: &RepoPath, is_true: &dyn Fn(usize) -> bool) -> bool {
        let has_file = |n: &usize| self.parents[*n].tree.get(path) == self.tree.get(path);
        let mut with_file = (0..self.parents.len()).filter(has_file).peekable();
        // If no parent has the file, `all` alone would return true.
        with_file.peek().is_some() && with_file.all(is_true)
    }

    /// Returns the parents that have an allocation at a path.
    fn holding(&self, path: &RepoPath, origin: Origin) -> impl Iterator<Item = usize> {
        let holds = move |n: &usize| self.held(*n).get(path).is_some_and(|it| it.origin == origin);
        (0..self.parents.len()).filter(holds)
    }

    /// Returns whether an allocation has ended in every parent that has the merge's file at a path.
    pub(super) fn have_ended(&self, path: &RepoPath, origin: Origin) -> bool {
        self.all_with_file(path, &|n| self.record(n, origin).is_some_and(Allocation::revives))
    }

    /// Returns whether every parent that has the merge's file at a path has a different allocation
    /// there.
    pub(super) fn are_of_another(&self, path: &RepoPath, origin: Origin) -> bool {
        self.all_with_file(path, &|n| {
            self.held(n).get(path).is_some_and(|record| record.origin != origin)
        })
    }

    /// Returns whether the merge has one of the parents' allocations at a path where no parent has
    /// it, although the file there belongs to another allocation and no command moved the
    /// allocation.
    pub(super) fn have_misplaced(&self, record: &Allocation) -> bool {
        let (path, origin) = (&record.path, record.origin);
        let mut known = (0..self.parents.len()).filter_map(|n| self.record(n, origin)).peekable();
        !self.is_contested
            && known.peek().is_some()
            && known.all(|known| known.path != *path && !record.adds_evidence_to(known))
            && self.are_of_another(path, origin)
    }

    /// Returns whether a command moved the record in the merge away from the path where parents
    /// have it, and either the merge has another file at that path or a command gave the file there
    /// to the `holder`.
    pub(super) fn has_left(
        &self,
        path: &RepoPath,
        record: &Allocation,
        holder: Option<&Allocation>,
    ) -> bool {
        let origin = record.origin;
        let mut known = (0..self.parents.len()).filter_map(|n| self.record(n, origin));
        let has_file = |n: &usize| self.parents[*n].tree.get(path) == self.tree.get(path);
        let mut with_file = self.holding(path, origin).filter(has_file).peekable();
        let is_given = |holder: &Allocation, n: usize| {
            holder.reassigned_from().any(|from| from == origin)
                && holder.is_new_or_assigned_since(self.record(n, holder.origin))
        };
        record.is_active()
            && record.path != *path
            && (known.any(|known| record.adds_evidence_to(known)) || self.has_replaced(record))
            && (with_file.peek().is_none()
                || holder.is_some_and(|holder| with_file.all(|n| is_given(holder, n))))
    }

    /// Returns whether every parent that has the merge's file at a record's path has an allocation
    /// there that this record has replaced.
    fn has_replaced(&self, record: &Allocation) -> bool {
        let replaced: BTreeSet<Origin> = record.reassigned_from().collect();
        self.all_with_file(&record.path, &|n| {
            let there = self.held(n).get(&record.path);
            there.is_some_and(|it| replaced.contains(&it.origin))
        })
    }

    /// Returns whether an allocation came to a path with a file other than the merge's file there.
    pub(super) fn yields(&self, path: &RepoPath, origin: Origin) -> bool {
        !self.is_contested
            && (self.stays_elsewhere(path, origin) || self.lacks_its_file(path, origin))
    }

    /// Given several paths at which parents have the allocation, returns those paths where the
    /// merge has a different file. The merge must have the parents' file at another of the paths,
    /// and no command may have moved the allocation.
    pub(super) fn left_behind<'p>(
        &self,
        origin: Origin,
        paths: &BTreeSet<&'p RepoPath>,
    ) -> Vec<&'p RepoPath> {
        if self.is_contested {
            return Vec::new();
        }
        let has_file = |path: &&RepoPath| {
            let mut there = self.holding(path, origin).map(|n| self.parents[n].tree.get(*path));
            there.any(|file| file == self.tree.get(*path))
        };
        let is_noted = |path: &RepoPath| {
            let mut there = self.holding(path, origin).filter_map(|n| self.record(n, origin));
            there.any(|record| record.text(key::MOVED_FROM).is_some())
        };
        let (with, mut without): (Vec<&RepoPath>, Vec<&RepoPath>) =
            paths.iter().copied().partition(has_file);
        // A move made by a command takes precedence over the file's content.
        without.retain(|path| !with.is_empty() && !is_noted(path));
        without
    }

    /// Returns whether the parents' file at the path under the allocation also exists elsewhere,
    /// under the same allocation, in every parent that has the merge's file at the path.
    fn stays_elsewhere(&self, path: &RepoPath, origin: Origin) -> bool {
        let mut there = self.holding(path, origin).filter_map(|n| self.parents[n].tree.get(path));
        there.all(|file| {
            self.all_with_file(path, &|n| {
                let mut others = self.held(n).iter().filter(|(_, it)| it.origin == origin);
                let tree = self.parents[n].tree;
                others.any(|(other, _)| *other != path && tree.get(*other) == Some(file))
            })
        })
    }

    /// Returns whether the parents that have the allocation at the path gave it to a file other
    /// than the merge's there, not by a command about the file there. In the parents with the merge's file, the
    /// allocation is then elsewhere or shadowed by another one, or it was made for a new file after
    /// the parents diverged.
    fn lacks_its_file(&self, path: &RepoPath, origin: Origin) -> bool {
        let has_left = |before: Origin, n: usize| {
            let record = self.record(n, before);
            record.is_none_or(|r| r.revives() || (r.is_active() && r.path != *path))
        };
        // What a command gave to the file at the path counts. But as one that exchanges two files
        // takes their identities along, it says nothing about the file that the merge has here.
        let took_files = |holder: Origin, known: &Allocation, n: usize, m: usize| {
            let [before, after] = [n, m].map(|parent| self.parents[parent].tree);
            let left = self.record(m, holder).filter(|left| left.path != *path);
            after.get(path) == before.get(&known.path)
                || left.is_some_and(|left| after.get(&left.path) == before.get(path))
        };
        let is_noted = |holder: Origin, known: &Allocation, n: usize, m: usize| {
            let record = self.record(m, origin);
            record.is_some_and(|record| record.adds_evidence_to(known))
                && !took_files(holder, known, n, m)
        };
        self.all_with_file(path, &|n| {
            let Some(holder) = self.held(n).get(path).map(|record| record.origin) else {
                return false;
            };
            let mut there = self.holding(path, origin);
            match self.record(n, origin) {
                None => there.all(|m| has_left(holder, m)),
                Some(known) => {
                    known.is_active()
                        && holder != origin
                        && !there.any(|m| is_noted(holder, known, n, m))
                }
            }
        })
    }
}
