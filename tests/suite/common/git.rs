//! The versions of git on this machine.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// One version of git.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Git {
    /// The executable.
    pub(crate) path: PathBuf,
    /// The output of `git --version`.
    pub(crate) version: String,
}

impl Git {
    fn find(path: PathBuf) -> Option<Git> {
        let answer = Command::new(&path).arg("--version").output().ok()?;
        let version = String::from_utf8(answer.stdout).ok()?.trim().to_owned();
        (answer.status.success() && version.starts_with("git version"))
            .then_some(Git { path, version })
    }

    /// Returns the `PATH` on which this git is the first.
    pub(crate) fn search_path(&self) -> OsString {
        let own = self.path.parent().map(Path::to_path_buf);
        let rest = std::env::var_os("PATH").unwrap_or_default();
        std::env::join_paths(own.into_iter().chain(std::env::split_paths(&rest)))
            .expect("a directory of PATH holds no separator")
    }
}

/// Returns the versions of git to test with.
pub(crate) fn gits() -> &'static [Git] {
    static GITS: OnceLock<Vec<Git>> = OnceLock::new();
    GITS.get_or_init(|| {
        let mut found: Vec<Git> = Vec::new();
        for git in candidates().into_iter().filter_map(Git::find) {
            if found.iter().all(|other| other.version != git.version) {
                found.push(git);
            }
        }
        assert!(!found.is_empty(), "no git found; install git or set IDHOOKS_TEST_GITS");
        found
    })
}

fn candidates() -> Vec<PathBuf> {
    let split = |list: OsString| std::env::split_paths(&list).collect::<Vec<_>>();
    match std::env::var_os("IDHOOKS_TEST_GITS") {
        Some(list) => split(list),
        None => split(std::env::var_os("PATH").unwrap_or_default())
            .iter()
            .map(|dir| dir.join("git"))
            .filter(|path| path.is_file())
            .collect(),
    }
}

/// Runs the scenario once with each git.
#[expect(clippy::print_stderr, reason = "shows with which git a test failed")]
pub(crate) fn for_each_git(mut scenario: impl FnMut(&Git)) {
    for git in gits() {
        eprintln!("=== with {} ({})", git.version, git.path.display());
        scenario(git);
    }
}
