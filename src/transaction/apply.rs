//! Carrying out a plan: index and working tree together, or neither.

use std::collections::BTreeSet;
use std::path::Path;

use crate::git::{Index, IndexFile, Repo};
use crate::merge::merge;
use crate::plan::AllocationLog;
use crate::registry::{Allocation, BlobId, Origin, REGISTRY_PATH, Registry, RepoPath};
use crate::store::changes::{self, FileChange};
use crate::store::{Access, AllocationLogFile};

use crate::state::{Snapshot, StateError, Stored};
use crate::transaction::{id_injector, id_injector::Injection};

/// Where a registry goes: an index, and what was in it.
#[derive(Debug)]
pub struct RegistryTarget<'a> {
    /// The index to be committed.
    pub file: &'a IndexFile,
    /// What it holds.
    pub index: &'a Index,
    /// The registry it holds.
    pub stored: Option<&'a Stored>,
    /// Whether what the working tree has in its place is not merged in, but goes.
    pub is_replacing: bool,
    /// Files that get other content with it, to carry their identities.
    pub inscriptions: &'a [Injection],
}

/// What was written.
#[derive(Debug)]
pub struct Applied {
    /// The blob of the new registry.
    pub blob: BlobId,
    /// What people should know.
    pub warnings: Vec<String>,
}

/// Writes a registry into the index and the working tree.
///
/// In a partial commit both indexes get it, each on top of its own registry, and the working
/// file follows the one that stays. Unstaged edits of the working file are merged in. If any
/// of it cannot be done, index and working files are as they were.
///
/// # Errors
/// Objects, an index or a file that cannot be written; an index that was written since it was
/// read.
pub fn write_registry(
    repo: &Repo,
    target: &RegistryTarget<'_>,
    after: &Registry,
) -> Result<Applied, StateError> {
    write_registry_and(repo, target, after, || Ok(()))
}

/// As [`write_registry`], with one more step that comes last.
///
/// # Errors
/// Those, and that of the step.
pub fn write_registry_and(
    repo: &Repo,
    target: &RegistryTarget<'_>,
    after: &Registry,
    last: impl FnOnce() -> Result<(), StateError>,
) -> Result<Applied, StateError> {
    let text = after.format();
    let blob = repo.write_blob(text.as_bytes())?;
    let mut warnings = Vec::new();
    let lasting = match target.file.sibling() {
        None => None,
        Some(file) => Some(lasting(repo, file, target, after, &text, blob)?),
    };
    let (before, registry, text) = match &lasting {
        None => (target.stored, after, &text),
        Some(lasting) => (lasting.before.as_ref(), &lasting.after, &lasting.text),
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
    // The working file is that of the index that stays.
    let same = is_same.then_some(path.as_path());
    let (committed, kept) = if lasting.is_some() { (None, same) } else { (same, None) };
    // The working file comes first: should the process be killed in between, the next commit
    // takes up what only the working tree has; what only the index has would stay away from it.
    let files: Vec<FileChange> =
        working.into_iter().chain(id_injector::working_files(target.inscriptions)).collect();
    changes::apply_and(&repo.scratch(), &files, || {
        if !target.index.is_current(target.file) {
            return Err(StateError::IndexMoved);
        }
        let staged = stage(repo, target.file, target.index, blob, committed);
        let staged = staged.and_then(|()| match &lasting {
            Some(lasting) => stage(repo, &lasting.file, target.index, lasting.blob, kept),
            None => Ok(()),
        });
        let inscribed = staged.and_then(|()| inscribe_all(repo, target, lasting.as_ref()));
        let looked_at = inscribed.and_then(|()| match repo.is_synced() && lasting.is_none() {
            true => verify(repo, target.file, blob, is_same.then_some(text.as_str())),
            false => Ok(()),
        });
        let done = looked_at.and_then(|()| last());
        if done.is_err() {
            id_injector::unstage(repo, target.file, target.inscriptions);
            // What the index had comes back; if that fails too, the first error says more.
            let _ = match target.index.tree.get(&RepoPath::registry()) {
                Some(entry) => stage(repo, target.file, target.index, entry.blob, None),
                None => repo.unstage(target.file, REGISTRY_PATH).map_err(StateError::from),
            };
        }
        done
    })?;
    if !is_same && !target.index.registry_is_skipped {
        // It may be the same to git, which passes it through filters.
        let file = lasting.as_ref().map_or(target.file, |lasting| &lasting.file);
        let _ = repo.refresh(file, REGISTRY_PATH);
    }
    Ok(Applied { blob, warnings })
}

/// Stages what files get to carry, in both indexes of a partial commit.
fn inscribe_all(
    repo: &Repo,
    target: &RegistryTarget<'_>,
    lasting: Option<&Lasting>,
) -> Result<(), StateError> {
    if target.inscriptions.is_empty() {
        return Ok(());
    }
    id_injector::stage(repo, target.file, target.index, target.inscriptions)?;
    match lasting {
        Some(Lasting { file, .. }) => {
            id_injector::stage(repo, file, &repo.index(file)?, target.inscriptions)
        }
        None => Ok(()),
    }
}

/// Returns what the working file of the registry must hold beside `after` in the index, its
/// unstaged edits merged in; nothing where it stays as it is. Adds to `warnings` why it does.
///
/// # Errors
/// A file that cannot be read.
pub(crate) fn working_registry(
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

/// Looks whether index and working file hold what was written.
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
    // Whoever was quicker has the word.
    Err(StateError::IndexMoved)
}

/// The index that git puts in place after a partial commit.
struct Lasting {
    file: IndexFile,
    before: Option<Stored>,
    after: Registry,
    text: String,
    blob: BlobId,
}

fn lasting(
    repo: &Repo,
    file: IndexFile,
    target: &RegistryTarget<'_>,
    after: &Registry,
    text: &str,
    blob: BlobId,
) -> Result<Lasting, StateError> {
    let index = repo.index(&file)?;
    let stored = Snapshot::of_index(repo, &index, None)?.stored.map(|stored| (*stored).clone());
    match (stored, target.stored) {
        // What somebody staged in the registry stays staged, and out of this commit.
        (Some(own), Some(committed)) if own.blob != committed.blob => {
            let merged = merge(&committed.registry, after, &own.registry)?;
            let text = merged.format();
            let blob = repo.write_blob(text.as_bytes())?;
            Ok(Lasting { file, before: Some(own), after: merged, text, blob })
        }
        (stored, _) => {
            Ok(Lasting { file, before: stored, after: after.clone(), text: text.to_owned(), blob })
        }
    }
}

/// Makes the registry's entry hold a blob; `same` is the working file, where it holds the same.
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
    // In the index it is no program either.
    let access = Access::Data;
    FileChange::Write { path: repo.top().join(REGISTRY_PATH), bytes: text.into(), access }
}

