//! `--rev`: makes a command read a commit instead of the index.

use std::path::Path;

use idhooks_ops::{CommitState, OpenError, Repo, Revision};

use crate::error::{CommandError, CommandResult};

/// The option shared by commands that read the index or a commit.
#[derive(Default, Debug, clap::Args)]
pub(super) struct RevisionArgs {
    /// Read this commit instead of the index
    #[arg(long, value_name = "REV")]
    rev: Option<String>,
}

impl RevisionArgs {
    /// Returns the revision.
    pub(super) fn revision(&self) -> Revision {
        self.rev.clone().into()
    }

    /// Opens the repository.
    pub(super) fn open(&self, dir: &Path) -> CommandResult<Repo> {
        open_at(dir, self.rev.as_deref())
    }

    /// Opens the repository, and reads the index or the commit.
    pub(super) fn open_view(&self, dir: &Path) -> CommandResult<(Repo, CommitState)> {
        let repo = self.open(dir)?;
        let view = self.revision().view(&repo)?;
        Ok((repo, view))
    }
}

/// Opens the repository to read a commit, or the index if none is named.
pub(super) fn open_at(dir: &Path, rev: Option<&str>) -> CommandResult<Repo> {
    // A bare repository has no index, but its commits can be read.
    if rev.is_some() {
        return Ok(Repo::open_to_read(dir)?);
    }
    Repo::open(dir).map_err(|error| match error {
        OpenError::Bare(_) => {
            CommandError::new(error.to_string()).hint("name a commit: --rev HEAD")
        }
        _ => error.into(),
    })
}
