//! The workflow by which GitHub writes the reports.

use std::path::Path;

use crate::error::CommandError;

use super::files::Wanted;

/// How a job gets idhooks where nothing else is said.
pub(super) const INSTALL: &str = crate::commands::ci::INSTALL;

/// Where it goes in a working tree.
pub(super) const DIRECTORY: &str = ".github/workflows";

/// Returns the workflow.
///
/// # Errors
/// A command of several lines.
pub(super) fn file(dir: &Path, install: &str) -> Result<Wanted, CommandError> {
    if install.contains(['\n', '\r']) {
        return Err(CommandError::new("the command of --install has several lines")
            .hint("join them: --install 'first && second'"));
    }
    let text = include_str!("templates/github.yml").replace("@INSTALL@", install);
    Ok(Wanted::new(dir.join("idhooks-schedule.yml"), &text))
}
