//! Running git.

use std::ffi::{OsStr, OsString};
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::{fmt, io, time::Duration};

use crate::environment::Environment;
use crate::store::failpoint::pause;
use crate::system::{run_command, run_or_end, within};

use super::retry::run_again;

/// A runner for git in a particular directory and environment.
///
/// The environment that git gave to a hook (`GIT_DIR`, `GIT_INDEX_FILE` …) is passed on, except
/// that the language is fixed and prompts are disabled. Objects are read as stored: `refs/replace`
/// and grafts are ignored, as they are in [`super::Repo`], which reads objects with gix.
#[derive(Debug, Clone)]
pub struct Git {
    program: OsString,
    dir: PathBuf,
    env: Vec<(OsString, OsString)>,
    /// Whether git syncs everything it writes.
    is_synced: bool,
    hidden: Vec<OsString>,
    /// The settings that the caller passed with `git -c`.
    parameters: Option<OsString>,
}

/// Git cannot be run, git failed, or git's data cannot be read.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{what}: {reason}")]
pub struct GitError {
    /// The action that failed, phrased as the start of a message.
    pub what: String,
    /// Git's message, or the reason that git did not start.
    pub reason: String,
    /// Git's exit code, if git finished.
    pub code: Option<i32>,
}

/// The kinds of git errors that callers treat differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GitErrorKind {
    /// The disk is full, or the quota has been reached.
    DiskFull,
    /// Another process holds one of git's locks.
    Locked,
    /// Git cannot lock the index for some other reason.
    IndexNotLocked,
    /// There is no repository.
    NotARepository,
    /// No author for commits is configured.
    UnknownAuthor,
    /// An object is not in this clone.
    MissingObject,
    /// Any other error.
    Other,
}

impl GitError {
    /// Returns the kind of error. Git uses the same exit code for all kinds, so they are told apart
    /// by git's message, which is never translated.
    pub fn kind(&self) -> GitErrorKind {
        let has = |text: &str| self.reason.contains(text);
        match () {
            // If the disk is full when updating a ref, git only reports that it cannot write the
            // new file.
            () if ["No space left", "Out of diskspace", "couldn't write '"]
                .into_iter()
                .any(has) =>
            {
                GitErrorKind::DiskFull
            }
            // For the configuration, git names the file, not its lock.
            () if (has(".lock") || has("could not lock")) && has("File exists") => {
                GitErrorKind::Locked
            }
            // The directory may be read-only, for example.
            () if has("index.lock") => GitErrorKind::IndexNotLocked,
            () if has("not a git repository") => GitErrorKind::NotARepository,
            () if has("tell me who you are") => GitErrorKind::UnknownAuthor,
            () if has("An object with id") && has("could not be found") => {
                GitErrorKind::MissingObject
            }
            () if has("from promisor remote") => GitErrorKind::MissingObject,
            () => GitErrorKind::Other,
        }
    }

    /// Returns the first line of the reason, without git's `fatal:` prefix.
    pub fn first_line(&self) -> &str {
        let line = self.reason.lines().next().unwrap_or_default();
        line.trim().trim_start_matches("fatal: ")
    }

    /// Returns an error about reading `what`.
    pub(super) fn reading(what: &str, reason: &dyn fmt::Display) -> Self {
        GitError { what: format!("cannot read {what}"), reason: one_line(reason), code: None }
    }

    /// Returns an error about doing `what`.
    pub(super) fn failed(what: &str, reason: &dyn fmt::Display) -> Self {
        GitError { what: format!("{what} failed"), reason: one_line(reason), code: None }
    }
}

/// Joins the lines of a gix error; a message has only one line.
fn one_line(reason: &dyn fmt::Display) -> String {
    let text = reason.to_string();
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(": ")
}

/// The number of characters of an argument that error messages show.
const SHOWN: usize = 200;
/// The variable in which `git -c` passes on settings.
const PARAMETERS: &str = "GIT_CONFIG_PARAMETERS";
/// The setting that makes git ignore replaced objects, as `GIT_NO_REPLACE_OBJECTS` does. Before git
/// 2.42, a repository's setting overrides that variable.
const UNREPLACED: &str = "'core.useReplaceRefs=false'";
/// A file that does not exist, used as the grafts file, because grafts would give commits different
/// parents.
const NO_GRAFTS: &str = "/dev/null/grafts";

