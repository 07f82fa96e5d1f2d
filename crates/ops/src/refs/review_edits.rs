//! Writes stamps into a file, both the staged blob and the working file.

use std::collections::{HashMap, HashSet};

use idhooks_core::config::Config;
use idhooks_core::registry::{Entry, RepoPath};
use idhooks_references::{ContentStamp, IdReference, ReferenceScanner, StampEdit, with_stamps};
use idhooks_repo::git::Repo;
use idhooks_repo::store::journal::{FileStep, IndexStep};
use idhooks_repo::store::read_file;

use crate::OpsError;

/// The new stamps of a file's references, by their lines and columns in the index.
pub(super) type NewStamps = HashMap<[usize; 2], ContentStamp>;

/// A file with new stamps.
#[derive(Debug)]
pub(super) struct StampedFile {
    path: RepoPath,
    before: Entry,
    /// The staged content with the stamps.
    staged: Vec<u8>,
    /// The content of the working file before and after, if it changes.
    working: Option<[Vec<u8>; 2]>,
    /// The references that got no stamp, because their spelling takes none.
    pub(super) unstamped: Vec<[usize; 2]>,
    /// Whether the working file has unstaged changes, which stay unstaged.
    pub(super) has_unstaged: bool,
}

impl StampedFile {
    /// Writes stamps into a file of the index.
    ///
    /// In the working file, a reference gets its stamp if it is at the same place of the same line:
    /// on lines with unstaged changes, nothing has been reviewed.
    ///
    /// # Errors
    /// Returns an error if a file cannot be read.
    pub(super) fn plan(
        repo: &Repo,
        config: &Config,
        path: &RepoPath,
        before: Entry,
        stamps: &NewStamps,
    ) -> Result<Self, OpsError> {
        let scanner = ReferenceScanner::new(config.references());
        let old = repo.blob(before.blob)?;
        let found = scanner.scan(path, &old).unwrap_or_default();
        let place = |one: &IdReference| [one.line, one.column];
        let stamp = |one: &IdReference| stamps.get(&place(one)).copied();
        let Stamped { content: staged, refused } =
            stamped(&scanner, path, &old, found.iter(), &stamp);
        let mut unstamped: Vec<[usize; 2]> = refused.iter().map(place).collect();
        unstamped.sort_unstable();
        let full = repo.top().join(path.to_os_path());
        let is_file = full.symlink_metadata().is_ok_and(|meta| meta.is_file());
        let present = if is_file { read_file(&full)? } else { None };
        let mut has_unstaged = false;
        let working = present.and_then(|content| {
            has_unstaged = is_different(&old, &content);
            let is_stamped = |one: &&IdReference| unstamped.binary_search(&place(one)).is_err();
            let reviewed = found.iter().filter(is_stamped);
            let reviewed = reviewed.filter_map(|one| Some((place(one), stamp(one)?)));
            let reviewed = StampedLines::of(&old, &found, &reviewed.collect());
            let now = scanner.scan(path, &content).ok()?;
            let stamps = reviewed.in_lines_of(&content, &now);
            let stamp = |one: &IdReference| stamps.get(&place(one)).copied();
            let after = stamped(&scanner, path, &content, now.iter(), &stamp).content;
            (after != content).then_some([content, after])
        });
        let path = path.clone();
        Ok(StampedFile { path, before, staged, working, unstamped, has_unstaged })
    }

    /// Stores the new blob, and returns the steps that change the index and the working file.
    ///
    /// # Errors
    /// Returns an error if the blob cannot be stored.
    pub(super) fn steps(
        self,
        repo: &Repo,
    ) -> Result<(Option<IndexStep>, Option<FileStep>), OpsError> {
        let StampedFile { path, before, staged, working, .. } = self;
        let after = Entry { blob: repo.write_blob(&staged)?, ..before };
        let index =
            (after != before).then(|| IndexStep::new(path.clone(), Some(before), Some(after)));
        let file = working.map(|[old, new]| FileStep::rewrite(path, Some(old), Some(new)));
        Ok((index, file))
    }
}

