//! The only room that prints.

mod progress;
mod text;
mod ui;

pub use progress::Bar;
pub use text::finding_lines;
pub use ui::{ColorChoice, Ui, safe};
