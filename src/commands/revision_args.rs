//! `--rev`: the index or the commit that a reporting command reads.

use std::path::Path;

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{REGISTRY_PATH, RepoPath};
use idhooks_repo::git::{CommitId, GitError, Listed, OpenError, Repo};
use idhooks_repo::state::{CommitState, RegistryState, Stored, has_registry, how_to_adopt};

use crate::error::{CommandError, CommandResult};
use crate::output::shell_quoted;

use super::ruled_state::RuledState;

/// The index, or a commit to read instead.
#[derive(Default, Debug, clap::Args)]
pub(super) struct RevisionArgs {
    /// Read this commit instead of the index
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
}

impl RevisionArgs {
    /// Creates the arguments for a commit.
    pub(super) fn at(rev: impl Into<String>) -> Self {
        RevisionArgs { rev: Some(rev.into()) }
    }

    /// Opens the repository, and reads the index or the commit.
    pub(super) fn open_view(&self, dir: &Path) -> CommandResult<(Repo, CommitState)> {
        let repo = self.open(dir)?;
        let view = self.view(&repo)?;
        Ok((repo, view))
    }

    /// Opens the repository, and reads the index or the commit with its rules.
    ///
    /// # Errors
    /// Returns an error with a hint if it is not adopted there.
    pub(super) fn open_adopted(&self, dir: &Path) -> CommandResult<(Repo, RuledState)> {
        let (repo, view) = self.open_view(dir)?;
        let state = self.adopted(&repo, view)?;
        Ok((repo, state))
    }

    /// Reads the rules of `view`, which these arguments name.
    ///
    /// # Errors
    /// Returns an error with a hint if it is not adopted.
    pub(super) fn adopted(&self, repo: &Repo, view: CommitState) -> CommandResult<RuledState> {
        if view.is_adopted() {
            RuledState::of(repo, view)
        } else {
            Err(self.not_adopted(repo, &view))
        }
    }

    /// Opens the repository.
    pub(super) fn open(&self, dir: &Path) -> CommandResult<Repo> {
        if !self.is_index() {
            return Ok(Repo::open_to_read(dir)?);
        }
        Repo::open(dir).map_err(|error| match error {
            OpenError::Bare(_) => {
                CommandError::new(error.to_string()).hint("name a commit: --rev HEAD")
            }
            _ => error.into(),
        })
    }

    /// Reads the index or the commit.
    pub(super) fn view(&self, repo: &Repo) -> CommandResult<CommitState> {
        Ok(match self.commit(repo)? {
            None => CommitState::of_index(repo)?,
            Some(commit) => CommitState::of_commit(repo, commit)?,
        })
    }

    /// Returns the commit, or nothing for the index.
    pub(super) fn commit(&self, repo: &Repo) -> CommandResult<Option<CommitId>> {
        self.rev.as_deref().map(|rev| find_commit(repo, rev)).transpose()
    }

    /// Returns the commit, or HEAD for the index; nothing before the first commit.
    pub(super) fn tip(&self, repo: &Repo) -> CommandResult<Option<CommitId>> {
        Ok(match self.commit(repo)? {
            Some(commit) => Some(commit),
            None => repo.head()?,
        })
    }

    /// Returns whether the index is read.
    pub(super) fn is_index(&self) -> bool {
        self.rev.is_none()
    }

    /// Returns the name of the index or the commit, for messages.
    pub(super) fn shown(&self) -> String {
        match &self.rev {
            None => "the index".to_owned(),
            Some(rev) => format!("commit '{rev}'"),
        }
    }

    /// Returns the option that names the commit, with a blank before it; nothing for the index.
    pub(super) fn option(&self) -> String {
        self.rev.as_ref().map_or_else(String::new, |rev| format!(" --rev {}", shell_quoted(rev)))
    }

    /// Returns the registry.
    ///
    /// # Errors
    /// Returns an error with a hint if there is no readable registry.
    pub(super) fn registry<'a>(
        &self,
        repo: &Repo,
        view: &'a CommitState,
    ) -> CommandResult<&'a Stored> {
        let shown = self.shown();
        let unreadable = || {
            let error = CommandError::new(format!("cannot read '{REGISTRY_PATH}' in {shown}"));
            error.hint(format!("see what is wrong, and what to do: idhooks check{}", self.option()))
        };
        match &view.registry {
            RegistryState::Read(stored) => Ok(stored),
            RegistryState::NotAdopted => Err(self.not_adopted(repo, view)),
            RegistryState::Missing => Err(unreadable().because(&"it is missing")),
            RegistryState::Unmerged => Err(unreadable().because(&"it is unmerged")),
            RegistryState::Unreadable(error) => Err(unreadable().because(error)),
            RegistryState::Absent | RegistryState::Ignored => Err(unreadable()),
        }
    }

    /// Returns the error of a repository that is not adopted in `view`.
    pub(super) fn not_adopted(&self, repo: &Repo, view: &CommitState) -> CommandError {
        let shown = self.shown();
        let message = format!("cannot find a registry in {shown}");
        let cause = match view.tree.contains_key(&RepoPath::config()) {
            true => "the migration was rolled back to where it began".to_owned(),
            false => format!("neither '{REGISTRY_PATH}' nor '{CONFIG_PATH}' is there"),
        };
        let is_adopted_later = !self.is_index()
            && repo.head().is_ok_and(|head| {
                head.is_some_and(|head| has_registry(repo, head).unwrap_or(false))
            });
        let error = CommandError::new(message).because(&cause);
        error.hint(match is_adopted_later {
            true => {
                format!("list the commits that change one: git log --oneline -- {REGISTRY_PATH}")
            }
            false => how_to_adopt(repo, &view.tree),
        })
    }
}

/// Finds the commit of a revision.
///
/// # Errors
/// Returns an error with a hint if there is none.
pub(super) fn find_commit(repo: &Repo, rev: &str) -> CommandResult<CommitId> {
    repo.resolve(rev)?.ok_or_else(|| {
        CommandError::new(format!("cannot find a commit '{rev}'"))
            .hint("list the commits: git log --oneline --all")
    })
}

/// Returns the commits that revisions name, as `git rev-list` takes them, parents first.
///
/// # Errors
/// Returns an error with a hint if a revision does not exist.
pub(super) fn named_commits(repo: &Repo, revisions: &[String]) -> CommandResult<Vec<Listed>> {
    repo.commits(revisions).map_err(|error| match error {
        GitError { code: Some(_), .. } => {
            let words: Vec<&str> = revisions.iter().map(String::as_str).collect();
            let words = words.into_iter().filter(|word| !word.starts_with("--exclude"));
            let shown = words.collect::<Vec<_>>().join(" ");
            CommandError::new(format!("cannot find the commits of '{shown}'"))
                .because(&error.first_line())
                .hint("list the commits: git log --oneline --all")
        }
        error => error.into(),
    })
}
