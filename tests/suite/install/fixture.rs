//! Clones in temporary directories, shut off from the user's configuration, for every git.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use idhooks_repo::store::resolve_path;

use crate::common::{Git, for_each_git, sealed};

/// The events in the order in which install speaks of them.
pub(crate) const EVENTS: [&str; 4] = ["pre-commit", "post-merge", "post-checkout", "post-rewrite"];

/// One temporary directory with one git.
pub(crate) struct World {
    temp: tempfile::TempDir,
    git: Git,
    /// The directory for temporary files, if it is not the one that contains everything.
    tmp: Option<PathBuf>,
}

/// What a directory holds: kind, mode and content of everything below it.
pub(crate) type Snapshot = BTreeMap<String, (u32, Vec<u8>)>;

impl World {
    /// Runs a test in a directory that idhooks takes for temporary, as [`for_each_git`].
    #[track_caller]
    pub(crate) fn each(test: impl Fn(&World)) {
        for_each_git(|git| test(&World::new(git, None)));
    }

    /// As [`World::each`], where only the directory `tmp` is one for temporary files.
    #[track_caller]
    pub(crate) fn each_lasting(test: impl Fn(&World)) {
        for_each_git(|git| test(&World::new(git, Some("tmp"))));
    }

    fn new(git: &Git, tmp: Option<&str>) -> World {
        let temp = tempfile::tempdir().expect("a temporary directory");
        let tmp = tmp.map(|name| temp.path().join(name));
        let world = World { temp, git: git.clone(), tmp };
        for name in ["home", "pro gram"] {
            fs::create_dir(world.path(name)).expect("writable");
        }
        if let Some(tmp) = &world.tmp {
            fs::create_dir(tmp).expect("writable");
        }
        symlink(env!("CARGO_BIN_EXE_idhooks"), world.program()).expect("writable");
        world.git("", &["init", "-q", "-b", "main", "repo"]);
        world
    }

