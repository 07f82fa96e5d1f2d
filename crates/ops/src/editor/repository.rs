//! [`EditorRepository`]: a repository as an editor sees it, with its open buffers.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::{Path, PathBuf};
use std::rc::Rc;

use idhooks_core::check::Finding;
use idhooks_core::config::Config;
use idhooks_core::registry::{Allocation, BlobId, Entry, Id, Mode, Registry, RepoPath};
use idhooks_references::{IdReference, ReferenceScanner, ReferenceTarget};
use idhooks_repo::git::Repo;
use idhooks_repo::state::{CommitState, RegistryState};
use idhooks_repo::store::digest;

use super::buffers::{BufferState, EditorBuffer};
use super::completion::CompletionIndex;
use super::contents::EditorContents;
use super::index::{EditorIndex, EditorIndexPart, EditorProblem};
use super::places::HeadIdentity;
use super::records::RecordIndex;
use crate::refs::{KnownChanges, ListedReference, NamedRecord, ReferenceCheck, ReferenceSearch};
use crate::{HERE, OpsError, relative};

/// How many changes of contents are remembered.
const MOST_CHANGES: usize = 1_000;

/// A repository as an editor sees it: its index, with the text of the open buffers as if they were
/// saved and staged.
pub struct EditorRepository {
    pub(super) repo: Repo,
    pub(super) indexed: Option<IndexedState>,
    pub(super) contents: Option<EditorContents>,
    pub(super) buffers: BTreeMap<RepoPath, EditorBuffer>,
    changes: KnownChanges,
}

/// The state of the index with the buffers.
pub(super) struct IndexedState {
    pub(super) view: CommitState,
    pub(super) config: Config,
    records: RecordIndex,
    pub(super) completion: CompletionIndex,
    problem: Option<EditorProblem>,
}

/// A reference in an open buffer.
#[derive(Debug, Clone)]
pub struct PlacedReference {
    /// Its bytes in the text of the buffer; `None` if git stores another text, in which they differ.
    pub range: Option<Range<usize>>,
    /// The reference, as it would be staged.
    pub reference: ListedReference,
}

/// A finding about a reference in an open buffer.
#[derive(Debug)]
pub struct DocumentFinding {
    /// The reference.
    pub place: PlacedReference,
    /// The finding.
    pub finding: Finding,
}

impl IndexedState {
    pub(super) fn registry(&self) -> Option<&Registry> {
        self.view.registry().filter(|_| self.problem.is_none())
    }

    fn find(&self, target: &ReferenceTarget) -> Option<NamedRecord> {
        self.records.lookup(self.registry()?, std::iter::once(target)).find(target)
    }

    fn of(index: EditorIndex) -> Self {
        let EditorIndex { tree, unmerged, parents, stored, config, .. } = index;
        let registry =
            stored.map_or(RegistryState::NotAdopted, |stored| RegistryState::Read(Rc::new(stored)));
        let view = CommitState { tree, unmerged, parents, registry, is_index: true, commit: None };
        let (records, completion, problem) = (index.records, index.completion, index.problem);
        IndexedState { view, config, records, completion, problem }
    }
}

impl EditorRepository {
    /// Opens the repository that has a directory.
    pub fn new(repo: Repo) -> Self {
        let (buffers, changes) = (BTreeMap::new(), KnownChanges::new());
        EditorRepository { repo, indexed: None, contents: None, buffers, changes }
    }

    /// Returns the repository.
    pub fn repo(&self) -> &Repo {
        &self.repo
    }

    /// Returns what changes whenever the index, HEAD or a merge in progress may have changed.
    pub fn fingerprint(&self) -> u64 {
        let index = self.repo.index_file();
        let meta = std::fs::metadata(index.path()).ok();
        let stat = meta.map(|meta| (meta.len(), meta.modified().ok()));
        let heads = [
            self.repo.head().ok().flatten().into_iter().collect(),
            self.repo.merge_heads().unwrap_or_default(),
        ];
        digest((self.repo.index_checksum(&index), stat, heads))
    }

    /// Returns the path of a file in this repository; `None` if it is outside.
    pub fn path_of(&self, file: &Path) -> Option<RepoPath> {
        relative(&self.repo, HERE.as_ref(), file).ok().flatten()
    }

    /// Returns the place of a path in the working tree.
    pub fn file(&self, path: &RepoPath) -> PathBuf {
        self.repo.top().join(path.to_os_path())
    }

