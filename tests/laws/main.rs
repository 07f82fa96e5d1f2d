//! What holds for every input: the laws of merging, indexes and renames as git has them, and that
//! damaged input never ends in a panic.

// The scenarios are lines of shell, with symbolic links, permissions and signals, and git as the
// hooks of Unix call it. What Windows does is tried by `.ci/platforms`.
#![cfg(unix)]

#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "../suite/common/mod.rs"]
mod common;
mod fuzz;
mod index_against_git;
#[allow(dead_code, unused_imports, reason = "shared with the suite")]
#[path = "../suite/judge/mod.rs"]
mod judge;
mod merge;
mod rename_against_git;
