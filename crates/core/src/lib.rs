//! The decisions idhooks makes, as values, without reading or writing anything: a repository's
//! registry, the rules, renames, merges, checks and plans. No files, no git, no clock.
//!
//! The modules ("rooms") are listed from top to bottom; each uses only those below it.

pub mod plan;

pub mod check;

pub mod merge;

pub mod rename;

pub mod config;

pub mod embed;

pub mod registry;
