//! Bad input: a clear error, the right exit code, nothing lost.

mod checked;
mod commands;
mod config;
mod counter;
mod kinds;
mod large;
#[cfg(feature = "default")]
mod linked_outputs;
mod links;
mod names;
#[cfg(feature = "default")]
mod overwritten;
mod places;
mod registry;
mod room;
mod scope;
mod unwritable;
