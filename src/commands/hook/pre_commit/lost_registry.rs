//! A registry that an earlier commit lost, although there is an idhooks.toml.

use idhooks_core::check::Finding;
use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{REGISTRY_PATH, RepoPath};
use idhooks_repo::state::{LegacyFile, StateError, last_with_registry};
use idhooks_repo::transaction::PendingCommit;

use crate::output::{Ui, shell_quoted};

/// Warns if the commit gets no registry only because an earlier one removed it. Nothing is blocked: a
/// repository without a registry is not adopted.
///
/// # Errors
/// Returns an error if the rules or commits cannot be read.
pub(super) fn warn_of_lost_registry(
    ui: &mut Ui,
    pending: &PendingCommit<'_>,
) -> Result<Vec<Finding>, StateError> {
    let PendingCommit { repo, index, head, .. } = pending;
    let has_rules = index.tree.contains_key(&RepoPath::config());
    let Some((head, commit)) = head.as_ref().filter(|_| has_rules) else { return Ok(Vec::new()) };
    // Without one, the rules only prepare an adoption.
    let Some(last) = last_with_registry(repo, &[*head])? else { return Ok(Vec::new()) };
    let restore =
        format!("git restore --source={} --staged --worktree {REGISTRY_PATH}", last.short());
    let Some(file) = LegacyFile::of(repo, &index.tree)?.filter(LegacyFile::is_checked) else {
        ui.warning(&format!("an earlier commit removed '{REGISTRY_PATH}': this commit has no identities; to restore it, then commit: {restore}"));
        return Ok(Vec::new());
    };
    let path = file.path();
    ui.warning(&format!(
        "an earlier commit removed '{REGISTRY_PATH}': this commit writes neither it nor '{path}', although [dual_write] in {CONFIG_PATH} is enabled"
    ));
    ui.hint(&format!("to restore it, then commit: {restore}"));
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
