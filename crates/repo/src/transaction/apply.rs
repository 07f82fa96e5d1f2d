//! Applies a plan to the index and the working tree, both or neither.

use std::collections::BTreeSet;
use std::path::Path;

use idhooks_core::merge::merge;
use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::{Allocation, BlobId, Origin, REGISTRY_PATH, Registry, RepoPath};

use crate::git::{Index, IndexFile, Repo};
use crate::store::changes::{self, FileChange};
use crate::store::{Access, AllocationLogFile};

use crate::state::{CommitState, StateError, Stored};
use crate::transaction::{id_injector, id_injector::Injection};

/// Where to write a registry: an index, and its content so far.
#[derive(Debug)]
pub struct RegistryTarget<'a> {
    /// The index to be committed.
    pub file: &'a IndexFile,
    /// The content of that index.
    pub index: &'a Index,
    /// The registry in that index.
    pub stored: Option<&'a Stored>,
    /// Whether to replace the registry in the working tree instead of merging its edits.
    pub is_replacing: bool,
    /// Files to change with it so that they carry their identities.
    pub injections: &'a [Injection],
}

/// The result of a write.
#[derive(Debug)]
pub struct Applied {
    /// The blob of the new registry.
    pub blob: BlobId,
    /// Warnings for the user.
    pub warnings: Vec<String>,
}

/// Writes a registry into the index and the working tree.
///
/// In a partial commit both indexes get it, each on top of its own registry, and the working file
/// follows the index that remains. Unstaged edits of the working file are merged. If any of this
/// fails, index and working files are as they were.
///
/// # Errors
/// Returns an error if objects, an index or a file cannot be written, or if the index has changed
/// since it was read.
pub fn write_registry(
    repo: &Repo,
    target: &RegistryTarget<'_>,
    after: &Registry,
) -> Result<Applied, StateError> {
    write_registry_and(repo, target, after, || Ok(()))
}

/// Does the same as [`write_registry`], with `last` as one more step.
///
/// # Errors
/// Returns an error in the same cases as [`write_registry`], or the error of `last`.
pub fn write_registry_and(
    repo: &Repo,
    target: &RegistryTarget<'_>,
    after: &Registry,
    last: impl FnOnce() -> Result<(), StateError>,
) -> Result<Applied, StateError> {
    let text = after.format();
    let blob = repo.write_blob(text.as_bytes())?;
    let mut warnings = Vec::new();
    let sibling = match target.file.sibling() {
        None => None,
        Some(file) => Some(read_sibling(repo, file, target, after, &text, blob)?),
    };
    let (before, registry, text) = match &sibling {
        None => (target.stored, after, &text),
        Some(sibling) => (sibling.before.as_ref(), &sibling.after, &sibling.text),
    };
    let working = if target.index.registry_is_skipped {
        None
    } else if target.is_replacing {
        Some(replacement(repo, text))
    } else {
        working_file(repo, before, registry, text, &mut warnings)?
    };
    let path = repo.top().join(REGISTRY_PATH);
    let is_same = match &working {
        Some(FileChange::Write { bytes, .. }) => bytes == text.as_bytes(),
        _ if target.index.registry_is_skipped => false,
        _ => repo.read_working(REGISTRY_PATH)?.as_deref() == Some(text.as_bytes()),
    };
    // The working file belongs to the index that remains.
    let same = is_same.then_some(path.as_path());
    let (committed, kept) = if sibling.is_some() { (None, same) } else { (same, None) };
    // The working file comes first: if the process is killed in between, the next commit picks up
    // what only the working tree has, but would never see what only the index has.
    let files: Vec<FileChange> =
        working.into_iter().chain(id_injector::working_files(target.injections)).collect();
    changes::apply_and(&repo.scratch(), &files, || {
        if !target.index.is_current(target.file) {
            return Err(StateError::IndexMoved);
        }
        let staged = stage(repo, target.file, target.index, blob, committed);
        let staged = staged.and_then(|()| match &sibling {
            Some(sibling) => stage(repo, &sibling.file, target.index, sibling.blob, kept),
            None => Ok(()),
        });
        let injected = staged.and_then(|()| stage_injections(repo, target, sibling.as_ref()));
        let verified = injected.and_then(|()| match repo.is_synced() && sibling.is_none() {
            true => verify(repo, target.file, blob, is_same.then_some(text.as_str())),
            false => Ok(()),
        });
        let done = verified.and_then(|()| last());
        if done.is_err() {
            id_injector::unstage(repo, target.file, target.injections);
            // Restore the index; if that fails too, the first error says more.
            let _ = match target.index.tree.get(&RepoPath::registry()) {
                Some(entry) => stage(repo, target.file, target.index, entry.blob, None),
                None => repo.unstage(target.file, REGISTRY_PATH).map_err(StateError::from),
            };
        }
        done
    })?;
    if !is_same && !target.index.registry_is_skipped {
        // It may be the same to git, which passes it through filters.
        let file = sibling.as_ref().map_or(target.file, |sibling| &sibling.file);
        let _ = repo.refresh(file, REGISTRY_PATH);
    }
    Ok(Applied { blob, warnings })
}

