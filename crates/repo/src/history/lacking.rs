//! [`Lacking`]: what a clone lacks. All that reports say about missing commits and contents is decided here.

use crate::git::Repo;

/// Why this clone cannot know what a commit should contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Lacking {
    /// It is shallow: commits are missing.
    Commits,
    /// It is partial: contents are missing.
    Contents,
}

impl Lacking {
    /// Returns what this clone does not have; contents if it has all commits.
    pub fn of(repo: &Repo) -> Self {
        match repo.is_shallow() {
            Ok(true) => Lacking::Commits,
            _ => Lacking::Contents,
        }
    }

    /// Returns the words for what is missing.
    pub fn what(self) -> &'static str {
        match self {
            Lacking::Commits => "the clone is shallow",
            Lacking::Contents => "contents are not in this clone",
        }
    }

    /// Returns what will become of an inconsistent commit.
    pub fn outlook(self) -> String {
        let command = self.command();
        match self {
            Lacking::Commits => {
                format!(
                    "this clone is shallow and cannot heal all of it; fetch the rest: {command}"
                )
            }
            Lacking::Contents => format!(
                "the next commit heals it if it can fetch the contents that this clone lacks; to fetch all: {command}"
            ),
        }
    }

    /// Returns the command that fetches it.
    pub fn command(self) -> &'static str {
        match self {
            Lacking::Commits => "git fetch --unshallow",
            Lacking::Contents => "git fetch --refetch --no-filter",
        }
    }
}
