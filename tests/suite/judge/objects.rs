//! Reads objects of a repository through one `git cat-file --batch` process.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, ChildStdout};

use crate::common::Repo;

/// A running `git cat-file` process.
pub(crate) struct Objects {
    child: Child,
    questions: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
}

/// One object.
pub(crate) struct Object {
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
}

impl Objects {
    /// Starts the process.
    pub(crate) fn of(repo: &Repo) -> Objects {
        let mut child = repo.start_git("cat-file --batch");
        let questions = child.stdin.take();
        let answers = child.stdout.take().expect("the pipe was asked for");
        Objects { child, questions, answers: BufReader::new(answers) }
    }

    /// Returns the object of a revision, if it exists.
    pub(crate) fn find(&mut self, rev: &str) -> Option<Object> {
        let pipe = self.questions.as_mut().expect("open until it is dropped");
        writeln!(pipe, "{rev}").expect("git listens");
        self.answer()
    }

    /// Reads the next answer: the name of an object, its kind, its size and its bytes.
    fn answer(&mut self) -> Option<Object> {
        let mut line = String::new();
        self.answers.read_line(&mut line).expect("git answers");
        let mut words = line.split_whitespace();
        let name = words.next().expect("git names the object").to_owned();
        let size: usize = words.nth(1)?.parse().expect("a size is a number");
        let mut bytes = vec![0; size + 1];
        self.answers.read_exact(&mut bytes).expect("git sends all of it");
        bytes.pop();
        Some(Object { name, bytes })
    }

    /// Returns the sizes of objects that exist.
    pub(crate) fn sizes(&mut self, names: &[&str]) -> Vec<Option<u64>> {
        let mut sizes = Vec::new();
        // Git stops reading questions while it waits for a reader of its answers: a few at a time.
        for names in names.chunks(500) {
            let questions: String = names.iter().map(|name| format!("{name}\n")).collect();
            let pipe = self.questions.as_mut().expect("open until it is dropped");
            pipe.write_all(questions.as_bytes()).expect("git listens");
            sizes.extend(names.iter().map(|_| self.answer().map(|it| it.bytes.len() as u64)));
        }
        sizes
    }

    /// Returns the object of a revision.
    pub(crate) fn get(&mut self, rev: &str) -> Object {
        let found = self.find(rev);
        assert!(found.is_some(), "no object {rev}");
        found.expect("asserted above")
    }
}

impl Drop for Objects {
    fn drop(&mut self) {
        drop(self.questions.take());
        // There is nothing to do if git does not exit.
        let _ = self.child.wait();
    }
}

/// Returns the tree and the parents of a commit.
pub(crate) fn commit(bytes: &[u8]) -> (String, Vec<String>) {
    let text = String::from_utf8_lossy(bytes);
    let head: Vec<&str> = text.lines().take_while(|line| !line.is_empty()).collect();
    let all = |key: &str| -> Vec<String> {
        head.iter().filter_map(|line| line.strip_prefix(key)).map(String::from).collect()
    };
    (all("tree ").concat(), all("parent "))
}

/// Returns the entries of a tree object: name to mode and object.
pub(crate) fn entries(tree: &Object) -> BTreeMap<Vec<u8>, (String, String)> {
    let raw = tree.name.len() / 2;
    let mut bytes = tree.bytes.as_slice();
    let mut found = BTreeMap::new();
    while let Some(zero) = bytes.iter().position(|byte| *byte == 0) {
        let facts = String::from_utf8_lossy(&bytes[..zero]).into_owned();
        let space = facts.find(' ').expect("a mode precedes the name");
        let name = bytes[space + 1..zero].to_vec();
        let hash = &bytes[zero + 1..=zero + raw];
        let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
        found.insert(name, (facts[..space].to_owned(), hex));
        bytes = &bytes[zero + 1 + raw..];
    }
    found
}
