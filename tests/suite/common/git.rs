//! The versions of git on this machine.

use std::ffi::OsString;
use std::panic::Location;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use super::record::{skip, start_timer};
use super::{Dice, is_long};

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
        let rest = std::env::var_os("PATH").unwrap_or_default();
        let own = self.path.parent().map(Path::to_owned);
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
        if let [only] = &found[..] {
            skip(&format!("there is no other git than {}", only.version));
        }
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

/// The folders of scenarios that run with each version of git: signals, and forms of the index.
const OF_GIT: [&str; 2] = ["crash_safety", "formats"];

/// Runs the scenario once with each git, in the folders [`OF_GIT`]; elsewhere a tenth of the
/// scenarios, and all with `IDHOOKS_TEST_ALL=1`. The others run with one git, which follows from
/// the name of the test. `IDHOOKS_SEED` is another choice.
#[track_caller]
#[expect(clippy::print_stderr, reason = "shows with which git a test failed")]
pub(crate) fn for_each_git(mut scenario: impl FnMut(&Git)) {
    start_timer();
    let file = Location::caller().file();
    let gits = if is_long() { gits() } else { chosen(gits(), Dice::of_test(), file) };
    for git in gits {
        eprintln!("=== with {} ({})", git.version, git.path.display());
        scenario(git);
    }
}

/// Returns those for a scenario with these dice in a file.
fn chosen<'a, T>(all: &'a [T], mut dice: Dice, file: &str) -> &'a [T] {
    let is_of_git = OF_GIT.iter().any(|room| {
        file.contains(&format!("suite/{room}/")) || file.ends_with(&format!("suite/{room}.rs"))
    });
    if is_of_git || dice.roll(10) == 0 {
        return all;
    }
    let one = dice.roll(all.len());
    &all[one..=one]
}

#[test]
fn each_git_gets_half_of_the_scenarios_and_those_of_git() {
    let gits = ["old", "new"];
    let scenarios = |file, choice: &[&str]| {
        let names = (0..1000).map(|number| format!("checks::commits::number_{number}"));
        names.filter(|name| chosen(&gits, Dice::of_name(name), file) == choice).count()
    };
    for file in ["tests/suite/formats.rs", "tests/suite/crash_safety/killed.rs"] {
        assert_eq!(scenarios(file, &gits), 1000);
    }
    for file in ["tests/suite/checks/commits.rs", "tests/suite/operations/am.rs"] {
        for (choice, expected) in [(&gits[..], 70..130), (&["old"], 350..550), (&["new"], 350..550)]
        {
            let found = scenarios(file, choice);
            assert!(expected.contains(&found), "{file}, {choice:?}: {found}");
        }
    }
}
