//! What is told about healing.

use std::cell::RefCell;

use idhooks_core::plan::Undone;
use idhooks_repo::transaction::CommitInputs;

use crate::{Notice, Observer, Progress};

/// Runs work that may heal commits. The work calls the function that it gets for each commit, with the
/// total number.
pub fn while_healing<T>(observer: &mut dyn Observer, work: impl FnOnce(&dyn Fn(usize)) -> T) -> T {
    let cell = RefCell::new(observer);
    let done = work(&|total| cell.borrow_mut().progress(Progress::Healing(total)));
    cell.borrow_mut().progress(Progress::Done);
    done
}

/// Gives notice of manual edits of the registry that were undone.
pub fn report_undone(observer: &mut dyn Observer, inputs: &CommitInputs, undone: &[Undone]) {
    // A registry that comes from a commit was not edited just now.
    if inputs.lineage.was_inconsistent() || inputs.has_registry_of_a_parent() {
        return;
    }
    if let Some((first, others)) = undone.split_first() {
        observer.notice(Notice::Undone(first.clone(), others.len()));
    }
}
