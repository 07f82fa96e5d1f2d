//! Whether an index was checked before as it is now, and nothing was found.

use crate::git::Repo;
use crate::registry::REGISTRY_PATH;
use crate::store::{Checks, Counted};

use super::{WalkError, shortcuts};

/// The checks that are remembered; what other checks have found out is not recalled.
const RULES: &str = concat!("1-", env!("CARGO_PKG_VERSION"));

/// Returns under which names a check of the index is remembered, the cheapest first; none while
/// something is merged. HEAD and what it comes from have a say in every check.
fn names(repo: &Repo, is_new: bool) -> Result<Vec<String>, WalkError> {
    if !shortcuts() || !repo.merge_heads()?.is_empty() {
        return Ok(Vec::new());
    }
    let file = repo.index_file();
    let head = repo.head()?.map_or_else(|| "unborn".to_owned(), |head| head.to_string());
    let name = |what: &str, id: &str| format!("{RULES}:{head}:{what}:{id}");
    let mut names: Vec<String> =
        repo.index_checksum(&file).map(|sum| name("index", &sum.to_string())).into_iter().collect();
    if is_new || names.is_empty() || recall(repo, &names).is_none() {
        names.extend(repo.glance(&file)?.map(|seen| name("tree", &seen.root.to_string())));
    }
    Ok(names)
}

fn recall(repo: &Repo, names: &[String]) -> Option<Counted> {
    let checks = Checks::in_dir(&repo.common_dir());
    names.iter().find_map(|name| checks.recall(name))
}

/// Returns what the last check of the index as it is now counted, if it found nothing.
///
/// # Errors
/// An index or a HEAD that cannot be read.
pub fn recall_clean(repo: &Repo) -> Result<Option<Counted>, WalkError> {
    Ok(recall(repo, &names(repo, false)?))
}

/// Remembers that a check of the index found nothing, unless the registry of HEAD, which is not in
/// this clone, might have told otherwise.
///
/// # Errors
/// An index or a HEAD that cannot be read.
pub fn remember_clean(repo: &Repo, counted: Counted) -> Result<(), WalkError> {
    if let Some(head) = repo.head()?
        && let Some(entry) = repo.tree_entry(repo.commit(head)?.tree, REGISTRY_PATH)?
        && !repo.has_blob(entry.blob)
    {
        return Ok(());
    }
    let names = names(repo, true)?;
    // A cache that cannot be written costs time, nothing else.
    let _ = Checks::in_dir(&repo.common_dir()).remember(&names, counted);
    Ok(())
}
