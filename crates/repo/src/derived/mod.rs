//! Derived files: what a commit has besides its registry because its registry and its rules demand it, and what
//! that changes in the index and in the working tree. There are three kinds: the legacy file of dual write
//! ([`legacy`]), outputs of generators ([`generators`]), and the lines of `.gitattributes` that assign our merge
//! drivers to both.

mod file;
pub mod generators;
pub mod legacy;
#[cfg(test)]
mod tests;

pub use file::{DerivedChanges, DerivedFile, attribute_texts, derived_changes, output_changes};