/// Stages the injections, in both indexes of a partial commit.
fn stage_injections(
    repo: &Repo,
    target: &RegistryTarget<'_>,
    sibling: Option<&SiblingIndex>,
) -> Result<(), StateError> {
    if target.injections.is_empty() {
        return Ok(());
    }
    id_injector::stage(repo, target.file, target.index, target.injections)?;
    match sibling {
        Some(SiblingIndex { file, .. }) => {
            id_injector::stage(repo, file, &repo.index(file)?, target.injections)
        }
        None => Ok(()),
    }
}

/// Returns the content for the working file of the registry beside `after` in the index, with its
/// unstaged edits merged; `None` if it does not change. Adds the reason to `warnings` if edits
/// prevent that.
///
/// # Errors
/// Returns an error if the file cannot be read.
pub(super) fn working_registry(
    repo: &Repo,
    target: &RegistryTarget<'_>,
    after: &Registry,
    text: &str,
    warnings: &mut Vec<String>,
) -> Result<Option<Vec<u8>>, StateError> {
    if target.index.registry_is_skipped {
        return Ok(None);
    }
    let change = working_file(repo, target.stored, after, text, warnings)?;
    Ok(change.and_then(|change| match change {
        FileChange::Write { bytes, .. } => Some(bytes),
        FileChange::Move { .. } | FileChange::Remove { .. } => None,
    }))
}

/// Checks that index and working file have what was written.
fn verify(
    repo: &Repo,
    file: &IndexFile,
    blob: BlobId,
    text: Option<&str>,
) -> Result<(), StateError> {
    let index = repo.index(file)?;
    let is_staged = index.tree.get(&RepoPath::registry()).is_some_and(|entry| entry.blob == blob);
    let is_written = match text {
        Some(text) => repo.read_working(REGISTRY_PATH)?.as_deref() == Some(text.as_bytes()),
        None => true,
    };
    if is_staged && is_written {
        return Ok(());
    }
    // The other writer was faster; it wins.
    Err(StateError::IndexMoved)
}

/// The index that git puts in place after a partial commit.
struct SiblingIndex {
    file: IndexFile,
    before: Option<Stored>,
    after: Registry,
    text: String,
    blob: BlobId,
}

fn read_sibling(
    repo: &Repo,
    file: IndexFile,
    target: &RegistryTarget<'_>,
    after: &Registry,
    text: &str,
    blob: BlobId,
) -> Result<SiblingIndex, StateError> {
    let index = repo.index(&file)?;
    let state = CommitState::staged(repo, &index, None)?;
    let stored = state.stored().map(|stored| (**stored).clone());
    match (stored, target.stored) {
        // Staged edits of the registry stay staged, and out of this commit.
        (Some(own), Some(committed)) if own.blob != committed.blob => {
            let merged = merge(&committed.registry, after, &own.registry)?;
            let text = merged.format();
            let blob = repo.write_blob(text.as_bytes())?;
            Ok(SiblingIndex { file, before: Some(own), after: merged, text, blob })
        }
        (stored, _) => Ok(SiblingIndex {
            file,
            before: stored,
            after: after.clone(),
            text: text.to_owned(),
            blob,
        }),
    }
}

