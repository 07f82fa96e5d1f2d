//! Making deprecated identities active again.

use std::ffi::OsString;

use idhooks_repo::events::Edit;
use idhooks_repo::git::Repo;

use crate::{Observer, OpsError, Reach, Writer, lifecycle};

/// Which identities to make active again.
#[derive(Debug, Clone)]
pub struct ReviveOptions {
    /// The identities or paths, as typed in the current directory.
    pub subjects: Vec<OsString>,
    /// Whether this is a dry run, which writes nothing.
    pub is_dry_run: bool,
}

/// The result of [`revive`].
#[derive(Debug)]
pub struct Revived {
    /// The changes to the registry.
    pub edits: Vec<Edit>,
}

/// Makes deprecated identities active again.
///
/// # Errors
/// Returns an error if an identity cannot be found or revived, or if the registry cannot be read or
/// written. In that case nothing is changed.
pub fn revive(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &ReviveOptions,
) -> Result<Revived, OpsError> {
    let ReviveOptions { subjects, is_dry_run } = options;
    let writer = Writer::open_for(repo, "revive", Reach::Subjects(subjects))?;
    writer.run(observer, |observer, transaction| {
        let changed =
            transaction.change_each(observer, subjects, *is_dry_run, |registry, id| {
                lifecycle::revive(registry, id, &|path| transaction.has_file(path))
            })?;
        Ok(Revived { edits: changed.edits })
    })
}
