//! The only room that prints.

mod text;
mod ui;

pub use text::finding_lines;
pub use ui::{ColorChoice, Ui, safe};
