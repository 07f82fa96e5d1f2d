//! The output of read-only commands, run as a program in repositories with real git.

mod demo;
mod findings;
mod help;
mod repo;
mod reports;
mod schemas;
mod status;
mod story;
mod words;
