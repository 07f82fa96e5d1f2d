//! Lists the references between files, and what they name; reviews and writes them.

mod add;
mod added;
mod cached;
mod change;
mod checked_references;
mod file_titles;
mod findings;
mod first_meaning;
mod fixes;
mod line_match;
mod reference_edits;
mod reference_list;
mod refusal;
mod rendered;
mod retired;
mod review;
mod search;
mod stamps;
mod suspects;
mod targets;
mod typed_place;

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use idhooks_core::registry::{Allocation, BlobId, Registry, RepoPath};
use idhooks_repo::git::Repo;
use idhooks_repo::state::CommitState;

use super::{HERE, Notice, Observer, OpsError, Revision, ShowOptions, repo_path, show};

pub use add::{AddOptions, AddRefusal, AddedReference, add_reference};
pub(crate) use added::AddedReferences;
pub(crate) use cached::FoundText;
pub(crate) use change::ChangedState;
pub use change::{ReferenceChanges, UnreadChange};
pub(crate) use checked_references::ReferenceSource;
pub use file_titles::FileTitles;
pub(crate) use file_titles::read_title;
pub(crate) use findings::ReferenceCheck;
pub(crate) use fixes::{CORRECTED, NewTarget, ReferenceFixes, corrected, fixes_references};
pub use fixes::{FixCause, FixedReference, UnfixedReason, UnfixedReference};
pub use reference_list::{
    ListedReference, NamedRecord, ReferenceList, UncheckedReferences, UnsearchedFile,
    UnsearchedReason,
};
pub use refusal::RefsRefusal;
pub use rendered::{
    LeftOutFiles, RenderedMarkdown, RenderedPlace, render_markdown, write_markdown,
};
pub use retired::RetiredTarget;
pub(crate) use retired::{RetiredReferences, RetiredSearch, drop_former, retired_records};
pub use review::{
    ReviewOptions, ReviewPlan, ReviewSelection, ReviewedReference, Unreviewed, UnreviewedReason,
    review_references,
};
pub(crate) use search::{FileReferences, ReferenceSearch};
pub use stamps::ContentChange;
pub(crate) use stamps::KnownChanges;
pub use suspects::{SuspectList, SuspectReference, suspect_references};
pub(crate) use targets::{TargetLookup, reference_names};

/// Which references to list.
#[derive(Debug, Default)]
pub enum RefsSelection {
    /// All of them.
    #[default]
    All,
    /// Those to this file: a path, an identity or its first digits, or a second identity.
    To(OsString),
    /// Those in the file at this path, as typed in the current directory.
    From(PathBuf),
}

/// Lists references in the index or in a commit.
///
/// # Errors
/// Returns an error if there is no readable registry, if the argument names no record, or if the
/// files cannot be searched.
pub fn refs(
    observer: &mut dyn Observer,
    repo: &Repo,
    revision: &Revision,
    selection: &RefsSelection,
) -> Result<ReferenceList, OpsError> {
    let selected = SelectedReferences::new(observer, repo, revision, selection)?;
    let view = revision.view(repo)?;
    let registry = &revision.registry(repo, &view)?.registry;
    selected.find(repo, &view, registry)
}

/// A selection whose subject was looked up.
struct SelectedReferences<'s> {
    revision: &'s Revision,
    selection: &'s RefsSelection,
    /// The record that the references must name.
    subject: Option<Allocation>,
    /// The checksum that the index had before it was read.
    checksum: Option<BlobId>,
}

impl<'s> SelectedReferences<'s> {
    /// Looks up the subject: if it names nothing, there is nothing to search. To be called before
    /// the index is read.
    fn new(
        observer: &mut dyn Observer,
        repo: &Repo,
        revision: &'s Revision,
        selection: &'s RefsSelection,
    ) -> Result<Self, OpsError> {
        let subject = match selection {
            RefsSelection::To(subject) => Some(subject_record(observer, repo, revision, subject)?),
            RefsSelection::All | RefsSelection::From(_) => None,
        };
        let checksum = repo.index_checksum(&repo.index_file());
        Ok(SelectedReferences { revision, selection, subject, checksum })
    }

    /// Finds the references in an index or a commit.
    fn find(
        &self,
        repo: &Repo,
        view: &CommitState,
        registry: &Registry,
    ) -> Result<ReferenceList, OpsError> {
        let config = view.config(repo)?;
        let search = ReferenceSearch::new(repo, view, &config, self.checksum);
        let (files, unsearched) = match self.selection {
            RefsSelection::From(typed) => {
                search.one(&from_path(repo, self.revision, view, typed)?)?
            }
            RefsSelection::All | RefsSelection::To(_) => search.all()?,
        };
        let mut references = search.listed(registry, files);
        if let Some(subject) = &self.subject {
            let is_named = |named: &NamedRecord| named.id == subject.id;
            references.retain(|reference| reference.named.as_ref().is_some_and(is_named));
        }
        Ok(ReferenceList { references, unsearched })
    }
}

/// Looks up the record whose references are listed.
fn subject_record(
    observer: &mut dyn Observer,
    repo: &Repo,
    revision: &Revision,
    subject: &OsString,
) -> Result<Allocation, OpsError> {
    let (subject, revision) = (subject.clone(), revision.clone());
    let shown = show(observer, repo, &ShowOptions { subject, revision, at: None })?;
    if !shown.notes.is_empty() {
        observer.notice(Notice::Found(shown.notes));
    }
    Ok(shown.record)
}

/// Returns the path of the file whose references are listed.
fn from_path(
    repo: &Repo,
    revision: &Revision,
    view: &CommitState,
    typed: &Path,
) -> Result<RepoPath, OpsError> {
    let path = repo_path(repo, HERE.as_ref(), typed)?;
    match view.has_file(&path) {
        true => Ok(path),
        false => Err(RefsRefusal::no_file(repo, view, path, revision.clone()).into()),
    }
}
