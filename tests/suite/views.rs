//! The output of read-only commands, run as a program in repositories with real git.

mod demo;
#[cfg(feature = "default")]
mod findings;
#[cfg(feature = "default")]
mod help;
#[cfg(feature = "default")]
mod refusals;
mod repo;
mod reports;
#[cfg(feature = "default")]
mod schemas;
mod status;
#[cfg(feature = "default")]
mod story;
#[cfg(feature = "default")]
mod words;
