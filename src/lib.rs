//! idhooks gives every file in a git repository a stable 16-digit identity.
//!
//! This crate contains the command line, the messages and the exit codes. The modules ("rooms") are
//! listed from top to bottom; each uses only the ones below it.

#[cfg(feature = "automation")]
pub mod automation;
pub mod commands;
pub mod error;
#[cfg(all(feature = "automation", not(feature = "report")))]
pub mod no_report;
#[cfg(not(feature = "automation"))]
pub mod no_watcher;
pub mod notices;
pub mod output;
pub mod panic;
#[cfg(feature = "report")]
pub mod report;
pub mod tables;

#[cfg(all(feature = "automation", not(feature = "report")))]
use no_report as report;
