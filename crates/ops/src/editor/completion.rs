//! Finds files for the text that a person types after `idhooks:`.

use idhooks_core::registry::{Id, Registry, RepoPath, Tree};

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

/// How well a file fits a text; the least is the best.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Fit {
    IdStart,
    NameStart,
    TitleStart,
    InPath,
    InTitle,
}

/// Finds the active files whose path or title contains a text, whatever its case, or whose identity
/// begins with it.
pub(super) fn find_files<'t>(
    registry: &Registry,
    tree: &Tree,
    title: &dyn Fn(&RepoPath) -> Option<std::borrow::Cow<'t, str>>,
    typed: &str,
    most: usize,
) -> CompletedFiles {
    let typed = typed.to_lowercase();
    let mut found = Vec::new();
    for record in registry.active().filter(|record| !record.shadowed) {
        let path = record.path.to_string().to_lowercase();
        let name = path.rsplit('/').next().unwrap_or(&path);
        let fit = match () {
            () if typed.starts_with(|c: char| c.is_ascii_digit())
                && record.id.to_string().starts_with(&typed) =>
            {
                Some(Fit::IdStart)
            }
            () if name.starts_with(&typed) => Some(Fit::NameStart),
            () if path.contains(&typed) => Some(Fit::InPath),
            () => None,
        };
        let by_title = || {
            let title = title(&record.path)?.to_lowercase();
            match title.find(&typed)? {
                0 => Some(Fit::TitleStart),
                _ => Some(Fit::InTitle),
            }
        };
        let fit = match fit {
            Some(Fit::InPath) | None => by_title().into_iter().chain(fit).min(),
            fit => fit,
        };
        if let Some(fit) = fit.filter(|_| tree.contains_key(&record.path)) {
            found.push((fit, record));
        }
    }
    let has_more = found.len() > most;
    if has_more {
        found.select_nth_unstable_by(most, |one, other| {
            (one.0, &one.1.path).cmp(&(other.0, &other.1.path))
        });
        found.truncate(most);
    }
    found.sort_by(|one, other| (one.0, &one.1.path).cmp(&(other.0, &other.1.path)));
    let file = |record: &idhooks_core::registry::Allocation| CompletedFile {
        id: record.id,
        path: record.path.clone(),
        title: title(&record.path).map(std::borrow::Cow::into_owned),
    };
    CompletedFiles { files: found.into_iter().map(|(_, record)| file(record)).collect(), has_more }
}
