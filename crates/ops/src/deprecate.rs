//! Deprecating identities.

use std::ffi::OsString;

use idhooks_repo::events::Edit;
use idhooks_repo::git::{GrepMatch, Repo};
use idhooks_repo::transaction::now;

use crate::mentions::mentions_of_records;
use crate::transaction::staging::ChangedRecords;
use crate::{Observer, OpsError, Reach, Writer, lifecycle};

/// Which identities to deprecate, and why.
#[derive(Debug, Clone)]
pub struct DeprecateOptions {
    /// The identities or paths, as typed in the current directory.
    pub subjects: Vec<OsString>,
    /// The reason to note in the records.
    pub reason: String,
    /// The web address at which the files are now, if they left for another repository.
    pub moved_to: Option<String>,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The result of [`deprecate`].
#[derive(Debug)]
pub struct Deprecated {
    /// The changes to the registry.
    pub edits: Vec<Edit>,
    /// The lines that still mention the identities or the names of their files.
    pub mentions: Vec<GrepMatch>,
}

/// Deprecates identities but leaves their files alone.
///
/// # Errors
/// Returns an error if an identity cannot be found or deprecated, or if the registry cannot be read
/// or written. In that case nothing was changed.
pub fn deprecate(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &DeprecateOptions,
) -> Result<Deprecated, OpsError> {
    let DeprecateOptions { subjects, reason, moved_to, is_dry_run } = options;
    let writer = Writer::open_for(repo, "deprecate", Reach::Subjects(subjects))?;
    writer.run(observer, |observer, transaction| {
        let ChangedRecords { records, edits } = transaction.change_each(
            observer,
            subjects,
            *is_dry_run,
            |registry, id| match moved_to {
                Some(address) => lifecycle::move_out(registry, id, reason, address, now(repo)),
                None => lifecycle::deprecate(registry, id, reason, now(repo)),
            },
        )?;
        let mentions = mentions_of_records(observer, repo, &records);
        Ok(Deprecated { edits, mentions })
    })
}
