//! One commit as plain git shows it: its tree and its registry.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use super::objects::{Object, Objects, entries};
use crate::common::Repo;

const REGISTRY: &str = ".idhooks/registry.json";

/// The trees that were read, and the sizes of blobs, by their names: every judgement reads the whole history,
/// and scenarios with many copies of a repository would read the same in each of them.
static KNOWN: LazyLock<Mutex<Known>> = LazyLock::new(Mutex::default);

#[derive(Default)]
struct Known {
    trees: HashMap<String, Tree>,
    sizes: HashMap<String, u64>,
}

/// The paths of a commit.
pub(crate) type Tree = BTreeMap<Vec<u8>, File>;

/// Tree and registry of a commit.
#[derive(Clone)]
pub(crate) struct View {
    /// Every path of the tree.
    pub(crate) tree: Tree,
    /// The registry's bytes, if there is one.
    pub(crate) raw: Option<Vec<u8>>,
    /// The registry, if it is JSON.
    pub(crate) json: Option<Value>,
    /// Its records, in the order of the file.
    pub(crate) records: Vec<Record>,
}

/// One path of a tree.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct File {
    pub(crate) mode: String,
    pub(crate) blob: String,
    pub(crate) size: u64,
}

/// The parts of a record that the judge checks.
#[derive(Clone)]
pub(crate) struct Record {
    pub(crate) id: String,
    pub(crate) path: Vec<u8>,
    pub(crate) origin: String,
    pub(crate) active: bool,
    /// Whether another record has its path; only the simulator asks.
    pub(crate) is_shadowed: bool,
    /// Whether it ended because its file was deleted; only the simulator asks.
    pub(crate) is_deleted: bool,
    /// Whether a command deprecated it, so that it keeps its path as long as there is a file.
    pub(crate) deprecated_by_command: bool,
    /// The identity that superseded it.
    pub(crate) superseded_by: Option<String>,
    pub(crate) aliases: BTreeSet<String>,
    /// The origins of records that it replaced on purpose.
    pub(crate) reassigned_from: Vec<String>,
    /// The path from which a command moved it.
    pub(crate) moved_from: Option<String>,
}

impl View {
    /// Reads a commit.
    pub(crate) fn of(repo: &Repo, rev: &str) -> View {
        View::of_each(repo, &[rev]).remove(0)
    }

    /// Reads commits, all with one process.
    pub(crate) fn of_each(repo: &Repo, revs: &[&str]) -> Vec<View> {
        let mut objects = Objects::of(repo);
        let view = |rev: &&str| {
            let tree = objects.find(&format!("{rev}^{{tree}}"));
            assert!(tree.is_some(), "no commit {rev}\n{}", repo.situation());
            let tree = read_tree(&mut objects, &tree.expect("asserted above"));
            let raw = tree.get(REGISTRY.as_bytes()).map(|file| objects.get(&file.blob).bytes);
            View::new(tree, raw)
        };
        revs.iter().map(view).collect()
    }

    /// Returns the view of a commit with this tree and these bytes of a registry.
    pub(crate) fn new(tree: Tree, raw: Option<Vec<u8>>) -> View {
        let json: Option<Value> = raw.as_ref().and_then(|raw| serde_json::from_slice(raw).ok());
        let list = json.as_ref().and_then(|json| json["allocations"].as_array());
        let records = list.map(|list| list.iter().map(Record::read).collect()).unwrap_or_default();
        View { tree, raw, json, records }
    }

    /// Returns the identities of the paths that have one.
    pub(crate) fn ids(&self) -> BTreeMap<Vec<u8>, String> {
        let entry = |record: &Record| (record.path.clone(), record.id.clone());
        let deprecated_by_command =
            self.records.iter().filter(|record| record.deprecated_by_command);
        let deprecated_by_command =
            deprecated_by_command.filter(|record| self.tree.contains_key(&record.path));
        let active = self.records.iter().filter(|record| record.active);
        deprecated_by_command.chain(active).map(entry).collect()
    }

    /// Returns whether a commit on `parent` superseded this identity, or let it replace another one,
    /// on purpose, so that it need not follow its file.
    pub(crate) fn was_reassigned(&self, parent: &View, id: &str) -> bool {
        let on_purpose =
            |r: &Record| r.superseded_by.is_some() || (r.active && !r.reassigned_from.is_empty());
        let mut own = self.records.iter().filter(|record| record.id == id && on_purpose(record));
        own.any(|record| parent.is_news(record))
    }

