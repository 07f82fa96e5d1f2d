//! The hints of unknown coverage.

use idhooks_report::reports::CoverageError;

use super::CommandError;

impl From<CoverageError> for CommandError {
    fn from(error: CoverageError) -> Self {
        let converted = Self::new(error.to_string());
        match error {
            CoverageError::Ops(error) => error.into(),
            CoverageError::NoRegistry(_) => {
                converted.hint("to adopt this repository: idhooks init")
            }
            CoverageError::Absent(_) => {
                converted.hint("fetch the rest, then check again: git fetch --unshallow")
            }
            CoverageError::NoneAsOld(_) => {
                converted.hint("see how old they are: git log --first-parent --reverse")
            }
        }
    }
}
