//! Shows notices about resolving a registry, as text.

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::merge::Contested;
use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{ResolveNotice, ResolvedFrom};

use crate::output::{Ui, count};

/// The maximum number of contested identities to list.
const MOST_CONTESTED: usize = 10;

impl Ui {
    /// Shows a notice about resolving a registry.
    pub(super) fn show_resolving(&mut self, notice: ResolveNotice) {
        match notice {
            ResolveNotice::PathsChosen { contested, side, is_choice } => {
                let identities = count(contested.len(), "identity", "identities");
                self.status(&format!("the sides have {identities} at different paths and no registry in common; took the paths of {side}"));
                let other = side.reversed();
                self.lines(contested.iter().take(MOST_CONTESTED).map(|one| {
                    let Contested { id, .. } = one;
                    format!("{id} keeps '{}', not '{}'", one.path(side), one.path(other))
                }));
                if let Some(first) = contested.first().filter(|_| is_choice) {
                    let option = first.path_option(other);
                    self.hint(&format!(
                        "to take the paths of {other} instead: idhooks resolve {option}"
                    ));
                }
            }
            ResolveNotice::Unreadable(why) => {
                self.warning(&format!("'{REGISTRY_PATH}' in the index cannot be read: {why}"));
            }
            ResolveNotice::VersionUnreadable(path) => {
                self.warning(&format!(
                    "a version of '{path}' cannot be read; data only in it is overwritten"
                ));
                self.hint(&format!("to see it: git diff HEAD...MERGE_HEAD -- {path}"));
            }
            ResolveNotice::LegacyUnreadable(path, blob) => {
                self.warning(&format!(
                    "'{path}' cannot be read; data only in this version is lost"
                ));
                // The version is named by its blob, because no path leads to it after the next
                // commit.
                self.hint(&format!("to see it: git show {blob}"));
            }
            ResolveNotice::Overwritten(path, lost) => {
                self.lines(lost.iter().map(|one| format!("'{path}': overwritten: {one}")));
            }
            ResolveNotice::Staged { from, is_dry_run } => {
                let how = match from {
                    ResolvedFrom::Joined(scope) => &*format!(
                        "merged, with the identities of scope {scope}, which {CONFIG_PATH} now accepts,"
                    ),
                    ResolvedFrom::OtherScope(scope) => &*format!(
                        "kept without the identities of scope {scope}, which are of another repository,"
                    ),
                    ResolvedFrom::Commits => "merged from the two commits",
                    ResolvedFrom::Versions => "merged",
                    ResolvedFrom::Parents => "merged again",
                    ResolvedFrom::Unreadable => "rebuilt from HEAD and the commits being merged,",
                };
                match is_dry_run {
                    true => self.line(&format!("'{REGISTRY_PATH}' would be {how} and staged")),
                    false => self.status(&format!(
                        "'{REGISTRY_PATH}' was {how} and staged; now run 'git commit'"
                    )),
                }
            }
        }
    }
}
