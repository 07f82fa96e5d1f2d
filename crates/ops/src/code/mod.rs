//! The use cases for the `code` engine: identifiers in code, and facts about Python files.

pub(crate) mod bridge;
pub(crate) mod describe;
pub(crate) mod lint;
pub(crate) mod system_source;

pub(crate) use describe::{describe_files, store_facts};
pub(crate) use lint::{code_state, lint_commit, lint_tree};
