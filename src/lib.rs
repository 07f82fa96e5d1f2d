//! idhooks gives every file of a git repository a stable 16-digit identity.
//!
//! This is the program: its command line, its messages and its exit codes. The modules ("rooms") are
//! listed from top to bottom; each uses only those below it.

pub mod commands;
pub mod error;
pub mod notices;
pub mod output;
pub mod panic;
pub mod tables;
