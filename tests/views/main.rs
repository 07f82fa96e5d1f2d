//! The commands that only look, through the program itself, in repositories with real git.

mod demo;
mod findings;
mod repo;
mod reports;
mod schemas;
mod status;
