//! Reads what this clone knows of its remotes, fetches a branch from one, and pushes a commit to a
//! remote's branch.

use idhooks_core::registry::BlobId;

use super::{CommitId, GitError, Repo, branch::BRANCHES};

/// The options for every fetch, so that git fetches only the named refs.
pub(super) const FETCH: [&str; 6] = [
    "fetch",
    "-q",
    "--no-tags",
    "--no-write-fetch-head",
    "--no-recurse-submodules",
    "--no-auto-maintenance",
];

/// A branch on a remote that a branch in this clone follows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FollowedBranch {
    /// The remote's name.
    pub remote: String,
    /// The branch's name there, without `refs/heads/`.
    pub branch: String,
}

impl Repo {
    /// Returns the names of the remotes, sorted.
    pub fn remotes(&self) -> Vec<String> {
        // Names come from sections of the configuration, so they are text in practice.
        self.gix.remote_names().iter().map(ToString::to_string).collect()
    }

    /// Returns the URL that a remote is fetched from, with `url.*.insteadOf` applied, or `None` if
    /// it has none.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn remote_url(&self, remote: &str) -> Result<Option<String>, GitError> {
        let url = self.git().ask(&["remote", "get-url", "--", remote])?;
        // Without a URL, git takes the name for a path.
        Ok(url.filter(|url| url != remote))
    }

    /// Returns the branch that a branch in this clone follows, if that is on a remote.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn followed_branch(&self, branch: &str) -> Result<Option<FollowedBranch>, GitError> {
        let format = "--format=%(refname) %(upstream:remotename) %(upstream:remoteref)";
        let name = format!("{BRANCHES}{branch}");
        let lines = self.git().text(&["for-each-ref", format, &name])?;
        // A pattern also matches the branches below a name.
        let of_line = |line: &str| {
            let (remote, followed) =
                line.strip_prefix(&name)?.strip_prefix(' ')?.split_once(' ')?;
            let branch = followed.strip_prefix(BRANCHES)?;
            // `.` is this repository.
            let is_other = !matches!(remote, "" | ".");
            let [remote, branch] = [remote, branch].map(str::to_owned);
            is_other.then_some(FollowedBranch { remote, branch })
        };
        Ok(lines.lines().find_map(of_line))
    }

    /// Returns the newest commit that a remote has, or any remote, on the first-parent line of this
    /// one, as of the last fetch.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn newest_on_remote(
        &self,
        remote: Option<&str>,
        commit: CommitId,
    ) -> Result<Option<CommitId>, GitError> {
        let remotes = remote.map_or("--remotes".to_owned(), |remote| format!("--remotes={remote}"));
        let tip = commit.to_string();
        let args = ["rev-list", "--first-parent", "--boundary", &tip, "--not", &remotes];
        let lines = self.git().text(&args)?;
        // If no commit is missing there, git lists none, not even the boundary.
        let boundary =
            || lines.lines().find_map(|line| line.strip_prefix('-')?.parse::<BlobId>().ok());
        match lines.is_empty() {
            true => Ok(Some(commit)),
            false => Ok(boundary().map(CommitId)),
        }
    }

    /// Returns whether this clone has a remote with this name.
    pub fn has_remote(&self, name: &str) -> bool {
        self.gix.remote_names().iter().any(|known| known.as_slice() == name.as_bytes())
    }

    /// Returns the last commit on a remote's branch, as of this clone's last fetch.
    ///
    /// # Errors
    /// Returns an error if refs cannot be read.
    pub fn remote_branch(&self, remote: &str, branch: &str) -> Result<Option<CommitId>, GitError> {
        self.resolve(&tracking(remote, branch))
    }

    /// Fetches a branch from a remote, and returns its last commit, or `None` if the remote does
    /// not have the branch.
    ///
    /// # Errors
    /// Returns an error if git cannot reach the remote.
    pub fn fetch_branch(&self, remote: &str, branch: &str) -> Result<Option<CommitId>, GitError> {
        let (name, tracking) = (format!("{BRANCHES}{branch}"), tracking(remote, branch));
        // `git fetch` fails with the same exit code whether the branch is missing or the remote is
        // unreachable.
        if self.git().text(&["ls-remote", "-q", "--", remote, &name])?.is_empty() {
            return Ok(None);
        }
        // The plus sign is needed because someone may have rewritten the branch.
        let refs = format!("+{name}:{tracking}");
        self.git().synced().run(&[&FETCH[..], &["--", remote, &refs]].concat())?;
        self.resolve(&tracking)
    }

    /// Pushes a commit to a remote's branch. If `own` is given, the push may drop commits, but only
    /// if `own` is still the branch's last commit on the remote. Otherwise, the branch can only
    /// move forward.
    ///
    /// # Errors
    /// Returns an error with the remote's reason if the remote refuses the push.
    pub fn push_commit(
        &self,
        remote: &str,
        commit: CommitId,
        branch: &str,
        own: Option<CommitId>,
    ) -> Result<(), GitError> {
        let name = format!("{BRANCHES}{branch}");
        let refs = format!("{commit}:{name}");
        // If the branch has moved in the meantime, the remote refuses the push, so no one else's
        // commits are lost.
        let lease = own.map(|own| format!("--force-with-lease={name}:{own}"));
        let options = ["push", "--porcelain", "--no-follow-tags", "--no-recurse-submodules"];
        let args: Vec<&str> =
            options.into_iter().chain(lease.as_deref()).chain(["--", remote, &refs]).collect();
        self.push(&args).map(drop)
    }

    /// Pushes with `--porcelain`, and returns git's output. It has one line per ref, which begins
    /// with a character that indicates the result.
    ///
    /// # Errors
    /// Returns an error with the remote's reason if the remote refuses the push.
    pub(super) fn push(&self, args: &[&str]) -> Result<String, GitError> {
        let git = self.git();
        let output = git.answer(args, b"")?;
        let lines = String::from_utf8_lossy(&output.stdout);
        if output.status.success() {
            return Ok(lines.into_owned());
        }
        let error = git.refused(args, &output);
        // The error output only says that some refs were rejected; the reasons are on the refs' own
        // lines.
        Err(match lines.lines().find_map(|line| line.strip_prefix("!\t")) {
            Some(refused) => GitError { reason: refused.replace('\t', " "), ..error },
            None => error,
        })
    }
}

/// Returns the ref that tracks a remote's branch in this clone.
fn tracking(remote: &str, branch: &str) -> String {
    format!("refs/remotes/{remote}/{branch}")
}
