//! [`ReferenceFixes`]: corrects references whose right text is known.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding};
use idhooks_core::config::Config;
use idhooks_core::registry::{Allocation, BlobId, Id, Registry, RepoPath, Status, key};
use idhooks_references::{ReferenceScanner, ReferenceTarget, Successors};
use idhooks_repo::git::Repo;
use idhooks_repo::state::CommitState;

use super::findings::ReferenceCheck;
use super::first_meaning::FirstMeanings;
use super::reference_edits::{EditedFile, NewReading, NewReadings};
use super::reference_list::{ListedReference, NamedRecord};
use super::search::ReferenceSearch;
use super::targets::TargetLookup;
use crate::{OpsError, ReferenceUpdates, RegistryTransaction, RewrittenFile};

/// The codes of findings about references that can be corrected.
pub(crate) const CORRECTED: [Code; 2] = [Code::ReferenceAmbiguous, Code::ReferenceSuperseded];

/// Returns whether references are corrected if only findings with these codes are; without codes,
/// all are.
pub(crate) fn fixes_references(codes: &[Code]) -> bool {
    codes.is_empty() || CORRECTED.iter().any(|code| codes.contains(code))
}

/// The references in the index, and how some of them are corrected.
#[derive(Debug, Default)]
pub(crate) struct ReferenceFixes {
    /// The references that are corrected.
    pub(crate) fixed: Vec<FixedReference>,
    /// The references that a person must correct.
    pub(crate) unfixed: Vec<UnfixedReference>,
    /// Those of the corrected ones whose line the working tree does not have: they are corrected in
    /// the index only.
    pub(crate) index_only: Vec<ListedReference>,
    /// All references as they are.
    all: Vec<ListedReference>,
}

/// A reference that is corrected.
#[derive(Debug, Clone)]
pub struct FixedReference {
    /// The reference as it is.
    pub reference: ListedReference,
    /// The problem.
    pub cause: FixCause,
    /// Its new text.
    pub text: String,
    /// The reference as it will be.
    after: ListedReference,
}

/// A reference that is left as it is.
#[derive(Debug, Clone)]
pub struct UnfixedReference {
    /// The reference.
    pub reference: ListedReference,
    /// The reason.
    pub reason: UnfixedReason,
}

idhooks_core::words! {
    /// Why a reference is corrected.
    pub enum FixCause, title {
        /// It names a superseded identity.
        Superseded = "successor", "superseded";
        /// It names an identity that two files had.
        Ambiguous = "ambiguous", "ambiguous";
        /// It names a former identity of its file.
        Alias = "former", "former identity";
    }
}

idhooks_core::words! {
    /// Why a reference is not corrected.
    pub enum UnfixedReason, title {
        /// Its file's successors lead to no active file.
        NoSuccessor = "no_successor", "what supersedes its file leads to no active one";
        /// The successor lacks the heading.
        Section = "section", "the successor has no such heading";
        /// The successor's content is not known, so neither are its headings and its stamp.
        Missing = "missing", "the content of the successor is unmerged, unreadable or not in this clone";
        /// The successor has no name of this kind.
        NoSecond = "no_second", "the file that it means has no second identity";
        /// The file that it means shares the identity.
        Shared = "shared", "another file had the identity of the file that it means";
        /// No commit has added it yet.
        NotCommitted = "not_committed", "no commit has its line yet, so it is not known which file is meant";
        /// The commit that added it is not known, or has no record of the file.
        UnknownCommit = "unknown_commit", "it is not known which file it named when it was added";
        /// Two files had the identity already.
        AmbiguousThen = "ambiguous_then", "two files had this identity already when it was added";
        /// Its spelling cannot hold the new text.
        Spelling = "spelling", "its spelling cannot hold the new identity";
        /// It is in a file that git filters or re-encodes.
        Filtered = "filtered", "git filters or re-encodes its file";
    }
}

/// The record that a reference should name.
struct ReferenceCorrection<'c> {
    record: &'c Allocation,
    cause: FixCause,
    /// Whether this is the successor of what it named.
    is_successor: bool,
}

impl ReferenceFixes {
    /// Finds the corrections for the references in the index, by the registry that it will have.
    /// Only findings with these codes are corrected; without codes, all of them, and references
    /// that name a former identity, too.
    ///
    /// # Errors
    /// Returns an error if the files cannot be searched.
    pub(crate) fn find(
        transaction: &RegistryTransaction<'_>,
        view: &CommitState,
        registry: &Registry,
        codes: &[Code],
        checksum: Option<BlobId>,
    ) -> Result<Self, OpsError> {
        let (repo, config) = (transaction.repo, &transaction.config);
        if !config.has_references() || !fixes_references(codes) {
            return Ok(ReferenceFixes::default());
        }
        let search = ReferenceSearch::new(repo, view, config, checksum);
        let all = search.listed(registry, search.all()?.0);
        let mut fixes = ReferenceFixes { all, ..ReferenceFixes::default() };
        fixes.correct(repo, view, config, registry, codes);
        Ok(fixes)
    }

