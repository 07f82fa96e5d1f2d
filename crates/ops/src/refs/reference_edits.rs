//! Edits the references in a file, both in the staged blob and in the working file. The commands
//! that change references use this one place.

use std::collections::{BTreeSet, HashMap, HashSet};

use idhooks_core::config::Config;
use idhooks_core::registry::RepoPath;
use idhooks_references::{
    ContentStamp, IdReference, ReferenceEdit, ReferenceScanner, ReferenceTarget, with_edits,
};
use idhooks_repo::git::Repo;

use super::line_match::LineMatch;
use super::reference_list::ListedReference;
use crate::{OpsError, RewrittenFile};

/// The new target and stamp of a reference.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct NewReading {
    pub(super) target: ReferenceTarget,
    pub(super) stamp: Option<ContentStamp>,
}

/// How a file's references are to read, by their lines and columns in the index.
pub(super) type NewReadings = HashMap<[usize; 2], NewReading>;

/// A file with edited references.
#[derive(Debug)]
pub(super) struct EditedFile {
    pub(super) file: RewrittenFile,
    /// The references that stay as they are, because their spelling cannot hold the new text.
    pub(super) unedited: Vec<[usize; 2]>,
    /// The references that are edited in the index only: the working tree has no such line, or no
    /// such file.
    pub(super) index_only: Vec<[usize; 2]>,
    /// Whether the working file has unstaged changes, which stay unstaged.
    pub(super) has_unstaged: bool,
}

impl EditedFile {
    /// Edits the references in a file of the index, after the other changes to it.
    ///
    /// In content that differs from that of the index, a reference is edited if its line is the same:
    /// lines with unstaged changes are left alone.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub(super) fn plan(
        repo: &Repo,
        config: &Config,
        mut file: RewrittenFile,
        readings: &NewReadings,
    ) -> Result<Self, OpsError> {
        let scanner = ReferenceScanner::new(config.references());
        let path = file.path.clone();
        let original = file.original(repo)?;
        let found = scanner.scan(&path, &original).unwrap_or_default();
        let reading = |one: &IdReference| readings.get(&place(one)).cloned();
        let Edited { content: mut staged, refused } =
            edited(&scanner, &path, &original, found.iter(), &reading);
        let mut unedited: Vec<[usize; 2]> = refused.iter().map(place).collect();
        unedited.sort_unstable();
        let is_edited = |place: &&[usize; 2]| unedited.binary_search(place).is_err();
        let wanted: BTreeSet<[usize; 2]> = readings.keys().filter(is_edited).copied().collect();
        let on_same_line = |content: &[u8], left: &mut BTreeSet<[usize; 2]>| {
            let now = scanner.scan(&path, content).ok()?;
            let lines = LineMatch::new(content, &original);
            let reading = |one: &IdReference| {
                let place = [lines.find(one.line)?, one.column];
                readings.get(&place).filter(|_| wanted.contains(&place)).cloned()
            };
            let written = now.iter().filter_map(|one| Some([lines.find(one.line)?, one.column]));
            written.for_each(|place| _ = left.remove(&place));
            Some(edited(&scanner, &path, content, now.iter(), &reading).content)
        };
        if let Some([_, after]) = &file.staged {
            staged = on_same_line(after, &mut BTreeSet::new()).unwrap_or_else(|| after.clone());
        }
        let working = file.working_before(repo)?;
        let has_unstaged =
            working.as_ref().is_some_and(|content| !LineMatch::new(content, &original).is_same());
        let present = file.working.as_ref().map(|[_, after]| after.clone()).or(working);
        let mut index_only = wanted.clone();
        let after = present.as_ref().and_then(|content| on_same_line(content, &mut index_only));
        file.rewrite_staged(original, staged);
        if let Some((present, after)) = present.zip(after) {
            file.rewrite_working(present, after);
        }
        let index_only = index_only.into_iter().collect();
        Ok(EditedFile { file, unedited, index_only, has_unstaged })
    }

    /// Returns those of the references that are edited in the index only.
    pub(super) fn index_only<'l>(
        &self,
        references: impl Iterator<Item = &'l ListedReference>,
    ) -> Vec<ListedReference> {
        let is_own = |one: &&ListedReference| {
            one.path == self.file.path && self.index_only.contains(&[one.line, one.column])
        };
        references.filter(is_own).cloned().collect()
    }
}

fn place(reference: &IdReference) -> [usize; 2] {
    [reference.line, reference.column]
}

/// Content with edited references, and the references whose spelling cannot hold the new text.
struct Edited {
    content: Vec<u8>,
    refused: Vec<IdReference>,
}

/// Edits references in content, and checks that each one is read as intended.
fn edited<'f>(
    scanner: &ReferenceScanner<'_>,
    path: &RepoPath,
    content: &[u8],
    found: impl Iterator<Item = &'f IdReference>,
    reading: &dyn Fn(&IdReference) -> Option<NewReading>,
) -> Edited {
    let mut result = Edited { content: content.to_vec(), refused: Vec::new() };
    let edits = found.filter_map(|one| {
        let NewReading { target, stamp } = reading(one)?;
        Some(ReferenceEdit { reference: one.clone(), target, stamp })
    });
    let (mut edits, mut is_first): (Vec<ReferenceEdit>, bool) = (edits.collect(), true);
    // An edit may turn a reference into something else, such as a value in front matter.
    while !edits.is_empty() {
        let content = with_edits(content, &edits);
        let now = scanner.scan(path, &content).unwrap_or_default();
        // A line may have any number of references.
        let now: HashSet<_> = now
            .into_iter()
            .map(|IdReference { line, target, section, stamp, .. }| (line, target, section, stamp))
            .collect();
        let is_edited = |edit: &ReferenceEdit| {
            let ReferenceEdit { reference, target, stamp } = edit;
            let IdReference { line, section, .. } = reference;
            now.contains(&(*line, target.clone(), section.clone(), *stamp))
        };
        let (good, bad): (Vec<ReferenceEdit>, Vec<ReferenceEdit>) =
            edits.into_iter().partition(is_edited);
        result.refused.extend(bad.iter().map(|edit| edit.reference.clone()));
        if bad.is_empty() {
            result.content = content;
            break;
        }
        if !is_first {
            // Neither way leads to a file whose references are all right.
            result.refused.extend(good.into_iter().map(|edit| edit.reference));
            break;
        }
        (edits, is_first) = (good, false);
    }
    result
}

/// Returns the line of a reference, without its line ending.
pub(super) fn line_of<'c>(content: &'c [u8], reference: &IdReference) -> &'c [u8] {
    let at = reference.range.start;
    let is_end = |byte: &u8| *byte == b'\n';
    let start = content[..at].iter().rposition(is_end).map_or(0, |end| end + 1);
    let end = content[at..].iter().position(is_end).map_or(content.len(), |end| at + end);
    content[start..end].strip_suffix(b"\r").unwrap_or(&content[start..end])
}
