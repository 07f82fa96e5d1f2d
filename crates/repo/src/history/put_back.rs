//! Finds files that commits without hooks put back or give a different embedded identity without
//! changing the files' records.
//!
//! A commit is checked against its parents as stored. If a commit deletes or moves a file without
//! touching the registry, and a later commit has a file at that path again, the registry matches as
//! if nothing had happened. But, for example, three renames may have swapped two files. If the
//! files carry their identities, even a single commit can do this. Such commits decide nothing;
//! healing determines the identities at these paths until a commit changes their records.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::embed;
use idhooks_core::registry::{
    Allocation, BlobId, Change, Entry, Mode, REGISTRY_PATH, Registry, RepoPath,
};

use crate::git::{CommitId, Repo, TreeId};
use crate::state::{StateError, counted_tree, if_readable};

use super::available_history::is_known;
use super::commit_reader::CommitReader;
use super::consistency::is_inconsistent;
use super::recent_commits::{MAX_BYTES, RecentCommits, local_registry};
use super::squashed::renamed_exactly;

/// Returns the paths of active records that a commit with one parent leaves to healing. If the
/// commit keeps its parent's registry, these are the paths where it adds a file, or where a file
/// that carries its identity according to the rules now carries another one. If its registry
/// differs and its parent is inconsistent, these are the paths to which it renames files and where
/// the merge driver shadowed a record.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn paths_left_to_healing(
    reader: &mut CommitReader<'_>,
    tree: TreeId,
    parents: &[CommitId],
) -> Result<BTreeSet<RepoPath>, StateError> {
    let (repo, none) = (reader.repo, BTreeSet::new());
    let [parent] = parents else { return Ok(none) };
    if !repo.has_commit(*parent) {
        return Ok(none);
    }
    let before = counted_tree(repo, *parent)?;
    let entry = repo.tree_entry(tree, REGISTRY_PATH)?;
    let Some(entry) = entry.filter(|entry| entry.mode.is_file() && reader.has_blob(entry.blob))
    else {
        return Ok(none);
    };
    // If the registry differs, the commit has decided the identities, except that a shadowed record
    // can hide a rename.
    if Some(entry) != repo.tree_entry(before, REGISTRY_PATH)? {
        return renames_over_inconsistent(reader, [before, tree], *parent, entry);
    }
    let is_file = |entry: Option<Entry>| entry.is_some_and(|entry| entry.mode.is_file());
    let mut changes = repo.changes(before, tree)?;
    let config = reader.config(tree)?;
    changes.retain(|change| {
        is_file(change.new) && (!is_file(change.old) || config.embeds(&change.path))
    });
    if changes.is_empty() {
        // Most commits end here, so no registry has to be read.
        return Ok(none);
    }
    let Some(stored) = if_readable(reader.registry(entry))? else { return Ok(none) };
    let holders: BTreeMap<&RepoPath, &Allocation> =
        stored.registry.active().map(|record| (&record.path, record)).collect();
    changes.retain(|change| {
        holders
            .get(&change.path)
            .is_some_and(|holder| !is_file(change.old) || carries_another(repo, holder, change))
    });
    Ok(changes.into_iter().map(|change| change.path).collect())
}

/// If a commit's parent is inconsistent, returns the paths to which the commit renames files
/// without editing them, and where the merge driver shadowed a record. Which record belongs to
/// those files depends on what the parent should have been.
fn renames_over_inconsistent(
    reader: &mut CommitReader<'_>,
    [before, tree]: [TreeId; 2],
    parent: CommitId,
    registry: Entry,
) -> Result<BTreeSet<RepoPath>, StateError> {
    let changes = reader.repo.changes(before, tree)?;
    let mut paths: BTreeSet<RepoPath> = renamed_exactly(&changes).into_iter().cloned().collect();
    if paths.is_empty() {
        return Ok(paths);
    }
    let Some(stored) = if_readable(reader.registry(registry))? else { return Ok(BTreeSet::new()) };
    let shadowed = stored.registry.active().filter(|record| record.shadowed);
    let shadowed: BTreeSet<&RepoPath> = shadowed.map(|record| &record.path).collect();
    paths.retain(|path| shadowed.contains(path));
    // Check the parent last: that reads all of its paths and records, and the search in a new clone
    // visits every recent commit.
    let matters =
        !paths.is_empty() && is_known(reader.repo, parent) && is_inconsistent(reader.repo, parent)?;
    Ok(if matters { paths } else { BTreeSet::new() })
}

