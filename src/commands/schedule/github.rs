//! The workflow by which GitHub writes the reports.

use std::path::Path;

use crate::commands::pinned_source::{PinnedSource, filled};

use super::files::ExpectedFile;

/// Where it goes in a working tree.
pub(super) const DIRECTORY: &str = ".github/workflows";

/// Returns the workflow. By the name of the file and the mark in it, which need no source, one that
/// was written before is found again.
pub(super) fn file(dir: &Path, source: Option<&PinnedSource>) -> ExpectedFile {
    let install = source.map(PinnedSource::action_step).unwrap_or_default().join("\n        ");
    let text = filled(include_str!("templates/github.yml"), &[("@INSTALL@", &install)]);
    ExpectedFile::new(dir.join("idhooks-schedule.yml"), &text)
}
