//! Writes a new reference into a file.

mod refusal;

use std::ffi::OsString;

use idhooks_core::registry::{Allocation, Entry, RepoPath, Status};
use idhooks_references::{
    InsertionPlace, NewReference, ReferenceScanner, StampedContent, Successors, find_heading,
    heading_slugs, is_markdown, slug,
};
use idhooks_repo::git::Repo;

use super::file_titles::FileTitles;
use super::line_match::LineMatch;
use super::refusal::RefsRefusal;
use super::typed_place::TypedPlace;
use crate::suggestion::nearest;
use crate::{
    JournaledRun, Observer, OpsError, Reach, ReferenceUpdates, RegistryTransaction, Revision,
    RewrittenFile, SubjectError, Writer,
};
pub use refusal::AddRefusal;

/// Which reference to write, and where.
#[derive(Debug)]
pub struct AddOptions {
    /// The place: `FILE:LINE` or `FILE:LINE:COLUMN`, as typed.
    pub place: OsString,
    /// The file that is referred to: a path, an identity or its first digits, a second identity,
    /// or the title of a Markdown file.
    pub subject: OsString,
    /// A heading of that file, as its text or its slug.
    pub section: Option<String>,
    /// Whether the reference gets the stamp of the present content.
    pub has_stamp: bool,
    /// Change nothing.
    pub is_dry_run: bool,
}

/// The reference that was written, or would be.
#[derive(Debug)]
pub struct AddedReference {
    /// The file that it is in.
    pub path: RepoPath,
    /// Its line, from 1, in the working file if there is one.
    pub line: usize,
    /// The character on that line at which it begins, from 1.
    pub column: usize,
    /// Its text.
    pub text: String,
    /// The file that it names.
    pub target: RepoPath,
    /// The files that had the identity of the target, too: the reference is ambiguous.
    pub others: Vec<RepoPath>,
    /// Whether it is written into the index: a line with unstaged changes is not.
    pub is_staged: bool,
    /// Whether the working file has unstaged changes, which stay unstaged.
    pub has_unstaged: bool,
    /// Whether there is a working file; without one, the reference is written into the index only.
    pub has_working_file: bool,
}

/// Writes a reference into a file, in the index and in the working tree, all or nothing.
///
/// The line is that of the working file, as an editor shows it. If that line has unstaged changes,
/// the reference becomes one of them.
///
/// # Errors
/// Returns an error if there is no such place, if the reference would lead nowhere, or if a file
/// cannot be read or written. In that case nothing was changed.
pub fn add_reference<O: Observer>(
    observer: &mut O,
    repo: &Repo,
    options: &AddOptions,
) -> Result<AddedReference, OpsError> {
    if options.is_dry_run {
        // A dry run does not wait for other commands.
        let transaction = RegistryTransaction::open(observer, repo)?;
        return options.carry_out(observer, &transaction);
    }
    let writer = Writer::open_for(repo, "refs add", Reach::Everything)?;
    writer.run(observer, |observer, transaction| options.carry_out(observer, transaction))
}

impl AddOptions {
    fn carry_out(
        &self,
        observer: &mut dyn Observer,
        transaction: &RegistryTransaction<'_>,
    ) -> Result<AddedReference, OpsError> {
        let repo = transaction.repo;
        let view = Revision::default().view(repo)?;
        let TypedPlace { path, line, column } = TypedPlace::parse(repo, &view, &self.place)?;
        let line = line.ok_or_else(|| AddRefusal::NoLineNamed(path.clone()))?;
        let entry = editable(transaction, &path)?;
        let target = self.target(observer, transaction)?;
        assert_lasting(transaction, &target)?;
        if target.path == path {
            return Err(AddRefusal::Own(path).into());
        }
        let reference = self.reference(transaction, &target)?;
        let file = RewrittenFile::unchanged(&path, entry);
        let place = InsertionPlace { line, column };
        let mut planned = plan(transaction, file, &reference, place)?;
        planned.added.target = target.path;
        let has_had = |record: &&Allocation| {
            record.aliases.contains(&target.id) && record.origin != target.origin
        };
        let others = transaction.registry().allocations.iter().filter(has_had);
        planned.added.others = others.map(|record| record.path.clone()).collect();
        if !self.is_dry_run {
            let updates = ReferenceUpdates { files: vec![planned.file], doubts: Vec::new() };
            let (files, entries) = updates.steps(repo)?;
            let what = "refs add".to_owned();
            let run = JournaledRun { what, files, entries, events: Vec::new() };
            transaction.write_together(observer, transaction.registry(), run)?;
        }
        Ok(planned.added)
    }

    /// Returns the record of the file that is referred to.
    fn target(
        &self,
        observer: &mut dyn Observer,
        transaction: &RegistryTransaction<'_>,
    ) -> Result<Allocation, OpsError> {
        let error = match transaction.record(observer, &self.subject) {
            // A similar path would be a strange suggestion for a file that is there.
            Err(OpsError::Subject(SubjectError::NoIdentity(path, _)))
                if transaction.has_file(&path) =>
            {
                return Err(match transaction.tracks(&path) {
                    true => AddRefusal::NoIdentity(path),
                    false => AddRefusal::NotTracked(path),
                }
                .into());
            }
            Err(OpsError::Subject(error)) => error,
            other => return other,
        };
        let Some(title) = self.subject.to_str() else { return Err(error.into()) };
        let titles = FileTitles::read(transaction.repo, transaction.tree(), &FileTitles::default());
        match *titles.files_with(title) {
            [] => Err(error.into()),
            [path] => {
                let record = transaction.registry().active().find(|record| record.path == *path);
                Ok(record.ok_or_else(|| AddRefusal::NoIdentity(path.clone()))?.clone())
            }
            ref several => {
                let paths = several.iter().map(|path| (*path).clone()).collect();
                Err(AddRefusal::SharedTitle { title: title.to_owned(), paths }.into())
            }
        }
    }