/// The stamps of references by the text of their lines and by their columns. Each line is looked up
/// once, since a file may consist of a single one.
struct StampedLines<'c>(HashMap<&'c [u8], HashMap<usize, ContentStamp>>);

impl<'c> StampedLines<'c> {
    fn of(content: &'c [u8], found: &[IdReference], stamps: &NewStamps) -> Self {
        let mut lines: HashMap<&[u8], HashMap<usize, ContentStamp>> = HashMap::new();
        for line in found.chunk_by(|one, next| one.line == next.line) {
            let stamp =
                |one: &IdReference| Some((one.column, *stamps.get(&[one.line, one.column])?));
            let stamps = line.iter().filter_map(stamp);
            lines.entry(line_of(content, &line[0])).or_default().extend(stamps);
        }
        StampedLines(lines)
    }

    /// Returns the stamps of references that are on equal lines of other content.
    fn in_lines_of(&self, content: &[u8], found: &[IdReference]) -> NewStamps {
        let mut stamps = NewStamps::new();
        for line in found.chunk_by(|one, next| one.line == next.line) {
            let Some(reviewed) = self.0.get(line_of(content, &line[0])) else { continue };
            let stamp =
                |one: &IdReference| Some(([one.line, one.column], *reviewed.get(&one.column)?));
            stamps.extend(line.iter().filter_map(stamp));
        }
        stamps
    }
}

/// Content with new stamps, and the references whose spelling takes none.
struct Stamped {
    content: Vec<u8>,
    refused: Vec<IdReference>,
}

/// Writes stamps into content, and checks that each reference is still the same.
fn stamped<'f>(
    scanner: &ReferenceScanner<'_>,
    path: &RepoPath,
    content: &[u8],
    found: impl Iterator<Item = &'f IdReference>,
    stamp: &dyn Fn(&IdReference) -> Option<ContentStamp>,
) -> Stamped {
    let mut result = Stamped { content: content.to_vec(), refused: Vec::new() };
    let edits =
        found.filter_map(|one| stamp(one).map(|stamp| StampEdit { reference: one.clone(), stamp }));
    let (mut edits, mut is_first): (Vec<StampEdit>, bool) = (edits.collect(), true);
    // A stamp may turn a reference into something else, such as a value in front matter.
    while !edits.is_empty() {
        let content = with_stamps(content, &edits);
        let now = scanner.scan(path, &content).unwrap_or_default();
        let known =
            |one: &IdReference, stamp| (one.line, one.target.clone(), one.section.clone(), stamp);
        let stamped: HashSet<_> = now.iter().map(|one| known(one, one.stamp)).collect();
        let is_stamped =
            |edit: &StampEdit| stamped.contains(&known(&edit.reference, Some(edit.stamp)));
        let (good, bad): (Vec<StampEdit>, Vec<StampEdit>) = edits.into_iter().partition(is_stamped);
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
fn line_of<'c>(content: &'c [u8], reference: &IdReference) -> &'c [u8] {
    let at = reference.range.start;
    let is_end = |byte: &u8| *byte == b'\n';
    let start = content[..at].iter().rposition(is_end).map_or(0, |end| end + 1);
    let end = content[at..].iter().position(is_end).map_or(content.len(), |end| at + end);
    content[start..end].strip_suffix(b"\r").unwrap_or(&content[start..end])
}

/// Returns whether two contents differ in more than their line endings.
fn is_different(staged: &[u8], working: &[u8]) -> bool {
    let lines = |content: &[u8]| -> Vec<Vec<u8>> {
        let lines = content.split(|byte| *byte == b'\n');
        lines.map(|line| line.strip_suffix(b"\r").unwrap_or(line).to_vec()).collect()
    };
    staged != working && lines(staged) != lines(working)
}
