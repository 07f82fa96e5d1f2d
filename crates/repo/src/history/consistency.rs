//! Checks whether a commit is consistent with its parents as stored, and caches the results by
//! tree.

use idhooks_core::check::{Finding, Subject, consistency};
use idhooks_core::registry::{BlobId, Change, REGISTRY_PATH, Registry, RepoPath};

use crate::cache::{Cache, ConsistencyKey};
use crate::derived::legacy::{LegacyFile, legacy_findings};
use crate::git::{CommitId, CountedRegistry, Repo, TreeId};
use crate::state::{CommitState, StateError, counted_commit, counted_registry, counted_tree};

use super::commit_reader::{CommitReader, KnownCommit};
use super::healed_registries::{only_edits, registry_blob};
use super::lineage::Lineage;
use super::recent_commits::completeness_key;

/// A commit's consistency with its parents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consistency {
    /// The commit has no registry.
    NotAdopted,
    /// It is consistent.
    Consistent,
    /// The commit is inconsistent, for these reasons. The list is empty if the result comes from
    /// the cache, so callers that show findings have to compute them again.
    Inconsistent(Vec<Finding>),
}

impl Consistency {
    /// Returns whether the commit has an inconsistent registry.
    pub fn is_inconsistent(&self) -> bool {
        matches!(self, Consistency::Inconsistent(_))
    }
}

/// Returns the cache key for a commit.
fn consistency_key(repo: &Repo, tree: TreeId, parents: &[CommitId]) -> Option<ConsistencyKey> {
    // The key consists of trees rather than commits, so an amended or rebased commit with the same
    // content does not have to be checked again.
    let mut trees = vec![tree.object()];
    for parent in parents.iter().filter(|id| repo.has_commit(**id)) {
        trees.push(counted_tree(repo, *parent).ok()?.object());
    }
    Some(ConsistencyKey::IsConsistent(trees))
}

/// Returns whether a commit is consistent with its parents as stored.
///
/// # Errors
/// Returns an error in the same cases as [`check_consistency_over`].
pub(super) fn check_as_stored(repo: &Repo, id: CommitId) -> Result<Consistency, StateError> {
    let commit = counted_commit(repo, id)?;
    // Where only a merge of registries counts, healing makes it, and nothing was stored to compare
    // with.
    let of_parents = |id: &CommitId| -> Result<bool, StateError> {
        Ok(repo.has_commit(*id) && counted_registry(repo, *id)? == CountedRegistry::OfParents)
    };
    for id in [id].iter().chain(&commit.parents) {
        if of_parents(id)? {
            return Ok(Consistency::Inconsistent(Vec::new()));
        }
    }
    check_consistency_over(repo, commit.tree, &commit.parents)
}

/// Returns whether the cache has a commit as both consistent and complete.
///
/// # Errors
/// Returns an error if the commit cannot be read.
pub(super) fn is_known_as_settled(repo: &Repo, id: CommitId) -> Result<bool, StateError> {
    let commit = counted_commit(repo, id)?;
    let keys = [
        consistency_key(repo, commit.tree, &commit.parents),
        Some(completeness_key(commit.tree, &commit.parents)),
    ];
    let cache = Cache::open(&repo.state_dir());
    Ok(keys.iter().all(|key| key.as_ref().is_some_and(|key| cache.get(key) == Some(true))))
}

/// Returns whether a commit with `tree` and these parents is, or would be, consistent with the
/// parents as stored. If this has been checked before, the result comes from the cache.
///
/// # Errors
/// Returns an error if objects cannot be read. An unreadable registry is not an error, but makes
/// the commit inconsistent.
pub(super) fn check_consistency_over(
    repo: &Repo,
    tree: TreeId,
    parents: &[CommitId],
) -> Result<Consistency, StateError> {
    if repo.tree_entry(tree, REGISTRY_PATH)?.is_none() {
        return Ok(Consistency::NotAdopted);
    }
    let mut cache = Cache::open(&repo.state_dir());
    let key = consistency_key(repo, tree, parents);
    match key.as_ref().and_then(|key| cache.get(key)) {
        Some(true) => return Ok(Consistency::Consistent),
        Some(false) => return Ok(Consistency::Inconsistent(Vec::new())),
        None => {}
    }
    let (result, is_final) = match follows_consistent_parents(repo, tree, parents, &cache)? {
        // This shortcut costs no more than comparing the commit with its parents, whereas a full
        // check reads all paths and records.
        true => (Consistency::Consistent, true),
        false => check_uncached(repo, tree, parents)?,
    };
    // If a parent or its registry is not in this clone, the result may change later.
    if let Some(key) = key.filter(|_| is_final) {
        cache.insert(&key, &(result == Consistency::Consistent));
        cache.save();
    }
    Ok(result)
}

