//! Counts what writers of the registry do.

use crate::git::Repo;
use crate::state::StateError;
use crate::store::{CountersFile, WriteCounter};

/// Counts a write of the registry by its result.
pub fn count_write<T>(repo: &Repo, written: &Result<T, StateError>) {
    let more: &[WriteCounter] = match written {
        Ok(_) => &[WriteCounter::Succeeded],
        Err(StateError::IndexMoved) => &[WriteCounter::Failed, WriteCounter::Conflicts],
        Err(_) => &[WriteCounter::Failed],
    };
    count(repo, &[&[WriteCounter::Attempted], more].concat());
}

/// Adds one to each of these counters of the clone.
pub fn count(repo: &Repo, counters: &[WriteCounter]) {
    CountersFile::in_dir(&repo.state_dir()).count(counters);
}
