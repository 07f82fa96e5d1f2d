//! Finds the faults that a new commit introduces in the identities carried by its files.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Carried, Finding, carried, is_file};
use idhooks_core::config::Config;
use idhooks_core::registry::{Allocation, Entry, Id, Origin, Registry, RepoPath, Tree};

use crate::git::Repo;
use crate::state::ids_in_files::{CarrierReader, tracked};

/// A commit about to be made, with everything needed to check the identities that its files carry.
#[derive(Debug, Clone, Copy)]
pub struct CommitCarriers<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The rules.
    pub config: &'a Config,
    /// The parents' trees.
    pub parents: &'a [&'a Tree],
    /// The merge of the parents' registries.
    pub before: Option<&'a Registry>,
    /// The commit's tree.
    pub tree: &'a Tree,
    /// The registry that the commit will have.
    pub after: &'a Registry,
    /// The registry that commands will see when the user reads the findings.
    pub stored: &'a Registry,
}

/// Findings about the identities that a commit's files carry.
#[derive(Debug, Default)]
pub struct CarriedFaults {
    /// The findings that the commit introduces.
    pub new: Vec<Finding>,
    /// Findings that already existed and concern files that the commit affects.
    pub old: Vec<Finding>,
}

impl CarriedFaults {
    /// Returns whether there are no findings.
    pub fn is_empty(&self) -> bool {
        self.new.is_empty() && self.old.is_empty()
    }
}

type HolderMap<'a> = BTreeMap<&'a RepoPath, &'a Allocation>;

impl CommitCarriers<'_> {
    /// Checks the names and heads of files that the commit adds or gives a different identity.
    /// Among the files that it only edits, checks the heads of those that carry an identity
    /// according to the rules.
    pub fn faults(&self) -> CarriedFaults {
        let mut faults = CarriedFaults::default();
        let before = self.before.map(|registry| registry.holders(|path| self.had_file(path)));
        let before = before.unwrap_or_default();
        let after = self.after.holders(|path| is_file(self.tree, path));
        let touched = self.touched(&before, &after);
        if touched.is_empty() {
            return faults;
        }
        let others = self.others(&touched);
        // A finding names other files that carry the same identity, so these files are searched as
        // well, but get no findings themselves.
        let all = touched.iter().chain(&others);
        let past = OnceCell::new();
        for (one, finding) in carried(self.config, self.after, self.stored, self.tree, all) {
            if !touched.contains(one) {
                continue;
            }
            // Build this only when the first finding occurs, because usually there are none.
            let past = past.get_or_init(|| self.past());
            let origin = after.get(&one.path).map(|holder| holder.origin);
            let moved_from = origin.and_then(|origin| past.get(&origin).copied());
            // A file that this commit moved is compared with the file at its old path.
            let mut places = [Some(&one.path), moved_from].into_iter().flatten();
            match places.any(|place| self.was_wrong(one, place, before.get(place).copied())) {
                true => faults.old.push(finding),
                false => faults.new.push(finding),
            }
        }
        faults.new.sort();
        faults.old.sort();
        faults
    }

    /// Returns the identities carried by the files that the commit affects.
    fn touched(&self, before: &HolderMap<'_>, after: &HolderMap<'_>) -> BTreeSet<Carried> {
        let (reader, mut touched) = (self.reader(), BTreeSet::new());
        for (path, entry) in tracked(self.config, self.tree) {
            let is_edited = self.parents.iter().all(|tree| tree.get(path) != Some(entry));
            let is_added = is_edited && !self.had_file(path);
            let holders = before.get(path).zip(after.get(path));
            let is_given = holders.is_some_and(|(then, now)| then.origin != now.origin);
            if is_added || is_given {
                touched.extend(reader.name(path));
            }
            // If a commit only edits files without `[[embed]]` rules, no contents are read.
            if is_added || is_given || (is_edited && self.config.embeds(path)) {
                touched.extend(self.head(path, *entry));
            }
        }
        touched
    }

    /// Returns the other places that carry the same identities: the names of any files, and the
    /// heads of the files that these identities belong to.
    fn others(&self, touched: &BTreeSet<Carried>) -> Vec<Carried> {
        let ids: BTreeSet<Id> =
            touched.iter().filter_map(|one| one.id.as_ref().ok()).copied().collect();
        let is_meant = |one: &Carried| {
            one.id.as_ref().is_ok_and(|id| ids.contains(id)) && !touched.contains(one)
        };
        let reader = self.reader();
        let names = tracked(self.config, self.tree).filter_map(|(path, _)| reader.name(path));
        let heads = reader.homes(self.tree, touched, |_| false);
        names.chain(heads).filter(is_meant).collect()
    }

    /// Returns whether a parent already had a file with the same fault at this path.
    fn was_wrong(&self, one: &Carried, path: &RepoPath, holder: Option<&Allocation>) -> bool {
        let was_right = match (&one.id, holder) {
            (Ok(id), Some(holder)) => holder.answers_to(*id),
            _ => false,
        };
        let carries = |entry: &Entry| {
            let then = match one.is_name {
                true => self.reader().name(path),
                false => self.head(path, *entry),
            };
            then.is_some_and(|then| then.id == one.id)
        };
        let files = self.parents.iter().filter_map(|tree| tree.get(path));
        !was_right && files.filter(|entry| entry.mode.is_file()).any(carries)
    }

    /// Returns the path of each active record in the parents' registry.
    fn past(&self) -> BTreeMap<Origin, &RepoPath> {
        let records = self.before.iter().flat_map(|registry| &registry.allocations);
        records.filter(|r| r.is_active()).map(|record| (record.origin, &record.path)).collect()
    }

    fn had_file(&self, path: &RepoPath) -> bool {
        self.parents.iter().any(|tree| is_file(tree, path))
    }

    fn head(&self, path: &RepoPath, entry: Entry) -> Option<Carried> {
        self.reader().head(path, entry).ok().flatten()
    }

    fn reader(&self) -> CarrierReader<'_> {
        CarrierReader { repo: self.repo, config: self.config, registry: self.after }
    }
}
