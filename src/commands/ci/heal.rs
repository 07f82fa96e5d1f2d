//! `idhooks ci --patch` and `--fix`: what heals the registry of a change.

use std::path::Path;

use crate::error::CommandError;
use crate::git::{CommitId, Repo};
use crate::output::{Ui, count, unified};
use crate::registry::RepoPath;
use crate::walk::healing;

use super::super::reconcile;
use super::super::written::write;

/// Writes what heals the registry of a commit into a file, which is empty where nothing does.
pub(super) fn write_patch(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    file: &Path,
) -> Result<(), CommandError> {
    let diff = healing(repo, head)?
        .map(|healing| unified(&RepoPath::registry(), &healing.before, healing.after.as_bytes()));
    write(file, diff.as_deref().unwrap_or_default())?;
    let file = file.display();
    ui.status(&match diff {
        Some(_) => format!("what heals the registry is in '{file}': git apply --index {file}"),
        None => format!("'{file}' is empty: the registry of the change needs no healing"),
    });
    Ok(())
}

/// A branch that is checked out, to be healed by new commits.
pub(super) struct Branch {
    repo: Repo,
}

impl Branch {
    /// Opens the branch that is checked out, on which nobody must be at work.
    ///
    /// # Errors
    /// Another commit than `head` checked out; changes that are not committed.
    pub(super) fn open(dir: &Path, head: CommitId) -> Result<Self, CommandError> {
        let repo = Repo::open(dir)?.synced();
        if repo.head()? != Some(head) {
            let message = format!("the change {} is not what is checked out", head.short());
            return Err(CommandError::new(message).hint(
                "check out its branch: git switch <branch> (on GitHub, 'ref: ${{ github.head_ref }}' for actions/checkout)",
            ));
        }
        repo.assert_clean()?;
        Ok(Branch { repo })
    }

    /// Heals the registry in a commit; returns the commit, or nothing where there is nothing to heal.
    pub(super) fn heal(&self, ui: &mut Ui) -> Result<Option<CommitId>, CommandError> {
        if !reconcile::stage(ui, &self.repo)? {
            return Ok(None);
        }
        self.commit(ui, "Heal the registry").map(Some)
    }

    /// Merges the target branch with our merge driver, and heals what comes of it.
    pub(super) fn merge(
        &self,
        ui: &mut Ui,
        base: CommitId,
        name: &str,
    ) -> Result<CommitId, CommandError> {
        let conflicts = self.repo.begin_merge(base)?;
        if let Some(first) = conflicts.first() {
            self.repo.restore_head()?;
            let files = count(conflicts.len(), "file conflicts", "files conflict");
            let message = format!("{files} with '{name}': '{first}'");
            return Err(CommandError::new(message)
                .hint(format!("merge it by hand, with idhooks installed: git merge {name}")));
        }
        reconcile::stage(ui, &self.repo)
            .and_then(|_| self.commit(ui, &format!("Merge '{name}' and heal the registry")))
    }

    /// Returns whether the branch has a commit already.
    pub(super) fn has(&self, commit: CommitId) -> Result<bool, CommandError> {
        let Some(head) = self.repo.head()? else { return Ok(false) };
        Ok(self.repo.merge_bases(commit, head)?.contains(&commit))
    }

    /// Takes back what was committed, and what was begun, since the branch was opened.
    pub(super) fn go_back(&self, before: CommitId) -> Result<(), CommandError> {
        Ok(self.repo.reset_to(before)?)
    }

    /// Commits what is staged; what cannot be committed is taken back.
    fn commit(&self, ui: &mut Ui, message: &str) -> Result<CommitId, CommandError> {
        let id = self.repo.commit_index(message).map_err(|error| {
            let _ = self.repo.restore_head();
            let is_unknown = error.reason.contains("tell me who you are");
            CommandError::from(error).hint(if is_unknown {
                "say who commits: git config user.name <name>; git config user.email <mail>"
            } else {
                "nothing was changed; see to what git says, then try again"
            })
        })?;
        ui.line(&format!("{} {message}", id.short()));
        Ok(id)
    }
}
