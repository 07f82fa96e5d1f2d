//! [`LintRefusal`]: why identifiers in code cannot be checked or replaced.

use std::path::PathBuf;

use idhooks_core::config::ConfigError;
use idhooks_core::registry::RepoPath;

use crate::{OpsError, PartRefusal, TallyBy};

/// Why identifiers in code cannot be checked or replaced.
#[derive(Debug, thiserror::Error)]
pub enum LintRefusal {
    /// A typed path does not exist.
    #[error("cannot find '{}'", .0.display())]
    NoFile(PathBuf),
    /// A typed path lies outside a directory that is not in any repository.
    #[error("'{}' is outside of the directory", .0.display())]
    Outside(PathBuf),
    /// The rules file does not exist.
    #[error("cannot find '{}'", .0.display())]
    NoConfig(PathBuf),
    /// The file with this name is not UTF-8.
    #[error("'{0}' is not UTF-8")]
    NotUtf8(String, std::str::Utf8Error),
    /// The rules in the file with this name are invalid.
    #[error("{}", in_file(.0, .1))]
    Config(String, ConfigError),
    /// The rules in the file with this name have a gate for a part that does not exist.
    #[error("{}", in_file(.0, .1))]
    ConfiguredPart(String, ConfigError, Box<UnknownPart>),
    /// A gate given as an option is for a part that does not exist.
    #[error(transparent)]
    UnknownPart(#[from] UnknownPart),
    /// The file with this name has no replacement rules.
    #[error("'{0}' has no rule [[lint.replace]]")]
    NoReplacements(String),
    /// Changes in a directory outside any repository could not be undone.
    #[error("this directory is in no git repository")]
    NoRepository,
    /// A place would be counted twice.
    #[error("a place was counted twice, so nothing was changed: {0}:{1}")]
    CountedTwice(RepoPath, usize),
}

/// A gate for a part that is not in the rules.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no {by} '{name}'")]
pub struct UnknownPart {
    /// The kind of part expected.
    pub by: TallyBy,
    /// The part's name.
    pub name: String,
    /// The maximum number of findings allowed.
    pub most: usize,
    /// The part that was probably meant.
    pub advice: PartAdvice,
}

/// Which part a nonexistent name was probably meant to refer to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PartAdvice {
    /// A part with the same name in another grouping.
    Grouping(TallyBy),
    /// A part with a similar name; holds that name.
    Near(String),
    /// One of these parts.
    OneOf(Vec<String>),
}

/// Returns a configuration error's message, with the name of its file.
fn in_file(file: &str, error: &ConfigError) -> String {
    let shown = error.to_string();
    shown.strip_prefix("idhooks.toml").map_or(shown.clone(), |rest| format!("{file}{rest}"))
}

impl From<LintRefusal> for OpsError {
    fn from(refusal: LintRefusal) -> Self {
        OpsError::Part(PartRefusal::Lint(refusal))
    }
}
