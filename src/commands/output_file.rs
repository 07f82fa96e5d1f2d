//! Writes reports to the files that the user names.

use std::path::Path;
use std::{fs, io::Write};

use idhooks_core::{check::Baseline, generate::is_earlier_version, registry::RepoPath};
use idhooks_ops::{BaselineMode, FindingFilter, guard_output, real_path};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{LinkGuard, read_file, replace_file};

use crate::error::{CommandError, CommandResult};
use crate::output::Ui;

/// Whether an output replaces any file.
#[derive(Debug, Clone, Copy, Default, clap::Args)]
pub(super) struct OverwriteArgs {
    /// Also replace tracked files that idhooks did not write
    #[arg(long)]
    overwrite: bool,
}

impl OverwriteArgs {
    /// Returns whether the user gave the option.
    pub(super) fn is_given(self) -> bool {
        self.overwrite
    }

    /// Refuses what [`guard_output`] refuses, and a tracked file that is no earlier version of what would be
    /// written: either all of it, or a part that [`is_earlier_version`] can compare.
    ///
    /// # Errors
    /// Returns an error if the file is refused, or if it or the index cannot be read.
    pub(super) fn guard(
        self,
        repo: &Repo,
        file: &Path,
        text: impl AsRef<[u8]>,
    ) -> CommandResult<()> {
        guard_output(repo, file)?;
        if self.overwrite || !file.is_file() || !is_tracked(repo, file)? {
            return Ok(());
        }
        match read_file(file)? {
            Some(present) if !is_earlier_version(&present, text.as_ref()) => {
                let what = format!("git tracks '{}', and idhooks did not write it", file.display());
                Err(CommandError::new(what)
                    .hint("name another file, or replace this one: --overwrite"))
            }
            _ => Ok(()),
        }
    }
}

/// Returns whether git tracks a file.
fn is_tracked(repo: &Repo, file: &Path) -> CommandResult<bool> {
    let place = real_path(file);
    let below = place.strip_prefix(real_path(repo.top())).ok();
    let Some(path) = below.and_then(|path| RepoPath::of_os_path(path).ok()) else {
        return Ok(false);
    };
    let index = repo.index(&repo.index_file())?;
    Ok(index.tree.contains_key(&path) || index.unmerged.contains_key(&path))
}

/// Replaces a file as a whole, in an existing directory. A link outside the repository is followed.
/// Anything but a regular file, such as a pipe or a device, is written to instead.
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
    check_place(file)?;
    if let Some(repo) = repo.into() {
        overwrite.guard(repo, file, text)?;
    }
    write_guarded(file, text)
}

/// Like [`write()`], for a file that was checked before.
///
/// # Errors
/// Returns an error if the file cannot be written.
pub(super) fn write_guarded(file: &Path, text: impl AsRef<[u8]>) -> CommandResult<()> {
    let text = text.as_ref();
    let failed = |cause: std::io::Error| {
        CommandError::new(format!("cannot write '{}'", file.display()))
            .because(&cause)
            .hint("name a writable file")
    };
    match fs::metadata(file) {
        Ok(meta) if !meta.is_file() => {
            let mut place = fs::OpenOptions::new().write(true).open(file).map_err(failed)?;
            place.write_all(text).map_err(failed)
        }
        Ok(_) => {
            let real = file.canonicalize().map_err(failed)?;
            Ok(replace_file(&LinkGuard::default(), &real, text)?)
        }
        Err(_) => Ok(replace_file(&LinkGuard::default(), file, text)?),
    }
}

/// Replaces several files as a whole, and creates missing directories. Writes none if
/// [`OverwriteArgs::guard`] refuses one of them.
///
/// # Errors
/// Returns an error if a file cannot be written or is refused.
pub(super) fn write_all(
    repo: &Repo,
    files: &[(&Path, &str)],
    overwrite: OverwriteArgs,
) -> CommandResult<()> {
    files.iter().try_for_each(|(file, text)| overwrite.guard(repo, file, text))?;
    let links = repo.link_guard();
    for (file, text) in files {
        replace_file(&links, file, text.as_bytes())?;
    }
    Ok(())
}

/// Writes the baseline of a check if one is to be written, and reports what became of it.
///
/// # Errors
/// Returns an error if the file is in a place that [`guard_output`] refuses, or if it cannot be written.
pub(super) fn finish_baseline(
    ui: &mut Ui,
    filter: &FindingFilter,
    repo: Option<&Repo>,
) -> CommandResult<()> {
    if let BaselineMode::Written(file, findings) = &filter.baseline {
        repo.map_or(Ok(()), |repo| guard_output(repo, file))?;
        let links = repo.map(Repo::link_guard).unwrap_or_default();
        replace_file(&links, file, Baseline::of(findings).format().as_bytes())?;
    }
    ui.baseline(filter);
    Ok(())
}

/// Checks that a file can be at this path.
///
/// # Errors
/// Returns an error if the directory does not exist, or if the path is a directory.
pub(super) fn check_place(file: &Path) -> CommandResult<()> {
    let dir = file.parent().filter(|dir| !dir.as_os_str().is_empty());
    if let Some(dir) = dir.filter(|dir| !dir.is_dir()) {
        return Err(CommandError::new(format!("no directory '{}'", dir.display()))
            .hint("name a file in an existing directory"));
    }
    if file.is_dir() {
        return Err(CommandError::new(format!("'{}' is a directory", file.display()))
            .hint("also name the file: <dir>/<file>"));
    }
    Ok(())
}