/// Returns whether a commit is obviously consistent, given that its parents are known to be
/// consistent.
fn follows_consistent_parents(
    repo: &Repo,
    tree: TreeId,
    parents: &[CommitId],
    cache: &Cache<ConsistencyKey>,
) -> Result<bool, StateError> {
    let mut known_parents = Vec::new();
    for parent in parents {
        if !repo.has_commit(*parent) {
            return Ok(false);
        }
        let parent = counted_commit(repo, *parent)?;
        let key = consistency_key(repo, parent.tree, &parent.parents);
        let is_true = key.is_some_and(|key| cache.get(&key) == Some(true));
        let registry = registry_blob(repo, parent.tree)?;
        // A parent that has never been checked proves nothing about this commit.
        let Some(registry) = registry.filter(|_| is_true) else { return Ok(false) };
        known_parents.push(KnownCommit { tree: parent.tree, registry });
    }
    let changes = |parent: &KnownCommit| repo.changes(parent.tree, tree);
    // If the rules cannot be read, there is no legacy file to check. Comparing the legacy file with
    // the registry means reading both completely, so the shortcut is taken only if the commit
    // cannot have affected the legacy file.
    let legacy = LegacyFile::of_tree(repo, tree).ok().flatten();
    if let Some(legacy) = legacy.filter(LegacyFile::is_checked) {
        let [parent] = known_parents.as_slice() else { return Ok(false) };
        let changes = changes(parent)?;
        // Under different rules, the legacy file may have been another file, or there may have been
        // none.
        let matters =
            |change: &Change| change.path == *legacy.path() || change.path == RepoPath::config();
        return Ok(only_edits(&changes) && !changes.iter().any(matters));
    }
    if let [parent] = known_parents.as_slice()
        && only_edits(&changes(parent)?)
    {
        return Ok(true);
    }
    let Some(registry) = registry_blob(repo, tree)? else {
        return Ok(false);
    };
    let names = CommitReader::new(repo)
        .check_against_all(KnownCommit { tree, registry }, &known_parents)?;
    Ok(names.is_some())
}

/// Checks a commit without using the cache. Also returns whether all parents could be judged.
fn check_uncached(
    repo: &Repo,
    tree: TreeId,
    parents: &[CommitId],
) -> Result<(Consistency, bool), StateError> {
    let state = match CommitState::of_tree(repo, tree)?.readable() {
        Err(error) => return Ok((Consistency::Inconsistent(error.findings()), true)),
        Ok(state) => state,
    };
    let Some(registry) = state.registry() else {
        return Ok((Consistency::NotAdopted, true));
    };
    let config = state.config(repo).unwrap_or_default();
    let mut lineage = Lineage::of_witnesses(repo, parents)?;
    // Contested paths are judged from the side whose paths the commit chose, no matter which branch
    // was merged into the other.
    lineage.choose_as(repo, registry)?;
    lineage.start_over(repo, registry)?;
    let parents = lineage.comparable(repo)?;
    // A parent that cannot be judged in this clone is represented by an empty tree.
    let is_final = lineage.is_complete && parents.iter().all(|parent| !parent.tree.is_empty());
    let merged: Option<&Registry> = lineage.merged.as_ref();
    // Records written by another program have no origins, so they take the origins of the matching
    // records.
    let registry = registry.with_origins_of(merged);
    let subject = Subject::new(&config, &registry, &state.tree);
    let mut findings = consistency(&Subject { parents: &parents, merged, blobs: repo, ..subject });
    findings.extend(legacy_findings(repo, &config, &state.tree, &registry)?);
    let result = if findings.is_empty() {
        Consistency::Consistent
    } else {
        Consistency::Inconsistent(findings)
    };
    Ok((result, is_final))
}

/// Records in the cache that the commit about to be made on `head` is consistent and, if HEAD is
/// known to be complete, that it is complete, too. The commit consists of `root`, with the blobs in
/// `written` at their paths.
///
/// # Errors
/// Returns an error if trees cannot be read.
pub fn remember_commit(
    repo: &Repo,
    root: TreeId,
    written: &[(RepoPath, BlobId)],
    head: Option<(CommitId, TreeId)>,
) -> Result<(), StateError> {
    // idhooks never writes to a path that is not UTF-8.
    let named = written.iter().filter_map(|(path, blob)| Some((path.as_str()?, *blob)));
    let blobs: Vec<(&str, BlobId)> = named.collect();
    let tree = if blobs.is_empty() { root } else { repo.tree_id_with(root, &blobs)? };
    let trees = [tree].into_iter().chain(head.map(|(_, parent)| parent)).map(TreeId::object);
    let parents: Vec<CommitId> = head.iter().map(|(id, _)| *id).collect();
    let mut cache = Cache::open(&repo.state_dir());
    cache.insert(&ConsistencyKey::IsConsistent(trees.collect()), &true);
    let is_complete = |(id, tree): (CommitId, TreeId)| -> Result<bool, StateError> {
        let key = completeness_key(tree, &repo.commit(id)?.parents);
        Ok(cache.get(&key) == Some(true))
    };
    if head.map_or(Ok(true), is_complete)? {
        cache.insert(&completeness_key(tree, &parents), &true);
    }
    cache.save();
    Ok(())
}

/// Notes in the cache that this program staged a registry on top of HEAD's, so that the next commit
/// need not be planned from all paths.
pub(crate) fn remember_staged(repo: &Repo, staged: BlobId) {
    let registry_of_head = || {
        let head = repo.head().ok()??;
        registry_blob(repo, repo.commit(head).ok()?.tree).ok()?
    };
    if let Some(before) = registry_of_head() {
        let mut cache = Cache::open(&repo.state_dir());
        cache.insert(&ConsistencyKey::IsStaged([before, staged]), &true);
        cache.save();
    }
}

/// Returns whether the cache has the second registry as staged by this program on top of the first.
pub(crate) fn is_known_as_staged(repo: &Repo, registries: [BlobId; 2]) -> bool {
    Cache::open(&repo.state_dir()).get(&ConsistencyKey::IsStaged(registries)) == Some(true)
}

/// Returns whether a commit's registry is inconsistent with its parents' registries as stored.
/// Healing calls this, so it must not call healing.
///
/// # Errors
/// Returns an error in the same cases as [`check_consistency_over`].
pub(super) fn is_inconsistent(repo: &Repo, id: CommitId) -> Result<bool, StateError> {
    Ok(check_as_stored(repo, id)?.is_inconsistent())
}
