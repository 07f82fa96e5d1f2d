//! Derived files: files that a commit contains in addition to its registry because its registry and
//! rules require them, and the changes to them in the index and the working tree. There are three
//! kinds: the legacy file for dual write ([`legacy`]), generator outputs ([`generators`]), and
//! `.gitattributes`, whose lines assign our merge drivers to both. Each becomes a [`DerivedFile`];
//! [`DerivedChanges`] handles them all the same way.

mod derived_file;
pub mod generators;
pub mod legacy;
#[cfg(test)]
mod tests;

pub use derived_file::{DerivedChanges, DerivedFile, DerivedKind, attribute_texts};
