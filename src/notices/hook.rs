//! The notices of hooks, as text.

use idhooks_ops::{HookNotice, Lacking, NotRewritten, RemadeCommit};

use crate::output::{Ui, count};

impl Ui {
    /// Shows a notice of a hook.
    pub(super) fn show_hook(&mut self, notice: HookNotice) {
        match notice {
            HookNotice::Inconsistent(lacking) => {
                let outlook = lacking.map(Lacking::outlook);
                let outlook = outlook.unwrap_or_else(|| "the next commit heals it".to_owned());
                self.status(&format!("idhooks: the registry of HEAD is inconsistent ('idhooks check' shows why); {outlook}"));
            }
            HookNotice::NotInstalled(problem) => self
                .status(&format!("idhooks: {problem} in this clone; 'idhooks install' fixes it")),
            HookNotice::RemovedByMerge => {
                self.status("idhooks: the merged branch removed idhooks, and now this branch has no registry either");
                self.status("idhooks: to keep it instead: git reset --merge ORIG_HEAD");
            }
            HookNotice::MergeCompleted => {
                self.status("idhooks: the registry of the merge commit was completed");
            }
            HookNotice::RebaseRepaired(commits) => {
                let commits = count(commits, "rebased commit", "rebased commits");
                self.status(&format!("idhooks: repaired the registry in {commits}:"));
            }
            HookNotice::RebaseHealed(why) => {
                self.status("idhooks: some rebased commits are inconsistent; added a commit that heals them");
                self.status(&format!("idhooks: they were not rewritten: {}", reason(&why)));
            }
            HookNotice::AmendRepaired => {
                self.status("idhooks: repaired the registry of the amended commit:");
            }
            HookNotice::NotSigned(commit, error) => {
                let kind = match commit {
                    RemadeCommit::Merge => "merge",
                    RemadeCommit::Amendment => "amendment",
                };
                self.warning(&format!("idhooks: the commit of the {kind} could not be signed again ({error}); a commit was added after it"));
            }
            HookNotice::RebaseNotesNotCopied(error) => {
                self.warning(&format!(
                    "idhooks: the notes of the rebased commits were not copied: {error}"
                ));
            }
            HookNotice::NotesNotCopied(error) => {
                self.warning(&format!("idhooks: the notes of the commit were not copied: {error}"));
            }
            HookNotice::ForeignChanges { path, is_blocking } => {
                let outlook = match is_blocking {
                    false => "",
                    true => "; the next commit is blocked until it is in step",
                };
                self.warning(&format!("idhooks: '{path}' has changes of another program that the registry does not have{outlook}"));
                self.hint("see them: idhooks migrate verify; drop them: idhooks resolve, then commit; or take them: set leading = \"legacy\" in idhooks.toml, and commit");
            }
        }
    }
}

/// Returns why commits of a rebase were not rewritten.
fn reason(why: &NotRewritten) -> String {
    match why {
        NotRewritten::OtherBranches(names) => {
            format!("git moves other branches to them, too: {}", names.join(", "))
        }
        NotRewritten::Shared => "other branches or tags already contain them".to_owned(),
        NotRewritten::Unsigned(error) => {
            format!("one of them could not be signed again: {error}")
        }
    }
}
