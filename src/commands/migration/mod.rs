//! The `migration` feature: takes records and settings from other programs.

mod errors;
pub(super) mod import;
pub(super) mod migrate;
mod report;
