//! Formats the changes of a file as `git diff` does.

use idhooks_core::registry::RepoPath;
use similar::TextDiff;

/// Returns the differing lines between two versions of a file, with three lines of context.
pub fn unified(path: &RepoPath, before: &[u8], after: &[u8]) -> String {
    let [before, after] = [before, after].map(String::from_utf8_lossy);
    let names = [format!("a/{path}"), format!("b/{path}")];
    let diff = TextDiff::from_lines(&*before, &*after);
    diff.unified_diff().context_radius(3).header(&names[0], &names[1]).to_string()
}
