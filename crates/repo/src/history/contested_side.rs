//! [`Contest`]: decides which side keeps its paths when two sides without a common registry are
//! merged.
//!
//! An allocation belongs to the path it was made for: its origin is a hash of that path and of the
//! file's content, so the commit in which a side's record first appears shows whether that side
//! made the allocation. The answer is the same in every clone and on every branch. If a record was
//! imported, neither side made its origin.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use idhooks_core::merge::{Contested, MergeSide, side_of, smaller_side};
use idhooks_core::registry::{BlobId, Origin, REGISTRY_PATH, Registry};

use crate::git::{CommitId, Repo};
use crate::state::{StateError, counted_commit, counted_tree};

use super::healed_registries::registry_blob;

/// The contested allocations in a merge, and which sides made them.
#[derive(Debug, Clone)]
pub struct Contest {
    /// The allocations.
    pub contested: Vec<Contested>,
    /// The side that made each allocation, if exactly one side did.
    pub made_by: BTreeMap<Origin, MergeSide>,
}

impl Contest {
    /// Examines the history of both sides.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of(
        repo: &Repo,
        contested: Vec<Contested>,
        ours: &[CommitId],
        theirs: &[CommitId],
    ) -> Result<Self, StateError> {
        let mine = made_on(repo, ours, &contested, MergeSide::Ours)?;
        let other = made_on(repo, theirs, &contested, MergeSide::Theirs)?;
        let made_by = contested.iter().filter_map(|one| {
            let is_made = |on: &BTreeSet<Origin>| on.contains(&one.origin);
            match (is_made(&mine), is_made(&other)) {
                (true, false) => Some((one.origin, MergeSide::Ours)),
                (false, true) => Some((one.origin, MergeSide::Theirs)),
                _ => None,
            }
        });
        let made_by = made_by.collect();
        Ok(Contest { contested, made_by })
    }

    /// Returns the side that made all the allocations, if there is one; otherwise, a human has to
    /// decide.
    pub fn maker(&self) -> Option<MergeSide> {
        let sides: BTreeSet<MergeSide> = self.made_by.values().copied().collect();
        let first = sides.first().copied();
        first.filter(|_| sides.len() == 1 && self.made_by.len() == self.contested.len())
    }

    /// Returns the side whose paths count in `shown`, the registry that the merge made: the side
    /// that all the paths come from, or else the side that made the allocations. If a human should
    /// have decided but did not, returns the side with the smaller paths.
    pub fn side(&self, shown: Option<&Registry>) -> MergeSide {
        let chosen = shown.and_then(|shown| side_of(&self.contested, shown));
        chosen.or_else(|| self.maker()).unwrap_or_else(|| smaller_side(&self.contested))
    }
}

/// Returns the contested allocations that a side made. A side made an allocation if, in a commit in
/// its history where the record first appears, the file at the side's path has the content that the
/// allocation was made for.
///
/// If part of the history is not in this clone, the result is empty, because the missing part may
/// contain the record.
fn made_on(
    repo: &Repo,
    tips: &[CommitId],
    contested: &[Contested],
    side: MergeSide,
) -> Result<BTreeSet<Origin>, StateError> {
    // Fetch all registries in a single request. Otherwise, a partial clone would fetch each one
    // separately.
    obtain_registries(repo, tips)?;
    let mut present: HashMap<CommitId, BTreeSet<Origin>> = HashMap::new();
    // Most commits keep their parent's registry, so each registry's text is searched only once.
    let mut read: HashMap<BlobId, BTreeSet<Origin>> = HashMap::new();
    let mut made = BTreeSet::new();
    for tip in tips {
        for ancestor in repo.ancestry(*tip)? {
            if present.contains_key(&ancestor.id) {
                continue;
            }
            let commit = counted_commit(repo, ancestor.id)?;
            let entry = repo.tree_entry(commit.tree, REGISTRY_PATH)?;
            let Some(entry) = entry.filter(|entry| entry.mode.is_file()) else {
                present.insert(ancestor.id, BTreeSet::new());
                continue;
            };
            let here = match read.get(&entry.blob) {
                Some(here) => here.clone(),
                // The record may have first appeared in this missing registry, so there is no way
                // to know which side made it.
                None if !repo.has_blob(entry.blob) => return Ok(BTreeSet::new()),
                None => {
                    let here = named_in(&repo.blob(entry.blob)?, contested);
                    read.entry(entry.blob).or_insert(here).clone()
                }
            };
            let before: Option<Vec<&BTreeSet<Origin>>> =
                commit.parents.iter().map(|parent| present.get(parent)).collect();
            for one in contested.iter().filter(|one| here.contains(&one.origin)) {
                // A parent that was not visited is not in this clone, and it may have had the
                // record.
                let Some(before) = &before else { return Ok(BTreeSet::new()) };
                if before.iter().any(|before| before.contains(&one.origin)) {
                    continue;
                }
                let path = one.path(side);
                let entry = repo.tree_entry(commit.tree, path.as_bytes())?;
                let file = entry.filter(|entry| entry.mode.is_file());
                if file.is_some_and(|entry| one.origin.is_of_file(path, entry.blob)) {
                    made.insert(one.origin);
                }
            }
            present.insert(ancestor.id, here);
        }
    }
    Ok(made)
}

/// Fetches, in a single request, all the registries in a history that a partial clone lacks.
fn obtain_registries(repo: &Repo, tips: &[CommitId]) -> Result<(), StateError> {
    let mut missing = BTreeSet::new();
    for tip in tips.iter().filter(|_| repo.is_partial()) {
        for ancestor in repo.ancestry(*tip)? {
            let blob = registry_blob(repo, counted_tree(repo, ancestor.id)?)?;
            missing.extend(blob.filter(|blob| !repo.has_blob(*blob)));
        }
    }
    if !missing.is_empty() {
        repo.obtain_all(&missing);
    }
    Ok(())
}

/// Returns the contested origins that have records in a registry. The registry's text is searched
/// but not parsed, because a history may contain thousands of registries.
fn named_in(bytes: &[u8], contested: &[Contested]) -> BTreeSet<Origin> {
    // An origin may also occur under another key, such as `reassigned_from`.
    let text = String::from_utf8_lossy(bytes);
    let is_value = |before: &str| {
        let key = before.trim_end().strip_suffix(':').map(str::trim_end);
        key.is_some_and(|key| key.ends_with("\"origin\""))
    };
    let has = |origin: &Origin| {
        let quoted = format!("\"{origin}\"");
        text.match_indices(&quoted).any(|(at, _)| is_value(&text[..at]))
    };
    contested.iter().map(|one| one.origin).filter(has).collect()
}
