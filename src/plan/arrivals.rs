//! Where the files of a registry from elsewhere are today.
//!
//! Its paths may be old. A file is known again by an identity in its name, by its content, or by
//! a name that no other file has.

use std::collections::{BTreeMap, BTreeSet};

use crate::policy::Policy;
use crate::registry::{BlobId, FileName, Id, Origin, Registry, RepoPath, Tree, key};

/// Above this many pairs of records and files no origins are worked out.
const MOST_PAIRS: usize = 1_000_000;

/// What is not settled yet.
struct Search<'a> {
    /// Active records without a file, by their place in the registry.
    stale: BTreeSet<usize>,
    /// Files without a record.
    open: BTreeMap<&'a RepoPath, BlobId>,
}

/// Lets active records whose path is not tracked follow their files to where they are.
pub fn settle(registry: &mut Registry, tree: &Tree, policy: &Policy) {
    let tracked = tree.iter().filter(|(path, entry)| entry.mode.is_file() && policy.tracks(path));
    let mut search = Search {
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
    search.follow(registry, by_name);
}

/// What two things must have in common; for each file and each record all they have.
type Traits<T> = (BTreeMap<T, Vec<RepoPath>>, BTreeMap<T, Vec<usize>>);

impl Search<'_> {
    /// Pairs records with files that have a trait in common which nothing else has.
    fn follow<T: Ord>(
        &mut self,
        registry: &mut Registry,
        traits: impl Fn(&Search<'_>, &Registry) -> Traits<T>,
    ) {
        if self.stale.is_empty() || self.open.is_empty() {
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
            if let Some(own) = of(path, *blob) {
                files.entry(own).or_default().push((*path).clone());
            }
        }
        files
    }

    fn records<T: Ord>(&self, of: impl Fn(usize) -> Option<T>) -> BTreeMap<T, Vec<usize>> {
        let mut records: BTreeMap<T, Vec<usize>> = BTreeMap::new();
        for n in &self.stale {
            if let Some(own) = of(*n) {
                records.entry(own).or_default().push(*n);
            }
        }
        records
    }
}

/// The identity in the name of the file.
fn by_identity(search: &Search<'_>, registry: &Registry) -> Traits<Id> {
    let files = search.files(|path, _| FileName::of(path.basename()).id());
    (files, search.records(|n| Some(registry.allocations[n].id)))
}

/// The content that the record remembers.
fn by_blob(search: &Search<'_>, registry: &Registry) -> Traits<String> {
    let files = search.files(|_, blob| Some(blob.to_string()));
    let last = |n: usize| registry.allocations[n].text(key::LAST_BLOB).map(str::to_owned);
    (files, search.records(last))
}

/// The content and the path for which the record was made.
fn by_origin(search: &Search<'_>, registry: &Registry) -> Traits<Origin> {
    let mut files: BTreeMap<Origin, Vec<RepoPath>> = BTreeMap::new();
    let made = search.records(|n| {
        let record = &registry.allocations[n];
        (!record.origin_is_derived).then_some(record.origin)
    });
    if made.len().saturating_mul(search.open.len()) <= MOST_PAIRS {
        for (origin, n) in made.iter().filter_map(|(origin, all)| Some((origin, all.first()?))) {
            let old = &registry.allocations[*n].path;
            let is_it = |blob: BlobId| Origin::of_file(old, blob, 0) == *origin;
            let found = search.open.iter().filter(|(_, blob)| is_it(**blob));
            files.insert(*origin, found.map(|(path, _)| (*path).clone()).collect());
        }
    }
    (files, made)
}

/// The name.
fn by_name(search: &Search<'_>, registry: &Registry) -> Traits<Vec<u8>> {
    let files = search.files(|path, _| Some(path.basename().to_vec()));
    (files, search.records(|n| Some(registry.allocations[n].path.basename().to_vec())))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::registry::{Allocation, Entry, Json, Mode, Timestamp};

    #[test]
    fn what_is_told_by_one_thing_alone_is_followed() {
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
        settle(&mut registry, &tree, &Policy::default());
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
}
