//! The one seam through which git itself is run.

use std::ffi::{OsStr, OsString};
use std::fmt;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::Duration;

use crate::store::failpoint::pause;

/// Runs git in one directory with one environment.
///
/// The environment git gave to a hook (`GIT_DIR`, `GIT_INDEX_FILE` …) is passed on as it is;
/// only the language is fixed and prompts are forbidden.
#[derive(Debug, Clone)]
pub struct Git {
    program: OsString,
    dir: PathBuf,
    env: Vec<(OsString, OsString)>,
    hidden: Vec<OsString>,
}

/// Why git could not be run, refused, or holds something that cannot be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GitError {
    /// What failed, as the beginning of a message.
    pub what: String,
    /// What git said, or why it did not start.
    pub reason: String,
    /// Git's exit code, if it ran to its end.
    pub code: Option<i32>,
}

impl GitError {
    /// Returns the error of reading `what`.
    pub(super) fn reading(what: &str, reason: &dyn fmt::Display) -> Self {
        GitError { what: format!("cannot read {what}"), reason: one_line(reason), code: None }
    }

    /// Returns the error of doing `what`.
    pub(super) fn failed(what: &str, reason: &dyn fmt::Display) -> Self {
        GitError { what: format!("{what} failed"), reason: one_line(reason), code: None }
    }
}

/// gix tells errors in several lines; a message has one.
fn one_line(reason: &dyn fmt::Display) -> String {
    let text = reason.to_string();
    text.lines().map(str::trim).filter(|l| !l.is_empty()).collect::<Vec<_>>().join(": ")
}

impl fmt::Display for GitError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.what, self.reason)
    }
}

impl std::error::Error for GitError {}

impl Git {
    /// Runs git in `dir`.
    pub fn new(dir: impl Into<PathBuf>) -> Self {
        Git { program: "git".into(), dir: dir.into(), env: Vec::new(), hidden: Vec::new() }
    }

    /// Runs git in `dir` as if nobody had ever configured it: nothing of the caller's
    /// environment or of the user's and the machine's configuration gets through, and `home`
    /// is its home.
    pub fn sealed(dir: impl Into<PathBuf>, home: &Path) -> Self {
        let ours = |name: &OsString| {
            let name = name.to_string_lossy();
            name.starts_with("GIT_") || name == "IDHOOKS"
        };
        let hidden = std::env::vars_os().map(|(name, _)| name).filter(ours).collect();
        Git { hidden, ..Git::new(dir) }
            .env("HOME", home)
            .env("XDG_CONFIG_HOME", home.join(".config"))
            .env("GIT_CONFIG_GLOBAL", home.join(".gitconfig"))
            .env("GIT_CONFIG_NOSYSTEM", "1")
    }

    /// Runs another program in git's place, in the same directory and environment.
    #[must_use]
    pub fn other_program(mut self, program: impl Into<OsString>) -> Self {
        self.program = program.into();
        self
    }

    /// Returns the directory git runs in.
    pub fn dir(&self) -> &Path {
        &self.dir
    }

    /// Adds a variable to git's environment.
    #[must_use]
    pub fn env(mut self, name: impl Into<OsString>, value: impl Into<OsString>) -> Self {
        self.env.push((name.into(), value.into()));
        self
    }

    /// Runs git with `input` on its standard input and returns all it answered, whatever its
    /// exit code.
    ///
    /// # Errors
    /// Git that cannot be started or fed.
    pub fn answer<A: AsRef<OsStr>>(&self, args: &[A], input: &[u8]) -> Result<Output, GitError> {
        let failed = |error: std::io::Error| GitError {
            what: self.describe(args),
            reason: match error.kind() {
                std::io::ErrorKind::NotFound if self.program == "git" && self.dir.is_dir() => {
                    "git is not on PATH".to_owned()
                }
                _ => error.to_string(),
            },
            code: None,
        };
        let mut command = Command::new(&self.program);
        command.args(args).current_dir(&self.dir);
        for name in &self.hidden {
            command.env_remove(name);
        }
        command.env("LC_ALL", "C").env("GIT_TERMINAL_PROMPT", "0");
        // Nobody reads its answer before its end: without this git writes each commit by itself.
        command.env("GIT_FLUSH", "0");
        command.envs(self.env.iter().map(|(name, value)| (name, value)));
        command.stdin(if input.is_empty() { Stdio::null() } else { Stdio::piped() });
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let stdin = child.stdin.take();
        // A thread feeds git, so that neither side waits for the other with full pipes.
        std::thread::scope(|scope| {
            let feeder = stdin.map(|mut pipe| scope.spawn(move || pipe.write_all(input)));
            let output = child.wait_with_output().map_err(failed)?;
            pause("git has answered");
            if let Some(Err(error)) = feeder.and_then(|f| f.join().ok())
                && error.kind() != std::io::ErrorKind::BrokenPipe
            {
                return Err(failed(error));
            }
            Ok(output)
        })
    }

