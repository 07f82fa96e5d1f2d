//! Generators: which outputs are up to date, and how to make the ones that are not.
//!
//! A generator makes files from the records that pass its filter, reduced to the fields it
//! declares, and from the content of other files. The hash of exactly these inputs is the key under
//! which a clone caches the outputs (`cache/generated`), so nothing runs for known inputs. For
//! unknown inputs, the generator runs, and its outputs are compared byte by byte. Outputs' own
//! records are in no slice, so giving one output an identity cannot make another stale.

mod build;
mod built_in;
mod command_line;
mod earlier_version;
mod findings;
mod foreign_outputs;
mod generation_round;
mod obstacles;
mod order;
mod output_state;
mod slice;
mod stale;
mod task;
mod task_dir;
mod trust;
mod trusted_parts;

pub use built_in::without_formula;
pub use command_line::Undeclared;
pub use earlier_version::{PNG_HEADER, PNG_MARK, is_earlier_version};
pub use generation_round::{Effort, Round};
pub use order::selected;
pub use output_state::{BuildReport, BuildState, Generating};
pub use task_dir::{abandoned_tasks, remove_abandoned_tasks};
pub use trusted_parts::TrustedParts;

#[cfg(test)]
mod tests;
