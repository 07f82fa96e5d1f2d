//! A git repository as idhooks sees it. Reads its state and history, and changes it atomically.
//! Nothing here prints.
//!
//! The modules ("rooms") are listed from top to bottom, and each uses only the modules below it.
//! `git` and `store` are on the same level, and return types from `idhooks-core`.

pub mod transaction;

pub mod history;

pub mod derived;

pub mod state;

pub mod cache;

pub mod git;
pub mod store;

pub mod events;
pub mod system;

pub mod environment;
