//! Shows the changes to files that refer to renamed files.

use idhooks_core::registry::RepoPath;
use idhooks_ops::{ReferenceUpdates, RewrittenFile};
use idhooks_references::DoubtfulReference;

use super::{Ui, unified};

/// Returns the lines of a diff of the working tree, or of the index if only the index changes. A
/// diff of both would list most changes twice.
pub fn rewriting_diff(rewriting: &ReferenceUpdates) -> Vec<String> {
    let mut lines = Vec::new();
    for RewrittenFile { path, to, staged, working, .. } in &rewriting.files {
        let Some([before, after]) = working.as_ref().or(staged.as_ref()) else { continue };
        let shown = unified([path, to], [before, after]);
        lines.extend(shown.lines().map(|line| line.trim_end_matches('\r').to_owned()));
    }
    lines
}

/// Describes where a reference is and why it is ambiguous.
pub fn doubt_text(doubt: &(RepoPath, DoubtfulReference)) -> String {
    let (path, DoubtfulReference { line, what, .. }) = doubt;
    format!("{path}:{line}: {what}")
}

impl Ui {
    /// Lists the references that were not updated.
    pub fn not_updated<'d>(
        &mut self,
        doubts: impl IntoIterator<Item = &'d (RepoPath, DoubtfulReference)>,
    ) {
        for doubt in doubts {
            self.warning(&format!("not updated: {}", doubt_text(doubt)));
        }
    }
}
