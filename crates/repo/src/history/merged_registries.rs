//! Merges the registries in several commits as the merge driver would. Also previews the registry
//! that merging a branch would produce, without merging it.

use std::collections::BTreeSet;

use idhooks_core::merge::{contested, merge, merge_with_paths_of, with_published_numbers};
use idhooks_core::registry::{REGISTRY_PATH, Registry, Scope};

use crate::git::{CommitId, Repo};
use crate::state::{StateError, counted_tree, read_registry};

use super::contested_side::Contest;
use super::healed_registries::{Healed, registry_of};

/// The maximum nesting depth of criss-cross merges. At deeper levels, the virtual base is empty.
pub(super) const MAX_NESTING: u32 = 16;

/// The merge of several commits' registries.
#[derive(Debug, Default)]
pub(super) struct MergedCommits {
    /// The merged registry; `None` if no commit has a registry.
    pub(super) registry: Option<Registry>,
    /// The contested allocations, if some commits have no common base with a registry.
    pub(super) contest: Option<Contest>,
    /// Whether the last commit has a common ancestor with any commit before it.
    pub(super) is_related: bool,
}

/// Merges the registries of several commits one by one, using each commit's merge base with the
/// commits before it. `healed` replaces inconsistent registries. `shown`, if known, is the registry
/// in a merge of these commits; it shows which side's paths were chosen where they are contested.
///
/// # Errors
/// Returns an error if trees cannot be read or registries cannot be merged.
pub(super) fn merge_commits(
    repo: &Repo,
    commits: &[CommitId],
    healed: &Healed,
    shown: Option<&Registry>,
) -> Result<MergedCommits, StateError> {
    let mut merged = MergedCommits::default();
    for (n, theirs) in registries_to_merge(repo, commits, healed)?.into_iter().enumerate() {
        let (commit, Some(theirs)) = (&commits[n], theirs) else { continue };
        let Some(ours) = merged.registry.take() else {
            merged.registry = Some(theirs);
            continue;
        };
        let two = merge_two(repo, [&ours, &theirs], &commits[..n], *commit, healed, shown)?;
        // Even if a later parent is related, paths that an earlier parent contests stay contested.
        merged = MergedCommits { contest: two.contest.or(merged.contest), ..two };
    }
    Ok(merged)
}

/// Merges `ours`, the combined registry of the commits in `over`, with the registry of `commit`.
fn merge_two(
    repo: &Repo,
    [ours, theirs]: [&Registry; 2],
    over: &[CommitId],
    commit: CommitId,
    healed: &Healed,
    shown: Option<&Registry>,
) -> Result<MergedCommits, StateError> {
    let bases = merge_bases(repo, over, commit)?;
    let is_related = !bases.is_empty();
    let base = virtual_base(repo, &bases, ours.scope, healed, 0)?;
    // A common registry shows which side changed a path, so no path is contested.
    let contested = if base.is_some() { Vec::new() } else { contested(ours, theirs) };
    if contested.is_empty() {
        let base = base.unwrap_or_else(|| Registry::new(ours.scope));
        let registry = Some(merge(&base, ours, theirs)?);
        return Ok(MergedCommits { registry, contest: None, is_related });
    }
    let contest = Contest::of(repo, contested, over, &[commit])?;
    let registry = Some(merge_with_paths_of(contest.side(shown), ours, theirs)?);
    Ok(MergedCommits { registry, contest: Some(contest), is_related })
}

/// Returns the registries of several commits, as stored or healed. A number that any of the commits
/// has published takes precedence over a different number from healing.
fn registries_to_merge(
    repo: &Repo,
    commits: &[CommitId],
    healed: &Healed,
) -> Result<Vec<Option<Registry>>, StateError> {
    // All stored numbers have been published, so nothing takes precedence over them.
    if !commits.iter().any(|id| healed.contains_key(id)) {
        return commits.iter().map(|id| registry_of(repo, *id)).collect();
    }
    if let [only] = commits {
        return Ok(vec![healed.get(only).cloned()]);
    }
    let shown: Vec<Option<Registry>> =
        commits.iter().map(|id| registry_of(repo, *id)).collect::<Result<_, _>>()?;
    let pairs = commits.iter().zip(&shown).enumerate().map(|(n, (id, own))| {
        let Some(healed) = healed.get(id) else { return own.clone() };
        let others = shown.iter().enumerate().filter(|(other, _)| *other != n);
        let others: Vec<&Registry> = others.filter_map(|(_, other)| other.as_ref()).collect();
        Some(with_published_numbers(healed, own.as_ref(), &others).into_owned())
    });
    Ok(pairs.collect())
}

