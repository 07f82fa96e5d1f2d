//! Finds files for the text that a person types after `idhooks:`.

use std::collections::BTreeMap;

use idhooks_core::registry::{Id, Registry, RepoPath, Tree};
use memchr::memmem::Finder;

use crate::refs::FileTitles;

/// Files that a text may mean.
#[derive(Debug, Default)]
pub struct CompletedFiles {
    /// The files, the best first.
    pub files: Vec<CompletedFile>,
    /// Whether there are more.
    pub has_more: bool,
}

/// A file that a text may mean.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CompletedFile {
    /// Its identity.
    pub id: Id,
    /// Its path.
    pub path: RepoPath,
    /// Its first heading.
    pub title: Option<String>,
}

/// The active files, in the order of their paths, prepared for the search.
#[derive(Debug, Default)]
pub(super) struct CompletionIndex(Vec<CompletionEntry>);

#[derive(Debug)]
struct CompletionEntry {
    file: CompletedFile,
    id_key: String,
    /// The path in lower case.
    path_key: String,
    /// Where the name of the file begins in it.
    name: usize,
    title_key: Option<String>,
}

/// How well a file fits a text; the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    IdStart,
    NameStart,
    TitleStart,
    InPath,
    InTitle,
}

impl CompletionIndex {
    pub(super) fn new(registry: &Registry, tree: &Tree) -> Self {
        let is_shown = |path: &RepoPath| tree.contains_key(path);
        let records = registry.active().filter(|one| !one.shadowed && is_shown(&one.path));
        let entry = |id: Id, path: &RepoPath| {
            let path_key = path.to_string().to_lowercase();
            let name = path_key.rfind('/').map_or(0, |slash| slash + 1);
            let file = CompletedFile { id, path: path.clone(), title: None };
            CompletionEntry { file, id_key: id.to_string(), path_key, name, title_key: None }
        };
        let mut entries: Vec<_> = records.map(|record| entry(record.id, &record.path)).collect();
        entries.sort_by(|one, other| one.file.path.cmp(&other.file.path));
        CompletionIndex(entries)
    }

    /// Adds the titles of the files.
    pub(super) fn add_titles(&mut self, titles: &FileTitles) {
        for entry in &mut self.0 {
            entry.file.title = titles.get(&entry.file.path).map(str::to_owned);
            entry.title_key = entry.file.title.as_ref().map(|title| title.to_lowercase());
        }
    }

    /// Finds the files whose path or title contains a text, whatever its case, or whose identity
    /// begins with it. `titles` are those of open buffers.
    pub(super) fn find(
        &self,
        typed: &str,
        titles: &BTreeMap<&RepoPath, Option<String>>,
        most: usize,
    ) -> CompletedFiles {
        let typed = typed.to_lowercase();
        // Without a text, all files fit, and these are enough.
        let enough = if typed.is_empty() { most + 1 } else { self.0.len() };
        let search = CompletionSearch { finder: Finder::new(&typed), typed: &typed };
        let mut open = titles.iter().peekable();
        let mut found: Vec<(Fit, usize)> = Vec::new();
        for (nth, entry) in self.0.iter().take(enough).enumerate() {
            // Both are in the order of the paths.
            while open.next_if(|(path, _)| ***path < entry.file.path).is_some() {}
            let own_title = open.peek().filter(|(path, _)| ***path == entry.file.path);
            let fit = match own_title {
                Some((_, title)) => {
                    let key = title.as_ref().map(|title| title.to_lowercase());
                    search.fit(entry, key.as_deref())
                }
                None => search.fit(entry, entry.title_key.as_deref()),
            };
            found.extend(fit.map(|fit| (fit, nth)));
        }
        let has_more = found.len() > most;
        if has_more {
            found.select_nth_unstable(most);
            found.truncate(most);
        }
        found.sort_unstable();
        let file = |(_, nth): (Fit, usize)| {
            let file = self.0[nth].file.clone();
            match titles.get(&file.path) {
                Some(title) => CompletedFile { title: title.clone(), ..file },
                None => file,
            }
        };
        CompletedFiles { files: found.into_iter().map(file).collect(), has_more }
    }
}

/// A text that is searched in paths and titles.
struct CompletionSearch<'t> {
    typed: &'t str,
    finder: Finder<'t>,
}

impl CompletionSearch<'_> {
    fn fit(&self, entry: &CompletionEntry, title: Option<&str>) -> Option<Fit> {
        if !self.typed.is_empty() && entry.id_key.starts_with(self.typed) {
            return Some(Fit::IdStart);
        }
        if entry.path_key[entry.name..].starts_with(self.typed) {
            return Some(Fit::NameStart);
        }
        let in_title = title.and_then(|title| match self.finder.find(title.as_bytes())? {
            0 => Some(Fit::TitleStart),
            _ => Some(Fit::InTitle),
        });
        let in_path = self.finder.find(entry.path_key.as_bytes()).map(|_| Fit::InPath);
        in_title.into_iter().chain(in_path).min()
    }
}
