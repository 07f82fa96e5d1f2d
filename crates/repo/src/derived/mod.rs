//! What generators depend on, and whether their outputs are up to date. Pure.
//!
//! A generator makes files from the records that pass its filter, restricted to the fields that it
//! declares, and from the content of other files. The hash of exactly that is the key under which a
//! clone knows the outputs. Records of outputs are in no slice, so that no output can make another
//! one stale by getting an identity.

mod build;
mod built_in;
mod command_line;
mod earlier_version;
mod findings;
mod order;
mod slice;
mod trust;

pub use build::Build;
pub use built_in::{built_in_output, without_formula};
pub use command_line::{OUTPUT, Undeclared, named_path, undeclared};
pub use earlier_version::{PNG_HEADER, PNG_MARK, is_earlier_version};
pub use findings::{generator_failed, orphaned_output, stale_output};
pub use order::{levels, selected};
pub use slice::{SliceRecord, Slices};
pub use trust::{TrustedPart, TrustedParts, writes_obeyed};

#[cfg(test)]
mod tests;
