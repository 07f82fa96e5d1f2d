//! The only room that prints.

mod ui;

pub use ui::{ColorChoice, Ui, safe};
