//! Changes the registry in the index and the working tree together.

use std::collections::BTreeSet;

use crate::events::EventKind;
use idhooks_core::config::{DualWrite, Enforce, Leading};
use idhooks_core::merge::merge;
use idhooks_core::plan::AllocationLog;
use idhooks_core::registry::{
    Allocation, BlobId, Entry, Mode, Object, Origin, REGISTRY_PATH, Registry, RepoPath, Tree,
};

use crate::derived::DerivedChanges;
use crate::derived::legacy::LegacyFile;
use crate::git::{Index, IndexFile, Repo};
use crate::history::remember_staged;
use crate::state::{CommitState, StateError, Stored};
use crate::store::journal::{FileStep, IndexStep, Moved};
use crate::store::{AllocationLogFile, VersionedFile};
use crate::transaction::allocated_lines::append_allocations;
use crate::transaction::audit_recording::{self, Recording};
use crate::transaction::legacy_write::{LegacyWrite, legacy_changes};
use crate::transaction::{IndexChange, Transaction, backup, write_statistics::count_write};

/// A change to the registry in an index, along with related changes.
#[derive(Debug)]
pub struct RegistryChange<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The index to be committed.
    pub file: &'a IndexFile,
    /// That index's content.
    pub index: &'a Index,
    /// The registry in that index, if any.
    pub stored: Option<&'a Stored>,
    /// The parents' merged registry.
    pub committed: Option<&'a Registry>,
    /// Whether to replace the registry in the working tree instead of merging its edits.
    pub is_replacing: bool,
    /// What happens to the legacy file.
    pub legacy: LegacyWrite,
    /// Related changes to working files.
    pub files: Vec<FileStep>,
    /// Related changes to index entries, made in each index that contains the old entry.
    pub entries: Vec<IndexStep>,
    /// The command line, if the run can be undone even if the process dies.
    pub journal: Option<String>,
    /// A related move that git makes in the index to be committed.
    pub moved: Option<Moved>,
    /// Additional events to record in the audit log.
    pub events: Vec<(EventKind, Object)>,
}

/// The result of a change.
#[derive(Debug)]
pub struct Applied {
    /// The blob of the new registry.
    pub blob: BlobId,
    /// The blob of the new legacy file, if it changed.
    pub legacy: Option<(RepoPath, BlobId)>,
    /// Warnings to show to the user.
    pub warnings: Vec<String>,
}

impl Applied {
    /// Returns the paths that were changed in the index, with their blobs.
    pub fn written(&self) -> Vec<(RepoPath, BlobId)> {
        [(RepoPath::registry(), self.blob)].into_iter().chain(self.legacy.clone()).collect()
    }
}

impl<'a> RegistryChange<'a> {
    /// Returns a change to the registry alone, in an index with this content.
    pub fn of(
        repo: &'a Repo,
        file: &'a IndexFile,
        index: &'a Index,
        stored: Option<&'a Stored>,
    ) -> Self {
        RegistryChange {
            repo,
            file,
            index,
            stored,
            committed: None,
            is_replacing: false,
            legacy: LegacyWrite::Derive,
            files: Vec::new(),
            entries: Vec::new(),
            journal: None,
            moved: None,
            events: Vec::new(),
        }
    }

    /// Writes the registry and all related changes into the index and the working tree, then calls
    /// `last`. If any of this fails, the index and the working files are left as they were.
    ///
    /// In a partial commit, the change is made in both indexes, on top of the registry in each of
    /// them, and the working file follows the index that remains. Unstaged edits to the working
    /// file are merged.
    ///
    /// New identities are recorded in the allocation log. Before a command (not a hook) changes
    /// anything, the old registry is backed up. The audit log records the changes made by commands
    /// and, if the clone asks for that, by hooks; if the clone requires the log, it is written
    /// before `last`. The clone's counters always include the change.
    ///
    /// # Errors
    /// Returns an error if objects, an index or a file cannot be written, if the index has changed
    /// since it was read, or if the audit log is required but cannot be written; also returns any
    /// error from `last`.
    pub fn commit(
        mut self,
        after: &Registry,
        last: impl FnOnce() -> Result<(), StateError>,
    ) -> Result<Applied, StateError> {
        let (repo, stored, committed) = (self.repo, self.stored, self.committed);
        let (events, before) =
            (std::mem::take(&mut self.events), stored.map(|stored| &stored.registry));
        recorded(repo, events, before, committed, after, None, |recording| {
            let is_command = repo.run().is_some_and(|run| !run.is_hook);
            let kept = match stored.filter(|_| is_command) {
                Some(stored) => backup::keep(repo, stored.blob, &stored.bytes)?,
                None => Vec::new(),
            };
            let applied = self.apply(after, recording, last).inspect_err(|_| {
                // Nothing was replaced, and a leftover backup does no harm.
                let _ = repo.keep_backups(&[], &kept);
            })?;
            if is_command {
                remember_staged(repo, applied.blob);
            }
            Ok(applied)
        })
    }

