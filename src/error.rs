//! The result of a command: an exit code or an error. Errors from all libraries are converted here
//! and get their hints, because libraries do not know the command line.

mod adoption;
mod backup;
mod baseline;
mod ci;
mod init;
mod inject;
mod install;
mod lifecycle;
mod link;
mod look_up;
mod ops;
mod receive;
mod reconcile;
mod redirect;
mod refs;
mod rename;
mod report_move;
mod resolve;
mod revision;
mod undo;
mod units;

use idhooks_core::check::{Finding, Severity};
use idhooks_core::config::{CONFIG_PATH, ConfigError};
use idhooks_core::registry::{ReadError, TextError};
use idhooks_ops::{
    GitError, GitErrorKind, InstallMethod, OpenError, OpsError, StateError, StoreError,
    SystemError, how_to_upgrade, own_install_method, program_path, replace_link,
};

use crate::output::{Ui, at_most};
pub use ci::name_a_source;
pub use inject::to_remove_foreign;
pub use ops::{path_hint, report_full, to_fix};
pub use rename::refused_names;
pub use resolve::with_fault;
pub use revision::revision_option;
pub use undo::undo_command;

/// The exit codes of all commands. The merge driver returns only the first two.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Exit {
    /// The command succeeded, and no findings count as errors.
    Fine = 0,
    /// There are findings that count as errors, or a hook blocked the commit.
    Findings = 1,
    /// Something is wrong with the usage, the configuration or the environment.
    Environment = 2,
    /// There is an internal error in idhooks.
    Internal = 3,
}

impl Exit {
    /// Returns the exit code for findings: findings of severity `least` or worse make the command
    /// fail.
    pub fn of(findings: &[Finding], least: Severity) -> Self {
        // Severities are ordered from most to least severe.
        match findings.iter().any(|finding| finding.severity <= least) {
            true => Exit::Findings,
            false => Exit::Fine,
        }
    }
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        std::process::ExitCode::from(exit as u8)
    }
}

/// An error from a command: the failure, its causes, and hints.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandError {
    /// The exit code.
    pub exit: Exit,
    /// The failure, in lower case, without a full stop and with names in single quotes.
    pub message: String,
    /// The causes, nearest first.
    pub causes: Vec<String>,
    /// The hints, if possible in the form of commands to paste.
    pub hints: Vec<String>,
    /// Whether the error may be due to another git process, so that a retry may succeed.
    pub is_transient: bool,
}

/// The result of a command or part of a command.
pub type CommandResult<T> = Result<T, CommandError>;

impl CommandError {
    /// Returns an error about the usage, configuration or environment (exit code 2).
    pub fn new(message: impl Into<String>) -> Self {
        CommandError {
            exit: Exit::Environment,
            message: message.into(),
            causes: Vec::new(),
            hints: Vec::new(),
            is_transient: false,
        }
    }

    /// Returns an internal error in idhooks (exit code 3).
    pub fn internal(message: impl Into<String>) -> Self {
        CommandError { exit: Exit::Internal, ..Self::new(message) }
    }

    /// Adds a cause.
    #[must_use]
    pub fn because(mut self, cause: &impl std::fmt::Display) -> Self {
        self.causes.push(cause.to_string());
        self
    }

