//! Locates the files of an imported registry.
//!
//! Its paths may be old. A file is recognised by an identity in its name, by its content, by the
//! renames of the history, or by a name that no other file has.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::registry::{
    Allocation, BlobId, FileName, Origin, Registry, RepoPath, Tree, grouped, key,
};

/// The number of pairs of records and files above which origins are not compared.
const MAX_PAIRS: usize = 1_000_000;

/// The records and files that are not matched yet.
struct ImportSearch<'a> {
    /// Active records without a file, by their place in the registry.
    stale: BTreeSet<usize>,
    /// Files without a record.
    open: BTreeMap<&'a RepoPath, BlobId>,
}

/// Updates the paths of active records with an untracked path to where their files are now.
///
/// `renames` returns the renames of the history, newest first; it is called only if better evidence
/// is not enough.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub fn locate<E>(
    registry: &mut Registry,
    tree: &Tree,
    config: &Config,
    renames: impl FnOnce() -> Result<Vec<(RepoPath, RepoPath)>, E>,
) -> Result<(), E> {
    let tracked = tree.iter().filter(|(path, entry)| entry.mode.is_file() && config.tracks(path));
    let mut search = ImportSearch {
        stale: BTreeSet::new(),
        open: tracked.map(|(path, entry)| (path, entry.blob)).collect(),
    };
    for (n, record) in registry.allocations.iter().enumerate() {
        let holds = record.is_active() || record.is_deprecated_by_command();
        if holds && search.open.remove(&record.path).is_none() && record.is_active() {
            let is_there = tree.get(&record.path).is_some_and(|entry| entry.mode.is_file());
            if !is_there {
                search.stale.insert(n);
            }
        }
    }
    // By the identity in the name of the file.
    let id_in_name = |path: &RepoPath, _| FileName::of(path.basename()).id();
    search.follow(registry, id_in_name, |record| Some(record.id));
    // By the last content in the record.
    let last_blob = |record: &Allocation| record.text(key::LAST_BLOB).map(str::to_owned);
    search.follow(registry, |_, blob| Some(blob.to_string()), last_blob);
    search.follow_origins(registry);
    if !search.is_done() {
        let renames = renames()?;
        let targets = rename_targets(&renames, tree);
        let target = |record: &Allocation| (*targets.get(&record.path)?).cloned();
        search.follow(registry, |path, _| Some(path.clone()), target);
    }
    let name = |path: &RepoPath| Some(path.basename().to_vec());
    search.follow(registry, |path, _| name(path), |record| name(&record.path));
    Ok(())
}

