//! The only room that prints.

pub mod json;
mod progress;
mod table;
mod text;
mod ui;

pub use progress::Bar;
pub use table::aligned;
pub use text::{count, finding_lines, shell_quoted, summary};
pub use ui::{ColorChoice, Format, Ui, safe};
