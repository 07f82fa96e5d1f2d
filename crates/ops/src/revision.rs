//! [`Revision`]: the index or a commit for a use case to read.

use std::rc::Rc;

use idhooks_core::config::CONFIG_PATH;
use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath};
use idhooks_repo::git::{CommitId, GitError, Listed, Repo};
use idhooks_repo::state::{CommitState, RegistryState, Stored, how_to_adopt, is_adopted_at};

use super::{OpsError, RuledState};

/// The index or a commit, whichever the user asked to read.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Revision(Option<String>);

/// Why a revision or its registry cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RevisionError {
    /// The commit does not exist.
    #[error("cannot find a commit '{0}'")]
    NoCommit(String),
    /// git cannot list the commits for these revisions.
    #[error("cannot find the commits of '{0}'")]
    NoCommits(String, GitError),
    /// The repository is not adopted in this revision.
    #[error("cannot find a registry in {revision}")]
    NotAdopted {
        /// What was read.
        revision: Revision,
        /// Whether a migration was rolled back to its start.
        is_rolled_back: bool,
        /// How to get a registry; `None` if HEAD has one.
        advice: Option<String>,
    },
    /// The registry cannot be read; holds the revision, and the reason if known.
    #[error("cannot read '{REGISTRY_PATH}' in {0}")]
    Unreadable(Revision, Option<String>),
}

impl RevisionError {
    /// Returns the cause of the failure if the error message does not state it.
    pub fn cause(&self) -> Option<String> {
        match self {
            RevisionError::NoCommit(_) => None,
            RevisionError::NoCommits(_, error) => Some(error.first_line().to_string()),
            RevisionError::NotAdopted { is_rolled_back: true, .. } => {
                Some("the migration was rolled back to where it began".to_owned())
            }
            RevisionError::NotAdopted { .. } => {
                Some(format!("neither '{REGISTRY_PATH}' nor '{CONFIG_PATH}' is there"))
            }
            RevisionError::Unreadable(_, cause) => cause.clone(),
        }
    }
}

impl std::fmt::Display for Revision {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            None => f.write_str("the index"),
            Some(rev) => write!(f, "commit '{rev}'"),
        }
    }
}

impl From<Option<String>> for Revision {
    fn from(rev: Option<String>) -> Self {
        Revision(rev)
    }
}

impl Revision {
    /// Returns the revision with this name.
    pub fn named(rev: impl Into<String>) -> Self {
        Revision(Some(rev.into()))
    }

    /// Returns the commit's name; `None` for the index.
    pub fn name(&self) -> Option<&str> {
        self.0.as_deref()
    }

    /// Returns whether this is the index.
    pub fn is_index(&self) -> bool {
        self.0.is_none()
    }

    /// Reads the index or commit.
    ///
    /// # Errors
    /// Returns an error if the commit does not exist, or if it cannot be read.
    pub fn view(&self, repo: &Repo) -> Result<CommitState, OpsError> {
        Ok(match self.commit(repo)? {
            None => CommitState::of_index(repo)?,
            Some(commit) => CommitState::of_commit(repo, commit)?,
        })
    }

    /// Reads the index or commit along with its rules.
    ///
    /// # Errors
    /// Returns an error if the repository is not adopted in this revision.
    pub fn state(&self, repo: &Repo) -> Result<RuledState, OpsError> {
        self.adopted(repo, self.view(repo)?)
    }

    /// Reads the rules of `view`, which was read from this revision.
    ///
    /// # Errors
    /// Returns an error if it is not adopted.
    pub fn adopted(&self, repo: &Repo, view: CommitState) -> Result<RuledState, OpsError> {
        match view.is_adopted() {
            true => RuledState::read(repo, view),
            false => Err(self.not_adopted(repo, &view).into()),
        }
    }

    /// Returns the commit; `None` for the index.
    ///
    /// # Errors
    /// Returns an error if there is no such commit.
    pub fn commit(&self, repo: &Repo) -> Result<Option<CommitId>, OpsError> {
        self.name().map(|rev| find_commit(repo, rev)).transpose()
    }

    /// Returns the commit, or HEAD for the index; `None` before the first commit.
    ///
    /// # Errors
    /// Returns an error if there is no such commit.
    pub fn tip(&self, repo: &Repo) -> Result<Option<CommitId>, OpsError> {
        Ok(match self.commit(repo)? {
            Some(commit) => Some(commit),
            None => repo.head()?,
        })
    }

    /// Returns the registry of `view`, which was read from this revision.
    ///
    /// # Errors
    /// Returns an error if there is no registry, or if it cannot be read.
    pub fn registry<'a>(
        &self,
        repo: &Repo,
        view: &'a CommitState,
    ) -> Result<&'a Stored, RevisionError> {
        match &view.registry {
            RegistryState::Read(stored) => Ok(stored),
            _ => Err(self.unreadable(repo, view)),
        }
    }

    /// Like [`Self::registry`], but moves the registry out of `view`.
    pub(super) fn take_registry(
        &self,
        repo: &Repo,
        view: CommitState,
    ) -> Result<Registry, RevisionError> {
        match view.registry {
            RegistryState::Read(stored) => Ok(Rc::unwrap_or_clone(stored).registry),
            _ => Err(self.unreadable(repo, &view)),
        }
    }

    fn unreadable(&self, repo: &Repo, view: &CommitState) -> RevisionError {
        let cause = match &view.registry {
            RegistryState::NotAdopted => return self.not_adopted(repo, view),
            RegistryState::Missing => Some("it is missing".to_owned()),
            RegistryState::Unmerged => Some("it is unmerged".to_owned()),
            RegistryState::Unreadable(error) => Some(error.to_string()),
            RegistryState::Absent | RegistryState::Ignored | RegistryState::Read(_) => None,
        };
        RevisionError::Unreadable(self.clone(), cause)
    }

    /// Returns the error for a repository that is not adopted in `view`, which was read from this
    /// revision.
    pub fn not_adopted(&self, repo: &Repo, view: &CommitState) -> RevisionError {
        // If HEAD has a registry, advice on adopting the repository would be misleading.
        let is_adopted_later = !self.is_index()
            && repo.head().is_ok_and(|head| {
                head.is_some_and(|head| is_adopted_at(repo, head).unwrap_or(false))
            });
        RevisionError::NotAdopted {
            revision: self.clone(),
            is_rolled_back: view.tree.contains_key(&RepoPath::config()),
            advice: (!is_adopted_later).then(|| how_to_adopt(repo, &view.tree)),
        }
    }
}

/// Finds the commit for a revision.
///
/// # Errors
/// Returns an error if there is none.
pub fn find_commit(repo: &Repo, rev: &str) -> Result<CommitId, OpsError> {
    Ok(repo.resolve(rev)?.ok_or_else(|| RevisionError::NoCommit(rev.to_owned()))?)
}

/// Returns the commits that these `git rev-list` revisions refer to, parents first.
///
/// # Errors
/// Returns an error if a revision does not exist.
pub fn named_commits(repo: &Repo, revisions: &[String]) -> Result<Vec<Listed>, OpsError> {
    repo.commits(revisions).map_err(|error| match error {
        // If there is an exit code, git rejected the revisions; otherwise, git could not run.
        GitError { code: Some(_), .. } => {
            let words: Vec<&str> = revisions.iter().map(String::as_str).collect();
            // idhooks added these words; the user did not type them.
            let words = words.into_iter().filter(|word| !word.starts_with("--exclude"));
            RevisionError::NoCommits(words.collect::<Vec<_>>().join(" "), error).into()
        }
        error => error.into(),
    })
}
