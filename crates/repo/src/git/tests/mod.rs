//! Tests on generated index files.

mod form;
mod index;
