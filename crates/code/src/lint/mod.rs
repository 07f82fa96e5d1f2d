//! Checks identifiers in code: where they are made, hard-coded and used. These functions take text
//! and return findings.

mod allowed;
mod hit;
mod lines;
mod linter;
mod prefilter;
#[cfg(test)]
mod prefilter_tests;
mod rules;
mod spot;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod word_tests;

pub(crate) use allowed::allowed_lines;
pub use linter::{CountMode, FINDING_KINDS, LintSelection, Linter};
pub(crate) use rules::hardcoded::field;
pub use spot::{FileReport, Spot};
