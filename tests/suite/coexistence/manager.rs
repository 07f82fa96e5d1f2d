//! A hook manager in a repository: how it is set up, and whether its own hooks ran.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use crate::common::{Git, Repo, text};

/// A hook manager.
pub(super) struct Manager {
    /// Its program.
    pub(super) program: &'static str,
    /// The events whose hooks it writes, as far as idhooks has them, too.
    pub(super) events: &'static [&'static str],
    /// Writes its configuration, with hooks that call `mark`.
    pub(super) configure: fn(&Repo),
    /// Lines of shell that install it, also a second time.
    pub(super) install: &'static str,
    /// Whether it displaces an idhooks that is there before it.
    pub(super) displaces: bool,
    /// Lines of shell that take it away.
    pub(super) uninstall: &'static str,
}

/// What is installed: hooks with their modes, configuration, attributes.
pub(super) type Installed = BTreeMap<PathBuf, (u32, String)>;

/// A hook that notes its event, and fails where the test says so.
pub(super) fn mark(event: &str) -> String {
    format!("echo {event} >>\"$MARKS\"; test -z \"$FAIL\"")
}

impl Manager {
    /// Returns a repository without commits, in whose environment the manager and idhooks are.
    pub(super) fn repo(&self, git: &Git) -> Repo {
        let managers = std::env::var_os("IDHOOKS_TEST_MANAGERS").map(PathBuf::from);
        let managers = managers.expect("IDHOOKS_TEST_MANAGERS names no directory: .ci/managers");
        let program = managers.join(self.program);
        assert!(program.is_file(), "{} is not installed; see .ci/managers", program.display());
        let repo = Repo::empty(git);
        let idhooks = Path::new(env!("CARGO_BIN_EXE_idhooks")).parent().expect("a directory");
        let git_dir = git.path.parent().expect("a directory");
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let dirs = [git_dir.into(), managers, idhooks.into()].into_iter();
        let path = std::env::join_paths(dirs.chain(std::env::split_paths(&rest)));
        let path = path.expect("plain names").into_string().expect("plain names");
        let marks = repo.root().join("marks");
        let marks = marks.to_str().expect("a plain name");
        let repo = repo.with("PATH", &path).with("MARKS", marks);
        let repo = if self.program == "git-lfs" { repo.with("GIT_TRACE", marks) } else { repo };
        for name in ["README.md", "docs/guide.md", "src/app.py"] {
            repo.stage(name, text(name));
        }
        (self.configure)(&repo);
        repo.run("add -A");
        repo
    }

    /// Installs the manager.
    pub(super) fn install(&self, repo: &Repo) {
        repo.sh(self.install).ok().done();
    }

    /// Installs the manager once more, which writes its hooks anew.
    pub(super) fn install_again(&self, repo: &Repo) {
        self.install(repo);
        if self.program == "git-lfs" {
            // It cannot be told of idhooks; that this has to follow is what idhooks said.
            let displaced = problems(repo);
            let missing = "hook post-merge does not run idhooks".to_owned();
            assert!(displaced.contains(&missing), "{displaced:?}");
            repo.idhooks("install").ok().done();
        }
    }

    /// Takes the manager away.
    pub(super) fn uninstall(&self, repo: &Repo) {
        repo.sh(self.uninstall).ok().done();
    }

    /// Returns whether it has a hook at the event.
    pub(super) fn has(&self, event: &str) -> bool {
        self.events.contains(&event)
    }
}

/// Returns which hooks of the manager ran, and forgets it.
pub(super) fn marks(repo: &Repo) -> Vec<String> {
    let file = repo.root().join("marks");
    let text = fs::read_to_string(&file).unwrap_or_default();
    let _ = fs::remove_file(file);
    // git-lfs has no hooks of its user; git's own trace tells that it ran.
    let word = |line: &str| match line.contains(' ') {
        true => line.contains("exec: git-lfs post-merge").then(|| "post-merge".to_owned()),
        false => Some(line.to_owned()).filter(|line| !line.is_empty()),
    };
    text.lines().filter_map(word).collect()
}

/// Returns what is installed.
pub(super) fn installed(repo: &Repo) -> Installed {
    let mut found = Installed::new();
    for place in [".git/hooks", ".git/config", ".git/info/attributes", ".husky"] {
        collect(&repo.path().join(place), &mut found);
    }
    found
}

fn collect(path: &Path, found: &mut Installed) {
    if let Ok(entries) = fs::read_dir(path) {
        entries.for_each(|entry| collect(&entry.expect("an entry").path(), found));
    } else if let Ok(bytes) = fs::read(path) {
        let mode = fs::metadata(path).expect("there").permissions().mode();
        found.insert(path.to_owned(), (mode, String::from_utf8_lossy(&bytes).into_owned()));
    }
}

/// Does exactly what a message says: runs the lines that are to be pasted.
pub(super) fn follow(repo: &Repo, said: &str) {
    let lines: Vec<&str> = said.lines().filter(|line| line.starts_with("    ")).collect();
    repo.sh(&lines.join("\n")).ok().done();
}

/// Returns what `idhooks status` says of the installation.
pub(super) fn problems(repo: &Repo) -> Vec<String> {
    let answer = repo.idhooks("status --format json").ok().json();
    let problems = answer["installation"].as_array().expect("a list").iter();
    problems.map(|p| p["message"].as_str().expect("text").to_owned()).collect()
}
