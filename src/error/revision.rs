//! Hints for revisions that cannot be read.

use idhooks_core::registry::REGISTRY_PATH;
use idhooks_ops::{Revision, RevisionError};

use super::CommandError;
use crate::output::shell_quoted;

impl From<RevisionError> for CommandError {
    fn from(error: RevisionError) -> Self {
        let causes = error.cause().into_iter().collect();
        let converted = Self { causes, ..Self::new(error.to_string()) };
        converted.hint(match error {
            RevisionError::NoCommit(_) | RevisionError::NoCommits(..) => {
                "list the commits: git log --oneline --all".to_owned()
            }
            RevisionError::NotAdopted { advice, .. } => advice.unwrap_or_else(|| {
                format!("list the commits that change one: git log --oneline -- {REGISTRY_PATH}")
            }),
            RevisionError::Unreadable(revision, _) => format!(
                "see the problem and its remedy: idhooks check{}",
                revision_option(&revision)
            ),
        })
    }
}

/// Returns ` --rev <commit>`, or nothing for the index.
pub fn revision_option(revision: &Revision) -> String {
    revision.name().map_or_else(String::new, |rev| format!(" --rev {}", shell_quoted(rev)))
}
