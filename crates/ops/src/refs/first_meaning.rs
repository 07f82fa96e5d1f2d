//! [`FirstMeanings`]: the files that references named when they were written.

use std::cell::Cell;
use std::collections::{BTreeSet, HashMap};

use idhooks_core::registry::{Allocation, BlobId, Origin, Registry, RepoPath};
use idhooks_references::{IdReference, ReferenceScanner, ReferenceTarget, StampedContent};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{Introduction, TracedFile, TracedPart, introduction};
use idhooks_repo::state::CommitState;

use super::fixes::UnfixedReason;
use super::reference_list::ListedReference;
use super::targets::TargetLookup;

/// How many commits are searched for the one that added a reference.
const MOST_COMMITS: usize = 10_000;
/// How many versions of files are searched for all references, so that no fix takes minutes.
const MOST_VERSIONS: usize = 10_000;

/// Finds out which files references named in the commits that added them.
pub(super) struct FirstMeanings<'c> {
    repo: &'c Repo,
    view: &'c CommitState,
    registry: &'c Registry,
    scanner: ReferenceScanner<'c>,
    /// The records that references named in commits.
    known: HashMap<(CommitId, ReferenceTarget), Result<Origin, UnfixedReason>>,
    /// How many versions of files may still be searched.
    left: Cell<usize>,
}

/// A reference on its way back through the history, by the texts of lines without stamps.
#[derive(Debug, Clone, PartialEq, Eq)]
struct TracedLine {
    /// The text of its line.
    text: Vec<u8>,
    /// The texts of the lines of all references in the file to the same name.
    all: BTreeSet<Vec<u8>>,
}

impl<'c> FirstMeanings<'c> {
    pub(super) fn new(
        repo: &'c Repo,
        view: &'c CommitState,
        registry: &'c Registry,
        scanner: ReferenceScanner<'c>,
    ) -> Self {
        FirstMeanings {
            repo,
            view,
            registry,
            scanner,
            known: HashMap::new(),
            left: Cell::new(MOST_VERSIONS),
        }
    }

    /// Returns the present record of the file that a reference named in the commit that added it.
    ///
    /// # Errors
    /// Returns the reason if that is not known.
    pub(super) fn find(
        &mut self,
        reference: &ListedReference,
    ) -> Result<&'c Allocation, UnfixedReason> {
        let commit = match self.introduction(reference) {
            Some(Introduction::Commit(commit)) => commit,
            Some(Introduction::Index) => return Err(UnfixedReason::NotCommitted),
            None => return Err(UnfixedReason::UnknownCommit),
        };
        let key = (commit, reference.target.clone());
        let origin = match self.known.get(&key) {
            Some(known) => *known,
            None => {
                let found = self.meaning(commit, &reference.target);
                self.known.insert(key, found);
                found
            }
        }?;
        let mut records = self.registry.allocations.iter();
        records.find(|record| record.origin == origin).ok_or(UnfixedReason::UnknownCommit)
    }

    /// Returns the record that a name meant in a commit.
    fn meaning(&self, commit: CommitId, target: &ReferenceTarget) -> Result<Origin, UnfixedReason> {
        let state = CommitState::of_commit(self.repo, commit).ok();
        let registry = state.as_ref().and_then(CommitState::registry);
        let lookup = TargetLookup::new(
            registry.ok_or(UnfixedReason::UnknownCommit)?,
            std::iter::once(target),
        );
        match lookup.find(target).is_some_and(|named| !named.others.is_empty()) {
            true => Err(UnfixedReason::AmbiguousThen),
            false => {
                lookup.first(target).map(|record| record.origin).ok_or(UnfixedReason::UnknownCommit)
            }
        }
    }

    /// Returns where a reference was added.
    fn introduction(&self, reference: &ListedReference) -> Option<Introduction> {
        let ListedReference { path, line, column, target, .. } = reference;
        let content = self.repo.blob(self.view.tree.get(path)?.blob).ok()?;
        let found = self.references(path, &content, target);
        let own = found.iter().find(|one| (one.line, one.column) == (*line, *column))?;
        let all = found.iter().map(|one| text_of_line(&content, one)).collect();
        let part = TracedLine { text: text_of_line(&content, own), all };
        let tips = self.view.commit.map_or_else(|| self.view.parents.clone(), |one| vec![one]);
        let record = self.registry.active().find(|record| record.path == *path);
        let file = TracedFile { path, record, most: MOST_COMMITS };
        introduction(self.repo, &tips, file, &part, |part, path, blob| {
            self.trace(part, path, blob, target)
        })
    }

    /// Looks for a reference in another version of its file.
    fn trace(
        &self,
        part: &TracedLine,
        path: &RepoPath,
        blob: BlobId,
        target: &ReferenceTarget,
    ) -> TracedPart<TracedLine> {
        let left = self.left.get().checked_sub(1).filter(|_| self.repo.has_blob(blob));
        let Some(left) = left else { return TracedPart::Unknown };
        self.left.set(left);
        let Ok(content) = self.repo.blob(blob) else { return TracedPart::Unknown };
        let found = self.references(path, &content, target);
        let all: BTreeSet<Vec<u8>> = found.iter().map(|one| text_of_line(&content, one)).collect();
        if all.contains(&part.text) {
            return TracedPart::Present(TracedLine { text: part.text.clone(), all });
        }
        // Without a line with the same text, the line may have been edited.
        let edited: Vec<&Vec<u8>> = all.iter().filter(|line| !part.all.contains(*line)).collect();
        let new = part.all.iter().filter(|line| !all.contains(*line)).count();
        match edited.as_slice() {
            [] => TracedPart::Absent,
            [one] if new == 1 => {
                TracedPart::Present(TracedLine { text: (*one).clone(), all: all.clone() })
            }
            _ => TracedPart::Unknown,
        }
    }

    fn references(
        &self,
        path: &RepoPath,
        content: &[u8],
        target: &ReferenceTarget,
    ) -> Vec<IdReference> {
        let mut found = self.scanner.scan(path, content).unwrap_or_default();
        found.retain(|one| one.target == *target);
        found
    }
}

/// Returns the text of a reference's line, without stamps and without spaces at its end.
fn text_of_line(content: &[u8], reference: &IdReference) -> Vec<u8> {
    let line = super::reference_edits::line_of(content, reference);
    let plain = StampedContent::of_text(line);
    plain.as_bytes().to_vec()
}
