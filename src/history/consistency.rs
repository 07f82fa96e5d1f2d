//! Whether a commit is true, remembered by its trees.

use crate::check::{Finding, Placement, Subject, consistency};
use crate::config::is_own;
use crate::git::{CommitId, Repo, TreeId};
use crate::registry::{BlobId, Change, REGISTRY_PATH, Registry};
use crate::store::Verdicts;

use crate::history::{CommitReader, KnownCommit, Lineage, is_complete, remember_complete};
use crate::state::{Snapshot, StateError, read_config, shortcuts};

/// What is known of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Consistency {
    /// It has no registry; nothing is promised.
    NotAdopted,
    /// It is true.
    True,
    /// It is not, for these reasons; the list is empty where the verdict was remembered.
    Untrue(Vec<Finding>),
}

/// The rules of truth that verdicts follow; a verdict by other rules is not recalled.
const RULES: &str = "2";

/// Returns the name under which a commit's verdict is remembered.
fn trees(repo: &Repo, tree: TreeId, parents: &[CommitId]) -> Option<String> {
    let mut trees = format!("{RULES} {tree}");
    for parent in parents.iter().filter(|id| repo.has_commit(**id)) {
        trees.push(' ');
        trees.push_str(&repo.commit(*parent).ok()?.tree.to_string());
    }
    Some(trees)
}

/// Returns whether a commit is true, from memory where it was judged before.
///
/// # Errors
/// Objects that cannot be read. A registry that cannot be read is a judgement, no error.
pub fn check_consistency(repo: &Repo, id: CommitId) -> Result<Consistency, StateError> {
    let commit = repo.commit(id)?;
    check_consistency_over(repo, commit.tree, &commit.parents)
}

/// Returns whether a commit of `tree` over these parents is true, or would be.
///
/// # Errors
/// As [`check_consistency`].
pub fn check_consistency_over(
    repo: &Repo,
    tree: TreeId,
    parents: &[CommitId],
) -> Result<Consistency, StateError> {
    if repo.tree_entry(tree, REGISTRY_PATH)?.is_none() {
        return Ok(Consistency::NotAdopted);
    }
    let verdicts = Verdicts::in_dir(&repo.state_dir());
    let name = trees(repo, tree, parents);
    match name.as_ref().and_then(|name| verdicts.recall(name)) {
        Some(true) => return Ok(Consistency::True),
        Some(false) => return Ok(Consistency::Untrue(Vec::new())),
        None => {}
    }
    let (judgement, is_final) = match follows_true_ones(repo, tree, parents, &verdicts)? {
        true => (Consistency::True, true),
        false => judge_anew(repo, tree, parents)?,
    };
    // Where a witness is not at hand the verdict might be another one later.
    if let Some(name) = name.filter(|_| is_final) {
        // A cache that cannot be written costs time, nothing else.
        let _ = verdicts.remember(&name, judgement == Consistency::True);
    }
    Ok(judgement)
}

/// Returns whether it is plain that a commit is true, since its parents are known to be.
fn follows_true_ones(
    repo: &Repo,
    tree: TreeId,
    parents: &[CommitId],
    verdicts: &Verdicts,
) -> Result<bool, StateError> {
    let mut known = Vec::new();
    for parent in parents {
        if !repo.has_commit(*parent) {
            return Ok(false);
        }
        let parent = repo.commit(*parent)?;
        let name = trees(repo, parent.tree, &parent.parents);
        let is_true = name.is_some_and(|name| verdicts.recall(&name) == Some(true));
        let registry = registry_blob(repo, parent.tree)?;
        let Some(registry) = registry.filter(|_| is_true) else { return Ok(false) };
        known.push(KnownCommit { tree: parent.tree, registry });
    }
    if let [parent] = known.as_slice()
        && only_edits(&repo.changes(parent.tree, tree)?)
    {
        return Ok(true);
    }
    let Some(registry) = registry_blob(repo, tree)?.filter(|_| shortcuts()) else {
        return Ok(false);
    };
    let names = CommitReader::new(repo).over_all(KnownCommit { tree, registry }, &known)?;
    Ok(names.is_some())
}