/// Returns the merge bases of a commit and each of several others.
pub(super) fn merge_bases(
    repo: &Repo,
    others: &[CommitId],
    commit: CommitId,
) -> Result<Vec<CommitId>, StateError> {
    // An octopus merge has several earlier parents, and git uses the merge bases with all of them.
    let mut bases = BTreeSet::new();
    for other in others {
        bases.extend(repo.merge_bases(*other, commit)?);
    }
    Ok(bases.into_iter().collect())
}

/// Returns a single registry that combines several merge bases, like git's own virtual base.
pub(super) fn virtual_base(
    repo: &Repo,
    bases: &[CommitId],
    scope: Scope,
    healed: &Healed,
    nesting: u32,
) -> Result<Option<Registry>, StateError> {
    let mut virtual_registry: Option<Registry> = None;
    for (n, commit) in bases.iter().enumerate() {
        let stored = registry_of(repo, *commit)?.filter(|registry| registry.scope == scope);
        let other = || healed.get(commit).or(healed.base(commit)).cloned();
        let registry = stored.or_else(other);
        let Some(theirs) = registry.filter(|registry| registry.scope == scope) else { continue };
        virtual_registry = Some(match virtual_registry {
            None => theirs,
            Some(ours) => {
                // In a criss-cross history, git merges the merge bases into one virtual base. Do
                // the same here, so that the result matches the merge driver's.
                let inner = match nesting < MAX_NESTING {
                    true => repo.merge_bases(bases[n - 1], *commit)?,
                    false => Vec::new(),
                };
                let base = virtual_base(repo, &inner, scope, healed, nesting + 1)?;
                // A contested allocation gets the smaller path, as when git calls the merge driver
                // for a virtual base.
                merge(&base.unwrap_or_else(|| Registry::new(scope)), &ours, &theirs)?
            }
        });
    }
    Ok(virtual_registry)
}

/// The result of previewing a merge with a branch.
#[derive(Debug)]
pub enum MergePreview {
    /// The branch has no registry.
    NotAdopted,
    /// The registries can be merged.
    Merged {
        /// The branch's registry.
        theirs: Registry,
        /// The result.
        merged: Registry,
        /// Whether the branch has a commit in common with ours.
        is_related: bool,
        /// The contested allocations, if the two have no common base with a registry.
        contest: Option<Contest>,
    },
    /// The branch's registry cannot be read or cannot be merged with ours.
    Unmergeable(StateError),
}

/// Merges `ours`, the combined registry of the commits in `over`, with a branch's registry.
///
/// The branch's registry is used as stored. Files that the branch's commits left without an
/// identity are given one only in the real merge.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn preview_merge(
    repo: &Repo,
    ours: &Registry,
    over: &[CommitId],
    branch: CommitId,
) -> Result<MergePreview, StateError> {
    let Some(entry) = repo.tree_entry(counted_tree(repo, branch)?, REGISTRY_PATH)? else {
        return Ok(MergePreview::NotAdopted);
    };
    let theirs = match read_registry(repo, entry) {
        Ok(stored) => stored.registry,
        Err(error @ StateError::Registry(_)) => return Ok(MergePreview::Unmergeable(error)),
        Err(error) => return Err(error),
    };
    match merge_two(repo, [ours, &theirs], over, branch, &Healed::new(), None) {
        Ok(MergedCommits { registry, contest, is_related }) => {
            let merged = registry.unwrap_or_else(|| ours.clone());
            Ok(MergePreview::Merged { theirs, merged, is_related, contest })
        }
        Err(error @ StateError::Merge(_)) => Ok(MergePreview::Unmergeable(error)),
        Err(error) => Err(error),
    }
}
