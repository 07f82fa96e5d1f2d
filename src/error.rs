//! What a command says when it cannot do its work; all conversions from the rooms' own errors.

use crate::check::UPGRADE;
use crate::exit::Exit;
use crate::git::{GitError, OpenError};
use crate::output::{Ui, shell_quoted};
use crate::registry::{PathError, ReadError};
use crate::state::StateError;
use crate::store::StoreError;
use crate::system::SystemError;

/// Why a command stopped: what failed, what led to it, what to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// The exit code that goes with it.
    pub exit: Exit,
    /// What failed, lower case, no full stop, the subject in single quotes.
    pub message: String,
    /// What led to it, nearest first.
    pub causes: Vec<String>,
    /// What to do, a command to paste where there is one.
    pub hints: Vec<String>,
    /// Whether the same may succeed a moment later, since git was at work meanwhile.
    pub is_passing: bool,
}

impl CommandError {
    /// Returns an error of usage, configuration or environment (exit 2).
    pub fn new(message: impl Into<String>) -> Self {
        CommandError {
            exit: Exit::Environment,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            is_passing: false,
        }
    }

    /// Returns an error that is the fault of idhooks itself (exit 3).
    pub fn internal(message: impl Into<String>) -> Self {
        CommandError { exit: Exit::Internal, ..Self::new(message) }
    }

    /// Adds what led to the error.
    #[must_use]
    pub fn because(mut self, cause: &impl std::fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Adds what to do.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Says that the same may succeed a moment later.
    #[must_use]
    pub fn passing(self) -> Self {
        CommandError { is_passing: true, ..self }
    }

    /// Returns what the user would be told, in lines.
    pub fn told(&self) -> String {
        let mut out = format!("error: {}\n", self.message);
        out.extend(self.causes.iter().map(|cause| format!("cause: {cause}\n")));
        out.extend(self.hints.iter().map(|hint| format!("hint: {hint}\n")));
        out
    }

    /// Tells the user.
    pub fn show(&self, ui: &mut Ui) {
        ui.error(&self.message);
        for cause in &self.causes {
            ui.cause(cause);
        }
        for hint in &self.hints {
            ui.hint(hint);
        }
    }
}

const MAKE_ROOM: &str = "make room on the disk, then do the same again";

impl From<GitError> for CommandError {
    fn from(error: GitError) -> Self {
        let told = Self::new(error.to_string());
        if ["No space left", "Out of diskspace"].iter().any(|full| error.reason.contains(full)) {
            return told.hint(MAKE_ROOM);
        }
        // A lock that git cannot write for another reason is not held by any process.
        if error.reason.contains(".lock") && error.reason.contains("File exists") {
            // Git goes on to explain at length.
            let first = told.message.lines().next().unwrap_or_default().to_owned();
            let told = CommandError { message: first, ..told };
            return told.passing().hint("another git process is at work: wait for it; if there is none, remove the lock file");
        }
        told
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        let told = Self::new(error.to_string());
        if error.is_disk_full() {
            return told.hint(MAKE_ROOM);
        }
        match error.link_path() {
            Some(link) => told.hint(format!(
                "see where it leads, remove it, and do the same again: rm {}",
                shell_quoted(&link.to_string_lossy())
            )),
            None => told.hint(
                "see that the file and its directory can be written, then run the command again",
            ),
        }
    }
}

impl From<SystemError> for CommandError {
    fn from(error: SystemError) -> Self {
        Self::new(error.to_string()).hint("see that you may run it: try it in a shell")
    }
}

impl From<PathError> for CommandError {
    fn from(error: PathError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        let told = Self::new(error.to_string());
        match error {
            OpenError::NotARepository(_) => {
                told.hint("change to a git repository, or make one with 'git init'")
            }
            OpenError::NamedNone(_) => told.hint("to have git look for it: unset GIT_DIR"),
            OpenError::Bare(_) => told.hint("run idhooks in a clone that has a working tree"),
            OpenError::InGitDir => told.hint(
                "go up to the working tree: cd \"$(dirname \"$(git rev-parse --git-dir)\")\"",
            ),
            OpenError::Unsafe(refused) => {
                told.hint(format!("if you trust its owner: {}", refused.remedy))
            }
            OpenError::Linked(error) => error.into(),
            OpenError::Broken(_) => told,
        }
    }
}

impl From<StateError> for CommandError {
    fn from(error: StateError) -> Self {
        let told = Self::new(error.to_string());
        match error {
            StateError::Git(error) => error.into(),
            StateError::Store(error) => error.into(),
            StateError::Config(mistake) => match mistake.hint {
                Some(hint) => told.hint(hint),
                None => told.hint("'idhooks schema config' prints what the file may hold"),
            },
            StateError::Registry(ReadError::Newer(_)) => told.hint(UPGRADE),
            StateError::Registry(_) => {
                told.hint("run 'idhooks check' to see what is wrong with it")
            }
            StateError::Plan(_) => told.hint("run 'idhooks explain CAPACITY' to see what to do"),
            StateError::StagedLink(path) => told.hint(format!(
                "take it out of the commit: git rm -f -- {}",
                shell_quoted(&path.to_string())
            )),
            StateError::IndexMoved => told.passing().hint("do the same again"),
            _ => told,
        }
    }
}
