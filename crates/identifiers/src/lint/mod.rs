//! Checks identifiers in code: where they are made, written down and used. Text in, findings out.

mod allowed;
mod hit;
mod lines;
mod linter;
mod prefilter;
mod rules;
mod score;
mod spot;
#[cfg(test)]
mod tests;

pub use linter::{CountMode, LintSelection, Linter};
pub use score::{ClassCount, LintTally, TallyBy};
pub use spot::{FileReport, Spot};
