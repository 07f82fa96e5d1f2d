//! A registry that an earlier commit lost, although the rules of the commit have a legacy file written.

use idhooks_core::check::Finding;
use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::REGISTRY_PATH;
use idhooks_repo::state::{LegacyFile, StateError, has_registry};
use idhooks_repo::transaction::PendingCommit;

use crate::output::{Ui, shell_quoted};

/// The number of commits that changed the registry among which the last one that has it is looked for.
const MOST_COMMITS: usize = 8;

/// Warns if the commit writes no legacy file only because an earlier one removed the registry. Nothing is
/// blocked: a repository without a registry is not adopted.
///
/// # Errors
/// Returns an error if the rules or commits cannot be read.
pub(super) fn warn_of_lost_registry(
    ui: &mut Ui,
    pending: &PendingCommit<'_>,
) -> Result<Vec<Finding>, StateError> {
    let PendingCommit { repo, index, head, .. } = pending;
    let file = LegacyFile::of(repo, &index.tree)?.filter(LegacyFile::is_checked);
    let (Some(file), Some((head, commit))) = (file, head) else { return Ok(Vec::new()) };
    let mut with_registry = None;
    for id in repo.last_changes(REGISTRY_PATH, &[*head], MOST_COMMITS)? {
        if has_registry(repo, id)? {
            with_registry = Some(id);
            break;
        }
    }
    // Without one, the rules only prepare an adoption.
    let Some(last) = with_registry else { return Ok(Vec::new()) };
    let path = file.path();
    ui.warning(&format!(
        "an earlier commit removed '{REGISTRY_PATH}': this commit writes neither it nor '{path}', although [dual_write] in {CONFIG_PATH} is enabled"
    ));
    ui.hint(&format!(
        "to restore it, then commit: git restore --source={} --staged --worktree {REGISTRY_PATH}",
        last.short()
    ));
    let entry = path.as_str().map(|path| repo.tree_entry(commit.tree, path)).transpose()?;
    if file.rules.format.has_records() && entry.flatten().is_some() {
        ui.hint(&format!(
            "to rebuild it from {}: idhooks migrate run --from legacy",
            shell_quoted(&path.to_string())
        ));
    }
    ui.hint(&format!("to stop using idhooks: git rm {CONFIG_PATH}, then commit"));
    Ok(Vec::new())
}
