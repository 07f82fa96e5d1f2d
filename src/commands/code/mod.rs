//! The `code` feature: identifiers in code, and descriptions of Python files.

pub(super) mod bridge;
pub(super) mod config_args;
pub(super) mod describe;
mod errors;
mod id_args;
pub(super) mod ids;
pub(super) mod lint;
