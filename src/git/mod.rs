//! The only room that uses gix or runs git; returns plain types of the pure rooms.

mod command;

pub use command::{Git, GitError};
