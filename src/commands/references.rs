//! Telling where tracked files still name what changed.

use crate::git::{GrepMatch, Repo};
use crate::output::{Ui, count};
use crate::registry::{Allocation, Id, RepoPath};

/// Of how many files is told that they name something …
const FILES: usize = 20;
/// … and of how many lines of each.
const LINES: usize = 3;

/// Says where tracked text files name an identity; that it cannot be found out is a warning.
pub(super) fn to_id(ui: &mut Ui, repo: &Repo, id: Id) {
    look_for(ui, repo, &[id.to_string()]);
}

/// Says where tracked text files name what was at a path, by the last part of it.
pub(super) fn to_path(ui: &mut Ui, repo: &Repo, path: &RepoPath) {
    look_for(ui, repo, &file_name(path).map(str::to_owned).into_iter().collect::<Vec<_>>());
}

/// Says where tracked text files name these identities or their files.
pub(super) fn to_all(ui: &mut Ui, repo: &Repo, records: &[Allocation]) {
    let words = records.iter().flat_map(|record| {
        let name = file_name(&record.path).map(str::to_owned);
        [record.id.to_string()].into_iter().chain(name)
    });
    look_for(ui, repo, &words.collect::<Vec<_>>());
}

fn file_name(path: &RepoPath) -> Option<&str> {
    let name = path.as_bytes().rsplit(|b| *b == b'/').next()?;
    std::str::from_utf8(name).ok()
}

fn look_for(ui: &mut Ui, repo: &Repo, words: &[String]) {
    match repo.mentions(words) {
        Ok(mentions) => list(ui, &mentions),
        Err(error) => ui.warning(&error.to_string()),
    }
}

/// Says where these are.
pub(super) fn list(ui: &mut Ui, mentions: &[GrepMatch]) {
    let files: Vec<&[GrepMatch]> = mentions.chunk_by(|one, next| one.path == next.path).collect();
    for file in files.iter().take(FILES) {
        for GrepMatch { path, line, text } in file.iter().take(LINES) {
            ui.status(&format!("still named in {path}:{line}: {}", text.trim()));
        }
        if let [first, ..] = file
            && file.len() > LINES
        {
            let more = count(file.len() - LINES, "more line", "more lines");
            ui.status(&format!("still named in {} on {more}", first.path));
        }
    }
    if files.len() > FILES {
        let more = count(files.len() - FILES, "more file", "more files");
        ui.status(&format!("still named in {more}; 'git grep' finds them"));
    }
}
