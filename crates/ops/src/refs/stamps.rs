//! [`StampComparison`]: compares the stamps of references with the content of the files that they
//! name.

use std::collections::HashMap;
use std::rc::Rc;

use idhooks_core::registry::{BlobId, Registry, RepoPath, Status};
use idhooks_references::{ContentStamp, StampableFile, StampedContent};
use idhooks_repo::git::{CommitId, Repo};
use idhooks_repo::history::{FileVersion, FileVersions};
use idhooks_repo::state::CommitState;

use super::reference_list::{ListedReference, NamedRecord};

/// How many commits are searched for the version that a reference was read in.
const MOST_COMMITS: usize = 10_000;
/// How many commits are searched for all references, so that no check takes minutes.
const MOST_IN_ALL: usize = 100_000;

/// How many bytes of files are kept for further stamps.
const MOST_KEPT: usize = 64 << 20;

/// Compares stamps with the content in an index or a commit. Nothing is fetched.
pub(crate) struct StampComparison<'c> {
    repo: &'c Repo,
    view: &'c CommitState,
    registry: &'c Registry,
    /// The present stamps of files and sections; `None` if they cannot be known.
    present: HashMap<(RepoPath, Option<String>), Option<ContentStamp>>,
    /// The changes that were found, so that each history is searched once.
    changes: KnownChanges,
    /// The files that were read, so that their sections are searched once, and their size.
    files: HashMap<(RepoPath, BlobId), Rc<StampableFile>>,
    kept: usize,
    /// How many commits may still be searched.
    left: usize,
}

/// The changes of content that were found.
pub(crate) type KnownChanges = HashMap<ChangeKey, ContentChange>;

/// A content that has changed since a reference was read.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct ChangeKey {
    path: RepoPath,
    section: Option<String>,
    /// The stamp of the reference.
    read: Option<ContentStamp>,
    /// The stamp of the present content.
    present: Option<ContentStamp>,
}

/// How a file, or a section of it, has changed since the author of a reference read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ContentChange {
    /// The commits that changed the content, newest first.
    pub commits: Vec<CommitId>,
    /// Whether there is a change in the index that is not committed.
    pub is_staged: bool,
    /// The version that was read, if it is in the history.
    pub read: Option<FileVersion>,
    /// The compared content of that version, and of the present one.
    pub contents: Option<[StampedContent; 2]>,
    /// Whether a part of the history was not searched: this clone lacks it, or it is too long.
    pub is_incomplete: bool,
}

impl ContentChange {
    /// Describes the change, naming at most so many commits: "has changed since it was read, in …".
    pub fn describe(&self, most: usize) -> String {
        let ContentChange { commits, is_staged, read, is_incomplete, .. } = self;
        if read.is_none() && !is_incomplete {
            let why = "the version that was read is not in its history";
            return format!("is not as it was read; {why}");
        }
        let staged = is_staged.then(|| "the index".to_owned());
        let mut places: Vec<String> = staged.into_iter().collect();
        places.extend(commits.iter().take(most).map(CommitId::short));
        if commits.len() > most {
            places.push(format!("{} more", commits.len() - most));
        }
        if places.is_empty() {
            return "has changed since it was read; in which commits is not known here".to_owned();
        }
        if *is_incomplete {
            places.push("perhaps earlier commits".to_owned());
        }
        format!("has changed since it was read, in {}", places.join(", "))
    }
}

/// A version of a file that is later than the one that was read.
struct PassedVersion {
    commit: CommitId,
    /// The stamp of its content, `None` if it has no such section; `None` if this clone lacks it.
    content: Option<Option<ContentStamp>>,
}

/// Returns the commits that are known to have changed the content, of versions from the newest one to
/// the one after `read`. Where only the parts differ that stamps do not cover, nothing has changed.
fn changing_commits(passed: &[PassedVersion], read: Option<Option<ContentStamp>>) -> Vec<CommitId> {
    let older = passed.iter().skip(1).map(|version| Some(version.content));
    // What is before the last one is only known if the version that was read is.
    let older = older.chain([read.map(Some)]);
    let changed = passed.iter().zip(older).filter(|(version, older)| {
        version.content.is_some() && older.is_some_and(|older| older != version.content)
    });
    changed.map(|(version, _)| version.commit).collect()
}

impl<'c> StampComparison<'c> {
    pub(super) fn new(repo: &'c Repo, view: &'c CommitState, registry: &'c Registry) -> Self {
        let (present, changes, files) = (HashMap::new(), HashMap::new(), HashMap::new());
        let (kept, left) = (0, MOST_IN_ALL);
        StampComparison { repo, view, registry, present, changes, files, kept, left }
    }

    /// Uses changes that were found before, in the same history.
    pub(crate) fn know(&mut self, changes: KnownChanges) {
        self.changes = changes;
    }

    /// Takes the changes that were found.
    pub(crate) fn take_changes(&mut self) -> KnownChanges {
        std::mem::take(&mut self.changes)
    }

