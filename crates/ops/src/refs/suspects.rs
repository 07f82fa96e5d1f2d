//! Lists suspect references: those whose file has changed since their author read it.

use idhooks_core::registry::Status;
use idhooks_references::ContentStamp;
use idhooks_repo::git::Repo;

use super::reference_list::{ListedReference, ReferenceList, UnsearchedFile};
use super::stamps::{ContentChange, StampComparison};
use super::{RefsSelection, SelectedReferences};
use crate::{Observer, OpsError, Revision};

/// Suspect references, in the order of the files and of their lines.
#[derive(Debug)]
pub struct SuspectList {
    /// The references.
    pub suspects: Vec<SuspectReference>,
    /// The references with a stamp whose present content is unmerged or not in this clone.
    pub unknown: Vec<ListedReference>,
    /// The files that may have references, but could not be searched.
    pub unsearched: Vec<UnsearchedFile>,
}

/// A reference whose file has changed since its author read it.
#[derive(Debug, Clone)]
pub struct SuspectReference {
    /// The reference.
    pub reference: ListedReference,
    /// The stamp of the present content.
    pub present: ContentStamp,
    /// The change.
    pub change: ContentChange,
}

/// Lists suspect references in the index or in a commit.
///
/// # Errors
/// Returns the same errors as [`super::refs`].
pub fn suspect_references(
    observer: &mut dyn Observer,
    repo: &Repo,
    revision: &Revision,
    selection: &RefsSelection,
) -> Result<SuspectList, OpsError> {
    let selected = SelectedReferences::new(observer, repo, revision, selection)?;
    let view = revision.view(repo)?;
    let registry = &revision.registry(repo, &view)?.registry;
    let ReferenceList { references, unsearched } = selected.find(repo, &view, registry)?;
    let mut stamps = StampComparison::new(repo, &view, registry);
    let (mut suspects, mut unknown) = (Vec::new(), Vec::new());
    for reference in references {
        if stamps.is_missing(&reference) {
            unknown.push(reference);
        } else if let Some(present) = stamps.suspect(&reference)
            && let Some(change) = stamps.change(&reference)
        {
            suspects.push(SuspectReference { reference, present, change });
        }
    }
    Ok(SuspectList { suspects, unknown, unsearched })
}

impl StampComparison<'_> {
    /// Returns whether the stamp of a reference cannot be compared because the content that it
    /// names is unmerged or not in this clone.
    fn is_missing(&self, reference: &ListedReference) -> bool {
        let active = reference.named.as_ref().filter(|named| named.status == Status::Active);
        let named = active.filter(|_| reference.stamp.is_some());
        named.is_some_and(|named| self.lacks_content(&named.path))
    }
}
