//! Shows notices about the references in the commit being made, as text.

use crate::output::{Ui, at_most, count, retired_text};
use idhooks_core::registry::Id;
use idhooks_ops::{ReferenceNotice, RetiredTarget, UnsearchedFile};

use super::commit::MAX_WARNINGS;
use super::new_files::git_prefix;

/// How many files are named that could not be searched.
const MOST_UNSEARCHED: usize = 3;

impl Ui {
    /// Shows a notice about references.
    pub(super) fn show_references(&mut self, notice: ReferenceNotice) {
        match notice {
            ReferenceNotice::Added(findings) => {
                self.some_warnings(findings.clone(), "idhooks check");
                self.note_root(git_prefix(), &findings);
            }
            ReferenceNotice::NotChecked(error) => {
                self.warning(&format!("references were not checked: {error}"));
            }
            ReferenceNotice::StillReferred { targets, is_merge } => {
                let who = if is_merge { "one side of this merge" } else { "this commit" };
                self.show_still_referred(who, &targets);
            }
            ReferenceNotice::Unsearched(files) => self.show_unsearched(&files),
            ReferenceNotice::NotSearched(ids) => self.show_not_searched(&ids),
        }
    }

    /// Warns about files whose identities a commit, or one side of a merge, retires, and to which
    /// others refer.
    fn show_still_referred(&mut self, who: &str, targets: &[RetiredTarget]) {
        let (shown, rest) = targets.split_at(targets.len().min(MAX_WARNINGS));
        for target in shown {
            self.warning(&format!("{who} {}", retired_text(target)));
        }
        if !rest.is_empty() {
            let more = count(rest.len(), "more file", "more files");
            self.warning(&format!("{who} retires {more} to which others refer"));
        }
        match shown {
            [target] => self.hint(&format!("to list them: idhooks refs {}", target.record.id)),
            _ => self.hint("to list them, once this is committed: idhooks check"),
        }
    }

    /// Names files that may refer to retired identities, but could not be searched.
    fn show_unsearched(&mut self, files: &[UnsearchedFile]) {
        let number = count(files.len(), "file was", "files were");
        let file = |UnsearchedFile { path, reason }: &UnsearchedFile| {
            format!("{path} ({})", reason.title())
        };
        let few = at_most(files.iter().map(file), MOST_UNSEARCHED).join(", ");
        self.status(&format!("note: {number} not searched for references to what is gone: {few}"));
    }

    /// Warns that references to retired identities were not searched.
    fn show_not_searched(&mut self, ids: &[Id]) {
        let retired = match ids {
            [id] => format!("{id}, which this commit retires"),
            ids => format!("the {} identities that this commit retires", ids.len()),
        };
        self.warning(&format!("not searched, because it takes long: references to {retired}"));
        match ids {
            [id] => self.hint(&format!("to list them: idhooks refs {id}")),
            _ => self.hint("to list them, once this is committed: idhooks check"),
        }
    }
}
