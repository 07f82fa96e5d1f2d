//! The answers of an [`EditorRepository`] about several files.

use std::borrow::Cow;
use std::ops::Range;

use idhooks_core::registry::{Id, RepoPath, Status};
use idhooks_references::{ReferenceTarget, is_markdown, section_start};

use super::completion::CompletedFiles;
use super::fixes::{FixKind, ReferenceFix, last_successor, with_section};
use super::places::ReferencePlace;
use super::repository::{EditorRepository, PlacedReference};
use crate::OpsError;
use crate::refs::{
    FixCause, FoundText, ListedReference, NamedRecord, NewTarget, ReferenceCheck, ReferenceSearch,
    corrected, read_title, reference_names,
};

/// A correction of a reference in an open buffer.
#[derive(Debug)]
pub struct DocumentFix {
    /// The bytes to replace in the text of the buffer.
    pub range: Range<usize>,
    /// The reference.
    pub reference: ListedReference,
    /// The correction.
    pub fix: ReferenceFix,
}

impl EditorRepository {
    /// Returns the references to the file with this present identity, in the order of the files.
    ///
    /// # Errors
    /// Returns an error if an open buffer cannot be searched.
    pub fn references_to(&self, id: Id) -> Result<Vec<ReferencePlace>, OpsError> {
        let Some((record, indexed)) = self.record(id).zip(self.indexed.as_ref()) else {
            return Ok(Vec::new());
        };
        let names: Vec<ReferenceTarget> = reference_names(record).collect();
        let is_to = |found: &&FoundText| {
            let target = &found.reference.target;
            names.contains(target) && self.named(target).is_some_and(|named| named.id == id)
        };
        let is_open =
            |path: &RepoPath| self.buffers.get(path).is_some_and(|buffer| buffer.blob.is_some());
        let mut places = Vec::new();
        let mut add = |path: &RepoPath, references: &[FoundText]| {
            let mut references = references.iter().filter(is_to).peekable();
            let blob = indexed.view.tree.get(path).map(|entry| entry.blob);
            if references.peek().is_some()
                && let Some(content) = blob.and_then(|blob| self.repo.blob(blob).ok())
            {
                places.extend(references.map(|found| ReferencePlace::new(path, found, &content)));
            }
        };
        for file in self.contents.iter().flat_map(|contents| contents.files_with(&names)) {
            if !is_open(&file.path) {
                add(&file.path, &file.references);
            }
        }
        let search = ReferenceSearch::new(&self.repo, &indexed.view, &indexed.config, None);
        for path in self.buffers.keys().filter(|path| is_open(path)) {
            if indexed.config.may_refer(path) {
                let (files, _) = search.one(path)?;
                files.iter().for_each(|file| add(path, &file.references));
            }
        }
        places.sort_by(|one, other| (&one.path, one.line).cmp(&(&other.path, other.line)));
        Ok(places)
    }

    /// Finds the files that a person may mean who types this text.
    pub fn complete(&self, typed: &str, most: usize) -> CompletedFiles {
        let Some(indexed) = &self.indexed else { return CompletedFiles::default() };
        let open = self.buffers.iter().filter_map(|(path, buffer)| Some((path, buffer.blob?)));
        let open = open.filter(|(path, _)| is_markdown(path));
        let titles = open.map(|(path, blob)| (path, read_title(&self.repo, blob))).collect();
        indexed.completion.find(typed, &titles, most)
    }

    /// Returns the file to show for a reference: the one that it names or, if that is gone, the one
    /// that supersedes it.
    pub fn file_to_show(&self, named: &NamedRecord) -> Option<RepoPath> {
        let tree = &self.indexed.as_ref()?.view.tree;
        let exists =
            |path: &RepoPath| tree.contains_key(path) || self.file(path).symlink_metadata().is_ok();
        if exists(&named.path) {
            return Some(named.path.clone());
        }
        let find = |id: Id| self.named(&ReferenceTarget::Id(id));
        last_successor(named, &find).map(|named| named.path).filter(|path| exists(path))
    }

    /// Returns the line on which a section of a Markdown file begins, from 0. `text` is the text of
    /// its buffer; without one, the file in the working tree counts, which an editor opens.
    pub fn section_line(&self, path: &RepoPath, section: &str, text: Option<&str>) -> usize {
        if !is_markdown(path) {
            return 0;
        }
        let working = || self.repo.read_working(path.as_str()?).ok().flatten();
        let staged = || {
            let entry = self.indexed.as_ref()?.view.tree.get(path)?;
            self.repo.blob(entry.blob).ok()
        };
        let text = match text {
            Some(text) => Cow::Borrowed(text),
            None => {
                let content = working().or_else(staged).unwrap_or_default();
                Cow::Owned(String::from_utf8_lossy(&content).into_owned())
            }
        };
        let start = section_start(&text, section).unwrap_or_default();
        text.as_bytes()[..start].iter().filter(|byte| **byte == b'\n').count()
    }

    /// Returns the known corrections of the references in a part of an open buffer.
    ///
    /// # Errors
    /// Returns an error if the file cannot be searched.
    pub fn fixes(
        &self,
        path: &RepoPath,
        text: &str,
        part: &Range<usize>,
    ) -> Result<Vec<DocumentFix>, OpsError> {
        let Some(mut check) = self.check() else { return Ok(Vec::new()) };
        let mut fixes = Vec::new();
        for PlacedReference { range, reference } in self.checked(path, text)? {
            let Some(range) = range.filter(|one| one.start <= part.end && part.start <= one.end)
            else {
                continue;
            };
            for fix in self.fixes_of(&reference, &mut check) {
                let (range, reference) = (range.clone(), reference.clone());
                fixes.push(DocumentFix { range, reference, fix });
            }
        }
        Ok(fixes)
    }

    fn fixes_of(
        &self,
        reference: &ListedReference,
        check: &mut ReferenceCheck<'_>,
    ) -> Vec<ReferenceFix> {
        let Some(named) = &reference.named else { return Vec::new() };
        let mut fixes = Vec::new();
        let mut add = |kind: FixKind, text: Option<String>| {
            fixes.extend(text.map(|text| ReferenceFix { kind, text }));
        };
        let find = |id: Id| self.named(&ReferenceTarget::Id(id));
        let own = match reference.target {
            ReferenceTarget::Id(own) => Some(own),
            // It stays with the file that has it.
            ReferenceTarget::Second(_) => None,
        };
        let is_former = own.is_some_and(|own| own != named.id) && named.others.is_empty();
        let right = match named.status {
            Status::Superseded => last_successor(named, &find).filter(|_| own.is_some()),
            Status::Active => is_former.then(|| find(named.id)).flatten(),
            Status::Deprecated => None,
        };
        if let Some(right) = right {
            let is_successor = named.status == Status::Superseded;
            let cause = if is_successor { FixCause::Superseded } else { FixCause::Alias };
            let (id, target) = (right.id, ReferenceTarget::Id(right.id));
            let new = NewTarget { id, target, named: Some(right), cause, is_successor };
            let fixed = corrected(check, reference, new).ok();
            add(FixKind::Corrected(cause), fixed.map(|fixed| fixed.text));
        }
        if named.status == Status::Active
            && check.lacks_heading(reference)
            && let Some(heading) = check.nearest_heading(reference)
        {
            add(FixKind::Heading, with_section(reference, &heading));
        }
        let present = check.stamps().present(reference);
        if let Some(stamp) = present.filter(|stamp| reference.stamp != Some(*stamp)) {
            add(FixKind::Review, reference.respelled(&reference.target, Some(stamp)));
        }
        fixes
    }
}
