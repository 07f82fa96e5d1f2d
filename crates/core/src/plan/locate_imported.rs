//! Locates the files of an imported registry.
//!
//! Its paths may be old. A file is recognised by an identity in its name, by its content, by the
//! renames of the history, or by a name that no other file has.

use std::collections::{BTreeMap, BTreeSet};

use crate::config::Config;
use crate::registry::{BlobId, FileName, Id, Origin, Registry, RepoPath, Tree, key};

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
    search.follow(registry, by_identity);
    search.follow(registry, by_blob);
    search.follow(registry, by_origin);
    if !search.is_done() {
        let renames = renames()?;
        let targets = rename_targets(&renames, tree);
        search.follow(registry, |search, registry| by_history(search, registry, &targets));
    }
    search.follow(registry, by_name);
    Ok(())
}

/// The files and the records that have each trait.
type Traits<T> = (BTreeMap<T, Vec<RepoPath>>, BTreeMap<T, Vec<usize>>);

impl ImportSearch<'_> {
    fn is_done(&self) -> bool {
        self.stale.is_empty() || self.open.is_empty()
    }

    /// Pairs records with files that share a trait which no other record or file has.
    fn follow<T: Ord>(
        &mut self,
        registry: &mut Registry,
        traits: impl Fn(&ImportSearch<'_>, &Registry) -> Traits<T>,
    ) {
        if self.is_done() {
            return;
        }
        let (files, records) = traits(self, registry);
        for (common, records) in records {
            if let (Some([path]), [n]) = (files.get(&common).map(Vec::as_slice), &records[..])
                && self.open.remove(path).is_some()
                && self.stale.remove(n)
            {
                registry.allocations[*n].path = path.clone();
            }
        }
    }

    fn files<T: Ord>(
        &self,
        of: impl Fn(&RepoPath, BlobId) -> Option<T>,
    ) -> BTreeMap<T, Vec<RepoPath>> {
        let mut files: BTreeMap<T, Vec<RepoPath>> = BTreeMap::new();
        for (path, blob) in &self.open {
            if let Some(value) = of(path, *blob) {
                files.entry(value).or_default().push((*path).clone());
            }
        }
        files
    }

    fn records<T: Ord>(&self, of: impl Fn(usize) -> Option<T>) -> BTreeMap<T, Vec<usize>> {
        let mut records: BTreeMap<T, Vec<usize>> = BTreeMap::new();
        for n in &self.stale {
            if let Some(value) = of(*n) {
                records.entry(value).or_default().push(*n);
            }
        }
        records
    }
}

/// By the identity in the name of the file.
fn by_identity(search: &ImportSearch<'_>, registry: &Registry) -> Traits<Id> {
    let files = search.files(|path, _| FileName::of(path.basename()).id());
    (files, search.records(|n| Some(registry.allocations[n].id)))
}

/// By the last content in the record.
fn by_blob(search: &ImportSearch<'_>, registry: &Registry) -> Traits<String> {
    let files = search.files(|_, blob| Some(blob.to_string()));
    let last = |n: usize| registry.allocations[n].text(key::LAST_BLOB).map(str::to_owned);
    (files, search.records(last))
}

/// By the content and the path for which the record was allocated.
fn by_origin(search: &ImportSearch<'_>, registry: &Registry) -> Traits<Origin> {
    let mut files: BTreeMap<Origin, Vec<RepoPath>> = BTreeMap::new();
    let made = search.records(|n| {
        let record = &registry.allocations[n];
        (!record.origin_is_derived).then_some(record.origin)
    });
    if made.len().saturating_mul(search.open.len()) <= MAX_PAIRS {
        for (origin, n) in made.iter().filter_map(|(origin, all)| Some((origin, all.first()?))) {
            let old = &registry.allocations[*n].path;
            let is_it = |blob: BlobId| Origin::of_file(old, blob, 0) == *origin;
            let found = search.open.iter().filter(|(_, blob)| is_it(**blob));
            files.insert(*origin, found.map(|(path, _)| (*path).clone()).collect());
        }
    }
    (files, made)
}

/// By the renames of the history.
fn by_history(
    search: &ImportSearch<'_>,
    registry: &Registry,
    targets: &BTreeMap<&RepoPath, Option<&RepoPath>>,
) -> Traits<RepoPath> {
    let files = search.files(|path, _| Some(path.clone()));
    let target = |n: usize| (*targets.get(&registry.allocations[n].path)?).cloned();
    (files, search.records(target))
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

/// By the file name.
fn by_name(search: &ImportSearch<'_>, registry: &Registry) -> Traits<Vec<u8>> {
    let files = search.files(|path, _| Some(path.basename().to_vec()));
    (files, search.records(|n| Some(registry.allocations[n].path.basename().to_vec())))
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
