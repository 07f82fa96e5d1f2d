//! Replacing one identity with another.

use std::ffi::OsString;

use idhooks_core::registry::Id;
use idhooks_repo::events::Edit;
use idhooks_repo::git::{GrepMatch, Repo};

use crate::lifecycle::LifecycleRefusal;
use crate::mentions::{mentions_of_id, mentions_of_records};
use crate::plan_notices::report_continued;
use crate::{Observer, OpsError, Reach, RegistryDraft, Writer, lifecycle};

/// Which identity to replace, and what to replace it with.
#[derive(Debug, Clone)]
pub struct SupersedeOptions {
    /// The identity to replace, or its path, as typed in the current directory.
    pub old: OsString,
    /// The replacement identity, or its path; by default, the file is given a new identity.
    pub by: Option<OsString>,
    /// Whether this is a dry run, which writes nothing.
    pub is_dry_run: bool,
}

/// The result of [`supersede`].
#[derive(Debug)]
pub struct Superseded {
    /// The identity that was replaced.
    pub old: Id,
    /// The identity that replaces the old one.
    pub new: Id,
    /// The changes to the registry.
    pub edits: Vec<Edit>,
    /// The lines that still mention the old identity, or the old file's name if the file is gone.
    pub mentions: Vec<GrepMatch>,
}

/// Deprecates an identity and names another as its successor.
///
/// # Errors
/// Returns an error if one of the identities cannot be found, if the old one cannot be superseded,
/// if a counter is full, or if the registry cannot be read or written. In that case nothing is
/// changed.
pub fn supersede(
    observer: &mut dyn Observer,
    repo: &Repo,
    options: &SupersedeOptions,
) -> Result<Superseded, OpsError> {
    let named: Vec<OsString> = std::iter::once(&options.old).chain(&options.by).cloned().collect();
    let writer = Writer::open_for(repo, "supersede", Reach::Subjects(&named))?;
    writer.run(observer, |observer, transaction| {
        let old = transaction.record(observer, &options.old)?;
        let mut after = transaction.registry().clone();
        let new = match &options.by {
            Some(subject) => transaction.record(observer, subject)?.id,
            None => {
                // If the file is gone, a new identity would have nothing to identify.
                if !transaction.holds(&old) {
                    return Err(LifecycleRefusal::HasNoFile(old.id, old.path).into());
                }
                let mut draft = RegistryDraft::new(transaction, after);
                let new = draft.allocate_in_index(&old.path)?;
                report_continued(observer, draft.continued());
                after = draft.into_registry();
                new.id
            }
        };
        let has_file = |path: &_| transaction.has_file(path);
        lifecycle::supersede(&mut after, old.id, new, &has_file)?;
        let edits = transaction.finish(observer, &after, options.is_dry_run)?;
        let id = old.id;
        // If the identity is new, the file stays, so lines that mention its name are still correct.
        let mentions = match options.by {
            Some(_) => mentions_of_records(observer, repo, &[old]),
            None => mentions_of_id(observer, repo, id),
        };
        Ok(Superseded { old: id, new, edits, mentions })
    })
}