    fn apply(
        mut self,
        after: &Registry,
        recording: &mut Recording<'_>,
        last: impl FnOnce() -> Result<(), StateError>,
    ) -> Result<Applied, StateError> {
        let (repo, file, index) = (self.repo, self.file, self.index);
        let text = after.format();
        let blob = repo.write_version(VersionedFile::Registry, text.as_bytes())?;
        let mut warnings = Vec::new();
        let write = self.settled_write(&mut warnings)?;
        let legacy_file = LegacyFile::of(repo, &index.tree)?;
        let path = legacy_file.as_ref().map(LegacyFile::path);
        let legacy = recording.dual_write(path, || {
            legacy_changes(repo, legacy_file.as_ref(), &index.tree, after, write)
        })?;
        let sibling = file.sibling().map(|file| self.read_sibling(file, after, &text, blob));
        let sibling = sibling.transpose()?;
        let (before, registry, text) = match &sibling {
            None => (self.stored, after, &text),
            Some(sibling) => (sibling.before.as_ref(), &sibling.after, &sibling.text),
        };
        let present = repo.read_working(REGISTRY_PATH)?;
        let working = match (index.skipped.has_registry(), self.is_replacing) {
            (true, _) => present.clone(),
            (false, true) => Some(text.clone().into_bytes()),
            _ => working_file(repo, present.as_deref(), before, registry, text, &mut warnings),
        };
        let is_same = !index.skipped.has_registry() && working.as_deref() == Some(text.as_bytes());
        if working != present {
            self.files.push(FileStep::rewrite(RepoPath::registry(), present, working));
        }
        let step = |before: Option<Entry>, blob| {
            let after = Entry { mode: Mode::Regular, blob };
            IndexStep::new(RepoPath::registry(), before, Some(after))
        };
        let mut steps = self.entries.clone();
        steps.push(step(index.tree.get(&RepoPath::registry()).copied(), blob));
        let derived = legacy.first_blob();
        let is_ours = |step: &IndexStep| self.entries.iter().any(|own| own.path == step.path);
        // Several derived files may share one line in '.gitattributes'.
        steps.extend(legacy.entries.into_iter().filter(|step| !is_ours(step)));
        let change = IndexChange::of(file, index, steps);
        let mut indexes = vec![change.moving(index, self.moved)];
        let (mut legacy_files, mut written_legacy) = (legacy.files, derived.clone());
        if let Some(sibling) = &sibling {
            let (legacy, is_kept) = sibling.legacy(repo, &index.tree, write)?;
            legacy_files = legacy.files;
            written_legacy = written_legacy.filter(|_| !is_kept);
            self.entries.extend(legacy.entries);
            let SiblingIndex { file, index, blob, .. } = sibling;
            self.entries.push(step(index.tree.get(&RepoPath::registry()).copied(), *blob));
            indexes.push(IndexChange::of(file, index, self.entries));
        }
        let is_there = |step: &FileStep| self.files.iter().any(|own| own.to == step.to);
        legacy_files.retain(|step| !is_there(step));
        let written = written_files(is_same, written_legacy.as_ref(), &legacy_files);
        self.files.extend(legacy_files);
        let change = Transaction {
            files: self.files,
            written,
            journal: self.journal,
            ..Transaction::new(repo, indexes)
        };
        change.commit(|| recording.require().map_err(StateError::from).and_then(|()| last()))?;
        warnings.extend(legacy.edited.iter().map(left_as_it_is));
        Ok(Applied { blob, legacy: derived, warnings })
    }

    /// Decides how the legacy file changes.
    fn settled_write(&self, warnings: &mut Vec<String>) -> Result<LegacyWrite, StateError> {
        let (repo, tree) = (self.repo, &self.index.tree);
        let stored = self.stored.map(|stored| &stored.registry);
        let write = self.legacy.settled(repo, tree, stored)?;
        if write != self.legacy && write == LegacyWrite::Keep {
            warnings.extend(LegacyFile::of(repo, tree)?.map(|file| out_of_step(&file.rules)));
        }
        Ok(write)
    }

    fn read_sibling(
        &self,
        file: IndexFile,
        after: &Registry,
        text: &str,
        blob: BlobId,
    ) -> Result<SiblingIndex, StateError> {
        let index = self.repo.index(&file)?;
        let state = CommitState::staged(self.repo, &index, None)?;
        let before = state.stored().map(|stored| (**stored).clone());
        match (&before, self.stored) {
            // Staged edits to the registry stay staged, but are left out of this commit.
            (Some(own), Some(committed)) if own.blob != committed.blob => {
                let after = merge(&committed.registry, after, &own.registry)?;
                let text = after.format();
                let blob = self.repo.write_version(VersionedFile::Registry, text.as_bytes())?;
                Ok(SiblingIndex { file, index, before, after, text, blob })
            }
            _ => {
                let (after, text) = (after.clone(), text.to_owned());
                Ok(SiblingIndex { file, index, before, after, text, blob })
            }
        }
    }
}

