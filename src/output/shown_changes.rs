//! [`ShownChanges`]: shows what has changed since suspect references were read.

use std::collections::BTreeSet;

use idhooks_ops::{ContentChange, ListedReference};

use super::{Ui, content_diff};

/// Shows the differences of changed files, each only once.
#[derive(Default)]
pub struct ShownChanges(BTreeSet<String>);

impl ShownChanges {
    /// Shows the difference between the content that was read and the present one.
    pub fn show(&mut self, ui: &mut Ui, to: &ListedReference, change: &ContentChange) {
        let Some(diff) = change_diff(to, change) else { return };
        if self.0.contains(&diff) {
            ui.line("    the same difference as above");
            return;
        }
        ui.lines(diff.lines().map(|line| line.trim_end_matches('\r')));
        self.0.insert(diff);
    }
}

/// Returns the difference since a reference was read, if that version is known.
pub fn change_diff(reference: &ListedReference, change: &ContentChange) -> Option<String> {
    let path = &reference.named.as_ref()?.path;
    let (read, contents) = (change.read.as_ref()?, change.contents.as_ref()?);
    let contents = [contents[0].as_bytes(), contents[1].as_bytes()];
    Some(content_diff([&read.path, path], contents))
}