    fn correct(
        &mut self,
        repo: &Repo,
        view: &CommitState,
        config: &Config,
        registry: &Registry,
        codes: &[Code],
    ) {
        let scanner = ReferenceScanner::new(config.references());
        let mut fixer = ReferenceFixer {
            successors: Successors::of(registry),
            meanings: FirstMeanings::new(repo, view, registry, scanner),
            check: ReferenceCheck::new(repo, view, registry, config),
            codes,
        };
        let mut corrections = Vec::new();
        for reference in &self.all {
            match fixer.correction(reference) {
                None => {}
                Some(Ok(correction)) => match target_of(reference, correction.record) {
                    Ok(target) => corrections.push((reference, correction, target)),
                    Err(reason) => self.unfixed.push(UnfixedReference::new(reference, reason)),
                },
                Some(Err(reason)) => self.unfixed.push(UnfixedReference::new(reference, reason)),
            }
        }
        let lookup = TargetLookup::new(registry, corrections.iter().map(|(_, _, target)| target));
        for (reference, correction, target) in corrections {
            let ReferenceCorrection { record, cause, is_successor } = correction;
            let (id, named) = (record.id, lookup.find(&target));
            let new = NewTarget { id, target, named, cause, is_successor };
            match corrected(&mut fixer.check, reference, new) {
                Ok(fixed) => self.fixed.push(fixed),
                Err(reason) => self.unfixed.push(UnfixedReference::new(reference, reason)),
            }
        }
    }

    /// Returns the files with the corrected references, after other changes to them. References
    /// that cannot be written move to the others.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub(crate) fn files(
        &mut self,
        transaction: &RegistryTransaction<'_>,
        updates: &ReferenceUpdates,
    ) -> Result<Vec<RewrittenFile>, OpsError> {
        let mut readings: BTreeMap<RepoPath, NewReadings> = BTreeMap::new();
        for FixedReference { after, .. } in &self.fixed {
            let ListedReference { path, line, column, target, stamp, .. } = after;
            let reading = NewReading { target: target.clone(), stamp: *stamp };
            readings.entry(path.clone()).or_default().insert([*line, *column], reading);
        }
        let filtered = transaction.repo.git().filtered(readings.keys())?;
        let mut files = Vec::new();
        for (path, readings) in &readings {
            let Some(entry) = transaction.entry(path).filter(|_| !filtered.contains(path)) else {
                self.refuse(path, UnfixedReason::Filtered, &|_| true);
                continue;
            };
            let changed = updates.files.iter().find(|file| file.path == *path).cloned();
            let file = changed.unwrap_or_else(|| RewrittenFile::unchanged(path, entry));
            let edited = EditedFile::plan(transaction.repo, &transaction.config, file, readings)?;
            self.refuse(path, UnfixedReason::Spelling, &|place| edited.unedited.contains(&place));
            let references = self.fixed.iter().map(|one| &one.reference);
            self.index_only.extend(edited.index_only(references));
            files.extend(Some(edited.file).filter(RewrittenFile::changes));
        }
        Ok(files)
    }

    /// Moves references in a file to those that are left.
    fn refuse(
        &mut self,
        path: &RepoPath,
        reason: UnfixedReason,
        is_meant: &dyn Fn([usize; 2]) -> bool,
    ) {
        let is_refused = |one: &mut FixedReference| {
            let ListedReference { path: own, line, column, .. } = &one.reference;
            own == path && is_meant([*line, *column])
        };
        let refused = self.fixed.extract_if(.., is_refused);
        self.unfixed.extend(refused.map(|one| UnfixedReference::new(&one.reference, reason)));
    }

    /// Returns the findings about the references as they will be, in an index and its registry.
    pub(crate) fn findings_after(
        &self,
        repo: &Repo,
        view: &CommitState,
        config: &Config,
        registry: &Registry,
    ) -> Vec<Finding> {
        let place = |one: &ListedReference| (one.path.clone(), one.line, one.column);
        let fixed: BTreeMap<_, _> =
            self.fixed.iter().map(|one| (place(&one.reference), &one.after)).collect();
        let mut check = ReferenceCheck::new(repo, view, registry, config);
        let after = self.all.iter().map(|one| fixed.get(&place(one)).copied().unwrap_or(one));
        after.flat_map(|reference| check.findings(reference)).collect()
    }
}

