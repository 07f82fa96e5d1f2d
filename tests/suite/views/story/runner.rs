//! Runs shell lines in a sealed directory, and writes down what they print.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::Path;
use std::process::{Command, Stdio};

use tempfile::TempDir;

use crate::common::sealed;
use crate::reviewed;

/// A directory with a working directory in it, and a clock of its own.
pub(super) struct Stage {
    dir: TempDir,
    minute: Cell<u32>,
}

impl Stage {
    /// Makes a stage with an empty working directory.
    pub(super) fn new() -> Self {
        let dir = tempfile::tempdir().expect("a temporary directory");
        for name in ["repo", "home", "tmp"] {
            std::fs::create_dir(dir.path().join(name)).expect("a directory");
        }
        Stage { dir, minute: Cell::new(0) }
    }

    /// Runs the lines, and returns each with its output and, unless it succeeded, its exit code.
    pub(super) fn play(&self, lines: &str) -> String {
        let mut text = String::new();
        for line in lines.lines().filter(|line| !line.is_empty()) {
            if line.starts_with('#') {
                text += &format!("{line}\n");
                continue;
            }
            let output = self.shell(line).output().expect("sh runs");
            text += &format!("$ {line}\n{}", String::from_utf8_lossy(&output.stdout));
            if !text.ends_with('\n') {
                text += "\n(no line end)\n";
            }
            for line in String::from_utf8_lossy(&output.stderr).lines() {
                text += &format!("stderr: {line}\n");
            }
            match output.status.code() {
                Some(0) => {}
                Some(code) => text += &format!("exit code: {code}\n"),
                None => text += "killed\n",
            }
        }
        self.without_chance(&text)
    }

    /// Returns a shell that runs a line, a minute after the last one.
    fn shell(&self, line: &str) -> Command {
        let minute = self.minute.replace(self.minute.get() + 1);
        let date = format!("2020-01-05T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60);
        let bin = Path::new(env!("CARGO_BIN_EXE_idhooks")).parent().expect("a directory");
        let path = std::env::var("PATH").expect("PATH");
        let (dir, home) = (self.dir.path().join("repo"), self.dir.path().join("home"));
        let mut shell = sealed("sh", &dir, &home);
        shell.args(["-c", line]).stdin(Stdio::null());
        shell.env("PATH", format!("{}:{path}", bin.display()));
        shell.env("TMPDIR", self.dir.path().join("tmp"));
        shell.env("GIT_CEILING_DIRECTORIES", self.dir.path());
        for who in ["AUTHOR", "COMMITTER"] {
            shell.env(format!("GIT_{who}_NAME"), "Ann").env(format!("GIT_{who}_DATE"), &date);
            shell.env(format!("GIT_{who}_EMAIL"), "ann@example.org");
        }
        shell
    }

    /// Returns the text without what differs between runs, machines and versions.
    fn without_chance(&self, text: &str) -> String {
        let dir = self.dir.path().to_string_lossy().into_owned();
        let git = self.shell("git --version").output().expect("git is installed").stdout;
        let git = String::from_utf8(git).expect("UTF-8");
        let text = text.replace(&dir, "[dir]").replace(git.trim(), "git version [git]");
        reviewed::without_chance(&text)
    }
}

/// The directory of the snapshots.
const DIR: &str = "tests/suite/views/snapshots/story";

/// Compares a text with its snapshot.
pub(super) fn assert_reviewed(name: &str, text: &str) {
    reviewed::assert_reviewed(Path::new(DIR), name, text);
}

/// Returns the names of the snapshots that there are.
pub(super) fn reviewed() -> BTreeSet<String> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join(DIR);
    let files = std::fs::read_dir(dir).expect("the snapshots");
    let names =
        files.map(|file| file.expect("readable").file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_suffix(".snap").map(str::to_owned)).collect()
}
