//! The only room that prints.

pub mod json;
mod progress;
mod table;
mod text;
mod ui;

pub use crate::registry::shell_quoted;
pub use progress::Bar;
pub use table::aligned;
pub use text::{count, finding_lines, summary};
pub use ui::{ColorChoice, Format, Ui, safe};
