//! A temporary directory in which nothing of the user's configuration counts.

use std::cell::Cell;
use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::{env, fs};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::measure::{Sample, measure};

/// The same for everybody; nothing happens by itself, and nothing waits for the disk.
const CONFIGURATION: &str = "\
[init]\n\tdefaultBranch = main\n[user]\n\tname = Bench\n\temail = bench@example.org\n\
[gc]\n\tauto = 0\n[maintenance]\n\tauto = false\n[core]\n\tfsync = none\n\
[commit]\n\tgpgSign = false\n[advice]\n\tdetachedHead = false\n";

/// Which program `idhooks` is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Program {
    /// The one that is measured.
    This,
    /// The one that it is compared with.
    Other,
}

impl Program {
    /// Returns the name of its file.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Program::This => "this",
            Program::Other => "other",
        }
    }
}

/// Where everything happens.
pub(crate) struct Sandbox {
    root: TempDir,
    idhooks: PathBuf,
    own: PathBuf,
    programs: Vec<Program>,
    running: Cell<Program>,
}

impl Sandbox {
    /// Makes one for this program to measure `idhooks` in, alone or in turns with `against`.
    pub(crate) fn new(idhooks: &Path, against: Option<&Path>) -> Result<Self> {
        let root = tempfile::Builder::new().prefix("idhooks-scale-").tempdir()?;
        fs::write(root.path().join(".gitconfig"), CONFIGURATION)?;
        let bin = root.path().join("bin");
        fs::create_dir(&bin)?;
        let found = [(Program::This, Some(idhooks)), (Program::Other, against)];
        let found = found.into_iter().filter_map(|(program, path)| Some((program, path?)));
        let mut programs = Vec::new();
        for (program, path) in found {
            if !path.is_file() {
                bail!("no program '{}'", path.display());
            }
            fs::copy(path, bin.join(program.name()))?;
            programs.push(program);
        }
        let (idhooks, own) = (bin.join("idhooks"), env::current_exe()?);
        let sandbox = Sandbox { root, idhooks, own, programs, running: Cell::new(Program::This) };
        sandbox.link()?;
        Ok(sandbox)
    }

    /// Returns the programs that are measured.
    pub(crate) fn programs(&self) -> &[Program] {
        &self.programs
    }

    /// Returns which program `idhooks` is now.
    pub(crate) fn running(&self) -> Program {
        self.running.get()
    }

    /// Calls `run` while `idhooks` is this program, with what that remembers of the repository in
    /// `dir`: each program has a memory of its own.
    pub(crate) fn with<T>(
        &self,
        program: Program,
        dir: &Path,
        run: impl FnOnce() -> Result<T>,
    ) -> Result<T> {
        if program == self.running.get() {
            return run();
        }
        let before = self.running.replace(program);
        self.link()?;
        swap_memory(dir)?;
        let result = run();
        swap_memory(dir)?;
        self.running.set(before);
        self.link()?;
        result
    }

    /// Makes `idhooks` the program that is running now. It is a link that no program can tell from
    /// a file, so that the path in the hooks is the same for both.
    fn link(&self) -> Result<()> {
        let new = self.idhooks.with_extension("new");
        fs::hard_link(self.idhooks.with_file_name(self.running.get().name()), &new)?;
        Ok(fs::rename(new, &self.idhooks)?)
    }

    /// Returns a path in it.
    pub(crate) fn path(&self, name: impl AsRef<Path>) -> PathBuf {
        self.root.path().join(name)
    }

    /// Returns the program that is measured.
    pub(crate) fn idhooks_path(&self) -> &Path {
        &self.idhooks
    }

    /// Returns this program.
    pub(crate) fn own_path(&self) -> &Path {
        &self.own
    }

    /// Returns where the last command that was measured printed to.
    pub(crate) fn printed(&self) -> PathBuf {
        self.path("stdout")
    }

    /// Returns a command that runs in `dir`.
    pub(crate) fn command(&self, program: impl AsRef<OsStr>, dir: &Path) -> Command {
        let mut command = Command::new(program);
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("GIT_") || text == "IDHOOKS" {
                command.env_remove(&name);
            }
        }
        let home = self.root.path();
        command.current_dir(dir).env("HOME", home).env("XDG_CONFIG_HOME", home.join(".config"));
        command.env("GIT_CONFIG_GLOBAL", home.join(".gitconfig")).env("GIT_CONFIG_NOSYSTEM", "1");
        command.env("LC_ALL", "C").stdin(Stdio::null());
        command
    }

    /// Runs git in `dir` with the words of `args`, and returns what it printed.
    pub(crate) fn git(&self, dir: &Path, args: &str) -> Result<String> {
        answer(self.command("git", dir).args(args.split_whitespace()))
    }

    /// Runs idhooks in `dir` with the words of `args`, and returns what it printed.
    pub(crate) fn idhooks(&self, dir: &Path, args: &str) -> Result<String> {
        answer(self.command(&self.idhooks, dir).args(args.split_whitespace()))
    }

    /// Measures a command.
    pub(crate) fn measure(
        &self,
        dir: &Path,
        variables: &[(OsString, OsString)],
        words: &[OsString],
    ) -> Result<(Sample, String)> {
        let mut command = self.command(&self.own, dir);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        let err = self.path("stderr");
        let sample = measure(command, words, &self.printed(), &err)?;
        Ok((sample, String::from_utf8_lossy(&fs::read(err)?).into_owned()))
    }
}

/// Exchanges what the two programs remember of a repository.
fn swap_memory(dir: &Path) -> Result<()> {
    let [current, other, between] =
        ["idhooks", "idhooks-other", "idhooks-between"].map(|name| dir.join(".git").join(name));
    for (from, to) in [(&current, &between), (&other, &current), (&between, &other)] {
        if from.exists() {
            fs::rename(from, to)?;
        }
    }
    Ok(())
}

/// Runs a command that must succeed, and returns what it printed, without the last line end.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| shown(command))?;
    if !output.status.success() {
        // Findings are on stdout.
        let said = [output.stderr, output.stdout]
            .map(|said| String::from_utf8_lossy(&said).trim().to_owned());
        bail!("{} failed: {}", shown(command), said.join("\n"));
    }
    let mut text = String::from_utf8(output.stdout)?;
    if text.ends_with('\n') {
        text.pop();
    }
    Ok(text)
}

/// Returns a command as it is typed.
fn shown(command: &Command) -> String {
    let words = std::iter::once(command.get_program()).chain(command.get_args());
    let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
    format!("'{}'", words.join(" "))
}
