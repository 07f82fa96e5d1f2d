//! Writes the Markdown files of the index or of a commit for a renderer: references become links
//! with relative paths.

use std::collections::HashMap;
use std::path::{Path, PathBuf};

use idhooks_core::registry::{Allocation, RepoPath};
use idhooks_references::{
    IdReference, NamedHeading, ReferenceScanner, RelativeLink, Successors, Unscannable,
    find_heading, first_heading, is_markdown, resolved_markdown, slug,
};
use idhooks_repo::git::Repo;
use idhooks_repo::state::CommitState;
use idhooks_repo::store::{OutputFile, OutputTree};

use super::reference_list::{UnsearchedFile, UnsearchedReason};
use super::refusal::RefsRefusal;
use super::targets::TargetLookup;
use crate::{OpsError, OutputRefusal, Revision, guard_output_tree};

/// The list of the files that idhooks has written into the directory.
const MANIFEST: &str = ".idhooks-references.json";

/// Markdown files for a renderer.
#[derive(Debug, Default)]
pub struct RenderedMarkdown {
    /// The files, with their content.
    pub files: Vec<(RepoPath, Vec<u8>)>,
    /// The number of references that are links.
    pub links: usize,
    /// The references that lead nowhere, and stay as they are.
    pub dead: Vec<RenderedPlace>,
    /// The references to a heading that the file does not have; the links lead to the file.
    pub without_heading: Vec<RenderedPlace>,
    /// The files whose references stay as they are, or that are left out.
    pub unsearched: Vec<UnsearchedFile>,
}

/// Where a reference is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RenderedPlace {
    /// The file.
    pub path: RepoPath,
    /// The line, from 1.
    pub line: usize,
    /// The character on the line, from 1.
    pub column: usize,
    /// The text of the reference.
    pub text: String,
}

/// Replaces the references in all Markdown files of the index or of a commit by links with relative
/// paths.
///
/// # Errors
/// Returns an error if there is no readable registry.
pub fn render_markdown(repo: &Repo, revision: &Revision) -> Result<RenderedMarkdown, OpsError> {
    let view = revision.view(repo)?;
    let registry = &revision.registry(repo, &view)?.registry;
    let config = view.config(repo)?;
    let scanner = ReferenceScanner::new(config.references());
    let mut rendered = RenderedMarkdown::default();
    let mut scanned: Vec<Vec<IdReference>> = Vec::new();
    let files = view.tree.iter().filter(|(_, entry)| entry.mode.is_file());
    for (path, entry) in files.filter(|(path, _)| is_markdown(path)) {
        // A directory of files must not depend on what this clone lacks.
        if !repo.has_blob(entry.blob) {
            return Err(RefsRefusal::Missing(path.clone()).into());
        }
        let content = repo.blob(entry.blob)?;
        let found = match config.may_refer(path) {
            true => scanner.scan(path, &content),
            false => Ok(Vec::new()),
        };
        scanned.push(found.unwrap_or_else(|reason: Unscannable| {
            let reason = reason.into();
            rendered.unsearched.push(UnsearchedFile { path: path.clone(), reason });
            Vec::new()
        }));
        rendered.files.push((path.clone(), content));
    }
    let unmerged = view.unmerged.iter().filter(|path| is_markdown(path));
    rendered.unsearched.extend(
        unmerged
            .map(|path| UnsearchedFile { path: path.clone(), reason: UnsearchedReason::Unmerged }),
    );
    let targets = scanned.iter().flatten().map(|one| &one.target);
    let mut resolver = LinkResolver {
        repo,
        view: &view,
        lookup: TargetLookup::new(registry, targets),
        successors: Successors::of(registry),
        headings: HashMap::new(),
    };
    let mut files = std::mem::take(&mut rendered.files);
    for ((path, content), references) in files.iter_mut().zip(&scanned) {
        resolver.resolve(&mut rendered, path, content, references);
    }
    rendered.files = files;
    Ok(rendered)
}

/// Finds out where references lead.
struct LinkResolver<'c> {
    repo: &'c Repo,
    view: &'c CommitState,
    lookup: TargetLookup<'c>,
    successors: Successors<'c>,
    /// The headings of Markdown files that were looked for; `None` if there is none.
    headings: HashMap<(RepoPath, Option<String>), Option<NamedHeading>>,
}