impl Git {
    /// Returns a runner for git in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Self::with_environment(dir, &Environment::read())
    }

    /// Like [`Git::new`], but takes this process's environment, which has already been read.
    pub(super) fn with_environment(dir: impl Into<PathBuf>, environment: &Environment) -> Self {
        let (dir, env, hidden) = (dir.into(), Vec::new(), Vec::new());
        let parameters = environment.non_empty(PARAMETERS).map(OsStr::to_owned);
        Git { program: "git".into(), dir, env, is_synced: false, hidden, parameters }
    }

    /// Returns a runner for git in `dir` without any configuration: the caller's git variables and
    /// the user and system configuration are hidden, and `home` is the home directory.
    pub fn sealed(dir: impl Into<PathBuf>, home: &Path) -> Self {
        // In a hook, these variables would redirect git to the hook's repository.
        let environment = Environment::read();
        let hidden = environment.names_of_git().cloned().chain(["IDHOOKS".into()]).collect();
        Git { hidden, parameters: None, ..Git::with_environment(dir, &environment) }
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
    }

    /// Runs another program instead of git, in the same directory and environment.
    #[must_use]
    pub fn other_program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        // Other programs do not support git's `-c` option.
        self.is_synced = false;
        self
    }

    /// Returns the directory that git runs in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Sets a variable in git's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Makes git sync everything it writes, regardless of `core.fsync`.
    #[must_use]
    pub(super) fn synced(self) -> Self {
        Git { is_synced: true, ..self }
    }

    /// Runs git with `input` on its standard input and returns its output, regardless of the exit
    /// code. The command is retried if it cannot store an object because `git gc` removed the
    /// directory, or if another program has locked the index for a moment.
    ///
    /// # Errors
    /// Returns an error if git cannot be started or does not take its input.
    pub fn answer<A: AsRef<OsStr>>(&self, args: &[A], input: &[u8]) -> Result<Output, GitError> {
        let failed = |error: io::Error| GitError {
            what: self.describe(args),
            reason: match error.kind() {
                io::ErrorKind::NotFound if self.program == "git" && self.dir.is_dir() => {
                    "git is not on PATH".to_owned()
                }
                _ => error.to_string(),
            },
            code: None,
        };
        let output = run_again(args, || run_command(&mut self.command(args), input));
        let output = output.map_err(failed)?;
        pause("git has answered");
        Ok(output)
    }

    fn command<A: AsRef<OsStr>>(&self, args: &[A]) -> Command {
        let mut command = Command::new(&self.program);
        if self.is_synced {
            command.args(["-c", "core.fsync=all"]);
        }
        command.args(args).current_dir(&self.dir);
        for name in &self.hidden {
            command.env_remove(name);
        }
        // git's messages are parsed, so they must not be translated, and a hook must never wait for
        // a password.
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        if self.program == "git" {
            command.env("GIT_NO_REPLACE_OBJECTS", "1").env("GIT_GRAFT_FILE", NO_GRAFTS);
            command.env(PARAMETERS, self.parameters());
        }
        // The output is only read at the end. Without this, git would flush it after each commit.
        command.env("GIT_FLUSH", "0");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command
    }

    /// Returns the caller's settings and the setting for replaced objects.
    fn parameters(&self) -> OsString {
        // This variable holds an outer git command's `-c` options, which must stay in effect.
        let Some(given) = &self.parameters else { return UNREPLACED.into() };
        [given.as_os_str(), UNREPLACED.as_ref()].join(OsStr::new(" "))
    }

    /// Runs git with `input`, and terminates it along with all processes it started if it does not
    /// finish within `limit`. Returns its standard output.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Git::run_with`], or if git does not finish in time.
    pub fn run_or_end<A: AsRef<OsStr>>(
        &self,
        args: &[A],
        input: &[u8],
        limit: Duration,
    ) -> Result<Vec<u8>, GitError> {
        let what = || self.describe(args);
        match run_or_end(&mut self.command(args), input.to_owned(), limit) {
            Ok(Some(output)) if output.status.success() => Ok(output.stdout),
            Ok(Some(output)) => Err(self.refused(args, &output)),
            Ok(None) => {
                let reason = format!("no answer within {} seconds", limit.as_secs());
                Err(GitError { what: what(), reason, code: None })
            }
            Err(error) => Err(GitError { what: what(), reason: error.to_string(), code: None }),
        }
    }

    /// Runs git with `input`, waiting no longer than `limit`, and returns its standard output.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Git::run_with`], or if git does not finish in time;
    /// git then keeps running on its own.
    pub fn run_within<A: AsRef<OsStr>>(
        &self,
        args: &[A],
        input: &[u8],
        limit: Duration,
    ) -> Result<Vec<u8>, GitError> {
        let (git, input) = (self.clone(), input.to_owned());
        let owned: Vec<OsString> = args.iter().map(|a| a.as_ref().to_owned()).collect();
        within(limit, move || git.run_with(&owned, &input)).unwrap_or_else(|| {
            let reason = format!("no answer within {} seconds", limit.as_secs());
            Err(GitError { what: self.describe(args), reason, code: None })
        })
    }

    /// Runs git with `input` and returns its standard output.
    ///
    /// # Errors
    /// Returns an error if git cannot be started or exits with a code other than 0.
    pub fn run_with<A: AsRef<OsStr>>(&self, args: &[A], input: &[u8]) -> Result<Vec<u8>, GitError> {
        let output = self.answer(args, input)?;
        if output.status.success() { Ok(output.stdout) } else { Err(self.refused(args, &output)) }
    }

    /// Returns the error for a run that failed.
    pub(super) fn refused<A: AsRef<OsStr>>(&self, args: &[A], output: &Output) -> GitError {
        let message = String::from_utf8_lossy(&output.stderr);
        let message = message.trim();
        let reason =
            if message.is_empty() { output.status.to_string() } else { message.to_owned() };
        GitError { what: self.describe(args), reason, code: output.status.code() }
    }

    /// Runs git and returns its standard output.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Git::run_with`].
    pub fn run<A: AsRef<OsStr>>(&self, args: &[A]) -> Result<Vec<u8>, GitError> {
        self.run_with(args, b"")
    }

    /// Runs git and returns its standard output as a string, without the final newline.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Git::run_with`].
    pub fn text<A: AsRef<OsStr>>(&self, args: &[A]) -> Result<String, GitError> {
        let mut text = String::from_utf8_lossy(&self.run(args)?).into_owned();
        if text.ends_with('\n') {
            text.pop();
        }
        Ok(text)
    }

    /// Runs git and returns its standard output as a string, or `None` if git exits with a non-zero
    /// code.
    ///
    /// # Errors
    /// Returns an error if git cannot be started.
    pub fn ask<A: AsRef<OsStr>>(&self, args: &[A]) -> Result<Option<String>, GitError> {
        match self.text(args) {
            Ok(text) => Ok(Some(text)),
            // A non-zero exit code is a valid answer, such as for a missing key. Without an exit
            // code, git did not run.
            Err(GitError { code: Some(_), .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn describe<A: AsRef<OsStr>>(&self, args: &[A]) -> String {
        let program = Path::new(&self.program).file_name().unwrap_or(&self.program);
        let words = std::iter::once(program).chain(args.iter().map(AsRef::as_ref));
        // The start of a commit message, or of a merge driver's command, is enough here.
        let start = |word: &OsStr| {
            let word = word.to_string_lossy();
            let line = word.lines().next().unwrap_or_default();
            match line.char_indices().nth(SHOWN) {
                Some((end, _)) => format!("{}…", &line[..end]),
                None => line.to_owned(),
            }
        };
        let words: Vec<String> = words.map(start).collect();
        format!("'{}' failed", words.join(" "))
    }
}

/// Returns bytes printed by git as an OS string.
#[cfg(unix)]
pub fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes.to_vec())
}

/// Returns bytes printed by git as an OS string.
#[cfg(not(unix))]
pub fn os_string(bytes: &[u8]) -> OsString {
    OsString::from(String::from_utf8_lossy(bytes).into_owned())
}
