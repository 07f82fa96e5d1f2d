//! File names that begin with an identity: a file's new name, and the references to it in other
//! files.

mod encoding;
mod forge;
mod id_references;
mod import_graph;
mod markdown_and_html;
mod modules;
mod naming;
mod packages;
mod python;
mod readings;
mod redirects;
mod reference;
mod shell;
mod successors;
mod tracked_paths;
mod yaml_and_toml;

#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::registry::{FileName, RepoPath};

pub use forge::{FilePage, ForgeRepository, LineRange, NoForge, PageRevision, RevisionKind};
pub use id_references::{
    ContentStamp, IdReference, InsertionFault, InsertionPlace, NamedHeading, NewReference,
    ReferenceEdit, ReferenceScanner, ReferenceTarget, RelativeLink, StampableFile, StampedContent,
    Unscannable, find_heading, first_heading, heading_slugs, is_markdown, is_same_heading,
    resolved_markdown, section_start, slug, with_edits,
};
pub use import_graph::{ImportGraph, ReachedFiles};
pub use naming::{NameRefusal, Way, new_path};
pub use packages::{ImportedModule, PythonPackages};
pub use redirects::{
    Destination, ForgePage, FormRefusal, LeftOut, LeftOutReason, Redirect, RedirectFile,
    RedirectForm, RedirectInput, RedirectStatus, RedirectTable, SharedPage, SourceKind, Tombstone,
    Website,
};
pub use reference::{DoubtfulReference, FoundReference};
pub use successors::Successors;

use modules::{PythonModules, find_word, module_name};
use tracked_paths::{TextSearch, TrackedPaths};

/// The new paths of renamed files, keyed by their old paths.
pub type Moves = BTreeMap<RepoPath, RepoPath>;

/// Returns a tracked file's content.
pub type ReadFile<'r> = dyn Fn(&RepoPath) -> Option<Vec<u8>> + 'r;

/// Finds references to files that are being renamed.
pub struct References<'a> {
    tracked: TrackedPaths<'a>,
    modules: PythonModules<'a>,
}

/// A file's language, which determines how it refers to other files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Language {
    Python,
    Markdown,
    Html,
    Shell,
    Yaml,
    Toml,
}

impl<'a> References<'a> {
    /// Prepares the search, given all tracked paths, the moves, the name of the working tree's
    /// directory, and a function that reads Python files.
    pub fn new(
        paths: &'a BTreeSet<RepoPath>,
        moves: &'a Moves,
        top_name: Option<&'a str>,
        read: &'a ReadFile<'a>,
    ) -> Self {
        let modules = PythonModules::new(paths, moves, top_name, read).with_bound(python::bound);
        References { tracked: TrackedPaths { paths, moves }, modules }
    }

    /// Returns whether references are supported in a file with this path and leading bytes.
    pub fn supports(path: &RepoPath, beginning: &[u8]) -> bool {
        language(path, beginning).is_some()
    }

    /// Finds a file's references to files being moved.
    pub fn find_in(&self, path: &RepoPath, bytes: &[u8]) -> FoundReference {
        let Some(language) = language(path, bytes) else { return FoundReference::default() };
        let Ok(text) = std::str::from_utf8(bytes) else {
            let mut found = FoundReference::default();
            if language == Language::Python {
                self.doubt_unreadable(&String::from_utf8_lossy(bytes), &mut found);
            }
            return found;
        };
        let mut search = TextSearch::new(&self.tracked, path, text);
        match language {
            Language::Python => {
                python::find_references(&self.modules, path, text, &mut search.found);
            }
            Language::Markdown => markdown_and_html::markdown(&mut search),
            Language::Html => markdown_and_html::html(&mut search, 0..text.len()),
            Language::Shell => shell::find_references(&mut search),
            Language::Yaml => yaml_and_toml::yaml(&mut search, &self.modules),
            Language::Toml => yaml_and_toml::toml(&mut search, &self.modules),
        }
        search.found.sort_doubts();
        search.found
    }
}

impl References<'_> {
    /// Reports a Python file in another encoding that contains the name of a module being moved: it
    /// may import the module, but cannot be parsed.
    fn doubt_unreadable(&self, text: &str, found: &mut FoundReference) {
        let modules = self.tracked.moves.keys().filter_map(|path| Some((path, module_name(path)?)));
        // An import statement cannot name a module whose name is not an identifier. 'latin-1' is
        // not an identifier either, so a module with that name is not confused with the file's
        // encoding declaration.
        let is_identifier = |name: &str| name.chars().all(|c| c.is_alphanumeric() || c == '_');
        for (path, name) in modules.filter(|(_, name)| is_identifier(name)) {
            if let Some(at) = find_word(text, name) {
                let what = format!("the file is not UTF-8 text, and may import '{path}'");
                found.block(text, at, what);
            }
        }
    }
}

/// Detects a file's language by its extension or its first line.
fn language(path: &RepoPath, bytes: &[u8]) -> Option<Language> {
    let extension = path.extension().map(<[u8]>::to_ascii_lowercase);
    Some(match extension.as_deref() {
        Some(b"py" | b"pyi" | b"pyw") => Language::Python,
        Some(b"md" | b"markdown" | b"mdx") => Language::Markdown,
        Some(b"html" | b"htm" | b"xhtml") => Language::Html,
        Some(b"sh" | b"bash" | b"zsh" | b"ksh" | b"dash" | b"bats") => Language::Shell,
        Some(b"yml" | b"yaml") => Language::Yaml,
        Some(b"toml") => Language::Toml,
        Some(_) => return None,
        None => {
            let line = bytes.strip_prefix(b"#!")?.split(|byte| *byte == b'\n').next()?;
            let line = std::str::from_utf8(line).ok()?;
            let mut words = line.split(['/', ' ', '\t', '\r']);
            match words.clone().any(|word| word.starts_with("python")) {
                true => Language::Python,
                false => words
                    .any(|word| ["sh", "bash", "zsh", "ksh", "dash"].contains(&word))
                    .then_some(Language::Shell)?,
            }
        }
    })
}

/// Returns the old and new start of a file name; the rest of the name stays the same.
fn heads(from: &RepoPath, to: &RepoPath) -> Option<(String, String)> {
    let head = |path: &RepoPath| String::from_utf8(FileName::of(path.basename()).head()).ok();
    Some((head(from)?, head(to)?))
}