    /// Sets the causes. At most `most` causes are listed, followed by the number of remaining ones.
    #[must_use]
    pub fn listing(self, causes: impl IntoIterator<Item: ToString>, most: usize) -> Self {
        CommandError { causes: at_most(causes, most), ..self }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Marks the error as transient: a retry may succeed.
    #[must_use]
    pub fn transient(self) -> Self {
        CommandError { is_transient: true, ..self }
    }

    /// Returns the error as text, with each cause and hint on its own line.
    pub fn to_text(&self) -> String {
        let mut out = format!("error: {}\n", self.message);
        out.extend(self.causes.iter().map(|cause| format!("cause: {cause}\n")));
        out.extend(self.hints.iter().map(|hint| format!("hint: {hint}\n")));
        out
    }

    /// Prints the error.
    pub fn show(&self, ui: &mut Ui) {
        ui.error(&self.message);
        self.explain(ui);
    }

    /// Prints the causes and the hints.
    pub fn explain(&self, ui: &mut Ui) {
        self.causes.iter().for_each(|cause| ui.cause(cause));
        self.hints.iter().for_each(|hint| ui.hint(hint));
    }
}

/// Returns the error for an inaccessible directory.
pub fn no_directory(dir: &std::path::Path, error: &std::io::Error) -> CommandError {
    let shown = dir.display();
    // A directory may exist but be inaccessible; "no directory" would make the user look for a
    // typo.
    let failure = match dir.is_dir() {
        true => CommandError::new(format!("cannot enter the directory '{shown}'")).because(error),
        false => CommandError::new(format!("no directory '{shown}'")),
    };
    failure.hint("name an existing directory: idhooks -C <dir> …")
}

/// Returns advice on how to get a feature that is missing from this build.
pub fn how_to_get(feature: &str) -> String {
    match own_install_method() {
        InstallMethod::Cargo => format!(
            "build idhooks with this feature in its source tree: cargo install --locked --path . --features {feature}"
        ),
        method => format!("install a package, which has all features: {}", method.how_to_install()),
    }
}

const FREE_SPACE: &str = "free some disk space, then try again";
const MISSING_OBJECT: &str = "if this clone is partial, fetch the rest: git fetch --refetch --no-filter; if not, look for damage: git fsck";

impl From<GitError> for CommandError {
    fn from(error: GitError) -> Self {
        let message = error.to_string();
        match error.kind() {
            GitErrorKind::DiskFull => Self::new(message).hint(FREE_SPACE),
            // The rest of git's message is a long explanation of locks.
            GitErrorKind::Locked => Self::new(message.lines().next().unwrap_or_default())
                .transient()
                .hint("wait for the other git process; if none is running, remove the lock file"),
            // git writes several lines if it cannot fetch the object.
            GitErrorKind::MissingObject => {
                Self::new(message.lines().next().unwrap_or_default()).hint(MISSING_OBJECT)
            }
            _ => Self::new(message),
        }
    }
}

impl From<StoreError> for CommandError {
    fn from(error: StoreError) -> Self {
        Self::new(error.to_string()).hint(error.remedy())
    }
}

impl From<SystemError> for CommandError {
    fn from(error: SystemError) -> Self {
        Self::new(error.to_string()).hint("check that you can run it in a shell")
    }
}

impl From<TextError> for CommandError {
    fn from(error: TextError) -> Self {
        Self::new(error.to_string())
    }
}

impl From<OpenError> for CommandError {
    fn from(error: OpenError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            OpenError::NotARepository(_) => {
                converted.hint("change to a git repository, or create one with 'git init'")
            }
            OpenError::InvalidGitDir(_) => {
                converted.hint("to let git find the repository: unset GIT_DIR")
            }
            OpenError::Bare(_) => converted.hint("run idhooks in a clone that has a working tree"),
            OpenError::InGitDir => converted.hint(
                "change to the working tree: cd \"$(dirname \"$(git rev-parse --git-dir)\")\"",
            ),
            OpenError::Unsafe(refused) => {
                converted.hint(format!("if you trust its owner: {}", refused.remedy))
            }
            OpenError::Linked(error) => error.into(),
            OpenError::Broken(_) => converted,
        }
    }
}

impl From<StateError> for CommandError {
    fn from(error: StateError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            StateError::Git(error) => error.into(),
            StateError::Store(error) => error.into(),
            StateError::Config(mistake) => explained(converted, CONFIG_PATH, mistake),
            // `check` would fail in the same way: an older version of idhooks cannot check any part
            // of a newer schema.
            StateError::Registry(ReadError::Newer(_)) => converted.hint(how_to_upgrade()),
            StateError::Registry(_) => {
                converted.hint("run 'idhooks check' to see what is wrong with it")
            }
            StateError::Plan(_) => {
                converted.hint("run 'idhooks explain CAPACITY' to see what to do")
            }
            StateError::StagedLink { path, last } => {
                let source = last.map(|commit| commit.short());
                converted.hint(replace_link(&path, source.as_deref()))
            }
            // Another process has written the index since it was read, which invalidates the plan.
            // Retrying makes a new plan.
            StateError::IndexMoved => converted.transient().hint("try again"),
            _ => converted,
        }
    }
}

/// Returns the given `hint` about a mistake in the configuration or, if there is none, says where
/// to find the valid keys.
pub fn config_hint(hint: Option<String>) -> String {
    let schema = "run 'idhooks schema config' to see which keys and values it accepts";
    hint.unwrap_or_else(|| schema.to_owned())
}

/// Adds the hint to an error about a mistake in the configuration file `name`. If the file needs a
/// newer version of idhooks, the message says instead which program this is and how to update it.
pub fn explained(converted: CommandError, name: &str, mistake: ConfigError) -> CommandError {
    let Some(required) = &mistake.required_version else {
        return converted.hint(config_hint(mistake.hint));
    };
    let ConfigError { line, column, .. } = mistake;
    let program = program_path().map(|path| path.display().to_string());
    CommandError::new(format!(
        "{name}:{line}:{column}: this file needs idhooks {required}, but '{}' is version {}; to update it: {}",
        program.unwrap_or_else(|_| "idhooks".to_owned()),
        env!("CARGO_PKG_VERSION"),
        own_install_method().how_to_install()
    ))
}

/// Returns the error for part of a command that needs a feature missing from this build.
pub fn missing(feature: &'static str, needed_by: &str) -> CommandError {
    OpsError::MissingFeature { feature, needed_by: needed_by.to_owned() }.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::Code;

    #[test]
    fn warnings_fail_only_if_asked() {
        let warning = [Finding::new(Code::NotCanonical, "m", "h")];
        let error = [Finding::new(Code::StalePath, "m", "h")];
        assert_eq!(Exit::of(&[], Severity::Warning), Exit::Fine);
        assert_eq!(Exit::of(&warning, Severity::Error), Exit::Fine);
        assert_eq!(Exit::of(&warning, Severity::Warning), Exit::Findings);
        assert_eq!(Exit::of(&error, Severity::Error), Exit::Findings);
    }
}
