//! [`RegistrySource`]: a commit or ref from which to get the registry if the index has none.

use std::fmt;

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{REGISTRY_PATH, RepoPath, Tree, shell_quoted};

use super::counted_tree::registry_before_gap;
use super::stored_registry::{has_registry_file, is_rolled_back};
use crate::git::{GitError, Repo};

/// A commit or ref that has a registry when the index has none.
#[derive(Debug)]
pub struct RegistrySource {
    /// `HEAD`, an abbreviated commit id, or the full name of a ref.
    pub name: String,
    /// How to get the registry into the index: a purpose, a colon, and a command.
    pub how: String,
    /// Whether it is a commit before HEAD, so that the use of idhooks can be resumed.
    pub is_former: bool,
}

impl fmt::Display for RegistrySource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.is_former {
            true => write!(f, "had identities until '{}'; {}", self.name, self.how),
            false => write!(f, "'{}' has a registry; {}", self.name, self.how),
        }
    }
}

/// Returns the name of a ref that has a registry. If a migration was rolled back here, returns a
/// ref that does not include the rollback yet.
///
/// # Errors
/// Returns an error if git cannot be run.
pub fn adopted_ref(repo: &Repo) -> Result<Option<String>, GitError> {
    let is_off = repo.head()?.map_or(Ok(false), |head| is_rolled_back(repo, &[head]))?;
    repo.ref_with(REGISTRY_PATH, is_off)
}

impl RegistrySource {
    /// Finds a registry for an index that contains these files but no registry. A registry that
    /// counts in HEAD is resumed. Otherwise, a branch that has one is merged, or its registry is
    /// restored if the histories are unrelated, because they cannot be merged.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn find(repo: &Repo, tree: &Tree) -> Result<Option<Self>, GitError> {
        let head = repo.head()?;
        if let Some(head) = head {
            if has_registry_file(repo, head)? {
                return Self::restore(repo, tree, "HEAD".to_owned()).map(Some);
            }
            if let Some(before) = registry_before_gap(repo, head)? {
                let how = "to resume: idhooks init".to_owned();
                return Ok(Some(RegistrySource { name: before.short(), how, is_former: true }));
            }
        }
        let Some(name) = adopted_ref(repo)? else { return Ok(None) };
        let branch = |name, how| Ok(Some(RegistrySource { name, how, is_former: false }));
        let merge = format!("merge it: git merge {}", shell_quoted(&name));
        let Some(head) = head else { return branch(name, merge) };
        if is_rolled_back(repo, &[head])? {
            let how = "the migration was rolled back here, but not there: merge this branch there";
            return branch(name, how.to_owned());
        }
        match repo.resolve(&name)? {
            Some(tip) if !repo.merge_bases(head, tip)?.is_empty() => branch(name, merge),
            _ => Self::restore(repo, tree, name).map(Some),
        }
    }

    /// Returns a source from which to restore the registry, and also the rules if there are none.
    fn restore(repo: &Repo, tree: &Tree, name: String) -> Result<Self, GitError> {
        let has_rules = tree.contains_key(&RepoPath::config())
            || repo.top().join(CONFIG_PATH).symlink_metadata().is_ok();
        let object = format!("{name}:{CONFIG_PATH}");
        let rules = match !has_rules && repo.git().ask(&["cat-file", "-e", &object])?.is_some() {
            true => format!(" {CONFIG_PATH}"),
            false => String::new(),
        };
        let source = shell_quoted(&name);
        let command =
            format!("git restore --source={source} --staged --worktree {REGISTRY_PATH}{rules}");
        let how = format!("restore it: {command}");
        Ok(RegistrySource { name, how, is_former: false })
    }
}