    /// Returns whether the index was read.
    pub fn is_indexed(&self) -> bool {
        self.indexed.is_some()
    }

    /// Returns whether all files were searched.
    pub fn is_searched(&self) -> bool {
        self.contents.is_some()
    }

    /// Returns why references cannot be followed.
    pub fn problem(&self) -> Option<&EditorProblem> {
        self.indexed.as_ref()?.problem.as_ref()
    }

    /// Takes a part of an index that was read.
    ///
    /// # Errors
    /// Returns an error if the rules of the buffers cannot be read.
    pub fn update(&mut self, part: EditorIndexPart) -> Result<(), OpsError> {
        match part {
            EditorIndexPart::Contents(contents) => {
                if let Some(indexed) = &mut self.indexed {
                    indexed.completion.add_titles(&contents.titles);
                }
                self.contents = Some(contents);
            }
            EditorIndexPart::Index(index) => {
                let mut indexed = IndexedState::of(*index);
                if let Some(contents) = &self.contents {
                    indexed.completion.add_titles(&contents.titles);
                }
                for (path, buffer) in &mut self.buffers {
                    buffer.staged = indexed.view.tree.get(path).copied();
                    buffer.was_unmerged = indexed.view.unmerged.contains(path);
                    // The conversion of line ends depends on the file in the index.
                    buffer.hold(&self.repo);
                }
                self.indexed = Some(indexed);
                self.changes.clear();
                let blobs: Vec<(RepoPath, Option<BlobId>)> =
                    self.buffers.iter().map(|(path, one)| (path.clone(), one.blob)).collect();
                for (path, blob) in blobs {
                    self.put(&path, blob)?;
                }
            }
        }
        Ok(())
    }

    /// Opens a buffer, or opens it again after its file was saved. Returns whether its text counts.
    ///
    /// # Errors
    /// Returns an error if git cannot read the rules for its file.
    pub fn open_buffer(&mut self, path: &RepoPath, text: &str) -> Result<BufferState, OpsError> {
        let (staged, was_unmerged) = match self.buffers.get(path) {
            Some(known) => (known.staged, known.was_unmerged),
            None => {
                let view = self.indexed.as_ref().map(|indexed| &indexed.view);
                let staged = view.and_then(|view| view.tree.get(path).copied());
                (staged, view.is_some_and(|view| view.unmerged.contains(path)))
            }
        };
        let buffer = EditorBuffer::open(&self.repo, path, staged, was_unmerged)?;
        let state = buffer.state.clone();
        self.buffers.insert(path.clone(), buffer);
        self.set_text(path, text)?;
        Ok(state)
    }

    /// Sets the text of an open buffer.
    ///
    /// # Errors
    /// Returns an error if it is the text of the registry or the rules, and these need an object
    /// that cannot be read.
    pub fn set_text(&mut self, path: &RepoPath, text: &str) -> Result<(), OpsError> {
        let Some(buffer) = self.buffers.get_mut(path) else { return Ok(()) };
        text.clone_into(&mut buffer.text);
        buffer.hold(&self.repo);
        let blob = buffer.blob;
        self.repo
            .retain_unsaved_blobs(|id| self.buffers.values().any(|buffer| buffer.blob == Some(id)));
        self.put(path, blob)
    }

    /// Closes a buffer: from now on, the file in the index counts.
    ///
    /// # Errors
    /// Returns the same errors as [`Self::set_text`].
    pub fn close_buffer(&mut self, path: &RepoPath) -> Result<(), OpsError> {
        self.put(path, None)?;
        self.buffers.remove(path);
        Ok(())
    }

    /// Puts a blob at the path of a buffer, or what the index has there.
    fn put(&mut self, path: &RepoPath, blob: Option<BlobId>) -> Result<(), OpsError> {
        let Some((buffer, indexed)) = self.buffers.get(path).zip(self.indexed.as_mut()) else {
            return Ok(());
        };
        let mode = buffer.staged.map_or(Mode::Regular, |entry| entry.mode);
        let entry = blob.map(|blob| Entry { mode, blob }).or(buffer.staged);
        let is_same = indexed.view.tree.get(path).copied() == entry;
        match entry {
            Some(entry) => drop(indexed.view.tree.insert(path.clone(), entry)),
            None => drop(indexed.view.tree.remove(path)),
        }
        match buffer.was_unmerged && blob.is_none() {
            true => drop(indexed.view.unmerged.insert(path.clone())),
            false => drop(indexed.view.unmerged.remove(path)),
        }
        if !is_same && (*path == RepoPath::registry() || *path == RepoPath::config()) {
            self.read_again()?;
        }
        Ok(())
    }

