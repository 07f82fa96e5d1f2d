//! Checks identifiers in code: where they are made, written down and used. Text in, findings out.

mod allowed;
mod hit;
mod legacy;
mod lines;
mod linter;
mod prefilter;
#[cfg(test)]
mod prefilter_tests;
mod rules;
mod score;
mod spot;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod word_tests;

pub(crate) use allowed::allowed_lines;
pub use legacy::{ViolationLabels, count_violations, is_legacy_use};
pub use linter::{CountMode, LintSelection, Linter};
pub(crate) use rules::hardcoded::field;
pub use score::{ClassCount, FINDING_KINDS, LintTally, TallyBy, is_counted, rounded_score};
pub use spot::{FileReport, Spot};
