//! The commands that only look, through the program itself, in repositories with real git.

mod demo;
mod findings;
mod help;
mod repo;
mod reports;
mod schemas;
mod status;
mod words;
