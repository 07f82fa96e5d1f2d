//! The workflow that writes the reports on GitHub.

use std::path::Path;

use crate::commands::pinned_source::{PinnedSource, filled};

use super::files::ExpectedFile;

/// The directory of workflows in a working tree.
pub(super) const DIRECTORY: &str = ".github/workflows";

/// Returns the workflow. Without a source it only serves to recognise a workflow that was written
/// before, by the name of the file and the mark in it.
pub(super) fn file(dir: &Path, source: Option<&PinnedSource>) -> ExpectedFile {
    let install = source.map(PinnedSource::action_step).unwrap_or_default().join("\n        ");
    let text = filled(include_str!("templates/github.yml"), &[("@INSTALL@", &install)]);
    ExpectedFile::new(dir.join("idhooks-schedule.yml"), &text)
}