/// Works out the working file; nothing to do where it says the same already, or where it holds
/// edits that cannot be merged.
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
        Ok(merged) => replace(&without_strays(merged, after, &base, repo).format()),
        Err(error) => keep(&format!("holds edits that cannot be merged ({error})")),
    }
}

/// Drops what an aborted commit left in the working file: records that no index ever had, for
/// files that are not there.
fn without_strays(merged: Registry, after: &Registry, base: &Registry, repo: &Repo) -> Registry {
    let origins = |registry: &Registry| -> BTreeSet<Origin> {
        registry.allocations.iter().map(|r| r.origin).collect()
    };
    let known: BTreeSet<Origin> = origins(after).union(&origins(base)).copied().collect();
    let active = after.allocations.iter().filter(|r| r.is_active());
    let held: BTreeSet<&RepoPath> = active.map(|r| &r.path).collect();
    let there = |path: &RepoPath| repo.top().join(path.to_os_path()).is_file();
    let keep =
        |r: &Allocation| known.contains(&r.origin) || (!held.contains(&r.path) && there(&r.path));
    let mut merged = merged;
    merged.allocations.retain(keep);
    merged
}

/// Remembers what was given; a memory that cannot be written is worth a warning, no more.
pub fn append_allocations(
    repo: &Repo,
    before: Option<&Registry>,
    after: &Registry,
) -> Option<String> {
    let known: BTreeSet<_> =
        before.into_iter().flat_map(|r| &r.allocations).map(|r| r.origin).collect();
    let file = AllocationLogFile::in_dir(&repo.state_dir());
    let given = file.read().unwrap_or_default();
    let fresh = after.allocations.iter().filter(|r| !known.contains(&r.origin));
    let lines: String = fresh
        .filter(|r| given.to(r.origin) != Some((r.id, r.allocated_at)))
        .map(|r| AllocationLog::line(r.origin, r.id, r.allocated_at))
        .collect();
    file.append(&lines).err().map(|error| error.to_string())
}
