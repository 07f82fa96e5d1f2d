//! The merge of registries: its laws, its whole small world, telling cases.

mod cases;
pub(crate) mod chains;
mod edits;
mod laws;
mod plain_text;
mod small_world;
