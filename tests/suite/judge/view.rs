//! One commit as plain git shows it: its tree and its registry.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{LazyLock, Mutex, PoisonError};

use serde_json::Value;

use crate::common::Repo;

const REGISTRY: &str = ".idhooks/registry.json";

/// The trees of commits that were read, by the full name of the commit: every judgement reads the whole
/// history, and scenarios with many copies of a repository would list the same trees in each of them.
static TREES: LazyLock<Mutex<HashMap<String, Tree>>> = LazyLock::new(Mutex::default);

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
        let tree = View::tree(repo, rev);
        let raw = tree
            .contains_key(REGISTRY.as_bytes())
            .then(|| repo.git(["show", &format!("{rev}:{REGISTRY}")]).bytes());
        View::new(tree, raw)
    }

    /// Reads commits by their full names, all registries with one process.
    pub(crate) fn of_each(repo: &Repo, revs: &[&str]) -> Vec<View> {
        let read = |rev: &&str| {
            let known = || TREES.lock().unwrap_or_else(PoisonError::into_inner);
            if let Some(tree) = known().get(*rev) {
                return tree.clone();
            }
            let tree = View::tree(repo, rev);
            known().insert((*rev).to_owned(), tree.clone());
            tree
        };
        let trees: Vec<_> = revs.iter().map(read).collect();
        let has_registry = |tree: &Tree| tree.contains_key(REGISTRY.as_bytes());
        let with = revs.iter().zip(&trees).filter(|(_, tree)| has_registry(tree));
        let names: String = with.map(|(rev, _)| format!("{rev}:{REGISTRY}\n")).collect();
        let blobs = if names.is_empty() {
            Vec::new()
        } else {
            repo.try_git_with("cat-file --batch", names.as_bytes()).ok().bytes()
        };
        let mut blobs = blobs.as_slice();
        let views = trees.into_iter().map(|tree| {
            let raw = has_registry(&tree).then(|| next_blob(&mut blobs));
            View::new(tree, raw)
        });
        views.collect()
    }

    fn tree(repo: &Repo, rev: &str) -> Tree {
        tree(&repo.git(["ls-tree", "-r", "-z", "-l", rev]).bytes())
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

    /// Returns the paths that must have an identity: regular files, except those of idhooks.
    pub(crate) fn tracked(&self) -> BTreeSet<Vec<u8>> {
        let regular = self.tree.iter().filter(|(_, file)| file.mode.starts_with("100"));
        regular.map(|(path, _)| path.clone()).filter(|path| !is_own(path)).collect()
    }
}

/// Takes the next blob from the output of `git cat-file --batch`: `name kind size LF bytes LF`.
fn next_blob(output: &mut &[u8]) -> Vec<u8> {
    let end = output.iter().position(|byte| *byte == b'\n').expect("a line before the bytes");
    let facts = String::from_utf8_lossy(&output[..end]).into_owned();
    let size = facts.rsplit(' ').next().and_then(|size| size.parse::<usize>().ok());
    assert!(size.is_some(), "not a blob: {facts}");
    let size = size.unwrap_or_default();
    let blob = output[end + 1..][..size].to_vec();
    *output = &output[end + 1 + size + 1..];
    blob
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

/// Parses `mode kind blob size TAB path NUL …`.
fn tree(listing: &[u8]) -> Tree {
    let mut tree = BTreeMap::new();
    for row in listing.split(|byte| *byte == 0).filter(|row| !row.is_empty()) {
        let tab = row.iter().position(|byte| *byte == b'\t').expect("a tab precedes the path");
        let facts = String::from_utf8_lossy(&row[..tab]).into_owned();
        let mut facts = facts.split_whitespace();
        let mode = facts.next().unwrap_or_default().to_owned();
        let blob = facts.nth(1).unwrap_or_default().to_owned();
        let size = facts.next().and_then(|size| size.parse().ok()).unwrap_or(0);
        tree.insert(row[tab + 1..].to_vec(), File { mode, blob, size });
    }
    tree
}
