//! Reads commits of all clones of a history, through a repository of its own that borrows their
//! objects: reading fetches nothing into a partial clone and sees no replacement.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use crate::common::Repo;
use crate::judge::View;
use crate::judge::view::File;
use crate::simulator::objects::{Objects, commit, entries};

const REGISTRY: &[u8] = b".idhooks/registry.json";

/// A commit as plain git shows it.
pub(crate) struct Facts {
    pub(crate) parents: Vec<String>,
    /// The first line of the message.
    pub(crate) subject: String,
    pub(crate) view: View,
}

/// What a blob contains.
pub(crate) struct Blob {
    pub(crate) size: u64,
    pub(crate) is_blank: bool,
    /// The births of its lines.
    pub(crate) births: BTreeSet<String>,
}

/// The objects of all clones.
pub(crate) struct Store {
    repo: Repo,
    objects: Objects,
    borrowed: Vec<String>,
    blobs: HashMap<String, Rc<Blob>>,
}

impl Store {
    /// Makes a store that has no objects yet.
    pub(crate) fn new(root: &Repo) -> Store {
        let repo = root.beside("judge.git");
        std::fs::create_dir(repo.path()).expect("a directory can be made");
        repo.run("init -q --bare .");
        let objects = Objects::of(&repo);
        Store { repo, objects, borrowed: Vec::new(), blobs: HashMap::new() }
    }

    /// Also reads the objects in this directory.
    pub(crate) fn borrow(&mut self, objects: &str) {
        self.borrowed.push(objects.to_owned());
        self.repo.write("objects/info/alternates", self.borrowed.join("\n") + "\n");
        self.objects = Objects::of(&self.repo);
    }

    /// Reads a commit.
    pub(crate) fn read(&mut self, name: &str) -> Facts {
        let bytes = self.objects.get(name).bytes;
        let (tree, parents) = commit(&bytes);
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let message = text.split_once("\n\n").map_or("", |(_, message)| message);
        let subject = message.lines().next().unwrap_or_default().to_owned();
        let mut files = BTreeMap::new();
        self.walk(&tree, b"", &mut files);
        let registry = files.get(REGISTRY).map(|file| self.objects.get(&file.blob).bytes);
        Facts { parents, subject, view: View::new(files, registry) }
    }

    /// Returns the parents of a commit.
    pub(crate) fn parents(&mut self, name: &str) -> Vec<String> {
        commit(&self.objects.get(name).bytes).1
    }

    /// Returns the best common ancestors of two commits.
    pub(crate) fn bases(&self, one: &str, other: &str) -> Vec<String> {
        let list = self.repo.try_git(["merge-base", "--all", one, other]).stdout();
        list.lines().map(String::from).collect()
    }

    /// Returns what a blob contains.
    pub(crate) fn blob(&mut self, name: &str) -> Rc<Blob> {
        if let Some(known) = self.blobs.get(name) {
            return Rc::clone(known);
        }
        let bytes = self.objects.get(name).bytes;
        let text = String::from_utf8_lossy(&bytes);
        let births = text.lines().filter_map(|line| line.split_once(" line ")).map(|(b, _)| b);
        let births = births.filter(|birth| birth.starts_with("born-")).map(String::from).collect();
        let is_blank = text.trim().is_empty();
        let blob = Rc::new(Blob { size: bytes.len() as u64, is_blank, births });
        self.blobs.insert(name.to_owned(), Rc::clone(&blob));
        blob
    }

    fn walk(&mut self, tree: &str, above: &[u8], files: &mut BTreeMap<Vec<u8>, File>) {
        for (name, (mode, blob)) in entries(&self.objects.get(tree)) {
            let path = [above, &name].concat();
            if mode == "40000" {
                self.walk(&blob, &[&path[..], b"/"].concat(), files);
            } else {
                let size = self.blob(&blob).size;
                files.insert(path, File { mode, blob, size });
            }
        }
    }
}
