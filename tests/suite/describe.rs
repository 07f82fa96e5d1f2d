//! Facts about Python files beside their identity: `describe`, `classify`, what commits keep of them.

mod classes;
mod command;
mod commits;
mod golden;
