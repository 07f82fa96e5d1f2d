//! Which paths git ignores.

use std::collections::BTreeSet;

use idhooks_core::registry::RepoPath;

use super::{GitError, Repo};

impl Repo {
    /// Returns the paths that git ignores; a path in the index is never ignored.
    ///
    /// # Errors
    /// Returns an error if git cannot answer.
    pub fn ignored<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p RepoPath>,
    ) -> Result<BTreeSet<RepoPath>, GitError> {
        let input: Vec<&[u8]> = paths.into_iter().map(RepoPath::as_bytes).collect();
        if input.is_empty() {
            return Ok(BTreeSet::new());
        }
        let (git, args) = (self.git(), ["check-ignore", "-z", "--stdin"]);
        let output = git.answer(&args, &input.join(&0))?;
        match output.status.code() {
            // 1 means that none is ignored.
            Some(0 | 1) => {}
            _ => return Err(git.refused(&args, &output)),
        }
        let found = output.stdout.split(|byte| *byte == 0);
        Ok(found.filter_map(|path| RepoPath::new(path).ok()).collect())
    }
}
