//! `idhooks ci --patch` and `--fix`: heals the registry of a change.

use std::path::Path;

use idhooks_core::registry::RepoPath;
use idhooks_ops::{OpsError, ReconcileOptions, ReconcileRefusal, reconcile, write_output};
use idhooks_repo::git::{CommitId, GitErrorKind, Repo};
use idhooks_repo::transaction::healing;

use crate::error::{CommandError, CommandResult};
use crate::output::{Ui, count, unified};

use super::super::output_file::OverwriteArgs;

/// Refuses to replace a file of someone else by the patch, before anything is done.
pub(super) fn guard_patch(repo: &Repo, file: &Path, overwrite: OverwriteArgs) -> CommandResult<()> {
    let path = RepoPath::registry();
    overwrite.guard(repo, file, unified([&path, &path], [b"", b"\n"]))
}

/// Writes a patch that heals the registry of a commit; the file is empty if there is none.
pub(super) fn write_patch(
    ui: &mut Ui,
    repo: &Repo,
    head: CommitId,
    file: &Path,
) -> CommandResult<()> {
    let path = RepoPath::registry();
    let diff = healing(repo, head)?
        .map(|healing| unified([&path, &path], [&healing.before, healing.after.as_bytes()]));
    write_output(file, diff.as_deref().unwrap_or_default().as_bytes())?;
    let file = file.display();
    ui.status(&match diff {
        Some(_) => {
            format!("wrote a patch that heals the registry; apply it: git apply --index {file}")
        }
        None => format!("'{file}' is empty: the registry of the change needs no healing"),
    });
    Ok(())
}

/// The checked-out branch, which new commits heal.
pub(super) struct CheckedOutBranch {
    pub(super) repo: Repo,
    /// Its tip before the changes.
    before: CommitId,
}

impl CheckedOutBranch {
    /// Opens the checked-out branch.
    ///
    /// # Errors
    /// Returns an error if another commit than `head` is checked out, or if there are uncommitted
    /// changes.
    pub(super) fn open(dir: &Path, head: CommitId) -> CommandResult<Self> {
        let repo = Repo::open(dir)?.synced();
        if repo.head()? != Some(head) {
            let message = format!("the change {} is not checked out", head.short());
            let hint = "check out its branch: git switch <branch> (on GitHub, 'ref: ${{ github.head_ref }}' for actions/checkout)";
            return Err(CommandError::new(message).hint(hint));
        }
        repo.assert_clean()?;
        Ok(CheckedOutBranch { repo, before: head })
    }

    /// Commits a healed registry; returns the commit, or nothing if there is nothing to heal.
    pub(super) fn heal(&self, ui: &mut Ui) -> CommandResult<Option<CommitId>> {
        if !stage(ui, &self.repo)? {
            return Ok(None);
        }
        self.commit(ui, "Heal the registry").map(Some).inspect_err(|_| self.go_back())
    }

    /// Merges the target branch with our merge driver, and heals the result; on an error, the caller
    /// must [go back](Self::go_back).
    pub(super) fn merge(&self, ui: &mut Ui, base: CommitId, name: &str) -> CommandResult<CommitId> {
        let conflicts = self.repo.begin_merge(base)?;
        if let Some(first) = conflicts.first() {
            let files = count(conflicts.len(), "file conflicts", "files conflict");
            let message = format!("{files} with '{name}': '{first}'");
            return Err(CommandError::new(message)
                .hint(format!("merge it by hand, with idhooks installed: git merge {name}")));
        }
        stage(ui, &self.repo)
            .and_then(|_| self.commit(ui, &format!("Merge '{name}' and heal the registry")))
    }

    /// Undoes the commits and an unfinished merge since the branch was opened.
    pub(super) fn go_back(&self) {
        // The caller reports the first error; if git cannot go back, its next command says so.
        let _ = self.repo.reset_to(self.before);
    }

    /// Commits what is staged.
    fn commit(&self, ui: &mut Ui, message: &str) -> CommandResult<CommitId> {
        let id = self.repo.commit_index(message).map_err(|error| {
            let is_unknown = error.kind() == GitErrorKind::UnknownAuthor;
            CommandError::from(error).hint(if is_unknown {
                "set your name and mail: git config user.name <name>; git config user.email <mail>"
            } else {
                "nothing was changed; fix what git reports, then try again"
            })
        })?;
        ui.line(&format!("{} {message}", id.short()));
        Ok(id)
    }
}

/// Stages a registry that heals the commits and completes the index; returns whether it changed.
fn stage(ui: &mut Ui, repo: &Repo) -> CommandResult<bool> {
    let done = reconcile(ui, repo, &ReconcileOptions::default());
    if let Err(OpsError::Reconcile(ReconcileRefusal::Findings(findings))) = &done {
        ui.complain(findings);
    }
    Ok(done?.written)
}
