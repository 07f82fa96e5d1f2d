//! idhooks gives every file of a git repository a stable 16-digit identity.
//!
//! The modules ("rooms") are listed from top to bottom; each uses only those below it. `git`,
//! `store` and `system` are side by side with the pure rooms, and return their types.

pub mod commands;
pub mod error;
pub mod exit;
pub mod output;

pub mod net;

pub mod transaction;

pub mod history;

pub mod state;

pub mod git;
pub mod store;
pub mod system;

pub mod plan;

pub mod metrics;

pub mod check;

pub mod merge;

pub mod rename;

pub mod config;

pub mod embed;

pub mod registry;
