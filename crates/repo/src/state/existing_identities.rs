//! Finds identities that adopting the repository with `idhooks init` would not keep: those in
//! another commit, in a backup, or in another program's registry among the files in a tree.

use idhooks_core::config::is_own;
use idhooks_core::registry::{RepoPath, Tree};

use super::registry_source::RegistrySource;
use crate::git::{GitError, Repo};

/// The extensions of the files that are searched for records.
const RECORDS: [&str; 4] = [".json", ".jsonl", ".ndjson", ".csv"];
/// The maximum size in bytes of a file that is searched for records.
const MOST_BYTES: u64 = 64 << 20;
/// The maximum number of files that are searched, in path order.
pub const MOST_RECORD_FILES: usize = 10_000;
/// The keys that identify records, and the columns that identify a table of records. One name in
/// each group must be present.
const KEYS: [&[&str]; 3] = [&["id"], &["file_path"], &["allocated_at"]];
const COLUMNS: [&[&str]; 3] = [&["id"], &["path", "file_path"], &["allocated_at"]];
/// The maximum number of bytes that are searched in each file.
const HEAD: usize = 1 << 20;

/// Returns the files in a tree that appear to contain identity records. This may read many files,
/// so it is not done for ordinary commits.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn find_registries(repo: &Repo, tree: &Tree) -> Result<Vec<RepoPath>, GitError> {
    let mut found = Vec::new();
    each_small_file(repo, tree, &RECORDS, MOST_BYTES, |path, bytes| {
        if has_records(bytes) {
            found.push(path.clone());
        }
    })?;
    Ok(found)
}

/// Returns instructions for getting started in a repository that has these files but no registry.
pub fn how_to_adopt(repo: &Repo, tree: &Tree) -> String {
    let other = how_to_take_over(repo, tree);
    other.unwrap_or_else(|| match tree.contains_key(&RepoPath::config()) {
        true => "to adopt this repository: idhooks init; or, if its registry was lost, to restore it from a backup that was pushed: idhooks backup restore --from REMOTE".to_owned(),
        false => "to adopt this repository: idhooks init".to_owned(),
    })
}

/// Returns instructions for getting started if there are identities that `idhooks init` would not
/// keep: in another commit, in another program's registry among these files, or in a backup in this
/// clone.
pub fn how_to_take_over(repo: &Repo, tree: &Tree) -> Option<String> {
    // This is only a hint. If a backup is restored alongside a branch's registry, the two cannot be
    // merged. After a migration has been rolled back, its backups and the other registry still
    // exist.
    if let Ok(Some(source)) = RegistrySource::find(repo, tree) {
        return Some(source.to_string());
    }
    let registries = find_registries(repo, tree).unwrap_or_default();
    if let Some(path) = registries.first() {
        return Some(format!(
            "'{path}' has the identities of another program; to take them over: idhooks migrate plan"
        ));
    }
    // Backups come last, because they may be older than the registry on a branch.
    let has_backups = repo.backups().is_ok_and(|backups| !backups.is_empty());
    let restore =
        "this clone has backups of a registry; to restore the last: idhooks backup restore";
    has_backups.then(|| restore.to_owned())
}

/// Returns whether a file may have another program's records, judging by its name.
pub fn may_have_records(path: &RepoPath) -> bool {
    has_ending(path, &RECORDS)
}

/// Returns whether a file's name has one of these endings, in any case. idhooks' own files do not
/// count.
fn has_ending(path: &RepoPath, endings: &[&str]) -> bool {
    let path = path.as_bytes();
    let ends = |ending: &&str| {
        let from = path.len().checked_sub(ending.len());
        from.is_some_and(|from| path[from..].eq_ignore_ascii_case(ending.as_bytes()))
    };
    endings.iter().any(ends) && !is_own(path)
}

/// Returns whether a file appears to contain records, judging by its keys or its column names.
fn has_records(bytes: &[u8]) -> bool {
    let head = String::from_utf8_lossy(&bytes[..bytes.len().min(HEAD)]);
    let first = head.lines().next().unwrap_or_default();
    let columns: Vec<&str> = first.split(',').map(|name| name.trim().trim_matches('"')).collect();
    let has_key = |name: &&str| head.contains(&format!("\"{name}\""));
    KEYS.iter().all(|names| names.iter().any(has_key))
        || COLUMNS.iter().all(|names| names.iter().any(|name| columns.contains(name)))
}

/// Calls `visit` with the path and content of each file in a tree whose name has one of these
/// endings and whose size is at most `most_bytes`.
///
/// # Errors
/// Returns an error if objects cannot be read.
pub fn each_small_file(
    repo: &Repo,
    tree: &Tree,
    endings: &[&str],
    most_bytes: u64,
    mut visit: impl FnMut(&RepoPath, &[u8]),
) -> Result<(), GitError> {
    let candidates = tree.iter().filter(|(path, _)| has_ending(path, endings));
    for (path, entry) in candidates.take(MOST_RECORD_FILES) {
        let is_small = || repo.blob_size(entry.blob).is_some_and(|size| size <= most_bytes);
        if entry.mode.is_file() && is_small() {
            visit(path, &repo.blob(entry.blob)?);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn records_are_known_by_their_keys_or_columns() {
        for text in [
            r#"{"allocations": [{"id": "1", "file_path": "a", "allocated_at": "b"}]}"#,
            "{\"id\":\"1\",\"file_path\":\"a\",\"allocated_at\":\"b\"}\n",
            "owner,path,id,allocated_at\n",
            "\"id\",\"file_path\",\"allocated_at\"\r\n",
        ] {
            assert!(has_records(text.as_bytes()), "{text}");
        }
        for text in ["", "id,name,allocated_at\n", r#"{"id": "1", "path": "a"}"#] {
            assert!(!has_records(text.as_bytes()), "{text}");
        }
    }
}