/// Stages a blob as the registry; `same` is the working file if it has the same content.
fn stage(
    repo: &Repo,
    file: &IndexFile,
    index: &Index,
    blob: BlobId,
    same: Option<&Path>,
) -> Result<(), StateError> {
    if index.registry_is_skipped {
        repo.stage_blob(file, REGISTRY_PATH, blob)?;
        repo.skip_worktree(file, REGISTRY_PATH)?;
    } else {
        if !repo.stage_written(file, REGISTRY_PATH, blob, same, None)? {
            return Err(StateError::IndexMoved);
        }
    }
    Ok(())
}

fn replacement(repo: &Repo, text: &str) -> FileChange {
    // The index entry is not executable either.
    let access = Access::Data;
    FileChange::Write { path: repo.top().join(REGISTRY_PATH), bytes: text.into(), access }
}

/// Returns the change to the working file; `None` if it is equal already, or has edits that cannot
/// be merged.
fn working_file(
    repo: &Repo,
    before: Option<&Stored>,
    after: &Registry,
    text: &str,
    warnings: &mut Vec<String>,
) -> Result<Option<FileChange>, StateError> {
    let replace = |text: &str| Ok(Some(replacement(repo, text)));
    let Some(present) = repo.read_working(REGISTRY_PATH)? else { return replace(text) };
    if present == text.as_bytes() {
        return Ok(None);
    }
    if before.is_some_and(|before| before.bytes == present) {
        return replace(text);
    }
    let mut keep = |why: &str| {
        warnings.push(format!("'{REGISTRY_PATH}' in the working tree {why} and was left as it is"));
        Ok(None)
    };
    let Ok(edited) = Registry::parse(&present) else { return keep("cannot be read") };
    let base = before.map_or_else(|| Registry::new(after.scope), |b| b.registry.clone());
    if edited.format() == base.format() {
        return replace(text);
    }
    match merge(&base, after, &edited) {
        Ok(merged) => replace(&without_aborted_records(merged, after, &base, repo).format()),
        Err(error) => keep(&format!("has edits that cannot be merged ({error})")),
    }
}

/// Drops records that an aborted commit left in the working file: no index ever had them, and their
/// files do not exist.
fn without_aborted_records(
    merged: Registry,
    after: &Registry,
    base: &Registry,
    repo: &Repo,
) -> Registry {
    let origins = |registry: &Registry| -> BTreeSet<Origin> {
        registry.allocations.iter().map(|r| r.origin).collect()
    };
    let known_origins: BTreeSet<Origin> = origins(after).union(&origins(base)).copied().collect();
    let active = after.allocations.iter().filter(|r| r.is_active());
    let held: BTreeSet<&RepoPath> = active.map(|r| &r.path).collect();
    let file_exists = |path: &RepoPath| repo.top().join(path.to_os_path()).is_file();
    let keep = |r: &Allocation| {
        known_origins.contains(&r.origin) || (!held.contains(&r.path) && file_exists(&r.path))
    };
    let mut merged = merged;
    merged.allocations.retain(keep);
    merged
}

/// Appends new identities to the allocation log. Returns a warning if the log cannot be written:
/// that is not worth an error.
pub fn append_allocations(
    repo: &Repo,
    before: Option<&Registry>,
    after: &Registry,
) -> Option<String> {
    let known_origins: BTreeSet<_> =
        before.into_iter().flat_map(|r| &r.allocations).map(|r| r.origin).collect();
    let file = AllocationLogFile::in_dir(&repo.state_dir());
    let given = file.read().unwrap_or_default();
    let new_records = after.allocations.iter().filter(|r| !known_origins.contains(&r.origin));
    let lines: String = new_records
        .filter(|r| given.find(r.origin) != Some((r.id, r.allocated_at)))
        .map(|r| AllocationLog::line(r.origin, r.id, r.allocated_at))
        .collect();
    file.append(&lines).err().map(|error| error.to_string())
}
