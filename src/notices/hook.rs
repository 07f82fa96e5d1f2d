//! Shows notices from hooks, as text.

use idhooks_ops::{HookNotice, MissingObjects, NotRewritten, RemadeCommit};

use crate::output::{Ui, count};

impl Ui {
    /// Shows a notice from a hook.
    pub(super) fn show_hook(&mut self, notice: HookNotice) {
        match notice {
            HookNotice::Inconsistent(lacking) => {
                let outlook = lacking.map(MissingObjects::outlook);
                let outlook = outlook.unwrap_or_else(|| "the next commit heals it".to_owned());
                self.status(&format!(
                    "idhooks: the registry in HEAD is inconsistent (see 'idhooks check'); {outlook}"
                ));
            }
            // git mixes the output of hooks with its own, so each of our lines names the program.
            HookNotice::NotInstalled(problem) => self
                .status(&format!("idhooks: {problem} in this clone; 'idhooks install' fixes it")),
            HookNotice::RemovedByMerge => {
                self.status("idhooks: the merged branch had removed idhooks, so this branch now has no registry, either");
                // `--merge` keeps unstaged edits; ORIG_HEAD is the commit before the merge.
                self.status("idhooks: to keep the registry: git reset --merge ORIG_HEAD");
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
            // An unsigned commit must not replace a signed one, so the repair is a separate commit.
            HookNotice::NotSigned(commit, error) => {
                let kind = match commit {
                    RemadeCommit::Merge => "merge",
                    RemadeCommit::Amendment => "amended",
                };
                self.warning(&format!("idhooks: the {kind} commit could not be signed again ({error}); added another commit after it"));
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
                self.warning(&format!("idhooks: '{path}' has changes by another program that are not in the registry{outlook}"));
                self.hint("to list them: idhooks migrate verify; to drop them: idhooks resolve, then commit; to take them: set leading = \"legacy\" in idhooks.toml, and commit");
            }
        }
    }
}

/// Returns the reason the commits in a rebase were not rewritten.
fn reason(why: &NotRewritten) -> String {
    match why {
        NotRewritten::OtherBranches(names) => {
            format!("git also moves other branches to them: {}", names.join(", "))
        }
        NotRewritten::Shared => "other branches or tags already contain them".to_owned(),
        NotRewritten::Unsigned(error) => {
            format!("one of them could not be signed again: {error}")
        }
    }
}
