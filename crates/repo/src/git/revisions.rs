//! Lists the commits in a range, and reads their titles.

use std::collections::BTreeSet;
use std::ffi::OsString;

use idhooks_core::registry::RepoPath;

use super::{CommitId, GitError, Repo, TreeId, os_string};

/// The format in which git prints a [`Listed`] commit.
const FORMAT: &str = "--format=%T %H %ct %P";

/// A commit in a range, with its parents as git sees them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Listed {
    /// The commit.
    pub id: CommitId,
    /// Its tree.
    pub tree: TreeId,
    /// When it was committed, in seconds since the Unix epoch.
    pub time: i64,
    /// Its parents, in order. There are none at the boundary of a shallow clone.
    pub parents: Vec<CommitId>,
}

/// A human-readable description of a commit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Title {
    /// The commit.
    pub id: CommitId,
    /// The first line of the commit message.
    pub subject: String,
    /// Its author's name.
    pub author: String,
    /// The author date, without the time of day.
    pub date: String,
}

impl Repo {
    /// Returns the commits named by `revisions`, as `git rev-list` understands them, parents before
    /// their children.
    ///
    /// # Errors
    /// Returns an error if a revision does not exist; the reason is git's message and the code is
    /// 128.
    pub fn commits(&self, revisions: &[String]) -> Result<Vec<Listed>, GitError> {
        let revisions = revisions.iter().map(String::as_str);
        self.list(["--topo-order", "--reverse"].into_iter().chain(revisions))
    }

    /// Returns a commit and all its ancestors, parents before children and otherwise oldest first.
    ///
    /// # Errors
    /// Returns an error if git cannot be run or the history is broken.
    pub fn ancestry(&self, tip: CommitId) -> Result<Vec<Listed>, GitError> {
        self.list(["--date-order", "--reverse", &tip.to_string()])
    }

    /// Returns a commit and the chain of its first parents, as far as they exist in this clone.
    ///
    /// # Errors
    /// Returns an error if git cannot be run or the history is broken.
    pub fn first_parents(&self, tip: CommitId) -> Result<Vec<Listed>, GitError> {
        self.list(["--first-parent", &tip.to_string()])
    }

