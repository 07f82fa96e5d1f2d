//! The decisions that idhooks makes, as pure values: a repository's registry, the rules, renames,
//! merges, checks and plans. Nothing here touches files, git or the clock.
//!
//! The modules ("rooms") are listed from top to bottom; each uses only those below it.

pub mod plan;

pub mod check;

pub mod merge;

pub mod rename;

pub mod config;

pub mod embed;

pub mod registry;
