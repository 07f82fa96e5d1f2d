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
    skipped_warnings(skipped).iter().for_each(|warning| ui.warning(warning));
}

/// Returns the warnings about files that could not be checked.
pub(in crate::commands) fn skipped_warnings(skipped: &[(RepoPath, String)]) -> Vec<String> {
    let named = skipped.iter().take(MOST_NAMED);
    let mut warnings: Vec<String> =
        named.map(|(path, problem)| format!("'{path}' was not checked: {problem}")).collect();
    if let Some(more) = skipped.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        let files = count(skipped.len(), "file", "files");
        warnings.push(format!("{files} were not checked: those{}", and_more(more)));
    }
    warnings
}
