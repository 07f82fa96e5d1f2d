//! Lines in tracked files that still mention a renamed file or a deprecated identity.

use idhooks_core::registry::{Allocation, Id, RepoPath};
use idhooks_repo::derived::legacy::LegacyFile;
use idhooks_repo::git::{GrepMatch, Repo};
use idhooks_repo::state::StateError;

use crate::{Notice, Observer};

/// Returns the lines in tracked text files that contain one of these words, except in the legacy
/// file, which repeats the registry.
///
/// # Errors
/// Returns an error if the files or the index cannot be read.
pub fn mentions(repo: &Repo, words: &[String]) -> Result<Vec<GrepMatch>, StateError> {
    let mut mentions = repo.grep(words)?;
    // Most searches find nothing, so the rules are only read after a match.
    if !mentions.is_empty()
        && let Some(legacy) = LegacyFile::of(repo, &repo.index(&repo.index_file())?.tree)?
    {
        mentions.retain(|mention| mention.path != *legacy.path());
    }
    Ok(mentions)
}

/// Returns the lines that mention an identity; issues a notice if the search fails.
pub(crate) fn mentions_of_id(observer: &mut dyn Observer, repo: &Repo, id: Id) -> Vec<GrepMatch> {
    search(observer, repo, &[id.to_string()])
}

/// Returns the lines that mention a path's file name; issues a notice if the search fails.
pub(crate) fn mentions_of_path(
    observer: &mut dyn Observer,
    repo: &Repo,
    path: &RepoPath,
) -> Vec<GrepMatch> {
    let words: Vec<String> = file_name(path).map(str::to_owned).into_iter().collect();
    search(observer, repo, &words)
}

/// Returns the lines that mention these identities or their files' names; issues a notice if the
/// search fails.
pub(crate) fn mentions_of_records(
    observer: &mut dyn Observer,
    repo: &Repo,
    records: &[Allocation],
) -> Vec<GrepMatch> {
    let words = records.iter().flat_map(|record| {
        let name = file_name(&record.path).map(str::to_owned);
        [record.id.to_string()].into_iter().chain(name)
    });
    search(observer, repo, &words.collect::<Vec<_>>())
}

fn file_name(path: &RepoPath) -> Option<&str> {
    std::str::from_utf8(path.basename()).ok()
}

pub(crate) fn search(observer: &mut dyn Observer, repo: &Repo, words: &[String]) -> Vec<GrepMatch> {
    // The change has already been made, so a failed search must not look like a failed change.
    mentions(repo, words).unwrap_or_else(|error| {
        observer.notice(Notice::NotSearched(error));
        Vec::new()
    })
}
