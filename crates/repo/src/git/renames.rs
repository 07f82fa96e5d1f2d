//! The renames in a history, as git detects them.

use idhooks_core::registry::RepoPath;

use super::{GitError, Repo};

/// The options of every diff. They override the user's settings.
const DIFF: [&str; 8] = [
    "--name-status",
    "-z",
    "-M",
    "-l1000",
    "--diff-filter=R",
    "--no-relative",
    "--no-ext-diff",
    "--no-color",
];

impl Repo {
    /// Returns the old and new path of all renames up to the index, newest first: the staged ones,
    /// then those in the history of HEAD without merges.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn renames(&self) -> Result<Vec<(RepoPath, RepoPath)>, GitError> {
        if self.head()?.is_none() {
            return Ok(Vec::new());
        }
        let diff = |command: &[&str]| self.git().run(&[command, &DIFF, &["HEAD", "--"]].concat());
        let staged = diff(&["diff", "--cached"])?;
        let log = ["log", "--topo-order", "--no-merges", "--no-show-signature", "--format="];
        let committed = diff(&log)?;
        let mut renames = read(&staged);
        renames.extend(read(&committed));
        Ok(renames)
    }
}

/// Parses repeated `R<percent> NUL <from> NUL <to> NUL`.
fn read(answer: &[u8]) -> Vec<(RepoPath, RepoPath)> {
    let mut fields = answer.split(|byte| *byte == 0);
    let mut renames = Vec::new();
    while let Some(status) = fields.next() {
        if !status.trim_ascii_start().starts_with(b"R") {
            continue;
        }
        let (from, to) = (fields.next(), fields.next());
        let path = |field: Option<&[u8]>| RepoPath::new(field?).ok();
        renames.extend(path(from).zip(path(to)));
    }
    renames
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_may_look_like_a_status() {
        let read = read(b"\0\nR100\0R1\0b\0\0R051\0c\0R2\0");
        let shown: Vec<String> = read.iter().map(|(from, to)| format!("{from}>{to}")).collect();
        assert_eq!(shown, ["R1>b", "c>R2"]);
    }
}