    fn list<'a>(&self, args: impl IntoIterator<Item = &'a str>) -> Result<Vec<Listed>, GitError> {
        // `--` comes last, because a file may have the same name as a revision.
        let args: Vec<&str> = ["rev-list", FORMAT].into_iter().chain(args).chain(["--"]).collect();
        parse_list(&self.git().text(&args)?)
    }

    /// Returns the commits whose ids the given git command prints, one per line.
    fn list_ids(&self, args: &[&str]) -> Result<Vec<CommitId>, GitError> {
        Ok(commit_ids(&self.git().text(args)?))
    }

    /// Returns the commits reachable from `tip` but not from any of the given commits and tags,
    /// parents before their children.
    ///
    /// # Errors
    /// Returns an error if git cannot be run or the history is broken.
    pub fn commits_beyond(&self, tip: CommitId, known: &[String]) -> Result<Vec<Listed>, GitError> {
        // The revisions are passed on standard input, because a push may bring more refs than fit
        // on a command line.
        let mut input = format!("{tip}\n");
        known.iter().for_each(|id| input.extend(["^", id, "\n"]));
        let args = ["rev-list", FORMAT, "--topo-order", "--reverse", "--stdin"];
        parse_list(&String::from_utf8_lossy(&self.git().run_with(&args, input.as_bytes())?))
    }

    /// Returns the newest commit on `tip`'s first-parent line that is not newer than `moment`, in
    /// seconds since the Unix epoch.
    ///
    /// # Errors
    /// Returns an error if git cannot be run or the history is broken.
    pub fn newest_by(&self, tip: CommitId, moment: u64) -> Result<Option<CommitId>, GitError> {
        let (tip, age) = (tip.to_string(), format!("--min-age={moment}"));
        let newest = self.list(["-1", "--first-parent", &age, &tip])?;
        Ok(newest.first().map(|commit| commit.id))
    }

    /// Counts the ancestors of `tip` that are no newer than `moment` but are not ancestors of
    /// `commit`, because a merge added them later.
    ///
    /// # Errors
    /// Returns an error if git cannot be run or the history is broken.
    pub fn merged_after(
        &self,
        commit: CommitId,
        tip: CommitId,
        moment: u64,
    ) -> Result<usize, GitError> {
        let (range, age) = (format!("{commit}..{tip}"), format!("--min-age={moment}"));
        let count = self.git().text(&["rev-list", "--count", &age, &range, "--"])?;
        count.parse().map_err(|e| GitError::reading("the history", &e))
    }

    /// Returns those of `paths` that HEAD's history has changed, most recently changed first. Paths
    /// changed by the same commit are in path order.
    ///
    /// # Errors
    /// Returns an error if git cannot be run or objects cannot be read.
    pub fn last_committed<'p>(
        &self,
        paths: impl IntoIterator<Item = &'p RepoPath>,
    ) -> Result<Vec<&'p RepoPath>, GitError> {
        // git reads one path per line.
        let mut pending: BTreeSet<&RepoPath> = paths.into_iter().collect();
        pending.retain(|path| !path.as_bytes().contains(&b'\n'));
        let mut found = Vec::new();
        if pending.is_empty() || self.head()?.is_none() {
            return Ok(found);
        }
        let args = ["--literal-pathspecs", "rev-list", "--date-order", FORMAT, "--stdin"];
        let mut input = b"HEAD\n--\n".to_vec();
        for path in &pending {
            input.extend_from_slice(path.as_bytes());
            input.push(b'\n');
        }
        let lines = self.git().run_with(&args, &input)?;
        let lines = String::from_utf8_lossy(&lines);
        for commit in lines.lines().filter_map(listed) {
            let parents = commit.parents.iter().map(|id| self.commit(*id).map(|c| c.tree));
            let parents = parents.collect::<Result<Vec<_>, _>>()?;
            for path in pending.clone() {
                let now = self.tree_entry(commit.tree, path.as_bytes())?;
                let mut is_changed = true;
                // As in `git log`, a merge changes a path only if the path differs from every
                // parent.
                for parent in &parents {
                    is_changed &= self.tree_entry(*parent, path.as_bytes())? != now;
                }
                if is_changed && now.is_some() {
                    found.push(path);
                    pending.remove(path);
                }
            }
            if pending.is_empty() {
                break;
            }
        }
        Ok(found)
    }

    /// Returns the last commit that added, changed or deleted a path, among these commits and their
    /// ancestors.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn last_change(
        &self,
        path: &str,
        commits: &[CommitId],
    ) -> Result<Option<CommitId>, GitError> {
        Ok(self.last_changes(path, commits, 1)?.first().copied())
    }

    /// Returns up to this many of the most recent commits that added, changed or deleted a path,
    /// among these commits and their ancestors, newest first.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn last_changes(
        &self,
        path: &str,
        commits: &[CommitId],
        most: usize,
    ) -> Result<Vec<CommitId>, GitError> {
        let commits: Vec<String> = commits.iter().map(CommitId::to_string).collect();
        let most = format!("--max-count={most}");
        // The path is taken literally, so a `*` or `[` does not make it a pattern.
        let args = ["--literal-pathspecs", "rev-list", &most].into_iter();
        let args = args.chain(commits.iter().map(String::as_str)).chain(["--", path]);
        self.list_ids(&args.collect::<Vec<_>>())
    }

    /// Returns whether a path is, or ever was, in this commit or in any commit before it.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn has_ever_changed(&self, path: &str, tip: CommitId) -> Result<bool, GitError> {
        let tip = tip.to_string();
        let args = [
            "--literal-pathspecs",
            "rev-list",
            "--full-history",
            "--max-count=1",
            &tip,
            "--",
            path,
        ];
        Ok(!self.list_ids(&args)?.is_empty())
    }

    /// Returns all commits that added, changed or deleted a path, among this commit and its
    /// ancestors, children before their parents and otherwise newest first. Nothing is fetched.
    ///
    /// # Errors
    /// Returns an error if git cannot be run, or if trees are not in this clone.
    pub fn all_changes(&self, path: &RepoPath, tip: CommitId) -> Result<Vec<CommitId>, GitError> {
        // By default, git leaves out a merged branch that changed nothing in the end, such as one
        // that added and deleted the path.
        let args = ["--literal-pathspecs", "rev-list", "--full-history", "--date-order"];
        let mut args: Vec<OsString> = args.map(OsString::from).into();
        args.extend([tip.to_string().into(), "--".into(), os_string(path.as_bytes())]);
        let ids = self.git().env("GIT_NO_LAZY_FETCH", "1").text(&args)?;
        Ok(commit_ids(&ids))
    }

    /// Follows first parents from the given commit and returns up to this many of the most recent
    /// commits that added, changed or deleted a path, newest first. A change brought in by a merge
    /// is attributed to the merge.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn last_changes_of_mainline(
        &self,
        path: &str,
        commit: CommitId,
        most: usize,
    ) -> Result<Vec<CommitId>, GitError> {
        let (most, commit) = (format!("--max-count={most}"), commit.to_string());
        let args =
            ["--literal-pathspecs", "rev-list", "--first-parent", &most, &commit, "--", path];
        self.list_ids(&args)
    }

    /// Returns the commits up to `at` that added, changed or deleted a path and are not in the
    /// history of `since`, newest first.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn changes_since(
        &self,
        path: &str,
        since: CommitId,
        at: CommitId,
    ) -> Result<Vec<CommitId>, GitError> {
        let (at, since) = (at.to_string(), format!("^{since}"));
        self.list_ids(&["--literal-pathspecs", "rev-list", &at, &since, "--", path])
    }

    /// Returns up to `most` of the most recent commits, ending at the given one, whose message has
    /// a line that begins with this text, newest first.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn last_with_line(
        &self,
        start: &str,
        commit: CommitId,
        most: usize,
    ) -> Result<Vec<CommitId>, GitError> {
        let (most, commit) = (format!("--max-count={most}"), commit.to_string());
        let grep = format!("--grep=^{start}");
        // The pattern type is given explicitly, because the user may have set `grep.patternType`.
        self.list_ids(&["rev-list", "--topo-order", "--basic-regexp", &most, &grep, &commit])
    }

    /// Follows first parents from the given commit and returns the last commit that added this text
    /// to a file or removed it. A change brought in by a merge is attributed to the merge.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn last_adding(
        &self,
        text: &str,
        path: &str,
        commit: CommitId,
    ) -> Result<Option<CommitId>, GitError> {
        let (text, commit) = (format!("-S{text}"), commit.to_string());
        // Override user settings that would make git hide a merge or the first commit, or follow
        // renames.
        let args =
            ["-c", "log.follow=false", "-c", "log.showRoot=true", "--literal-pathspecs", "log"];
        let more = [
            "--no-show-signature",
            "--no-textconv",
            "--first-parent",
            "--diff-merges=first-parent",
            "--no-patch", // which the option before implies
            "--max-count=1",
            "--format=%H",
            &text,
            &commit,
            "--",
            path,
        ];
        Ok(self.list_ids(&[&args[..], &more[..]].concat())?.first().copied())
    }

    /// Counts the commits up to `tip`, excluding merges, that are not in the history of `since` and
    /// are not older than `oldest`, in seconds since the Unix epoch. A merge may have brought in
    /// older commits.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn number_of_commits(
        &self,
        since: CommitId,
        oldest: i64,
        tip: CommitId,
    ) -> Result<u32, GitError> {
        let (tip, since) = (tip.to_string(), format!("^{since}"));
        let oldest = format!("--max-age={oldest}");
        let args = ["rev-list", "--count", "--no-merges", &oldest, &tip, &since];
        let number = self.git().text(&args)?;
        number.trim().parse().map_err(|error| GitError::reading("the number of commits", &error))
    }

    /// Returns the titles of the commits, in the same order.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn titles(&self, commits: &[CommitId]) -> Result<Vec<Title>, GitError> {
        if commits.is_empty() {
            return Ok(Vec::new());
        }
        let format = "--format=%H%x00%an%x00%as%x00%s";
        let args = ["rev-list", "--no-walk=unsorted", "--encoding=UTF-8", format, "--stdin"];
        let names: String = commits.iter().map(|id| format!("{id}\n")).collect();
        let lines = self.git().run_with(&args, names.as_bytes())?;
        let lines = String::from_utf8_lossy(&lines);
        Ok(lines.lines().filter(|line| !line.starts_with("commit ")).filter_map(title).collect())
    }
}

