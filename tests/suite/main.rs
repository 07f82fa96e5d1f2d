//! The program with real git: every scenario runs with one git of this machine or with each, in a
//! sealed environment, and every commit it makes is judged by plain git and a JSON parser.
//!
//! `IDHOOKS_TEST_GITS` names the git executables to use (separated as in `PATH`); by default
//! all distinct versions on `PATH`. `IDHOOKS_TEST_ALL=1` runs every scenario with each of them.
//! `IDHOOKS_TEST_BIN` names another binary to test.

// The scenarios are lines of shell, with symbolic links, permissions and signals, and git as the
// hooks of Unix call it. What Windows does is tried by `.ci/platforms`.
#![cfg(unix)]

mod bad_input;
#[cfg(feature = "code")]
mod bridge;
mod checks;
mod ci;
mod coexistence;
mod commands;
mod commits;
mod common;
mod crash_safety;
#[cfg(feature = "code")]
mod describe;
#[cfg(feature = "default")]
#[path = "../docs.rs"]
mod docs;
mod doctor;
mod dual_write;
mod embedding;
mod formats;
mod generators;
mod histories;
mod history;
#[cfg(feature = "code")]
mod identifiers;
mod import_export;
mod install;
mod judge;
#[path = "../laws/mod.rs"]
mod laws;
#[cfg(feature = "lsp")]
mod lsp;
mod merge_driver;
mod merges;
#[cfg(feature = "report")]
mod metrics;
#[cfg(feature = "migration")]
mod migrate;
mod operations;
mod packing;
#[cfg(any(feature = "automation", feature = "report"))]
mod programs;
mod reconcile;
mod release;
#[cfg(feature = "report")]
mod schedule;
mod selftest;
mod shell;
mod show_log;
#[path = "../simulator/mod.rs"]
mod simulator;
mod views;
#[cfg(feature = "automation")]
mod watch;

#[path = "../common/reviewed.rs"]
mod reviewed;