    /// Returns whether a commit on `parent` moved an identity by command, either this one or another
    /// one to `path`, so that a rename to this path need not be followed.
    pub(crate) fn was_moved(&self, parent: &View, id: &str, path: &[u8]) -> bool {
        let is_moved = |record: &&Record| {
            let then = parent.records.iter().find(|then| then.origin == record.origin);
            let left = then.filter(|then| then.path != record.path).map(|then| &then.path);
            left.map(Vec::as_slice) == record.moved_from.as_deref().map(str::as_bytes)
                && left.is_some()
        };
        let mut moved = self.records.iter().filter(is_moved);
        moved.any(|record| record.id == id || (record.active && record.path == path))
    }

    /// Returns the records of which a commit on `parent` notes something new about their paths.
    fn noted(&self, parent: &View) -> Vec<&Record> {
        let before: BTreeMap<&str, &Record> =
            parent.records.iter().map(|then| (then.origin.as_str(), then)).collect();
        let is_known = |record: &&Record| {
            let then = before.get(record.origin.as_str());
            then.is_some_and(|then| then.evidence() == record.evidence())
        };
        self.records.iter().filter(|record| !is_known(record)).collect()
    }

    /// Returns whether a record in a commit on this one notes something new about its path.
    fn is_news(&self, record: &Record) -> bool {
        let mut before = self.records.iter();
        !before.any(|then| then.origin == record.origin && then.evidence() == record.evidence())
    }

    /// Returns the pairs of origins of which a commit on `other` says that the second replaced the
    /// first.
    fn replaced(&self, other: &View) -> Vec<[&str; 2]> {
        let mut pairs = Vec::new();
        for record in self.noted(other) {
            let named = |r: &&Record| {
                let by = record.superseded_by.as_ref();
                by.is_some_and(|id| r.id == *id || r.aliases.contains(id))
            };
            let heirs = self.records.iter().filter(named);
            pairs.extend(heirs.map(|heir| [record.origin.as_str(), heir.origin.as_str()]));
            let before = record.reassigned_from.iter();
            pairs.extend(before.map(|old| [old.as_str(), record.origin.as_str()]));
        }
        pairs
    }

    /// Returns whether a commit on `parent` replaced an identity by another one on purpose, in any
    /// number of steps, or took back that the parent did.
    pub(crate) fn has_successor(&self, parent: &View, id: &str, to: &str) -> bool {
        let mut pairs = self.replaced(parent);
        pairs.extend(parent.replaced(self).into_iter().map(|[old, new]| [new, old]));
        // A file that returns to where a command had moved it away takes the place of its heir.
        for record in self.noted(parent) {
            let then = parent.records.iter().find(|then| then.origin == record.origin);
            let left = then.and_then(|then| then.moved_from.as_ref());
            if left.is_some_and(|left| left.as_bytes() == record.path) {
                let there = parent.records.iter().filter(|r| r.active && r.path == record.path);
                pairs.extend(there.map(|there| [there.origin.as_str(), record.origin.as_str()]));
            }
        }
        let known = || self.records.iter().chain(&parent.records);
        let mut reached: Vec<&str> = known().filter(|r| r.id == id).map(|r| &*r.origin).collect();
        reached.dedup();
        let begin = reached.len();
        let mut visited = 0;
        while let Some(old) = reached.get(visited).copied() {
            visited += 1;
            for [from, new] in &pairs {
                if *from == old && !reached.contains(new) {
                    reached.push(new);
                }
            }
        }
        let is_reached = |record: &&Record| reached[begin..].contains(&record.origin.as_str());
        self.records.iter().filter(is_reached).any(|record| self.answers(to, &record.id))
    }

    /// Returns the identity of every origin, with any status.
    pub(crate) fn origins(&self) -> BTreeMap<String, String> {
        self.records.iter().map(|record| (record.origin.clone(), record.id.clone())).collect()
    }

    /// Returns the record of an identity as JSON.
    pub(crate) fn record(&self, id: &str) -> Option<Value> {
        let list = self.json.as_ref()?["allocations"].as_array()?;
        list.iter().find(|record| record["id"] == id).cloned()
    }

    /// Returns the other identities that resolve to this one.
    pub(crate) fn aliases_of(&self, id: &str) -> BTreeSet<String> {
        let record = self.records.iter().find(|record| record.id == id);
        record.map(|record| record.aliases.clone()).unwrap_or_default()
    }

    /// Returns whether the identity is `before`, or had that number earlier.
    pub(crate) fn answers(&self, id: &str, before: &str) -> bool {
        id == before || self.aliases_of(id).contains(before)
    }

    /// Returns how many files have a blob.
    pub(crate) fn files_with(&self, blob: &str) -> usize {
        self.tree.values().filter(|file| file.blob == blob).count()
    }

