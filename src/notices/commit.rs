//! Shows notices about the commit being made, as text.

use crate::output::{Ui, count};
use idhooks_core::check::Finding;
use idhooks_core::config::CONFIG_PATH;
use idhooks_core::plan::Continued;
use idhooks_core::registry::RepoPath;
use idhooks_ops::{CommitNotice, TO_REMOVE_LEGACY};

use super::new_files::{show_followed_moves, show_unused_moves};

/// The maximum number of warnings of one kind; there is a limit because git prints its own output
/// after them.
pub(super) const MAX_WARNINGS: usize = 10;

impl Ui {
    /// Shows a notice about the commit being made.
    pub(super) fn show_commit(&mut self, notice: CommitNotice) {
        match notice {
            CommitNotice::NotLinted(error) => {
                self.warning(&format!("identifiers in code were not checked: {error}"));
            }
            CommitNotice::Linted(findings) => self.some_warnings(findings, "idhooks lint --staged"),
            CommitNotice::InvalidSwitch(why) => self.warning(&format!("idhooks: {why}")),
            CommitNotice::Removed(ids) => {
                let ids = count(ids, "identity", "identities");
                self.status(&format!(
                    "idhooks: this commit ends the use of idhooks, with {ids}; to take it back: idhooks init"
                ));
            }
            CommitNotice::AttributesLeft(error) => {
                self.warning(&format!("'.gitattributes' still names idhooks: {error}"));
                self.hint("remove its line by hand, or run 'idhooks uninstall'");
            }
            // The registry is still in use, so only the rules have been removed. If both were
            // removed, the notice would be `Removed`.
            CommitNotice::RulesRemoved => {
                self.warning("this commit removes idhooks.toml: from now on the default rules apply, also to files it excluded");
                self.hint("to keep it: git restore --source=HEAD --staged --worktree idhooks.toml");
            }
            CommitNotice::Excluded(ids) => self.show_excluded(ids),
            CommitNotice::HalfMoved(paths) => self.show_half_moved(&paths),
            CommitNotice::HeadReplaced { path, id, carried } => self.status(&format!(
                "idhooks: '{path}' keeps {id}; it carried {carried}, so its head was rewritten"
            )),
            CommitNotice::NotDescribed(files) => {
                let files = count(files, "Python file", "Python files");
                self.warning(&format!(
                    "no time left to describe {files}; the registry keeps the old facts"
                ));
                // A commit never waits for facts; a command fills in missing ones.
                self.hint("to describe them: idhooks describe --all --write");
            }
            CommitNotice::CarriedFaults(findings) => {
                self.some_warnings(findings, "idhooks check --all-heads");
            }
            CommitNotice::References(notice) => self.show_references(notice),
            CommitNotice::Generated(path) => self.status(&format!("idhooks: generated '{path}'")),
            CommitNotice::LegacyPutBack(path) => {
                self.status(&format!(
                    "idhooks: restored '{path}', which [dual_write] keeps in step"
                ));
                self.hint(TO_REMOVE_LEGACY);
            }
            CommitNotice::RegistryRebuilt => {
                self.status("idhooks: the registry in HEAD was damaged; this commit has one rebuilt from earlier commits");
            }
            CommitNotice::CompletedInPick { is_revert } => {
                let command = if is_revert { "revert" } else { "cherry-pick" };
                // When picking or reverting several commits, git makes the commit and then mistakes
                // the changed index for the user's local changes.
                self.status(&format!("idhooks: the registry was completed; if git stops because of local changes, run 'git {command} --continue' again: the commit is made"));
            }
            CommitNotice::MovesFollowed(files) => show_followed_moves(self, &files),
            CommitNotice::MovesUnused(moves) => show_unused_moves(self, &moves),
            CommitNotice::OnlyRegistry => {
                // git decides whether there is anything to commit based on the index that it read
                // before the hook ran.
                self.status("idhooks: the registry is staged; if git reports nothing to commit, run the same command again");
            }
        }
    }

    /// Notes that the rules end identities of files that are still there.
    fn show_excluded(&mut self, ids: usize) {
        let ids = count(ids, "identity", "identities");
        self.status(&format!(
            "idhooks: the rules of this commit end {ids} of files that are still there; to take it back: git checkout HEAD~1 -- {CONFIG_PATH} && git commit --amend --no-edit"
        ));
    }

    /// Notes that only the second path of a file that seems to have moved is in the commit.
    fn show_half_moved(&mut self, [from, to]: &[RepoPath; 2]) {
        let quoted = from.shell_quoted();
        self.status(&format!(
            "idhooks: '{to}' gets a new identity, since the deletion of '{from}' is not staged; if the file was moved: git rm --cached -- {quoted} && git commit --amend --no-edit"
        ));
    }

    /// Notes that some new identities are not in the counters that the rules name.
    pub(super) fn show_continued(&mut self, continued: &Continued) {
        for ([full, counter], ids) in continued {
            let ids = count(*ids, "new identity is", "new identities are");
            self.status(&format!("note: counter {full} is full; {ids} in {counter}"));
        }
    }

    /// Warns about findings, up to a limit; `command` shows all of them.
    pub(super) fn some_warnings(&mut self, findings: Vec<Finding>, command: &str) {
        // The commit goes through despite the findings, so no line may say "error".
        let all: Vec<Finding> = findings.into_iter().map(Finding::into_warning).collect();
        let (shown, rest) = all.split_at(all.len().min(MAX_WARNINGS));
        self.complain(shown);
        if !rest.is_empty() {
            let more = count(rest.len(), "more warning", "more warnings");
            self.warning(&format!("{more} of this kind; see: {command}"));
        }
    }
}
