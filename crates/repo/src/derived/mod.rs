//! Derived files: files that a commit has besides its registry because its registry and its rules
//! demand it, and their changes in the index and in the working tree. There are three kinds: the
//! legacy file of dual write ([`legacy`]), outputs of generators ([`generators`]), and
//! `.gitattributes`, whose lines assign our merge drivers to both. Each becomes a [`DerivedFile`];
//! [`DerivedChanges`] is the same for all.

mod file;
pub mod generators;
pub mod legacy;
#[cfg(test)]
mod tests;

pub use file::{DerivedChanges, DerivedFile, DerivedKind, attribute_texts};
