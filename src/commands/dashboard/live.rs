//! The dashboard as long as the command runs.

use std::path::PathBuf;

use crate::error::CommandError;
use crate::git::Repo;
use crate::net::{Asked, ContentType, PageResponse};
use crate::output::page;

use super::gather::Gathered;

/// After how many seconds the page asks again.
const REFRESH: u64 = 60;
const PAGE: &str = "/";
const OVERVIEW: &str = "/api/overview.json";
const IDENTITIES: &str = "/api/identities.json";

/// What the server answers from.
pub(super) struct Live {
    dir: PathBuf,
    rev: String,
    /// What was gathered last: a commit that is still the same need not be read again.
    last: Option<Gathered>,
}

impl Live {
    /// Looks at a repository.
    ///
    /// # Errors
    /// As [`Gathered::of`].
    pub(super) fn of(dir: PathBuf, rev: String) -> Result<Self, CommandError> {
        let mut live = Live { dir, rev, last: None };
        live.gathered()?;
        Ok(live)
    }

    fn gathered(&mut self) -> Result<&mut Gathered, CommandError> {
        // Opened anew: another process may have changed anything.
        let repo = Repo::open_to_read(&self.dir)?;
        let gathered = Gathered::of(&repo, &self.rev, self.last.take())?;
        Ok(self.last.insert(gathered))
    }

    /// Answers.
    pub(super) fn answer(&mut self, asked: &Asked) -> PageResponse {
        let path = asked.path.as_str();
        if ![PAGE, OVERVIEW, IDENTITIES].contains(&path) {
            return PageResponse::nothing_here(&[PAGE, OVERVIEW, IDENTITIES]);
        }
        let gathered = match self.gathered() {
            Ok(gathered) => gathered,
            Err(error) => return PageResponse::unavailable(error.told()),
        };
        match path {
            IDENTITIES => PageResponse::of(ContentType::Json, gathered.identities()),
            OVERVIEW => PageResponse::of(ContentType::Json, gathered.overview(Some(REFRESH))),
            _ => PageResponse::of(ContentType::Page, page(&gathered.overview(Some(REFRESH)))),
        }
    }
}
