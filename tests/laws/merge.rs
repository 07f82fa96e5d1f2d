//! The merge of registries: its laws, its whole small world, telling cases.

mod cases;
mod edits;
mod laws;
mod plain_text;
mod small_world;
