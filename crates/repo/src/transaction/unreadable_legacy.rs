//! Handles a legacy file that was committed or staged in an unreadable state, for example with
//! conflict markers, and recovers the versions before it.

use std::collections::{BTreeSet, VecDeque};

use crate::derived::legacy::{LegacyFile, LegacyState};
use idhooks_core::merge::merge;
use idhooks_core::registry::{BlobId, Entry, Registry, Timestamp, Tree};

use crate::git::{CommitId, Repo};
use crate::history::Lineage;
use crate::state::StateError;

use super::legacy_edit::{ConflictingEdits, take_conflicting_edits};
use super::legacy_write::MOST_COMMITS;

/// An unreadable legacy file in an index.
#[derive(Debug)]
pub struct UnreadableLegacy {
    /// The content in the index.
    pub blob: BlobId,
    /// The last commits in which the file is readable. There are several if a merge damaged it.
    pub commits: Vec<CommitId>,
}

impl UnreadableLegacy {
    /// If an index's legacy file is not in conflict but cannot be read alongside the registry
    /// `own`, returns the damage, along with the last commits in which the file can be read.
    /// `heads` are HEAD and the commits being merged.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn find(
        repo: &Repo,
        file: &LegacyFile<'_>,
        tree: &Tree,
        own: &Registry,
        heads: &[CommitId],
    ) -> Result<Option<Self>, StateError> {
        let (Some(entry), Some(path)) = (file.entry(tree), file.path().as_str()) else {
            return Ok(None);
        };
        if is_readable(repo, file, entry, own)? {
            return Ok(None);
        }
        let (mut damaged, mut seen) = (BTreeSet::from([entry.blob]), BTreeSet::new());
        let (mut queue, mut commits) = (VecDeque::from(heads.to_vec()), Vec::new());
        while let Some(id) = queue.pop_front() {
            if !repo.has_commit(id) || !seen.insert(id) {
                continue;
            }
            // A hook must finish in reasonable time even if the history is long.
            if seen.len() > MOST_COMMITS {
                break;
            }
            let commit = repo.commit(id)?;
            let version = repo.tree_entry(commit.tree, path)?;
            match version.filter(|version| !damaged.contains(&version.blob)) {
                Some(version) if is_readable(repo, file, version, own)? => {
                    commits.push(id);
                    continue;
                }
                version => damaged.extend(version.map(|version| version.blob)),
            }
            queue.extend(commit.parents);
        }
        Ok(Some(UnreadableLegacy { blob: entry.blob, commits }))
    }

    /// Takes the changes from the last readable versions into the registry `own`, as in a conflict,
    /// and dates them with the given time.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or registries cannot be merged.
    pub fn take(
        &self,
        repo: &Repo,
        file: &LegacyFile<'_>,
        own: Registry,
        at: Timestamp,
    ) -> Result<ConflictingEdits, StateError> {
        let version = |id: CommitId| -> Result<Option<Entry>, StateError> {
            let path = file.path().as_str().unwrap_or_default();
            Ok(repo.tree_entry(repo.commit(id)?.tree, path)?)
        };
        let versions = match self.commits[..] {
            [ours, theirs, ..] => {
                let base = repo.merge_bases(ours, theirs)?.first().copied();
                [base.map(version).transpose()?.flatten(), version(ours)?, version(theirs)?]
            }
            // If there is only one version, only its pending changes count.
            _ => [None; 3],
        };
        // The versions are compared with the registry as it was at the time; the registry's later
        // changes are then merged in.
        let then = Lineage::of(repo, &self.commits)?.merged.unwrap_or_else(|| own.clone());
        let mut found =
            take_conflicting_edits(repo, file, versions, then.clone(), &self.commits, at)?;
        let merged = merge(&then, &own, &found.registry)?;
        found.registry = if merged.is_consistent() { merged } else { own };
        Ok(found)
    }
}

/// Returns whether a version of a legacy file can be compared with a registry.
fn is_readable(
    repo: &Repo,
    file: &LegacyFile<'_>,
    entry: Entry,
    own: &Registry,
) -> Result<bool, StateError> {
    if !entry.mode.is_file() {
        return Ok(false);
    }
    let state = LegacyState::of(Some(&repo.blob(entry.blob)?), own, &file.rules);
    Ok(!matches!(state, LegacyState::Conflicted | LegacyState::Unreadable(_)))
}
