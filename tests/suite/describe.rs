//! Facts about Python files beside their identity: `describe`, `classify`, what commits keep of them.

#[cfg(feature = "report")]
mod classes;
mod command;
mod commits;
mod golden;
#[cfg(feature = "automation")]
mod watched;