    /// Runs git with `input`, waits no longer than `limit`, and returns what it printed.
    ///
    /// # Errors
    /// As [`Git::run_with`], and git that does not end in time; it goes on alone then.
    pub fn run_within<A: AsRef<OsStr>>(
        &self,
        args: &[A],
        input: &[u8],
        limit: Duration,
    ) -> Result<Vec<u8>, GitError> {
        let (git, input) = (self.clone(), input.to_owned());
        let owned: Vec<OsString> = args.iter().map(|a| a.as_ref().to_owned()).collect();
        let (sender, receiver) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            // Nobody listens any more after the time limit.
            let _ = sender.send(git.run_with(&owned, &input));
        });
        receiver.recv_timeout(limit).unwrap_or_else(|_| {
            let reason = format!("no answer within {} seconds", limit.as_secs());
            Err(GitError { what: self.describe(args), reason, code: None })
        })
    }

    /// Runs git with `input` and returns what it printed.
    ///
    /// # Errors
    /// Git that cannot be started or exits with anything but 0.
    pub fn run_with<A: AsRef<OsStr>>(&self, args: &[A], input: &[u8]) -> Result<Vec<u8>, GitError> {
        let output = self.answer(args, input)?;
        if output.status.success() { Ok(output.stdout) } else { Err(self.refused(args, &output)) }
    }

    /// Returns the error of an answer that is none.
    pub(super) fn refused<A: AsRef<OsStr>>(&self, args: &[A], output: &Output) -> GitError {
        let said = String::from_utf8_lossy(&output.stderr);
        let said = said.trim();
        let reason = if said.is_empty() { output.status.to_string() } else { said.to_owned() };
        GitError { what: self.describe(args), reason, code: output.status.code() }
    }

    /// Runs git and returns what it printed.
    ///
    /// # Errors
    /// As [`Git::run_with`].
    pub fn run<A: AsRef<OsStr>>(&self, args: &[A]) -> Result<Vec<u8>, GitError> {
        self.run_with(args, b"")
    }

    /// Runs git and returns what it printed as text without the final line end.
    ///
    /// # Errors
    /// As [`Git::run_with`].
    pub fn text<A: AsRef<OsStr>>(&self, args: &[A]) -> Result<String, GitError> {
        let mut text = String::from_utf8_lossy(&self.run(args)?).into_owned();
        if text.ends_with('\n') {
            text.pop();
        }
        Ok(text)
    }

    /// Runs git and returns its text, or nothing where it exits with anything but 0.
    ///
    /// # Errors
    /// Git that cannot be started.
    pub fn ask<A: AsRef<OsStr>>(&self, args: &[A]) -> Result<Option<String>, GitError> {
        match self.text(args) {
            Ok(text) => Ok(Some(text)),
            Err(GitError { code: Some(_), .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    fn describe<A: AsRef<OsStr>>(&self, args: &[A]) -> String {
        let program = Path::new(&self.program).file_name().unwrap_or(&self.program);
        let words = std::iter::once(program).chain(args.iter().map(AsRef::as_ref));
        let words: Vec<_> = words.map(OsStr::to_string_lossy).collect();
        format!("'{}' failed", words.join(" "))
    }
}

/// Returns what git printed as a name for the operating system.
#[cfg(unix)]
pub(super) fn os_string(bytes: &[u8]) -> OsString {
    use std::os::unix::ffi::OsStringExt;
    OsString::from_vec(bytes.to_vec())
}

/// Returns what git printed as a name for the operating system.
#[cfg(not(unix))]
pub(super) fn os_string(bytes: &[u8]) -> OsString {
    OsString::from(String::from_utf8_lossy(bytes).into_owned())
}
