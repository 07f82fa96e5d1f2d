//! Runs shell lines in a sealed directory, and writes down what they print.

use std::cell::Cell;
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::LazyLock;

use tempfile::TempDir;

use super::OPENING;
use crate::common::{Files, sealed};
use crate::reviewed;

/// What begins a line that is run.
const PROMPT: &str = "$ ";
/// Characters of lines that need a shell.
const SHELL: [char; 16] =
    ['|', '&', ';', '<', '>', '(', ')', '$', '`', '\\', '"', '\'', '*', '?', '[', '#'];

/// A directory with a working directory in it, and a clock of its own.
pub(super) struct Stage {
    dir: TempDir,
    minute: Cell<u32>,
}

/// The files and the minute after the opening, which is played once in a process.
static OPENED: LazyLock<(Files, u32)> = LazyLock::new(|| {
    let stage = Stage::new();
    stage.play(&lines(OPENING));
    (Files::read(stage.dir.path()), stage.minute.get())
});

impl Stage {
    /// Makes a stage with an empty working directory.
    pub(super) fn new() -> Self {
        let dir = directory();
        for name in ["repo", "home", "tmp"] {
            std::fs::create_dir(dir.path().join(name)).expect("a directory");
        }
        Stage { dir, minute: Cell::new(0) }
    }

    /// Makes a stage as it is after the opening.
    pub(super) fn after_opening() -> Self {
        let (files, minute) = &*OPENED;
        let stage = Stage { dir: directory(), minute: Cell::new(0) };
        files.write(stage.dir.path());
        for refresh in ["git update-index -q --refresh", "git -C ../new update-index -q --refresh"]
        {
            assert!(stage.command(refresh).status().expect("git runs").success());
        }
        stage.minute.set(*minute);
        stage
    }

    /// Runs the lines, and returns each with its output and, unless it succeeded, its exit code.
    pub(super) fn play(&self, lines: &[String]) -> String {
        let mut text = String::new();
        for line in lines {
            text += &format!("{PROMPT}{line}\n");
            if line.starts_with('#') {
                continue;
            }
            let output = self.command(line).output().expect("it runs");
            let stdout = String::from_utf8_lossy(&output.stdout);
            assert!(
                stdout.lines().all(|line| !line.starts_with(PROMPT)),
                "not to be told from a line to run: {stdout}"
            );
            text += &stdout;
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

    /// Returns the command of a line, a minute after the last one.
    fn command(&self, line: &str) -> Command {
        let minute = self.minute.replace(self.minute.get() + 1);
        let date = format!("2020-01-05T{:02}:{:02}:00Z", 10 + minute / 60, minute % 60);
        let bin = Path::new(env!("CARGO_BIN_EXE_idhooks")).parent().expect("a directory");
        let path = std::env::var("PATH").expect("PATH");
        let words =
            if line.contains(SHELL) { vec!["sh", "-c", line] } else { line.split(' ').collect() };
        let dir = self.dir.path().join("repo");
        let mut command = sealed(words[0], &dir, &self.dir.path().join("home"));
        command.args(&words[1..]).stdin(Stdio::null());
        command.env("PATH", format!("{}:{path}", bin.display()));
        command.env("TMPDIR", self.dir.path().join("tmp"));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "Ann").env(format!("GIT_{who}_DATE"), &date);
            command.env(format!("GIT_{who}_EMAIL"), "ann@example.org");
        }
        command
    }

    /// Returns the text without what differs between runs, machines and versions.
    fn without_chance(&self, text: &str) -> String {
        let dir = self.dir.path().to_string_lossy().into_owned();
        let git = self.command("git --version").output().expect("git is installed").stdout;
        let git = String::from_utf8(git).expect("UTF-8");
        let text = text.replace(&dir, "[dir]").replace(&reviewed::in_xml(&dir), "[dir]");
        reviewed::without_chance(&text.replace(git.trim(), "git version [git]"))
    }
}

/// Makes a directory whose path needs quotes wherever the machine has its temporary ones.
fn directory() -> TempDir {
    let made = tempfile::Builder::new().prefix("the story ").tempdir();
    made.expect("a temporary directory")
}

/// The directory of the snapshots.
const DIR: &str = "tests/suite/views/snapshots/story";

/// Compares a text with its snapshot.
pub(super) fn assert_reviewed(name: &str, text: &str) {
    reviewed::assert_reviewed(Path::new(DIR), name, text);
}

fn dir() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(DIR)
}

/// Returns the lines of a scene.
pub(super) fn lines(name: &str) -> Vec<String> {
    let text = std::fs::read_to_string(dir().join(format!("{name}.snap"))).expect(name);
    text.lines().filter_map(|line| line.strip_prefix(PROMPT).map(str::to_owned)).collect()
}

/// Returns the names of the snapshots that there are.
pub(super) fn reviewed() -> BTreeSet<String> {
    let files = std::fs::read_dir(dir()).expect("the snapshots");
    let names =
        files.map(|file| file.expect("readable").file_name().to_string_lossy().into_owned());
    names.filter_map(|name| name.strip_suffix(".snap").map(str::to_owned)).collect()
}
