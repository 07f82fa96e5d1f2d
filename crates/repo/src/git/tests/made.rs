//! A repository made with git, for tests of what reads and changes one.

use std::path::Path;
use std::process::Command;

use idhooks_core::registry::{REGISTRY_PATH, RepoPath};

use crate::git::{CommitId, Repo};

/// The first commit of a test is made at this time, each later one a day after the one before.
const FIRST: u64 = 1_700_000_000;

/// A repository in a temporary directory.
pub(crate) struct MadeRepo {
    dir: tempfile::TempDir,
    commits: std::cell::Cell<u64>,
}

/// Returns the identity with this sequence, of a text file.
pub(crate) fn id(sequence: u32) -> String {
    format!("01999{sequence:05}260118")
}

/// Returns a path of a repository.
pub(crate) fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes().to_vec()).expect("a path inside the repository")
}

impl MadeRepo {
    /// Makes a repository without commits.
    pub(crate) fn empty() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let made = MadeRepo { dir, commits: 0.into() };
        made.git(&["init", "-q", "-b", "main"]);
        for (key, value) in [("user.name", "Ann"), ("user.email", "ann@example.org")] {
            made.git(&["config", key, value]);
        }
        made
    }

    /// Makes an adopted repository with one commit, in which the files `a.md` and `b.md` have the identities
    /// of the sequences 1 and 2.
    pub(crate) fn adopted() -> Self {
        let made = MadeRepo::empty();
        made.write("idhooks.toml", "scope = \"260118\"\n");
        for file in ["a.md", "b.md"] {
            made.write(file, &format!("{file} is longer than what is too short to be evidence\n"));
        }
        made.register(&[("a.md", 1), ("b.md", 2)]);
        made.commit("adopt");
        made
    }

    /// Opens it.
    pub(crate) fn open(&self) -> Repo {
        Repo::open(self.dir.path()).expect("a repository")
    }

    /// Returns the directory of its working tree.
    pub(crate) fn top(&self) -> &Path {
        self.dir.path()
    }

    /// Writes a working file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.top().join(path);
        std::fs::create_dir_all(file.parent().expect("a directory")).expect("writable");
        std::fs::write(file, text).expect("writable");
    }

    /// Writes a registry in which each file has the identity of a sequence.
    pub(crate) fn register(&self, files: &[(&str, u32)]) {
        let records = files.iter().map(|(file, sequence)| {
            format!(
                r#"{{"id":"{}","file_path":"{file}","allocated_at":"2023-11-14T22:13:20Z","status":"active","metadata":{{"origin":"{sequence:016x}"}}}}"#,
                id(*sequence)
            )
        });
        let records = records.collect::<Vec<_>>().join(",\n");
        let head = r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#;
        self.write(REGISTRY_PATH, &format!("{head}\n{records}\n]}}\n"));
    }

    /// Commits all that is in the working tree, without hooks, and returns the commit.
    pub(crate) fn commit(&self, message: &str) -> CommitId {
        self.git(&["add", "-A"]);
        self.git(&["commit", "-q", "--allow-empty", "-m", message]);
        self.commits.set(self.commits.get() + 1);
        self.open().head().expect("readable").expect("a commit")
    }

    /// Runs git, which must succeed, and returns what it prints.
    pub(crate) fn git(&self, args: &[&str]) -> String {
        let date = format!("{} +0000", FIRST + self.commits.get() * 86_400);
        let mut command = Command::new("git");
        command.args(args).current_dir(self.top());
        command.env("GIT_AUTHOR_DATE", &date).env("GIT_COMMITTER_DATE", &date);
        command.env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
        let answer = command.output().expect("git runs");
        assert!(answer.status.success(), "git {args:?}: {answer:?}");
        String::from_utf8_lossy(&answer.stdout).trim_end().to_owned()
    }
}
