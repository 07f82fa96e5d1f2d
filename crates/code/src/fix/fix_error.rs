//! [`FixError`]: why rules cannot be applied to a file.

use idhooks_python::PythonError;

use super::refusal::FixRefusal;

/// Why rules cannot be applied to a file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FixError {
    /// The file is not Python.
    #[error(transparent)]
    NotPython(#[from] PythonError),
    /// The file would not be valid Python after the changes.
    #[error("after the changes, Python would refuse it: {0}")]
    Broken(PythonError),
    /// The replacements contain characters that the file's encoding does not support.
    #[error("the changes cannot be written in the encoding of the file")]
    Encoding,
    /// Two changes affect the same code.
    #[error("changes overlap")]
    Overlap,
    /// A rule's import contains no statement.
    #[error("there is no import")]
    NoImport,
    /// A rule was applied, but there is no longer a place for its import.
    #[error(transparent)]
    NoPlace(#[from] FixRefusal),
    /// The rules still change the file after this number of rounds.
    #[error("the rules still change it after {rounds} rounds")]
    Endless {
        /// The number of rounds.
        rounds: usize,
    },
}
