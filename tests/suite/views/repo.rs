//! Repositories that are adopted by writing the registry by hand.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use serde_json::Value;
use tempfile::TempDir;

use crate::common::sealed;

/// The path of the registry.
pub(crate) const REGISTRY: &str = ".idhooks/registry.json";

/// A repository, isolated from the configuration of the machine.
pub(crate) struct Repo {
    dir: TempDir,
}

/// The output of a program.
#[derive(Debug, PartialEq, Eq)]
#[must_use = "compare the answer"]
pub(crate) struct Answer {
    /// The exit code.
    pub(crate) code: i32,
    /// Standard output.
    pub(crate) stdout: String,
    /// Standard error.
    pub(crate) stderr: String,
}

impl Answer {
    fn of(output: Output) -> Self {
        let text = |bytes| String::from_utf8(bytes).expect("UTF-8");
        Answer {
            code: output.status.code().expect("an exit code"),
            stdout: text(output.stdout),
            stderr: text(output.stderr),
        }
    }

    /// Returns standard output as JSON.
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).expect("JSON on standard output")
    }
}

/// Returns a command whose environment is fixed.
fn isolated(program: impl AsRef<std::ffi::OsStr>, dir: &Path, home: &Path) -> Command {
    let mut command = sealed(program, dir, home);
    command.env("NO_COLOR", "1");
    for who in ["AUTHOR", "COMMITTER"] {
        command
            .env(format!("GIT_{who}_NAME"), "A U Thor")
            .env(format!("GIT_{who}_EMAIL"), "author@example.org")
            .env(format!("GIT_{who}_DATE"), "2026-02-03T10:11:12Z");
    }
    command
}

impl Repo {
    /// Creates an empty repository.
    pub(crate) fn empty() -> Self {
        let repo = Self::nowhere();
        repo.git("init -q -b main .");
        repo
    }

    /// Creates a directory that is not a repository.
    pub(crate) fn nowhere() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        std::fs::create_dir(dir.path().join("repo")).expect("a directory");
        Repo { dir }
    }

    /// Creates a repository with a first commit that has `files` and a registry with `records`.
    pub(crate) fn adopted(files: &[&str], records: &[&str]) -> Self {
        let repo = Self::empty();
        for file in files {
            repo.write(file, &format!("{file}\n"));
        }
        repo.write("idhooks.toml", "scope = \"260118\"\n");
        repo.write(REGISTRY, &registry(records));
        repo.commit("adopt");
        repo
    }

    /// Returns the top of the working tree.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    /// Runs git, which must succeed, and returns what it printed.
    pub(crate) fn git(&self, line: &str) -> String {
        let words: Vec<&str> = line.split(' ').collect();
        let mut command = isolated("git", &self.path(), self.dir.path());
        let answer = Answer::of(command.args(words).output().expect("git is installed"));
        assert_eq!(answer.code, 0, "git {line}: {}", answer.stderr);
        answer.stdout.trim_end().to_owned()
    }

    /// Writes a file.
    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.path().join(path);
        std::fs::create_dir_all(file.parent().expect("has one")).expect("a directory");
        std::fs::write(file, text).expect("writable");
    }

    /// Commits everything.
    pub(crate) fn commit(&self, message: &str) {
        self.git("add -A");
        self.git(&format!("commit -q --allow-empty -m {message}"));
    }

    /// Runs the program with the words of a line.
    pub(crate) fn idhooks(&self, line: &str) -> Answer {
        let words: Vec<&str> = line.split(' ').collect();
        let program = env!("CARGO_BIN_EXE_idhooks");
        let mut command = isolated(program, &self.path(), self.dir.path());
        Answer::of(command.args(words).output().expect("it runs"))
    }
}

/// Returns a canonical registry with these records, which must be sorted.
pub(crate) fn registry(records: &[&str]) -> String {
    let head =
        r#"{"schema_version":"1.0","scope":"260118","counters":{},"metadata":{},"allocations":["#;
    let end = if records.is_empty() { "" } else { "\n" };
    format!("{head}\n{}{end}]}}\n", records.join(",\n"))
}

/// A record of `a.md`.
pub(crate) const A: &str = r#"{"id":"0199900001260118","file_path":"a.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"origin":"0000000000000001"}}"#;
/// A record of `docs/b.md`, with an alias.
pub(crate) const B: &str = r#"{"id":"0110000002260118","file_path":"docs/b.md","allocated_at":"2026-01-18T22:00:00Z","status":"active","metadata":{"origin":"0000000000000002","aliases":["0110000009260118"],"owner":"docs"}}"#;
/// A record of `gone.py`, which is deprecated.
pub(crate) const GONE: &str = r#"{"id":"2099900003260118","file_path":"gone.py","allocated_at":"2026-01-18T22:00:00Z","status":"deprecated","metadata":{"origin":"0000000000000003","deprecated_at":"2026-01-19T22:00:00Z","deprecated_reason":"deleted"}}"#;
/// A record of `a.md` that the older one shadows.
pub(crate) const SHADOWED: &str = r#"{"id":"0199900004260118","file_path":"a.md","allocated_at":"2026-01-19T22:00:00Z","status":"superseded","metadata":{"origin":"0000000000000004","shadowed":true,"superseded_by":"0199900001260118"}}"#;
