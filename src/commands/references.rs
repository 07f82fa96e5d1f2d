//! Lists the lines of tracked files that still refer to a renamed file or a deprecated identity.

use idhooks_core::registry::{Allocation, Id, RepoPath};
use idhooks_repo::git::{GrepMatch, Repo};
use idhooks_repo::state::{LegacyFile, StateError};

use crate::output::{Ui, count};

/// The number of files that are listed.
const FILES: usize = 20;
/// The number of lines that are listed for each file.
const LINES: usize = 3;

/// Lists the lines of tracked text files that mention an identity; warns if they cannot be searched.
pub(super) fn to_id(ui: &mut Ui, repo: &Repo, id: Id) {
    look_for(ui, repo, &[id.to_string()]);
}

/// Lists the lines of tracked text files that mention the file name of a path.
pub(super) fn to_path(ui: &mut Ui, repo: &Repo, path: &RepoPath) {
    look_for(ui, repo, &file_name(path).map(str::to_owned).into_iter().collect::<Vec<_>>());
}

/// Lists the lines of tracked text files that mention these identities or their file names.
pub(super) fn to_all(ui: &mut Ui, repo: &Repo, records: &[Allocation]) {
    let words = records.iter().flat_map(|record| {
        let name = file_name(&record.path).map(str::to_owned);
        [record.id.to_string()].into_iter().chain(name)
    });
    look_for(ui, repo, &words.collect::<Vec<_>>());
}

fn file_name(path: &RepoPath) -> Option<&str> {
    std::str::from_utf8(path.basename()).ok()
}

fn look_for(ui: &mut Ui, repo: &Repo, words: &[String]) {
    match mentions(repo, words) {
        Ok(mentions) => list(ui, &mentions),
        Err(error) => ui.warning(&error.to_string()),
    }
}

/// Returns the lines of tracked text files that contain one of these words, except those of the legacy
/// file, which has what the registry has.
///
/// # Errors
/// Returns an error if the files or the index cannot be read.
pub(super) fn mentions(repo: &Repo, words: &[String]) -> Result<Vec<GrepMatch>, StateError> {
    let mut mentions = repo.grep(words)?;
    if !mentions.is_empty()
        && let Some(legacy) = LegacyFile::of(repo, &repo.index(&repo.index_file())?.tree)?
    {
        mentions.retain(|mention| mention.path != *legacy.path());
    }
    Ok(mentions)
}

/// Prints these lines.
pub(super) fn list(ui: &mut Ui, mentions: &[GrepMatch]) {
    let files: Vec<&[GrepMatch]> = mentions.chunk_by(|one, next| one.path == next.path).collect();
    for file in files.iter().take(FILES) {
        for GrepMatch { path, line, text } in file.iter().take(LINES) {
            ui.status(&format!("still mentioned in {path}:{line}: {}", text.trim()));
        }
        if let [first, ..] = file
            && file.len() > LINES
        {
            let more = count(file.len() - LINES, "more line", "more lines");
            ui.status(&format!("still mentioned in {} on {more}", first.path));
        }
    }
    if files.len() > FILES {
        let more = count(files.len() - FILES, "more file", "more files");
        ui.status(&format!("still mentioned in {more}; 'git grep' finds them"));
    }
}