/// Returns the registry in a tree, if it is a regular file.
///
/// # Errors
/// A tree that cannot be read.
pub fn registry_blob(repo: &Repo, tree: TreeId) -> Result<Option<BlobId>, StateError> {
    let entry = repo.tree_entry(tree, REGISTRY_PATH)?;
    Ok(entry.filter(|entry| entry.mode.is_file()).map(|entry| entry.blob))
}

/// Returns whether only contents of files change, so that the registry need not.
pub fn only_edits(changes: &[Change]) -> bool {
    let is_edit = |change: &Change| {
        let files = change.old.is_some_and(|e| e.mode.is_file())
            && change.new.is_some_and(|e| e.mode.is_file());
        files && !is_own(&change.path)
    };
    changes.iter().all(is_edit)
}

/// Judges a commit without asking the memory, and says whether all witnesses were heard.
fn judge_anew(
    repo: &Repo,
    tree: TreeId,
    parents: &[CommitId],
) -> Result<(Consistency, bool), StateError> {
    let snapshot = match Snapshot::of_tree(repo, tree) {
        Err(error @ StateError::Registry(_)) => {
            return Ok((Consistency::Untrue(error.findings()), true));
        }
        snapshot => snapshot?,
    };
    let Some(stored) = snapshot.stored.as_deref() else {
        return Ok((Consistency::NotAdopted, true));
    };
    let config = read_config(repo, &snapshot.tree).unwrap_or_default();
    let lineage = Lineage::of_witnesses(repo, parents)?;
    let parents = lineage.with_registry();
    let merged: Option<&Registry> = lineage.merged.as_ref();
    let registry = stored.registry.with_origins_of(merged);
    let findings = consistency(&Subject {
        config: &config,
        registry: &registry,
        bytes: &stored.bytes,
        tree: &snapshot.tree,
        parents: &parents,
        merged,
        told: &Placement::new(),
    });
    let judgement =
        if findings.is_empty() { Consistency::True } else { Consistency::Untrue(findings) };
    Ok((judgement, lineage.is_complete))
}

/// Remembers that the commit that is about to be made of `root` over `head`, with another
/// `registry` if there is one, will be true, and misses nothing of the commits before.
///
/// # Errors
/// Trees that cannot be read or written.
pub fn remember_commit(
    repo: &Repo,
    root: TreeId,
    registry: Option<BlobId>,
    head: Option<(CommitId, TreeId)>,
) -> Result<(), StateError> {
    let tree = match registry {
        Some(blob) => repo.tree_with(root, REGISTRY_PATH, blob)?,
        None => root,
    };
    let mut name = format!("{RULES} {tree}");
    if let Some((_, parent)) = head {
        name.push(' ');
        name.push_str(&parent.to_string());
    }
    let verdicts = Verdicts::in_dir(&repo.state_dir());
    if verdicts.recall(&name) != Some(true) {
        // A cache that cannot be written costs time, nothing else.
        let _ = verdicts.remember(&name, true);
    }
    let parents: Vec<CommitId> = head.iter().map(|(id, _)| *id).collect();
    remember_complete(repo, tree, &parents);
    Ok(())
}

/// Returns whether a commit is true, and so are its parents as far as they are at hand, and
/// whether these miss nothing of the commits before: what was lost there, a commit put on them
/// does not know of. `is_new` says which parents are looked at themselves.
///
/// # Errors
/// As [`check_consistency`].
pub fn is_consistent_with_parents(
    repo: &Repo,
    id: CommitId,
    is_new: &dyn Fn(CommitId) -> bool,
) -> Result<bool, StateError> {
    let is_true = |id| {
        Ok::<bool, StateError>(!matches!(check_consistency(repo, id)?, Consistency::Untrue(_)))
    };
    for parent in repo.commit(id)?.parents.into_iter().filter(|id| repo.has_commit(*id)) {
        if !is_true(parent)? || !(is_new(parent) || is_complete(repo, parent)?) {
            return Ok(false);
        }
    }
    is_true(id)
}