impl LinkResolver<'_> {
    /// Replaces the references in a file.
    fn resolve(
        &mut self,
        rendered: &mut RenderedMarkdown,
        path: &RepoPath,
        content: &mut Vec<u8>,
        references: &[IdReference],
    ) {
        let Ok(document) = std::str::from_utf8(content) else { return };
        if references.is_empty() {
            return;
        }
        let resolved = resolved_markdown(document, references, &mut |reference| {
            let IdReference { range, line, column, target, section, .. } = reference;
            let place = || RenderedPlace {
                path: path.clone(),
                line: *line,
                column: *column,
                text: document[range.clone()].to_owned(),
            };
            let record = self.lookup.first(target);
            let Some(present) = record.and_then(|record| self.present(record)) else {
                rendered.dead.push(place());
                return None;
            };
            let heading = self.heading(&present, section.as_deref());
            let mut slug = section.clone();
            if section.is_some() && is_markdown(&present) {
                slug = heading.as_ref().map(|heading| heading.slug.clone());
                if slug.is_none() {
                    rendered.without_heading.push(place());
                }
            }
            rendered.links += 1;
            let title = heading.map(|heading| heading.text).filter(|text| !text.is_empty());
            Some(RelativeLink {
                destination: RelativeLink::destination(path, &present, slug.as_deref()),
                title: title.unwrap_or_else(|| present.to_string()),
            })
        });
        *content = resolved.into_bytes();
    }

    /// Returns the path of the file that a record leads to.
    fn present(&self, record: &Allocation) -> Option<RepoPath> {
        let is_there = |path: &RepoPath| self.view.has_file(path);
        Some(self.successors.present(record, &is_there)?.path.clone())
    }

    /// Returns the heading of a Markdown file that a reference names, or its first one.
    fn heading(&mut self, path: &RepoPath, section: Option<&str>) -> Option<NamedHeading> {
        let key = (path.clone(), section.map(str::to_owned));
        if let Some(known) = self.headings.get(&key) {
            return known.clone();
        }
        let found = self.document(path).and_then(|document| match section {
            Some(section) => find_heading(&document, section),
            None => first_heading(&document).map(|text| NamedHeading { slug: slug(&text), text }),
        });
        self.headings.insert(key, found.clone());
        found
    }

    fn document(&self, path: &RepoPath) -> Option<String> {
        let entry = self.view.tree.get(path).filter(|_| is_markdown(path))?;
        let size = self.repo.blob_size(entry.blob)?;
        let is_small = size <= ReferenceScanner::LARGEST as u64;
        String::from_utf8(is_small.then(|| self.repo.blob(entry.blob).ok())??).ok()
    }
}

/// The files that were not written to a directory.
#[derive(Debug, Default)]
pub struct LeftOutFiles {
    /// The places where something else is.
    pub taken: Vec<PathBuf>,
    /// The files whose names are not UTF-8, or have a character that not every system allows.
    pub unnamable: Vec<RepoPath>,
}

/// Writes Markdown files to a directory, and removes those that it has no longer.
///
/// Returns the places of the files that were left out.
///
/// # Errors
/// Returns an error if the directory may not be written to, or if a file cannot be written.
pub fn write_markdown(
    repo: &Repo,
    dir: &Path,
    files: &[(RepoPath, Vec<u8>)],
) -> Result<LeftOutFiles, OpsError> {
    guard_output_tree(repo, dir)?;
    if dir.exists() && !dir.is_dir() {
        return Err(OutputRefusal::NoDirectory(dir.to_owned()).into());
    }
    let (mut outputs, mut unnamable) = (Vec::new(), Vec::new());
    for (path, content) in files {
        match path.as_str().filter(|path| OutputFile::is_path(path)) {
            Some(path) => outputs.push(OutputFile { path, content, is_required: false }),
            None => unnamable.push(path.clone()),
        }
    }
    let taken = OutputTree::open(dir, MANIFEST)?.keep(&outputs)?.taken;
    let taken = taken.iter().map(|path| dir.join(path)).collect();
    Ok(LeftOutFiles { taken, unnamable })
}