    /// Returns the paths that must have an identity: regular files, except those of idhooks.
    pub(crate) fn tracked(&self) -> BTreeSet<Vec<u8>> {
        let regular = self.tree.iter().filter(|(_, file)| file.mode.starts_with("100"));
        regular.map(|(path, _)| path.clone()).filter(|path| !is_own(path)).collect()
    }
}

/// Reads a tree with all that is below it.
fn read_tree(objects: &mut Objects, top: &Object) -> Tree {
    let known = || KNOWN.lock().unwrap_or_else(PoisonError::into_inner);
    if let Some(tree) = known().trees.get(&top.name) {
        return tree.clone();
    }
    let mut tree = Tree::new();
    let mut left = vec![(Vec::new(), entries(top))];
    while let Some((above, entries_there)) = left.pop() {
        for (name, (mode, object)) in entries_there {
            let path = [above.as_slice(), &name].concat();
            if mode == "40000" {
                left.push(([&path[..], b"/"].concat(), entries(&objects.get(&object))));
            } else {
                tree.insert(path, File { mode, blob: object, size: 0 });
            }
        }
    }
    // The commits of other repositories are no blobs of this one.
    let blobs = tree.values().filter(|file| file.mode != "160000").map(|file| file.blob.clone());
    let blobs: BTreeSet<String> = blobs.collect();
    let new: Vec<&str> = {
        let known = known();
        blobs.iter().filter(|blob| !known.sizes.contains_key(*blob)).map(String::as_str).collect()
    };
    let sizes = objects.sizes(&new);
    let is_whole = sizes.iter().all(Option::is_some);
    let mut known = known();
    for (blob, size) in new.into_iter().zip(sizes) {
        known.sizes.extend(size.map(|size| (blob.to_owned(), size)));
    }
    for file in tree.values_mut() {
        file.size = known.sizes.get(&file.blob).copied().unwrap_or(0);
    }
    if is_whole {
        known.trees.insert(top.name.clone(), tree.clone());
    }
    tree
}

/// The legacy registry files of the tests, which are derived from the registry.
const LEGACY_FILES: [&[u8]; 4] =
    [b"registry/ID_REGISTRY.json", b"old/ids.csv", b"old/ids.jsonl", b"old/ids.map"];

fn is_own(path: &[u8]) -> bool {
    path.starts_with(b".idhooks/")
        || path == b"idhooks.toml"
        || path == b".gitattributes"
        || LEGACY_FILES.contains(&path)
}

impl Record {
    /// Returns what is evidence of a command where it differs from the record of the parent.
    fn evidence(&self) -> (&[u8], Option<&str>, &[String], Option<&str>) {
        let (from, by) = (self.moved_from.as_deref(), self.superseded_by.as_deref());
        (&self.path, from, &self.reassigned_from, by)
    }

    fn read(json: &Value) -> Record {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = &json["metadata"];
        let path = match metadata["path_hex"].as_str() {
            Some(hex) => unhex(hex),
            None => text(&json["file_path"]).into_bytes(),
        };
        let reason = metadata["deprecated_reason"].as_str().unwrap_or_default();
        let by_rule = ["deleted", "merged", "reverted", "excluded"].contains(&reason);
        let superseded = json["status"] == "superseded" && metadata.get("shadowed").is_none();
        let superseded = superseded.then(|| &metadata["superseded_by"]);
        let aliases = metadata["aliases"].as_array().cloned().unwrap_or_default();
        let reassigned_from = match &metadata["reassigned_from"] {
            Value::Array(all) => all.iter().map(text).collect(),
            Value::String(one) => vec![one.clone()],
            _ => Vec::new(),
        };
        Record {
            id: text(&json["id"]),
            path,
            origin: text(&metadata["origin"]),
            active: json["status"] == "active",
            is_shadowed: json["metadata"]["shadowed"] == true,
            is_deleted: json["status"] == "deprecated" && reason == "deleted",
            deprecated_by_command: json["status"] == "deprecated" && !by_rule,
            superseded_by: superseded.and_then(Value::as_str).map(str::to_owned),
            aliases: aliases.iter().map(text).collect(),
            reassigned_from,
            moved_from: metadata["moved_from"].as_str().map(str::to_owned),
        }
    }
}

fn unhex(hex: &str) -> Vec<u8> {
    let digits = hex.as_bytes().chunks(2).map(|pair| std::str::from_utf8(pair).unwrap_or("zz"));
    digits.map(|pair| u8::from_str_radix(pair, 16).expect("path_hex is hexadecimal")).collect()
}