/// Returns whether a changed file carries an identity other than its record's, if the file's
/// content is in this clone.
fn carries_another(repo: &Repo, holder: &Allocation, change: &Change) -> bool {
    let content = change.new.and_then(|entry| repo.blob(entry.blob).ok());
    // Content that is not in this clone proves nothing, and a partial clone must not fetch it for
    // each commit.
    let carried = content.and_then(|content| embed::read_id(&change.path, &content));
    carried.is_some_and(|id| !holder.answers_to(id))
}

/// Returns the paths in `paths` whose records are the same in a parent's registry and a commit's.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub(super) fn unchanged(
    reader: &mut CommitReader<'_>,
    [before, after]: [BlobId; 2],
    paths: &BTreeSet<RepoPath>,
) -> Result<BTreeSet<RepoPath>, StateError> {
    if before == after || paths.is_empty() {
        return Ok(paths.clone());
    }
    let mut kept = paths.clone();
    // If both registries are canonical, comparing the differing lines is enough.
    if let Some(differing) = reader.differing_records(before, after)? {
        for record in differing.iter().flat_map(|registry| &registry.allocations) {
            kept.remove(&record.path);
        }
        return Ok(kept);
    }
    let [then, now] = [before, after]
        .map(|blob| if_readable(reader.registry(Entry { mode: Mode::Regular, blob })));
    // An unreadable registry is inconsistent, so healing determines this commit's identities
    // anyway.
    let (Some(then), Some(now)) = (then?, now?) else { return Ok(BTreeSet::new()) };
    kept.retain(|path| records_at(&then.registry, path).eq(records_at(&now.registry, path)));
    Ok(kept)
}

fn records_at<'a>(
    registry: &'a Registry,
    path: &'a RepoPath,
) -> impl Iterator<Item = &'a Allocation> {
    registry.allocations.iter().filter(|record| record.path == *path)
}

/// A search for paths that commits left to healing.
pub(super) struct PutBackSearch<'r> {
    reader: CommitReader<'r>,
    searched: BTreeSet<CommitId>,
    found: BTreeMap<CommitId, BTreeSet<RepoPath>>,
}

impl<'r> PutBackSearch<'r> {
    pub(super) fn new(repo: &'r Repo) -> Self {
        let (searched, found) = (BTreeSet::new(), BTreeMap::new());
        PutBackSearch { reader: CommitReader::new(repo), searched, found }
    }

    /// Returns the paths that this commit or an earlier one left to healing, and whose records no
    /// commit has changed since then.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub(super) fn paths(&mut self, id: CommitId) -> Result<BTreeSet<RepoPath>, StateError> {
        if !self.searched.contains(&id) {
            self.search(id)?;
        }
        Ok(self.found.get(&id).cloned().unwrap_or_default())
    }

    fn search(&mut self, tip: CommitId) -> Result<(), StateError> {
        let (repo, reader, found) = (self.reader.repo, &mut self.reader, &mut self.found);
        let start = reader.bytes_read();
        let recent = RecentCommits::before(repo, tip, &mut |id, commit, _| {
            if reader.bytes_read() - start >= MAX_BYTES {
                return Ok(false);
            }
            let paths = paths_left_to_healing(reader, commit.tree, &commit.parents)?;
            if !paths.is_empty() {
                found.entry(id).or_default().extend(paths);
            }
            Ok(true)
        })?;
        self.searched.insert(tip);
        for id in &recent.cut {
            if is_inconsistent(repo, *id)? {
                // The history is cut off here, so there is no way to know which file was put back.
                found.clear();
                return Ok(());
            }
        }
        // A parent may have been visited before a child on another branch, so repeat this until
        // nothing changes.
        let count =
            |found: &BTreeMap<_, BTreeSet<_>>| -> usize { found.values().map(BTreeSet::len).sum() };
        let mut before = 0;
        while count(found) > before {
            before = count(found);
            for id in recent.order.iter().rev() {
                let commit = &recent.visited[id];
                for parent in &commit.parents {
                    let Some(paths) = found.get(parent) else { continue };
                    let kept = found.get(id).is_some_and(|kept| kept.is_superset(paths));
                    let Some(then) = recent.visited.get(parent).filter(|_| !kept) else { continue };
                    let [old, new] = [then, commit].map(|commit| local_registry(repo, commit));
                    let Some(blobs) = old?.zip(new?) else { continue };
                    let paths = unchanged(reader, blobs.into(), paths)?;
                    found.entry(*id).or_default().extend(paths);
                }
            }
        }
        self.searched.extend(recent.order);
        Ok(())
    }
}