    /// Returns the stamp of the present content that a reference names; `None` if the content is
    /// missing from this clone, or if there is none.
    pub(crate) fn present(&mut self, reference: &ListedReference) -> Option<ContentStamp> {
        let NamedRecord { path, status, .. } = reference.named.as_ref()?;
        if *status != Status::Active {
            return None;
        }
        let key = (path.clone(), reference.section.clone());
        if let Some(known) = self.present.get(&key) {
            return *known;
        }
        let stamp = self.present_content(reference).map(|content| content.stamp());
        self.present.insert(key, stamp);
        stamp
    }

    /// Returns the stamp of the present content if it differs from the stamp of the reference.
    pub(super) fn suspect(&mut self, reference: &ListedReference) -> Option<ContentStamp> {
        let stamp = reference.stamp?;
        self.present(reference).filter(|present| *present != stamp)
    }

    /// Returns how the content has changed since a suspect reference was read.
    pub(super) fn change(&mut self, reference: &ListedReference) -> Option<ContentChange> {
        let named = reference.named.as_ref()?;
        let (path, section) = (named.path.clone(), reference.section.clone());
        let key =
            ChangeKey { path, section, read: reference.stamp, present: self.present(reference) };
        if let Some(known) = self.changes.get(&key) {
            return Some(known.clone());
        }
        let change = self.find_change(reference, named)?;
        self.changes.insert(key, change.clone());
        Some(change)
    }

    fn find_change(
        &mut self,
        reference: &ListedReference,
        named: &NamedRecord,
    ) -> Option<ContentChange> {
        let (section, stamp) = (reference.section.as_deref(), reference.stamp?);
        let record = self.registry.allocations.iter().find(|record| record.id == named.id)?;
        let present = self.present_content(reference)?;
        let tips =
            self.view.commit.map_or_else(|| self.view.parents.clone(), |commit| vec![commit]);
        let most = MOST_COMMITS.min(self.left);
        let blob = self.view.merged_file(&named.path).map(|entry| entry.blob);
        let mut versions = FileVersions::new(self.repo, &tips, record, blob, most);
        let (mut passed, mut read, mut lacks_content) = (Vec::new(), None, false);
        for version in versions.by_ref() {
            if !self.repo.has_blob(version.blob) {
                lacks_content = true;
                passed.push(PassedVersion { commit: version.commit, content: None });
                continue;
            }
            let content = self.content(&version.path, version.blob, section);
            let then = content.as_ref().map(StampedContent::stamp);
            if let Some(content) = content.filter(|_| then == Some(stamp)) {
                read = Some((version, content));
                break;
            }
            passed.push(PassedVersion { commit: version.commit, content: Some(then) });
        }
        self.left -= most - versions.left();
        let is_incomplete = read.is_none() && (versions.is_incomplete() || lacks_content);
        let read_content = read.as_ref().map(|_| Some(stamp));
        let newest = passed.first().map_or(read_content, |version| version.content);
        let is_staged = self.view.is_index && newest != Some(Some(present.stamp()));
        let mut commits = changing_commits(&passed, read_content);
        if read.is_none() && !is_incomplete {
            // None of them is known to be later.
            commits.clear();
        }
        let (read, contents) = match read {
            Some((version, content)) => (Some(version), Some([content, present])),
            None => (None, None),
        };
        Some(ContentChange { commits, is_staged, read, contents, is_incomplete })
    }

    /// Returns whether a file's present content is unmerged or not in this clone.
    pub(super) fn lacks_content(&self, path: &RepoPath) -> bool {
        let is_missing =
            self.view.merged_file(path).is_some_and(|entry| !self.repo.has_blob(entry.blob));
        is_missing || self.view.unmerged.contains(path)
    }

    /// Returns whether there is a file at a path.
    pub(super) fn has_file(&self, path: &RepoPath) -> bool {
        self.view.merged_file(path).is_some()
    }

    /// Returns the present content that a reference names.
    fn present_content(&mut self, reference: &ListedReference) -> Option<StampedContent> {
        let path = &reference.named.as_ref()?.path;
        let entry = self.view.merged_file(path)?;
        if !self.repo.has_blob(entry.blob) {
            return None;
        }
        self.content(path, entry.blob, reference.section.as_deref())
    }

    fn content(
        &mut self,
        path: &RepoPath,
        blob: BlobId,
        section: Option<&str>,
    ) -> Option<StampedContent> {
        let key = (path.clone(), blob);
        let file = match self.files.get(&key) {
            Some(known) => Rc::clone(known),
            None => {
                let file = Rc::new(StampableFile::of(path, self.repo.blob(blob).ok()?));
                self.kept += file.size();
                if self.kept > MOST_KEPT {
                    self.files.clear();
                    self.kept = file.size();
                }
                self.files.insert(key, Rc::clone(&file));
                file
            }
        };
        file.part(section)
    }
}
