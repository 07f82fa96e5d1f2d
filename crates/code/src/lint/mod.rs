//! Checks identifiers in code: where they are made, hard-coded and used. These functions take text
//! and return findings.

mod file_finding;
mod lines;
mod linter;
mod prefilter;
#[cfg(test)]
mod prefilter_tests;
mod python_finding;
mod rules;
mod suppressions;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod word_tests;

pub use file_finding::{FileFinding, FileReport};
pub use linter::{CountMode, FINDING_KINDS, LintSelection, Linter};
pub(crate) use rules::hardcoded::field;
pub(crate) use suppressions::allowed_lines;