    /// Returns the reference to a file, with the section and the stamp that are asked for.
    fn reference(
        &self,
        transaction: &RegistryTransaction<'_>,
        target: &Allocation,
    ) -> Result<NewReference, OpsError> {
        let Allocation { id, path, .. } = target;
        let mut reference = NewReference { id: *id, stamp: None, section: None };
        if self.section.is_none() && !self.has_stamp {
            return Ok(reference);
        }
        let missing = || AddRefusal::Missing(path.clone());
        let entry = transaction.entry(path).filter(|entry| entry.mode.is_file());
        let blob = entry.map(|entry| entry.blob).ok_or_else(missing)?;
        if !transaction.repo.has_blob(blob) {
            return Err(missing().into());
        }
        let content = transaction.repo.blob(blob)?;
        if let Some(heading) = &self.section {
            reference.section = Some(section(path, &content, heading)?);
        }
        if self.has_stamp {
            let content = StampedContent::of(path, &content, reference.section.as_deref());
            reference.stamp = content.map(|content| content.stamp());
        }
        Ok(reference)
    }
}

/// Returns the index entry of a file that references can be written into.
fn editable(transaction: &RegistryTransaction<'_>, path: &RepoPath) -> Result<Entry, OpsError> {
    if transaction.is_unmerged(path) {
        return Err(OpsError::Unmerged(path.clone()));
    }
    let entry = transaction.entry(path).filter(|entry| entry.mode.is_file());
    let entry = entry.ok_or_else(|| RefsRefusal::NotRegular(path.clone()))?;
    if !transaction.config.may_refer(path) {
        return Err(RefsRefusal::Excluded(path.clone()).into());
    }
    if !transaction.repo.git().filtered([path])?.is_empty() {
        return Err(AddRefusal::Filtered(path.clone()).into());
    }
    if !transaction.repo.has_blob(entry.blob) {
        return Err(AddRefusal::Missing(path.clone()).into());
    }
    Ok(entry)
}

/// Asserts that a record is neither deprecated nor superseded.
fn assert_lasting(
    transaction: &RegistryTransaction<'_>,
    record: &Allocation,
) -> Result<(), AddRefusal> {
    let successors = Successors::of(transaction.registry());
    let own = successors.find(record.id).unwrap_or(record);
    let last = successors.last(own);
    if own.is_active() && last.is_some_and(|last| last.origin == own.origin) {
        return Ok(());
    }
    let (path, id) = (record.path.clone(), record.id);
    Err(match last.filter(|last| last.is_active() && last.origin != own.origin) {
        Some(last) => {
            AddRefusal::Superseded { path, id, by: last.id, successor: last.path.clone() }
        }
        None => {
            let is_deprecated = own.status == Status::Deprecated;
            let status = if is_deprecated { Status::Deprecated } else { Status::Superseded };
            AddRefusal::Former { path, id, status }
        }
    })
}

/// Returns the slug of a heading of a Markdown file. It may be typed as its text or as its slug.
fn section(path: &RepoPath, content: &[u8], typed: &str) -> Result<String, AddRefusal> {
    let document = std::str::from_utf8(content).ok().filter(|_| is_markdown(path));
    let document = document.ok_or_else(|| AddRefusal::NoSections(path.clone()))?;
    let typed = typed.strip_prefix('#').unwrap_or(typed);
    let of_text = slug(typed.trim());
    let found = [typed, &*of_text].into_iter().filter(|section| !section.is_empty());
    let mut found = found.filter_map(|section| find_heading(document, section));
    found.next().map(|heading| heading.slug).ok_or_else(|| AddRefusal::Section {
        path: path.clone(),
        section: typed.to_owned(),
        nearest: nearest(&of_text, heading_slugs(document)),
    })
}

/// A file with a new reference.
struct PlannedAddition {
    file: RewrittenFile,
    added: AddedReference,
}

/// Writes the reference into the working file, and at the same line into the staged content.
fn plan(
    transaction: &RegistryTransaction<'_>,
    mut file: RewrittenFile,
    reference: &NewReference,
    place: InsertionPlace,
) -> Result<PlannedAddition, OpsError> {
    let repo = transaction.repo;
    let scanner = ReferenceScanner::new(transaction.config.references());
    let path = file.path.clone();
    let insert = |content: &[u8], place: InsertionPlace| {
        let inserted = reference.insert(&scanner, &path, content, place);
        inserted.map_err(|fault| AddRefusal::of_fault(&path, place, fault))
    };
    let (staged, working) = (file.original(repo)?, file.working_before(repo)?);
    let has_working_file = working.is_some();
    let lines = working.as_ref().map(|working| LineMatch::new(working, &staged));
    let has_unstaged = lines.as_ref().is_some_and(|lines| !lines.is_same());
    let staged_line = lines.map_or(Some(place.line), |lines| lines.find(place.line));
    let mut found = None;
    if let Some(working) = working {
        let (after, one) = insert(&working, place)?;
        found = Some(one);
        file.rewrite_working(working, after);
    }
    if let Some(line) = staged_line {
        let (after, one) = insert(&staged, InsertionPlace { line, ..place })?;
        found.get_or_insert(one);
        file.rewrite_staged(staged, after);
    }
    let found =
        found.ok_or_else(|| AddRefusal::NotRead { path: path.clone(), line: place.line })?;
    let added = AddedReference {
        line: found.line,
        column: found.column,
        text: reference.to_string(),
        target: path.clone(),
        others: Vec::new(),
        is_staged: staged_line.is_some(),
        has_unstaged,
        has_working_file,
        path,
    };
    Ok(PlannedAddition { file, added })
}
