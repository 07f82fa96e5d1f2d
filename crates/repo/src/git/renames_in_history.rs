//! Finds renames in the history, as detected by git.

use idhooks_core::registry::{BlobId, RepoPath};

use super::{CommitId, GitError, Repo};

/// The options for every diff. They override the user's settings.
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
/// The maximum number of successive renames to follow for a file.
const MOST_RENAMES: usize = 16;

/// A renamed file's current path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Renamed {
    /// Its last path.
    pub to: RepoPath,
    /// The first commit that renamed it.
    pub by: CommitId,
}

impl Repo {
    /// Returns the old and new paths of all renames in HEAD's history and the index, newest first:
    /// the staged renames, then the committed ones, ignoring merges.
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

    /// Returns the new path of the file that was last removed from `path` in the history of these
    /// commits, if git detects that the file was renamed.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn renamed_to(
        &self,
        path: &RepoPath,
        commits: &[CommitId],
    ) -> Result<Option<Renamed>, GitError> {
        let mut tips: Vec<String> = commits.iter().map(ToString::to_string).collect();
        let log = ["-c", "log.follow=false", "--literal-pathspecs", "log", "--no-show-signature"];
        // Without rename detection, git shows a rename as a deletion of the old path.
        let removal = ["--max-count=1", "--diff-filter=D", "--no-renames", "--format=%H"];
        let mut last: Option<Renamed> = None;
        for _ in 0..MOST_RENAMES {
            let from = last.as_ref().map_or(path, |last| &last.to);
            let Some(from) = from.as_str() else { break };
            let range: Vec<&str> = tips.iter().map(String::as_str).collect();
            let args = [&log[..], &removal, &range, &["--", from]].concat();
            let removing = self.git().text(&args)?;
            let Some(removing) = removing.lines().find(|line| !line.is_empty()) else { break };
            let of_one = ["--max-count=1", "--format="];
            let answer = self.git().run(&[&log[..], &of_one, &DIFF, &[removing, "--"]].concat())?;
            let to = read(&answer).into_iter().find(|(old, _)| old.as_str() == Some(from));
            let Some((_, to)) = to else { break };
            // From here on, only older commits count, because a file created at the new path later
            // would be a different file.
            tips.push(format!("^{removing}"));
            let by = match last {
                Some(first) => first.by,
                None => {
                    let id = removing.parse::<BlobId>();
                    CommitId(id.map_err(|error| GitError::reading("the history", &error))?)
                }
            };
            last = Some(Renamed { to, by });
        }
        Ok(last)
    }
}

/// Parses a sequence of `R<percent> NUL <from> NUL <to> NUL`.
fn read(answer: &[u8]) -> Vec<(RepoPath, RepoPath)> {
    let mut fields = answer.split(|byte| *byte == 0);
    let mut renames = Vec::new();
    // `git log` may print a newline before a commit's first field.
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
