//! What holds for every input: the laws of merging, indexes and renames as git has them, and that
//! damaged input never ends in a panic.

mod changed_paths;
mod fuzz;
mod index_against_git;
mod merge;
mod rename_against_git;
