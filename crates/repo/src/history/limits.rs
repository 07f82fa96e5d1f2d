//! The `[rename]` limits that apply when commits are healed: the larger of those in the healed
//! commit and in the commits that heal it. Raising a limit thereby heals the files it excluded, in
//! every clone that has the commit with the new limit.

use idhooks_core::config::{CONFIG_PATH, RenameLimits, RenamePolicy};
use idhooks_core::registry::{Entry, RepoPath, Tree};

use crate::git::{CommitId, Repo, TreeId};
use crate::state::read_config_in;

/// Returns a tree's limits.
pub(crate) fn limits_in(repo: &Repo, tree: &Tree) -> RenameLimits {
    read_policy(repo, tree.get(&RepoPath::config()).copied()).limits()
}

/// Returns the largest limits in some commits, as far as these are in this clone.
pub(crate) fn limits_of(repo: &Repo, commits: &[CommitId]) -> RenameLimits {
    let mut limits = RenameLimits::NONE;
    for id in commits.iter().filter(|id| repo.has_commit(**id)) {
        if let Ok(commit) = repo.commit(*id) {
            limits.raise_to(policy_of(repo, commit.tree).limits());
        }
    }
    limits
}

/// Returns a tree's rename options.
pub(super) fn policy_of(repo: &Repo, tree: TreeId) -> RenamePolicy {
    read_policy(repo, repo.tree_entry(tree, CONFIG_PATH).ok().flatten())
}

/// Reads rename options. If the rules cannot be read, the defaults apply, as everywhere.
fn read_policy(repo: &Repo, entry: Option<Entry>) -> RenamePolicy {
    read_config_in(repo, entry).unwrap_or_default().rename
}
