//! Tests on generated index files, and repositories for tests.

mod form;
mod index;
pub(crate) mod made;
mod segments;
#[cfg(unix)]
mod sharing;
