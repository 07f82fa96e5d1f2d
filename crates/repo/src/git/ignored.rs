//! Finds the paths that git ignores.

use std::collections::BTreeSet;

use idhooks_core::registry::RepoPath;

use super::{Git, GitError};

impl Git {
    /// Returns which of these paths match ignore rules and are not in the index.
    ///
    /// # Errors
    /// Returns an error if git cannot read the rules.
    pub fn ignored<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p RepoPath>,
    ) -> Result<BTreeSet<RepoPath>, GitError> {
        let names: Vec<u8> =
            paths.into_iter().flat_map(|path| [path.as_bytes(), b"\0"].concat()).collect();
        if names.is_empty() {
            return Ok(BTreeSet::new());
        }
        let answer = match self.run_with(&["check-ignore", "-z", "--stdin"], &names) {
            // git exits with 1 if no path is ignored.
            Err(GitError { code: Some(1), .. }) => Vec::new(),
            answer => answer?,
        };
        let found = answer.split(|byte| *byte == 0).filter(|path| !path.is_empty());
        Ok(found.filter_map(|path| RepoPath::new(path).ok()).collect())
    }
}
