//! A temporary directory in which nothing of the user's configuration counts.

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

/// Where everything happens.
pub(crate) struct Sandbox {
    root: TempDir,
    idhooks: PathBuf,
    own: PathBuf,
}

impl Sandbox {
    /// Makes one for this program to measure `idhooks` in.
    pub(crate) fn new(idhooks: &Path) -> Result<Self> {
        let idhooks = std::path::absolute(idhooks)?;
        if !idhooks.is_file() {
            bail!("no program '{}'", idhooks.display());
        }
        let root = tempfile::Builder::new().prefix("idhooks-scale-").tempdir()?;
        fs::write(root.path().join(".gitconfig"), CONFIGURATION)?;
        Ok(Sandbox { root, idhooks, own: env::current_exe()? })
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

/// Runs a command that must succeed, and returns what it printed, without the last line end.
pub(crate) fn answer(command: &mut Command) -> Result<String> {
    let output = command.output().with_context(|| shown(command))?;
    if !output.status.success() {
        let said = String::from_utf8_lossy(&output.stderr);
        bail!("{} failed: {}", shown(command), said.trim());
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
