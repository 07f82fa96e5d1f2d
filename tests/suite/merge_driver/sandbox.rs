//! A repository that nothing outside can influence, and every git there is to try it with.

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use idhooks_core::registry::{Allocation, REGISTRY_PATH, Registry, RepoPath};
use idhooks_repo::git::{DriverCommands, HookProgram};
use tempfile::TempDir;

use crate::common::{Git, sealed};

/// The program under test.
pub(crate) fn binary() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_idhooks"))
}

/// A repository with one git and one configured driver.
pub(crate) struct Sandbox {
    dir: TempDir,
    git: Git,
}

/// What a run of git said.
#[must_use = "a run that nobody looks at tests nothing"]
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    fn of(output: &Output) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        Said { code: output.status.code(), out: text(&output.stdout), err: text(&output.stderr) }
    }
}

impl Sandbox {
    /// Makes a repository whose first commit holds `base` and whose driver is the program
    /// under test.
    pub(crate) fn new(git: &Git, base: &Registry) -> Self {
        Self::with_driver(git, base, &DriverCommands::of(&HookProgram::new(binary())).registry)
    }

    pub(crate) fn with_driver(git: &Git, base: &Registry, driver: &str) -> Self {
        let sandbox = Self::empty(git, driver);
        sandbox.commit(base, "base");
        sandbox
    }

    /// Makes a repository without a commit.
    pub(crate) fn empty(git: &Git, driver: &str) -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let sandbox = Sandbox { dir, git: git.clone() };
        fs::create_dir_all(sandbox.dir.path().join("home")).expect("writable");
        fs::create_dir_all(sandbox.top()).expect("writable");
        sandbox.ok(&["init", "-q", "-b", "main"]);
        sandbox.ok(&["config", "merge.idhooks.driver", driver]);
        sandbox.attributes(&format!("{REGISTRY_PATH} merge=idhooks text eol=lf\n"));
        sandbox
    }

    pub(crate) fn attributes(&self, lines: &str) {
        let info = self.top().join(".git/info");
        fs::create_dir_all(&info).expect("writable");
        fs::write(info.join("attributes"), lines).expect("writable");
    }

    pub(crate) fn top(&self) -> PathBuf {
        self.dir.path().join("repo")
    }

    /// Returns a command in the sealed environment, this git first on the path.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = sealed(program, &self.top(), &self.dir.path().join("home"));
        command.env("PATH", self.git.search_path()).env("NO_COLOR", "1");
        for role in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{role}_NAME"), "Sam");
            command.env(format!("GIT_{role}_EMAIL"), "sam@example.org");
            command.env(format!("GIT_{role}_DATE"), "2026-02-03T10:11:12Z");
        }
        command
    }

    /// Runs git.
    pub(crate) fn git(&self, args: &[&str]) -> Said {
        Said::of(&self.command(&self.git.path).args(args).output().expect("git runs"))
    }

    /// Runs git, which must succeed, and returns its standard output.
    pub(crate) fn ok(&self, args: &[&str]) -> String {
        let said = self.git(args);
        assert_eq!(said.code, Some(0), "{}: git {args:?}: {said:?}", self.git.version);
        said.out
    }

    /// Runs the driver itself.
    pub(crate) fn driver(&self, args: &[&str]) -> Said {
        let mut command = self.command(binary());
        Said::of(&command.arg("merge-driver").args(args).output().expect("it runs"))
    }

    pub(crate) fn write(&self, path: &str, text: &str) {
        let file = self.top().join(path);
        fs::create_dir_all(file.parent().expect("inside the repository")).expect("writable");
        fs::write(file, text).expect("writable");
    }

    pub(crate) fn read(&self, path: &str) -> String {
        fs::read_to_string(self.top().join(path)).expect("readable")
    }

    pub(crate) fn registry(&self) -> String {
        self.read(REGISTRY_PATH)
    }

    /// Commits a registry.
    pub(crate) fn commit(&self, registry: &Registry, message: &str) {
        self.commit_text(&registry.format(), message);
    }

    pub(crate) fn commit_text(&self, text: &str, message: &str) {
        self.write(REGISTRY_PATH, text);
        self.ok(&["add", "-A"]);
        self.ok(&["commit", "-q", "-m", message]);
    }

    /// Commits `theirs` on the branch `side` and `ours` on `main`, which is then checked out.
    pub(crate) fn fork(&self, ours: &str, theirs: &str) {
        self.ok(&["checkout", "-q", "-b", "side"]);
        self.commit_text(theirs, "theirs");
        self.ok(&["checkout", "-q", "main"]);
        self.commit_text(ours, "ours");
    }

    /// Returns the stages of the registry in the index.
    pub(crate) fn stages(&self) -> Vec<String> {
        let listed = self.ok(&["ls-files", "-u", "--", REGISTRY_PATH]);
        let stage = |line: &str| line.split_whitespace().nth(2).map(ToOwned::to_owned);
        listed.lines().filter_map(stage).collect()
    }

    /// Asserts that a merge ended in a conflict on the registry that nobody can overlook.
    pub(crate) fn assert_conflict(&self, said: &Said) {
        assert_eq!(said.code, Some(1), "{said:?}");
        assert!(said.out.contains("CONFLICT (content)"), "{said:?}");
        assert_eq!(self.stages(), ["1", "2", "3"]);
        self.assert_nothing_left_behind();
    }

    /// Asserts that the driver left no file of its own.
    pub(crate) fn assert_nothing_left_behind(&self) {
        let untracked = self.ok(&["status", "--porcelain", "--untracked-files=all"]);
        assert!(!untracked.contains("??"), "{untracked}");
    }
}

/// Returns a registry of the files with these numbers, each with a path, identity and origin
/// made from its number.
pub(crate) fn registry(files: &[u32]) -> Registry {
    let mut registry = Registry::new("260118".parse().expect("six digits"));
    registry.allocations = files.iter().map(|n| record(*n)).collect();
    registry
}

pub(crate) fn record(n: u32) -> Allocation {
    let path = RepoPath::new(format!("src/{n}.py").into_bytes()).expect("a path");
    let id = format!("20100{n:05}260118").parse().expect("an identity");
    let at = "2026-02-03T10:11:12Z".parse().expect("a date");
    Allocation::new(id, path, at, format!("{n:016x}").parse().expect("an origin"))
}
