//! Generators: which outputs are up to date, making the others, and what that changes in the index
//! and the working tree.
//!
//! The outputs that belong to the hash of some inputs are cached (`cache/generated`), so that nothing
//! runs where its inputs are known. If they are not, the generator runs, and the bytes decide.

mod changes;
mod foreign;
mod obstacles;
mod round;
mod stale;
mod survey;
mod task;
mod task_dir;
mod trusted;

pub use changes::{DerivedFile, OutputChanges, attribute_texts, derived_changes, output_changes};
pub use round::{Effort, GeneratedOutput, Round};
pub use survey::{BuildReport, BuildState, Generating};
pub use task_dir::{abandoned_tasks, remove_abandoned_tasks};
