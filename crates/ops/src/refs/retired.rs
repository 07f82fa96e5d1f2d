//! [`RetiredTarget`]: a file whose identity a change retires, and the references to it that stay.

use std::collections::{HashMap, HashSet};

use idhooks_core::config::Config;
use idhooks_core::registry::{Allocation, BlobId, Id, Origin, Registry, RepoPath};
use idhooks_references::ReferenceScanner;
use idhooks_repo::git::{GitError, Repo};
use idhooks_repo::state::CommitState;

use super::reference_list::{ListedReference, UnsearchedFile, UnsearchedReason};
use super::search::{ReferenceSearch, scan_blob};
use super::targets::TargetLookup;
use crate::OpsError;

/// A file whose identity a change deprecates or supersedes, and the references to it that stay.
#[derive(Debug, Clone)]
pub struct RetiredTarget {
    /// The record after the change.
    pub record: Allocation,
    /// The references to it, in the order of the files and of their lines.
    pub references: Vec<ListedReference>,
}

/// The references to retired records.
#[derive(Debug, Default)]
pub(crate) struct RetiredReferences {
    /// The records to which some refer.
    pub(crate) targets: Vec<RetiredTarget>,
    /// The files that may refer to the records, but could not be searched.
    pub(crate) unsearched: Vec<UnsearchedFile>,
}

/// Returns the records that are active in `before` and no longer in `after`, and those that get
/// another successor.
pub(crate) fn retired_records(before: &Registry, after: &Registry) -> Vec<Allocation> {
    let inactive = || after.allocations.iter().filter(|record| !record.is_active());
    let origins: HashSet<Origin> = inactive().map(|record| record.origin).collect();
    let former = before.allocations.iter().filter(|record| origins.contains(&record.origin));
    let former: HashMap<Origin, &Allocation> =
        former.map(|record| (record.origin, record)).collect();
    let is_retired = |now: &&Allocation| {
        former.get(&now.origin).is_some_and(|then| {
            then.is_active() || now.successor().is_some_and(|by| then.successor() != Some(by))
        })
    };
    inactive().filter(is_retired).cloned().collect()
}

/// Removes the references whose text former versions of their files have; `former` returns these.
/// If this clone lacks one of them, any reference may be in it.
///
/// # Errors
/// Returns an error if `former` does.
pub(crate) fn drop_former(
    repo: &Repo,
    config: &Config,
    references: &mut Vec<ListedReference>,
    former: impl Fn(&RepoPath) -> Result<Vec<BlobId>, GitError>,
) -> Result<(), GitError> {
    let scanner = ReferenceScanner::new(config.references());
    let mut texts: HashMap<RepoPath, Option<HashSet<String>>> = HashMap::new();
    for path in references.iter().map(|reference| &reference.path) {
        if texts.contains_key(path) {
            continue;
        }
        let mut had = Some(HashSet::new());
        for blob in former(path)? {
            let found = scan_blob(repo, &scanner, path, blob);
            if found == Err(UnsearchedReason::Missing) {
                had = None;
            } else if let Some(had) = &mut had {
                had.extend(found.unwrap_or_default().into_iter().map(|found| found.text));
            }
        }
        texts.insert(path.clone(), had);
    }
    references.retain(|reference| match texts.get(&reference.path) {
        Some(Some(had)) => !had.contains(&reference.text),
        _ => false,
    });
    Ok(())
}

/// The files in which references to retired records are searched.
pub(crate) struct RetiredSearch<'c> {
    pub(crate) repo: &'c Repo,
    /// The index or the commit.
    pub(crate) view: &'c CommitState,
    pub(crate) config: &'c Config,
    /// The checksum that the index had before it was read.
    pub(crate) checksum: Option<BlobId>,
    /// Whether to search only if that is quick.
    pub(crate) is_quick: bool,
}

impl RetiredSearch<'_> {
    /// Finds the references to retired records, apart from those in their own files. `registry` is
    /// called if there may be any. Returns `None` if that would take too long.
    ///
    /// # Errors
    /// Returns an error if the files cannot be searched, or if `registry` does.
    pub(crate) fn find(
        &self,
        retired: Vec<Allocation>,
        registry: impl FnOnce() -> Result<Registry, OpsError>,
    ) -> Result<Option<RetiredReferences>, OpsError> {
        let search = ReferenceSearch::new(self.repo, self.view, self.config, self.checksum);
        let files = if self.is_quick { search.all_if_quick()? } else { Some(search.all()?) };
        let Some((mut files, unsearched)) = files else { return Ok(None) };
        let mut found = RetiredReferences { targets: Vec::new(), unsearched };
        let Some(first) = retired.first() else { return Ok(Some(found)) };
        // Most often, no reference names them, and the whole registry need not be read.
        let mut few = Registry::new(first.id.scope());
        few.allocations.clone_from(&retired);
        let all = files.iter().flat_map(|file| &file.references);
        let lookup = TargetLookup::new(&few, all.map(|found| &found.reference.target));
        for file in &mut files {
            file.references.retain(|found| lookup.find(&found.reference.target).is_some());
        }
        files.retain(|file| !file.references.is_empty());
        if files.is_empty() {
            return Ok(Some(found));
        }
        let mut by_target: HashMap<Id, Vec<ListedReference>> = HashMap::new();
        for reference in search.listed(&registry()?, files) {
            if let Some(named) = reference.named.as_ref().filter(|it| it.path != reference.path) {
                by_target.entry(named.id).or_default().push(reference);
            }
        }
        let of_record = |record: Allocation| {
            let references = by_target.remove(&record.id)?;
            Some(RetiredTarget { record, references })
        };
        found.targets = retired.into_iter().filter_map(of_record).collect();
        Ok(Some(found))
    }
}