    /// Reads the registry and the rules again, which are open in the editor.
    fn read_again(&mut self) -> Result<(), OpsError> {
        let Some(IndexedState { view, .. }) = self.indexed.take() else { return Ok(()) };
        let CommitState { tree, unmerged, parents, .. } = view;
        let view = CommitState::of(&self.repo, tree, unmerged, parents)?;
        let view = CommitState { is_index: true, ..view };
        let mut indexed = IndexedState::of(EditorIndex::of(&self.repo, view)?);
        if let Some(contents) = &self.contents {
            indexed.completion.add_titles(&contents.titles);
        }
        self.indexed = Some(indexed);
        Ok(())
    }

    /// Returns the references in a text at a path.
    pub fn references_in(&self, path: &RepoPath, text: &str) -> Vec<IdReference> {
        let Some(indexed) = &self.indexed else { return Vec::new() };
        let scanner = ReferenceScanner::new(indexed.config.references());
        scanner.scan(path, text.as_bytes()).unwrap_or_default()
    }

    /// Returns the identities at the head of a text at a path.
    pub fn head_of(&self, path: &RepoPath, text: &str) -> Vec<HeadIdentity> {
        HeadIdentity::find(path, text)
    }

    /// Returns the record that a reference names.
    pub fn named(&self, target: &ReferenceTarget) -> Option<NamedRecord> {
        self.indexed.as_ref()?.find(target)
    }

    /// Returns the whole record with this present identity.
    pub fn record(&self, id: Id) -> Option<&Allocation> {
        let indexed = self.indexed.as_ref()?;
        indexed.records.find(indexed.registry()?, id)
    }

    /// Returns the findings of `idhooks check` about the references in an open buffer.
    ///
    /// # Errors
    /// Returns an error if the file cannot be searched.
    pub fn findings(
        &mut self,
        path: &RepoPath,
        text: &str,
    ) -> Result<Vec<DocumentFinding>, OpsError> {
        let has_rules =
            self.indexed.as_ref().is_some_and(|indexed| indexed.config.has_references());
        if !has_rules {
            return Ok(Vec::new());
        }
        let placed = self.checked(path, text)?;
        let changes = std::mem::take(&mut self.changes);
        let Some(mut check) = self.check() else { return Ok(Vec::new()) };
        check.stamps().know(changes);
        let mut found = Vec::new();
        for one in placed {
            let finding = |finding| DocumentFinding { place: one.clone(), finding };
            found.extend(check.findings(&one.reference).into_iter().map(finding));
        }
        let changes = check.stamps().take_changes();
        self.changes = if changes.len() > MOST_CHANGES { KnownChanges::new() } else { changes };
        Ok(found)
    }

    pub(super) fn check(&self) -> Option<ReferenceCheck<'_>> {
        let IndexedState { view, config, .. } = self.indexed.as_ref()?;
        let registry = self.indexed.as_ref()?.registry()?;
        Some(ReferenceCheck::new(&self.repo, view, registry, config))
    }

    /// Returns the references that `idhooks check` checks in a file, with their places in its text.
    pub(super) fn checked(
        &self,
        path: &RepoPath,
        text: &str,
    ) -> Result<Vec<PlacedReference>, OpsError> {
        let Some(IndexedState { view, config, records, .. }) = &self.indexed else {
            return Ok(Vec::new());
        };
        let is_file = view.tree.get(path).is_some_and(|entry| entry.mode.is_file());
        let registry = self.indexed.as_ref().and_then(IndexedState::registry);
        let Some(registry) = registry.filter(|_| is_file && config.may_refer(path)) else {
            return Ok(Vec::new());
        };
        let search = ReferenceSearch::new(&self.repo, view, config, None);
        let (files, _) = search.one(path)?;
        let targets =
            files.iter().flat_map(|file| &file.references).map(|found| &found.reference.target);
        let lookup = records.lookup(registry, targets);
        let references = search.listed_by(&lookup, files);
        let places = self.references_in(path, text);
        let is_paired = places.len() == references.len();
        let place = |nth: usize| places.get(nth).filter(|_| is_paired);
        let range = |nth: usize| place(nth).map(|place| place.range.clone());
        let placed = references.into_iter().enumerate();
        let placed =
            placed.map(|(nth, reference)| PlacedReference { range: range(nth), reference });
        Ok(placed.collect())
    }
}
