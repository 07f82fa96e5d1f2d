//! Maintains the legacy file's line in `info/attributes`, which git reads on every branch. Branches
//! from before the migration's first step do not have the line in `.gitattributes`.

use idhooks_core::config::{CONFIG_PATH, legacy_attributes};

use crate::derived::legacy::LegacyFile;
use crate::git::{Repo, attributes, with_block};
use crate::state::StateError;
use crate::store::file_change::{self, FileChange};
use crate::store::{Access, Scratch, read_file, resolve_path};

/// The maximum number of versions of `idhooks.toml` to search for a legacy file's name.
const MOST_VERSIONS: usize = 100;

/// Returns the legacy file's line for `info/attributes`, which currently contains `present`. Until
/// a migration is finished, this is the line for the file that the rules name. On a branch whose
/// history has never named a legacy file, the line from another branch stays.
///
/// # Errors
/// Returns an error if the history cannot be read.
pub fn clone_legacy_line(
    repo: &Repo,
    file: Option<&LegacyFile<'_>>,
    present: &[u8],
) -> Result<Option<String>, StateError> {
    match (file, attributes::legacy_line(present)) {
        (Some(file), _) if file.rules.finished => Ok(None),
        (Some(file), _) => Ok(Some(legacy_attributes(file.path()))),
        (None, Some(line)) if !has_named_one(repo)? => Ok(Some(line)),
        (None, _) => Ok(None),
    }
}

/// If idhooks is installed in this clone, adds a line to `info/attributes` for the legacy file
/// named by the rules in the index or a commit, and removes any line left over from other rules.
///
/// # Errors
/// Returns an error if the history or the file cannot be read, or if it cannot be written.
pub fn keep_clone_attributes(repo: &Repo, file: Option<&LegacyFile<'_>>) -> Result<(), StateError> {
    let path = repo.common_dir().join("info").join("attributes");
    let Some(present) = read_file(&path)?.filter(|bytes| attributes::has_line(bytes)) else {
        return Ok(());
    };
    // Few repositories have a legacy file; in the others, the history is not read.
    if file.is_none() && attributes::legacy_line(&present).is_none() {
        return Ok(());
    }
    let line = clone_legacy_line(repo, file, &present)?;
    // 'idhooks install' reports a damaged block.
    let Ok(Some(bytes)) = with_block(Some(&present), 0, line.as_deref()) else { return Ok(()) };
    // If the path is a symlink, its target is replaced, not the symlink.
    let path = resolve_path(&path).unwrap_or(path);
    let change = FileChange::Write { path, bytes, access: Access::Keep };
    Ok(file_change::apply(&Scratch::in_dir(repo.common_dir()), &[change])?)
}

/// Returns whether the rules in HEAD or an earlier commit name a legacy file.
fn has_named_one(repo: &Repo) -> Result<bool, StateError> {
    let Some(head) = repo.head()? else { return Ok(false) };
    for id in repo.last_changes(CONFIG_PATH, &[head], MOST_VERSIONS)? {
        // This version of idhooks may be unable to read rules from earlier commits.
        if repo.has_commit(id)
            && let Ok(Some(_)) = LegacyFile::of_tree(repo, repo.commit(id)?.tree)
        {
            return Ok(true);
        }
    }
    Ok(false)
}