    /// Returns a path in the world.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        // The real one, as git prints it.
        resolve_path(self.temp.path()).expect("there").join(name)
    }

    /// Returns the program as it is called: a link, which install keeps.
    pub(crate) fn program(&self) -> PathBuf {
        self.path("pro gram/idhooks")
    }

    /// Returns a command in a sealed environment.
    pub(crate) fn command(&self, program: &Path, dir: &str, args: &[&str]) -> Command {
        let mut command = sealed(program, &self.path(dir), &self.path("home"));
        command.args(args).stdin(Stdio::null()).env("PATH", self.git.search_path());
        command.envs(self.tmp.iter().map(|tmp| ("TMPDIR", tmp)));
        for who in ["AUTHOR", "COMMITTER"] {
            command.env(format!("GIT_{who}_NAME"), "A");
            command.env(format!("GIT_{who}_EMAIL"), "a@example.com");
            command.env(format!("GIT_{who}_DATE"), "2026-01-02T03:04:05Z");
        }
        command
    }

    /// Returns a `PATH` of some directories, then those of every command here.
    pub(crate) fn path_after(&self, directories: &str) -> String {
        format!("{directories}:{}", self.git.search_path().display())
    }

    /// Runs git, which must succeed, and returns what it printed.
    pub(crate) fn git(&self, dir: &str, args: &[&str]) -> String {
        let output = self.try_git(dir, args);
        assert!(output.status.success(), "git {args:?}: {}", err(&output));
        out(&output)
    }

    /// Runs git.
    pub(crate) fn try_git(&self, dir: &str, args: &[&str]) -> Output {
        self.command(&self.git.path, dir, args).output().expect("git runs")
    }

    /// Runs idhooks.
    pub(crate) fn idhooks(&self, dir: &str, args: &[&str]) -> Output {
        self.command(&self.program(), dir, args).output().expect("idhooks runs")
    }

    /// Installs, which must succeed, and returns what was said.
    pub(crate) fn install(&self, dir: &str) -> String {
        let output = self.idhooks(dir, &["install"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        assert_eq!(out(&output), "");
        err(&output)
    }

    /// Uninstalls, which must succeed, and returns what was said.
    pub(crate) fn uninstall(&self, dir: &str) -> String {
        let output = self.idhooks(dir, &["uninstall"]);
        assert_eq!(output.status.code(), Some(0), "{}", err(&output));
        err(&output)
    }

    /// Puts in the place of the program a script that notes how it was called and ends with
    /// `code`.
    pub(crate) fn record_calls(&self, code: i32) {
        self.record_calls_at(&self.program(), code);
    }

    /// As [`World::record_calls`], elsewhere.
    pub(crate) fn record_calls_at(&self, program: &Path, code: i32) {
        let _ = fs::remove_file(program);
        let script = format!(
            "#!/bin/sh\necho \"idhooks $*\" >>'{}'\nexit {code}\n",
            self.path("calls").display()
        );
        write(program, script.as_bytes(), 0o755);
    }

    /// Returns the calls noted so far, and forgets them.
    pub(crate) fn calls(&self) -> Vec<String> {
        let text = fs::read_to_string(self.path("calls")).unwrap_or_default();
        let _ = fs::remove_file(self.path("calls"));
        text.lines().map(str::to_owned).collect()
    }

    /// Writes a hook; `@CALLS@` in it is the file of calls.
    pub(crate) fn hook(&self, path: &str, text: &[u8], mode: u32) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().expect("has one")).expect("writable");
        let calls = self.path("calls").display().to_string().into_bytes();
        let mark = b"@CALLS@";
        let at = text.windows(mark.len()).position(|w| w == mark);
        let text = at.map_or_else(
            || text.to_vec(),
            |at| [&text[..at], &calls, &text[at + mark.len()..]].concat(),
        );
        write(&path, &text, mode);
    }

    /// Commits a file in `repo`.
    pub(crate) fn commit(&self, dir: &str, name: &str) -> Output {
        fs::write(self.path(dir).join(name), name).expect("writable");
        self.git(dir, &["add", "-A"]);
        self.try_git(dir, &["commit", "-q", "-m", name])
    }

    /// Commits a registry, without hooks.
    pub(crate) fn commit_registry(&self, dir: &str) {
        fs::create_dir_all(self.path(dir).join(".idhooks")).expect("writable");
        fs::write(self.path(dir).join(".idhooks/registry.json"), "{}\n").expect("writable");
        self.git(dir, &["add", "-A"]);
        self.git(dir, &["commit", "-q", "--no-verify", "-m", "registry"]);
    }

    /// Returns all that is below a directory.
    pub(crate) fn snapshot(&self, dir: &str) -> Snapshot {
        let mut found = Snapshot::new();
        walk(&self.path(dir), &self.path(dir), &mut found);
        found
    }
}

/// Returns what was printed on stdout.
pub(crate) fn out(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned()
}

/// Returns what was printed on stderr.
pub(crate) fn err(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Writes a file with exactly this mode.
///
/// A child writes it: a program that this process has open for writing cannot be started, and a
/// child that another test starts at that moment would have it open too.
pub(crate) fn write(path: &Path, bytes: &[u8], mode: u32) {
    let mut child = Command::new("/bin/sh")
        .args(["-c", "cat >\"$1\" && chmod \"$2\" \"$1\"", "sh"])
        .arg(path)
        .arg(format!("{mode:o}"))
        .stdin(Stdio::piped())
        .spawn()
        .expect("sh runs");
    child.stdin.take().expect("piped").write_all(bytes).expect("sh reads");
    assert!(child.wait().expect("sh ends").success());
}

fn walk(top: &Path, dir: &Path, found: &mut Snapshot) {
    for entry in fs::read_dir(dir).expect("readable") {
        let path = entry.expect("an entry").path();
        let meta = fs::symlink_metadata(&path).expect("there");
        let content = if meta.is_symlink() {
            fs::read_link(&path).expect("a link").to_string_lossy().into_owned().into_bytes()
        } else if meta.is_dir() {
            walk(top, &path, found);
            Vec::new()
        } else {
            fs::read(&path).expect("readable")
        };
        let name = path.strip_prefix(top).expect("below").to_string_lossy().into_owned();
        found.insert(name, (meta.permissions().mode(), content));
    }
}