impl ImportSearch<'_> {
    fn is_done(&self) -> bool {
        self.stale.is_empty() || self.open.is_empty()
    }

    /// Pairs records with files that share a trait which no other record or file has.
    fn follow<T: Ord>(
        &mut self,
        registry: &mut Registry,
        of_file: impl Fn(&RepoPath, BlobId) -> Option<T>,
        of_record: impl Fn(&Allocation) -> Option<T>,
    ) {
        if self.is_done() {
            return;
        }
        let files = self.open.iter();
        let files = grouped(files.filter_map(|(path, blob)| Some((of_file(path, *blob)?, *path))));
        let records = self.stale.iter();
        let records = records.filter_map(|n| Some((of_record(&registry.allocations[*n])?, *n)));
        self.pair(registry, &files, grouped(records));
    }

    /// Pairs records with the files that have the content for which they were allocated, at the path
    /// for which they were.
    fn follow_origins(&mut self, registry: &mut Registry) {
        let made = self.stale.iter().map(|n| (registry.allocations[*n].origin, *n));
        let records = grouped(made.filter(|(_, n)| !registry.allocations[*n].origin_is_derived));
        if records.len().saturating_mul(self.open.len()) > MAX_PAIRS {
            return;
        }
        let found = records.iter().filter_map(|(origin, all)| {
            let old = &registry.allocations[*all.first()?].path;
            let is_it = |blob: &BlobId| Origin::of_file(old, *blob, 0) == *origin;
            let files = self.open.iter().filter(|(_, blob)| is_it(blob));
            Some((*origin, files.map(|(path, _)| *path).collect()))
        });
        let files = found.collect();
        self.pair(registry, &files, records);
    }

    fn pair<T: Ord>(
        &mut self,
        registry: &mut Registry,
        files: &BTreeMap<T, Vec<&RepoPath>>,
        records: BTreeMap<T, Vec<usize>>,
    ) {
        for (common, records) in records {
            if let (Some([path]), [n]) = (files.get(&common).map(Vec::as_slice), &records[..])
                && self.open.remove(*path).is_some()
                && self.stale.remove(n)
            {
                registry.allocations[*n].path = (*path).clone();
            }
        }
    }
}
/// Returns the path in the tree at which the chain of renames from each path ends; nothing for a
/// path from which renames lead to several paths.
fn rename_targets<'a>(
    renames: &'a [(RepoPath, RepoPath)],
    tree: &Tree,
) -> BTreeMap<&'a RepoPath, Option<&'a RepoPath>> {
    let mut targets: BTreeMap<&RepoPath, Option<&RepoPath>> = BTreeMap::new();
    // Later renames were processed before.
    for (from, to) in renames {
        let target = match targets.get(to) {
            Some(target) => *target,
            None if tree.contains_key(to) => Some(to),
            None => continue,
        };
        let existing = targets.entry(from).or_insert(target);
        if *existing != target {
            *existing = None;
        }
    }
    targets
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Allocation, Entry, Json, Mode, Timestamp};

    #[test]
    fn records_follow_unambiguous_evidence() {
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        let blob = |n: u8| BlobId::from_bytes(&[n; 20]).expect("an id");
        let mut registry = Registry::new("260118".parse().expect("valid"));
        let mut add = |n: u64, old: &str, origin: Origin| {
            let id = format!("20999{n:05}260118").parse().expect("valid");
            registry.allocations.push(Allocation::new(id, path(old), Timestamp::EPOCH, origin));
        };
        let any = |n: u8| Origin::of_file(&path("any"), blob(n), 0);
        add(1, "old/named.py", any(1));
        add(2, "old/remembered.py", any(2));
        add(3, "old/made.py", Origin::of_file(&path("old/made.py"), blob(3), 0));
        add(4, "old/alone.py", any(4));
        add(5, "old/twice.py", any(5));
        add(6, "here.py", any(6));
        add(7, "old/here.py", any(7));
        let last = Json::string(blob(2).to_string());
        registry.allocations[1].metadata.insert(key::LAST_BLOB.to_owned(), last);
        let files = [
            ("new/2099900001260118_x.py", 11),
            ("new/y.py", 2),
            ("new/z.py", 3),
            ("new/alone.py", 14),
            ("new/a/twice.py", 15),
            ("new/b/twice.py", 16),
            ("here.py", 17),
        ];
        let file = |n| Entry { mode: Mode::Regular, blob: blob(n) };
        let tree: Tree = files.map(|(name, n)| (path(name), file(n))).into_iter().collect();
        let none = || Ok::<_, ()>(Vec::new());
        locate(&mut registry, &tree, &Config::default(), none).expect("no history");
        let paths: Vec<String> = registry.allocations.iter().map(|r| r.path.to_string()).collect();
        assert_eq!(
            paths,
            [
                "new/2099900001260118_x.py",
                "new/y.py",
                "new/z.py",
                "new/alone.py",
                "old/twice.py",
                "here.py",
                "old/here.py"
            ]
        );
    }

    #[test]
    fn chains_of_renames_are_followed_to_their_end() {
        let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
        let file =
            Entry { mode: Mode::Regular, blob: BlobId::from_bytes(&[1; 20]).expect("an id") };
        let tree: Tree = ["c", "d", "x", "y"].map(|name| (path(name), file)).into_iter().collect();
        let renames = [
            ("b", "c"),
            ("a", "b"),
            // Back and forth.
            ("d2", "d"),
            ("d1", "d2"),
            ("d2", "d1"),
            // Two targets, and one that no longer exists.
            ("two", "x"),
            ("two", "y"),
            ("first", "two"),
            ("none", "gone"),
        ];
        let renames = renames.map(|(from, to)| (path(from), path(to)));
        let targets = rename_targets(&renames, &tree);
        let target = |from: &str| targets.get(&path(from)).map(|to| to.map(ToString::to_string));
        assert_eq!(target("a"), Some(Some("c".to_owned())));
        assert_eq!(target("b"), Some(Some("c".to_owned())));
        assert_eq!(target("d1"), Some(Some("d".to_owned())));
        assert_eq!(target("d2"), Some(Some("d".to_owned())));
        assert_eq!(
            (target("two"), target("first"), target("none")),
            (Some(None), Some(None), None)
        );
    }
}
