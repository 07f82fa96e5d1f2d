//! Changes the legacy file along with the registry.

use std::collections::{BTreeSet, VecDeque};
use std::time::Instant;

use idhooks_core::config::{Leading, legacy_attributes};
use idhooks_core::registry::{Entry, Mode, REGISTRY_PATH, Registry, RepoPath, Tree};

use crate::derived::legacy::LegacyFile;
use crate::derived::{DerivedChanges, DerivedFile, DerivedKind};
use crate::git::{CommitId, Repo, TreeId};
use crate::history::{Consistency, Lineage, check_consistency};
use crate::state::{CommitState, StateError};
use crate::store::{VersionedFile, journal::FileStep, read_file};
use crate::transaction::write_statistics::count_dual_write;

/// The maximum number of commits to search for an identical legacy file.
pub(super) const MOST_COMMITS: usize = 1_000;
/// The maximum number of commits whose legacy file is compared with the registry.
const MOST_COMPARED: usize = 8;

/// How a change to the registry affects the legacy file, if the rules keep it in step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LegacyWrite {
    /// Derive the file from the registry if it was in step before. If not, another program's
    /// changes stay for the next commit, which takes or reports them.
    Derive,
    /// Derive the file from the registry, but keep edits to its working file.
    Overwrite,
    /// Derive the file from the registry, and replace its working file even if it has edits.
    Replace,
    /// Leave the file unchanged, even though it is out of step.
    Keep,
}

impl LegacyWrite {
    /// Returns the effect on the legacy file in an index with this registry.
    ///
    /// # Errors
    /// Returns an error if `idhooks.toml` cannot be read.
    pub(super) fn settled(
        self,
        repo: &Repo,
        tree: &Tree,
        registry: Option<&Registry>,
    ) -> Result<Self, StateError> {
        if self != LegacyWrite::Derive {
            return Ok(self);
        }
        let file = LegacyFile::of(repo, tree)?.filter(LegacyFile::is_written);
        let entry = file.as_ref().and_then(|file| file.entry(tree));
        let (Some(file), Some(entry), Some(registry)) = (file, entry, registry) else {
            return Ok(LegacyWrite::Overwrite);
        };
        Ok(match file.is_in_step(Some(entry), registry) {
            true => LegacyWrite::Overwrite,
            false => LegacyWrite::Keep,
        })
    }
}

/// Returns the changes to the index and the working tree that bring the legacy file named by the
/// tree's rules in step with a registry, or no changes if the rules do not keep the file in step.
///
/// # Errors
/// Returns an error if objects or files cannot be read or written.
pub(super) fn legacy_changes(
    repo: &Repo,
    file: Option<&LegacyFile<'_>>,
    tree: &Tree,
    registry: &Registry,
    write: LegacyWrite,
) -> Result<DerivedChanges, StateError> {
    let is_changing = |file: &&LegacyFile<'_>| write != LegacyWrite::Keep && file.is_written();
    let Some(file) = file.filter(is_changing) else { return Ok(DerivedChanges::default()) };
    let is_replacing = write == LegacyWrite::Replace;
    let start = Instant::now();
    let changes = derived_step(repo, file, tree, registry, is_replacing);
    count_dual_write(repo, start.elapsed(), &changes);
    changes
}

fn derived_step(
    repo: &Repo,
    file: &LegacyFile<'_>,
    tree: &Tree,
    registry: &Registry,
    is_replacing: bool,
) -> Result<DerivedChanges, StateError> {
    let (path, before) = (file.path().clone(), file.entry(tree));
    // A new file copies the layout of an earlier version; otherwise, every line would show as
    // changed.
    let model = match before {
        None => layout_model(repo, &path)?,
        _ => before,
    };
    let text = file.text_over(registry, model).into_bytes();
    let blob = repo.write_version(VersionedFile::Legacy, &text)?;
    let after = Entry { mode: Mode::Regular, blob };
    let kept = text.clone();
    let derived = (before != Some(after) || is_replacing).then(|| DerivedFile {
        path: path.clone(),
        kind: DerivedKind::Legacy,
        before,
        after: Some(after),
        content: Some(text),
        staged: None,
    });
    let mut changes = DerivedChanges::of(repo, tree, derived, &[legacy_attributes(&path)])?;
    if !changes.edited.is_empty() {
        let present = read_file(&repo.top().join(path.to_os_path()))?;
        if is_replacing || follows_working_registry(repo, file, present.as_deref())? {
            changes.files.push(FileStep::rewrite(path, present, Some(kept)));
            changes.edited.clear();
        }
    }
    Ok(changes)
}

/// Returns the version whose layout a legacy file follows if the index does not contain the file:
/// in a conflict, the merge base, which is the same whichever side is merged into the other;
/// otherwise HEAD's version.
fn layout_model(repo: &Repo, path: &RepoPath) -> Result<Option<Entry>, StateError> {
    if let Some([base, ..]) = repo.index(&repo.index_file())?.unmerged.get(path) {
        return Ok(*base);
    }
    let (Some(head), Some(name)) = (repo.head()?, path.as_str()) else { return Ok(None) };
    Ok(repo.tree_entry(repo.commit(head)?.tree, name)?)
}

/// Returns whether the legacy file in the working tree is derived from the working tree's registry,
/// because an unfinished commit left both files behind.
fn follows_working_registry(
    repo: &Repo,
    file: &LegacyFile<'_>,
    present: Option<&[u8]>,
) -> Result<bool, StateError> {
    let registry = repo.read_working(REGISTRY_PATH)?;
    let registry = registry.and_then(|bytes| Registry::parse(&bytes).ok());
    let text = registry.map(|registry| file.text(&registry, present));
    Ok(text.is_some_and(|text| present == Some(text.as_bytes())))
}

