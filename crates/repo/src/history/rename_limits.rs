//! The `[rename]` limits that apply when a commit is healed: the higher of the limits in the commit
//! itself and in the commits that heal it. So if a limit is raised, the files it excluded are
//! healed in every clone that has the commit with the new limit.

use idhooks_core::config::{CONFIG_PATH, RenameLimits, RenamePolicy};
use idhooks_core::registry::{Entry, RepoPath, Tree};

use crate::git::{CommitId, Repo, TreeId};
use crate::state::read_config_in;

/// Returns the `[rename]` limits in a tree.
pub(crate) fn limits_in(repo: &Repo, tree: &Tree) -> RenameLimits {
    read_policy(repo, tree.get(&RepoPath::config()).copied()).limits()
}

/// Returns the highest limits in those of these commits that are in this clone.
pub(crate) fn limits_of(repo: &Repo, commits: &[CommitId]) -> RenameLimits {
    let mut limits = RenameLimits::NONE;
    for id in commits.iter().filter(|id| repo.has_commit(**id)) {
        if let Ok(commit) = repo.commit(*id) {
            limits.raise_to(policy_of(repo, commit.tree).limits());
        }
    }
    limits
}

/// Returns the rename options in a tree.
pub(super) fn policy_of(repo: &Repo, tree: TreeId) -> RenamePolicy {
    read_policy(repo, repo.tree_entry(tree, CONFIG_PATH).ok().flatten())
}

/// Reads the rename options. As everywhere else, the defaults apply if the rules cannot be read.
fn read_policy(repo: &Repo, entry: Option<Entry>) -> RenamePolicy {
    read_config_in(repo, entry).unwrap_or_default().rename
}