/// Returns the derived files whose working files match their entries: the registry if it matches,
/// and the legacy file if its working file is written. Other files, such as `.gitattributes`, may
/// keep unstaged edits.
fn written_files(
    is_same: bool,
    legacy: Option<&(RepoPath, BlobId)>,
    files: &[FileStep],
) -> Vec<RepoPath> {
    let legacy = legacy.map(|(path, _)| path).filter(|path| files.iter().any(|f| f.to == **path));
    is_same.then(RepoPath::registry).into_iter().chain(legacy.cloned()).collect()
}

/// Returns the warning for a derived file whose working file was not replaced.
fn left_as_it_is(path: &RepoPath) -> String {
    format!("'{path}' in the working tree has edits that are not staged, and was left as it is")
}

/// Returns the warning for a legacy file that was not replaced because it was already out of step.
fn out_of_step(rules: &DualWrite) -> String {
    let next = match rules.leading {
        Leading::Registry if rules.on_failure != Enforce::Warn => {
            "they block the next commit: to derive the file again, idhooks resolve"
        }
        _ => "the next commit takes or names them",
    };
    let path = &rules.legacy;
    format!("'{path}' has changes that idhooks did not write, and was left as it is; {next}")
}

/// The index that git puts in place after a partial commit.
struct SiblingIndex {
    file: IndexFile,
    index: Index,
    before: Option<Stored>,
    after: Registry,
    text: String,
    blob: BlobId,
}

impl SiblingIndex {
    /// Returns the changes to the legacy file in this index, and whether the file stays unchanged:
    /// a staged edit stays staged but is left out of the commit, whose index has `committed`.
    fn legacy(
        &self,
        repo: &Repo,
        committed: &Tree,
        write: LegacyWrite,
    ) -> Result<(DerivedChanges, bool), StateError> {
        let (tree, before) = (&self.index.tree, self.before.as_ref());
        let file = LegacyFile::of(repo, committed)?;
        let write = match file.is_none_or(|file| file.entry(committed) == file.entry(tree)) {
            true => write,
            false => {
                LegacyWrite::Derive.settled(repo, tree, before.map(|before| &before.registry))?
            }
        };
        let file = LegacyFile::of(repo, tree)?;
        let changes = legacy_changes(repo, file.as_ref(), tree, &self.after, write)?;
        Ok((changes, write == LegacyWrite::Keep))
    }
}

/// Returns the content for the registry's working file when the index has `after`, with unstaged
/// edits merged. If the edits cannot be merged, adds the reason to `warnings`.
fn working_file(
    repo: &Repo,
    present: Option<&[u8]>,
    before: Option<&Stored>,
    after: &Registry,
    text: &str,
    warnings: &mut Vec<String>,
) -> Option<Vec<u8>> {
    let new = Some(text.as_bytes().to_vec());
    let Some(present) = present else { return new };
    if present == text.as_bytes() || before.is_some_and(|before| before.bytes == present) {
        return new;
    }
    let mut keep = |why: &str| {
        warnings.push(format!("'{REGISTRY_PATH}' in the working tree {why} and was left as it is"));
        Some(present.to_vec())
    };
    let Ok(edited) = Registry::parse(present) else { return keep("cannot be read") };
    let base = before.map_or_else(|| Registry::new(after.scope), |b| b.registry.clone());
    if edited.format() == base.format() {
        return new;
    }
    match merge(&base, after, &edited) {
        Ok(merged) => {
            Some(without_aborted_records(merged, after, &base, repo).format().into_bytes())
        }
        Err(error) => keep(&format!("has edits that cannot be merged ({error})")),
    }
}

/// Drops records that an aborted commit left in the working file: the records were never in an
/// index, and their files do not exist.
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

/// Calls `apply` to change the registry, and updates the clone's logs and counters. The audit log
/// also gets `events`; the allocation log gets the records missing from both `committed` and
/// `given`, or from the log on disk if `given` is `None`.
///
/// # Errors
/// Returns an error if the audit log is required but cannot be written; also returns any error from
/// `apply`.
pub(super) fn recorded(
    repo: &Repo,
    events: Vec<(EventKind, Object)>,
    before: Option<&Registry>,
    committed: Option<&Registry>,
    after: &Registry,
    given: Option<&AllocationLog>,
    apply: impl FnOnce(&mut Recording<'_>) -> Result<Applied, StateError>,
) -> Result<Applied, StateError> {
    let mut warning = None;
    let change = || {
        audit_recording::look_ahead(repo)?;
        let read;
        let given = match given {
            Some(given) => given,
            None => {
                read = AllocationLogFile::in_dir(&repo.state_dir()).read().unwrap_or_default();
                &read
            }
        };
        // The log comes first: if the process is killed after the change, nothing would add to it
        // later, and these identities could be given to other files on another branch. If the
        // change fails, they remain free for the same files.
        warning = append_allocations(repo, given, committed, after);
        let mut recording = Recording::of(repo, before.map(|before| (before, after)), events);
        Ok((apply(&mut recording)?, recording))
    };
    let written = change();
    count_write(repo, &written);
    let (mut applied, recording) = written?;
    applied.warnings.extend(warning);
    applied.warnings.extend(recording.finish());
    Ok(applied)
}
