//! The files that the linter could not check.

use idhooks_core::registry::RepoPath;
use serde::Serialize;

use crate::output::{Ui, and_more, count};

/// How many files that could not be checked are named.
const MOST_NAMED: usize = 5;

/// A file that could not be checked, in a document.
#[derive(Serialize)]
pub(super) struct SkippedFile<'r> {
    path: &'r RepoPath,
    reason: &'r str,
}

impl<'r> SkippedFile<'r> {
    pub(super) fn all(skipped: &'r [(RepoPath, String)]) -> Vec<Self> {
        skipped.iter().map(|(path, reason)| SkippedFile { path, reason }).collect()
    }
}

/// Warns of the files that could not be checked.
pub(in crate::commands) fn warn_of_skipped(ui: &mut Ui, skipped: &[(RepoPath, String)]) {
    for (path, problem) in skipped.iter().take(MOST_NAMED) {
        ui.warning(&format!("'{path}' was not checked: {problem}"));
    }
    if let Some(more) = skipped.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        let files = count(skipped.len(), "file", "files");
        ui.warning(&format!("{files} were not checked: those{}", and_more(more)));
    }
}
