//! Everything that a refused operation must not change.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use super::Repo;

/// The state of a repository: HEAD and refs, index entries after their flags, working files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Snapshot {
    head: String,
    refs: String,
    index: String,
    files: BTreeMap<PathBuf, String>,
}

impl Snapshot {
    /// Takes a snapshot.
    pub(crate) fn of(repo: &Repo) -> Snapshot {
        let ask = |line: &str| {
            let answer = repo.try_git(line);
            format!("{}{}", answer.stdout(), if answer.succeeded() { "" } else { "(refused)" })
        };
        let mut files = BTreeMap::new();
        collect(repo.path(), repo.path(), &mut files);
        Snapshot {
            head: ask("rev-parse HEAD --symbolic-full-name HEAD"),
            refs: ask("for-each-ref"),
            index: ask("ls-files --stage -v -t"),
            files,
        }
    }

    /// Returns the same without refs, which keep what commands have replaced.
    pub(crate) fn without_refs(self) -> Snapshot {
        Snapshot { refs: String::new(), ..self }
    }

    /// Asserts that the repository is still as it was.
    pub(crate) fn assert_same(&self, repo: &Repo) {
        let now = Snapshot::of(repo);
        assert_eq!(now.head, self.head, "HEAD moved\n{}", repo.situation());
        assert_eq!(now.refs, self.refs, "refs moved\n{}", repo.situation());
        assert_eq!(now.index, self.index, "the index changed\n{}", repo.situation());
        assert_eq!(now.files, self.files, "working files changed\n{}", repo.situation());
    }
}

fn collect(top: &Path, dir: &Path, files: &mut BTreeMap<PathBuf, String>) {
    for entry in std::fs::read_dir(dir).expect("a directory of the working tree is readable") {
        let path = entry.expect("a directory entry is readable").path();
        let inside = path.strip_prefix(top).expect("the path is in the tree").to_path_buf();
        let kind = path.symlink_metadata().expect("the file is there").file_type();
        if path.file_name().is_some_and(|name| name == ".git") {
            continue;
        }
        if kind.is_symlink() {
            let target = path.read_link().expect("a link is readable");
            files.insert(inside, format!("-> {}", target.display()));
        } else if kind.is_dir() {
            collect(top, &path, files);
        } else {
            let bytes = std::fs::read(&path).expect("a working file is readable");
            files.insert(inside, fingerprint(&bytes));
        }
    }
}

/// Returns the text of a small file, size and hash of a large one.
fn fingerprint(bytes: &[u8]) -> String {
    if bytes.len() < 10_000 {
        return String::from_utf8_lossy(bytes).into_owned();
    }
    format!("{} bytes, {:x?}", bytes.len(), Sha256::digest(bytes))
}
