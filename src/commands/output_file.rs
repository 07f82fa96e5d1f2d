//! Writes reports to files named by the user.

use std::path::Path;

use idhooks_ops::{
    Baseline, BaselineMode, FindingFilter, Repo, check_place, guard_output, guard_overwrite,
    replace_file, write_output,
};

use crate::error::CommandResult;
use crate::output::Ui;

/// Whether any tracked file may be replaced.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct OverwriteArgs {
    /// Also replace tracked files that idhooks did not write
    #[arg(long)]
    overwrite: bool,
}

impl OverwriteArgs {
    /// Returns whether the user gave `--overwrite`.
    pub(super) fn is_given(self) -> bool {
        self.overwrite
    }

    /// Refuses to replace a file if [`guard_overwrite`] does.
    ///
    /// # Errors
    /// Returns an error if the file is refused, or if it or the index cannot be read.
    pub(super) fn guard(
        self,
        repo: &Repo,
        file: &Path,
        text: impl AsRef<[u8]>,
    ) -> CommandResult<()> {
        Ok(guard_overwrite(repo, file, text.as_ref(), self.overwrite)?)
    }
}

/// Atomically replaces a file in an existing directory. A symlink outside the repository is
/// followed. Anything other than a regular file, such as a pipe or a device, is written to instead.
///
/// # Errors
/// Returns the errors of [`check_place`] and [`OverwriteArgs::guard`], and an error if the file cannot be written.
pub(super) fn write<'r>(
    repo: impl Into<Option<&'r Repo>>,
    file: &Path,
    text: impl AsRef<[u8]>,
    overwrite: OverwriteArgs,
) -> CommandResult<()> {
    let text = text.as_ref();
    // This check also applies outside a repository: its error names the missing directory, but the
    // system's does not.
    check_place(file)?;
    if let Some(repo) = repo.into() {
        overwrite.guard(repo, file, text)?;
    }
    Ok(write_output(file, text)?)
}

/// Writes the baseline of a check, if requested, and reports the outcome.
///
/// # Errors
/// Returns an error if the file is in a place that [`guard_output`] refuses, or if it cannot be written.
pub(super) fn finish_baseline(
    ui: &mut Ui,
    filter: &FindingFilter,
    repo: Option<&Repo>,
) -> CommandResult<()> {
    if let BaselineMode::Written(file, findings) = &filter.baseline {
        // No other guard is needed: `FindingFilter` has already refused files other than baselines,
        // and a baseline is usually tracked.
        repo.map_or(Ok(()), |repo| guard_output(repo, file))?;
        let links = repo.map(Repo::link_guard).unwrap_or_default();
        replace_file(&links, file, Baseline::of(findings).format().as_bytes())?;
    }
    ui.baseline(filter);
    Ok(())
}