impl UnfixedReference {
    fn new(reference: &ListedReference, reason: UnfixedReason) -> Self {
        UnfixedReference { reference: reference.clone(), reason }
    }
}

/// Decides how references are corrected.
struct ReferenceFixer<'c> {
    successors: Successors<'c>,
    meanings: FirstMeanings<'c>,
    check: ReferenceCheck<'c>,
    codes: &'c [Code],
}

impl<'c> ReferenceFixer<'c> {
    /// Returns what a reference should name; `None` if nothing is to be corrected.
    fn correction(
        &mut self,
        reference: &ListedReference,
    ) -> Option<Result<ReferenceCorrection<'c>, UnfixedReason>> {
        let named = reference.named.as_ref()?;
        let is_wanted = |code| self.codes.is_empty() || self.codes.contains(&code);
        let (follows, resolves) =
            (is_wanted(Code::ReferenceSuperseded), is_wanted(Code::ReferenceAmbiguous));
        if !named.others.is_empty() {
            let found = resolves.then(|| self.meanings.find(reference))?;
            return Some(found.map(|record| {
                let next = self.successor(record).filter(|_| follows);
                let (record, is_successor) = (next.unwrap_or(record), next.is_some());
                ReferenceCorrection { record, cause: FixCause::Ambiguous, is_successor }
            }));
        }
        let record = self.successors.find(named.id)?;
        if named.status == Status::Superseded && named.superseded_by.is_some() {
            let cause = FixCause::Superseded;
            return follows.then(|| {
                let next = self.successor(record).ok_or(UnfixedReason::NoSuccessor);
                next.map(|record| ReferenceCorrection { record, cause, is_successor: true })
            });
        }
        let is_alias = matches!(reference.target, ReferenceTarget::Id(id) if id != named.id);
        let correction =
            ReferenceCorrection { record, cause: FixCause::Alias, is_successor: false };
        (is_alias && self.codes.is_empty()).then_some(Ok(correction))
    }

    /// Returns the active record at the end of a chain of successors.
    fn successor(&self, record: &'c Allocation) -> Option<&'c Allocation> {
        let last = self.successors.last(record)?;
        Some(last).filter(|last| last.is_active() && last.origin != record.origin)
    }
}

/// The new target of a reference.
pub(crate) struct NewTarget {
    /// The present identity of the file.
    pub(crate) id: Id,
    /// The name of the file in the reference.
    pub(crate) target: ReferenceTarget,
    /// The record that this name leads to.
    pub(crate) named: Option<NamedRecord>,
    pub(crate) cause: FixCause,
    /// Whether this is the successor of what it named.
    pub(crate) is_successor: bool,
}

/// Returns a corrected reference, unless the new name leads elsewhere, too.
pub(crate) fn corrected(
    check: &mut ReferenceCheck<'_>,
    reference: &ListedReference,
    new: NewTarget,
) -> Result<FixedReference, UnfixedReason> {
    let NewTarget { id, target, named, cause, is_successor } = new;
    let is_clear = named.as_ref().is_some_and(|named| named.id == id && named.others.is_empty());
    if !is_clear || target == reference.target {
        return Err(UnfixedReason::Shared);
    }
    let mut after = ListedReference { target, named, ..reference.clone() };
    if is_successor && check.lacks_heading(&after) {
        return Err(UnfixedReason::Section);
    }
    if is_successor && check.is_uncompared(&after) {
        return Err(UnfixedReason::Missing);
    }
    // A former identity names the same file, so its stamp says the same. Otherwise, a stamp is
    // right only for equal content.
    if cause != FixCause::Alias && check.stamps().present(&after) != after.stamp {
        after.stamp = None;
    }
    let text = reference.respelled(&after.target, after.stamp);
    after.text = text.ok_or(UnfixedReason::Spelling)?;
    let (reference, text) = (reference.clone(), after.text.clone());
    Ok(FixedReference { reference, cause, text, after })
}

/// Returns the name of a record, of the kind that a reference uses.
fn target_of(
    reference: &ListedReference,
    record: &Allocation,
) -> Result<ReferenceTarget, UnfixedReason> {
    let second = || record.text(key::DOC_ID).map(str::to_owned).ok_or(UnfixedReason::NoSecond);
    Ok(match reference.target {
        ReferenceTarget::Id(_) => ReferenceTarget::Id(record.id),
        ReferenceTarget::Second(_) => ReferenceTarget::Second(second()?),
    })
}