/// Returns a copy of `tree`, which contains this registry, with its legacy file in step. A manually
/// edited file stays unchanged, unless the registry has taken the edits.
///
/// # Errors
/// Returns an error if objects cannot be read or written.
pub(super) fn tree_in_step(
    repo: &Repo,
    tree: TreeId,
    state: &CommitState,
    lineage: &Lineage,
    registry: &Registry,
    is_taken: bool,
    former: &[CommitId],
) -> Result<TreeId, StateError> {
    let Some(file) = LegacyFile::of(repo, &state.tree)?.filter(LegacyFile::is_written) else {
        return Ok(tree);
    };
    let Some(path) = file.path().as_str() else { return Ok(tree) };
    if !is_taken && !is_derived(repo, &file, state, lineage, former)? {
        return Ok(tree);
    }
    let start = Instant::now();
    let text = file.text_over(registry, file.entry(&state.tree));
    let blob = repo.write_version(VersionedFile::Legacy, text.as_bytes());
    let in_step = blob.and_then(|blob| repo.tree_with(tree, &[(path, blob)]));
    let in_step = in_step.map_err(StateError::from);
    if in_step.as_ref().map_or(true, |in_step| *in_step != tree) {
        count_dual_write(repo, start.elapsed(), &in_step);
    }
    in_step
}

/// Returns whether the legacy file in a commit or an index is idhooks' own work: the file does not
/// exist yet, it is in step with the registry there or in a parent, or it results from merging such
/// files. `former` are the parents a commit had before it was rewritten.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn is_derived(
    repo: &Repo,
    file: &LegacyFile<'_>,
    state: &CommitState,
    lineage: &Lineage,
    former: &[CommitId],
) -> Result<bool, StateError> {
    let Some(entry) = file.entry(&state.tree) else { return Ok(true) };
    let is_of = |state: &CommitState| is_of(file, entry, state);
    // Checking the parent's cached consistency is cheaper than deriving the file.
    for (id, parent) in lineage.commits.iter().zip(&lineage.parents) {
        if file.entry(&parent.tree) == Some(entry)
            && is_kept_by(repo, file, parent)
            && check_consistency(repo, *id)? == Consistency::Consistent
        {
            return Ok(true);
        }
    }
    // While the legacy file leads, the merged legacy file counts, not the merged registry.
    let is_merged = file.rules.leading == Leading::Registry && is_merged(file, &lineage.parents);
    if is_of(state) || lineage.parents.iter().any(is_of) || is_merged {
        return Ok(true);
    }
    was_derived(repo, file, entry, lineage.commits.iter().chain(former).copied().collect())
}

/// Returns whether a commit's rules keep the same legacy file in step. If the rules do not, or
/// cannot be read, the commit's consistency does not depend on the file's content.
fn is_kept_by(repo: &Repo, file: &LegacyFile<'_>, parent: &CommitState) -> bool {
    let own = LegacyFile::of(repo, &parent.tree);
    matches!(own, Ok(Some(own)) if own.is_checked() && own.path() == file.path())
}

/// Returns whether a legacy file was copied unchanged from an earlier commit in which it was in
/// step, as after a merge without the drivers, a rebase, or a commit without hooks. While the file
/// leads, no commit since then may have changed it, because another program may have reverted its
/// own changes.
fn was_derived(
    repo: &Repo,
    file: &LegacyFile<'_>,
    entry: Entry,
    mut queue: VecDeque<CommitId>,
) -> Result<bool, StateError> {
    let Some(path) = file.path().as_str() else { return Ok(false) };
    let (mut seen, mut compared) = (BTreeSet::new(), 0);
    while let Some(id) = queue.pop_front() {
        if !repo.has_commit(id) || !seen.insert(id) {
            continue;
        }
        if seen.len() > MOST_COMMITS || compared > MOST_COMPARED {
            break;
        }
        let commit = repo.commit(id)?;
        let is_same = repo.tree_entry(commit.tree, path)? == Some(entry);
        if is_same {
            compared += 1;
            if is_of(file, entry, &CommitState::of_witness(repo, commit.tree)?) {
                return Ok(true);
            }
            let parents = commit.parents.iter().filter(|id| repo.has_commit(**id));
            let parents = parents.map(|id| CommitState::of_witness(repo, repo.commit(*id)?.tree));
            if is_merged(file, &parents.collect::<Result<Vec<_>, StateError>>()?) {
                return Ok(true);
            }
        }
        if is_same || file.rules.leading == Leading::Registry {
            queue.extend(commit.parents);
        }
    }
    Ok(false)
}

/// Returns whether a legacy file is in step with the registry in a commit or an index.
fn is_of(file: &LegacyFile<'_>, entry: Entry, state: &CommitState) -> bool {
    state.registry().is_some_and(|registry| file.is_in_step(Some(entry), registry))
}

/// Returns whether the legacy files merged from these commits were all in step: the merged text
/// then consists of parts of them.
pub(super) fn is_merged(file: &LegacyFile<'_>, parents: &[CommitState]) -> bool {
    let is_in_step = |parent: &CommitState| {
        let before = file.entry(&parent.tree);
        // Before the adoption, another program wrote the file.
        before.is_none()
            || parent.registry().is_some_and(|registry| file.is_in_step(before, registry))
    };
    parents.len() > 1 && parents.iter().all(is_in_step)
}
