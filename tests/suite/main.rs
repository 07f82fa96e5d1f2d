//! The program with real git: every scenario runs once with each git of this machine, in a
//! sealed environment, and every commit it makes is judged by plain git and a JSON parser.
//!
//! `IDHOOKS_TEST_GITS` names the git executables to use (separated as in `PATH`); by default
//! all distinct versions on `PATH`. `IDHOOKS_TEST_BIN` names another binary to test.

mod accidents;
mod bad_input;
mod checks;
mod coexistence;
mod commits;
mod common;
mod doctor;
mod embedding;
mod exchange;
mod formats;
mod gates;
mod histories;
mod history;
mod judge;
mod life;
mod measures;
mod merges;
mod operations;
mod purpose;
mod reconcile;
mod schedule;
mod selftest;