fn commit_ids(lines: &str) -> Vec<CommitId> {
    lines.lines().filter_map(|id| id.parse().ok()).map(CommitId).collect()
}

/// Parses git's list of commits. git prints an extra line starting with `commit` before each one.
fn parse_list(lines: &str) -> Result<Vec<Listed>, GitError> {
    let lines = lines.lines().filter(|line| !line.starts_with("commit "));
    let unclear = |line: &str| GitError::reading("the list of commits", &format!("'{line}'"));
    lines.map(|line| listed(line).ok_or_else(|| unclear(line))).collect()
}

fn listed(line: &str) -> Option<Listed> {
    let mut words = line.split_whitespace();
    let tree = TreeId(words.next()?.parse().ok()?);
    let id = CommitId(words.next()?.parse().ok()?);
    let time = words.next()?.parse().ok()?;
    let parents = words.map(|word| word.parse().ok().map(CommitId)).collect::<Option<_>>()?;
    Some(Listed { id, tree, time, parents })
}

fn title(line: &str) -> Option<Title> {
    let mut fields = line.splitn(4, '\0');
    let id = CommitId(fields.next()?.parse().ok()?);
    let [author, date, subject] = [fields.next()?, fields.next()?, fields.next()?];
    let [author, date, subject] = [author, date, subject].map(str::to_owned);
    Some(Title { id, subject, author, date })
}
