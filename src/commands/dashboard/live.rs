//! The dashboard that is served while the command runs.

use std::path::PathBuf;

use idhooks_repo::git::Repo;
use idhooks_report::net::{ContentType, PageRequest, PageResponse};

use crate::error::CommandError;
use crate::output::page;

use super::gather::Gathered;

/// The number of seconds after which the page requests the data again.
const REFRESH: u64 = 60;
const PAGE: &str = "/";
const OVERVIEW: &str = "/api/overview.json";
const IDENTITIES: &str = "/api/identities.json";

/// The repository and revision that the server shows.
pub(super) struct Live {
    dir: PathBuf,
    rev: String,
    /// The data gathered last, so that an unchanged commit is not read again.
    last: Option<Gathered>,
}

impl Live {
    /// Gathers the data of a repository for the first time.
    ///
    /// # Errors
    /// See [`Gathered::of`].
    pub(super) fn of(dir: PathBuf, rev: String) -> Result<Self, CommandError> {
        let mut live = Live { dir, rev, last: None };
        live.gathered()?;
        Ok(live)
    }

    fn gathered(&mut self) -> Result<&mut Gathered, CommandError> {
        // Opened again, since another process may have changed anything.
        let repo = Repo::open_to_read(&self.dir)?;
        let gathered = Gathered::of(&repo, &self.rev, self.last.take())?;
        Ok(self.last.insert(gathered))
    }

    /// Answers a request.
    pub(super) fn answer(&mut self, asked: &PageRequest) -> PageResponse {
        let path = asked.path.as_str();
        if ![PAGE, OVERVIEW, IDENTITIES].contains(&path) {
            return PageResponse::not_found(&[PAGE, OVERVIEW, IDENTITIES]);
        }
        let gathered = match self.gathered() {
            Ok(gathered) => gathered,
            Err(error) => return PageResponse::unavailable(error.to_text()),
        };
        match path {
            IDENTITIES => PageResponse::of(ContentType::Json, gathered.identities()),
            OVERVIEW => PageResponse::of(ContentType::Json, gathered.overview(Some(REFRESH))),
            _ => PageResponse::of(ContentType::Page, page(&gathered.overview(Some(REFRESH)))),
        }
    }
}
