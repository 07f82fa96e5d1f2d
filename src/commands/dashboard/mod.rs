//! `idhooks dashboard`: a web page about the identities of a repository.

mod gather;

use std::path::{Path, PathBuf};

use clap::Args;
use idhooks_repo::git::Repo;
use idhooks_repo::store::read_file;
use idhooks_repo::system;
use idhooks_report::net::{ContentType, PageRequest, PageResponse};

use crate::error::{CommandError, CommandResult};
use crate::exit::Exit;
use crate::output::{Ui, is_page, page};

use super::listen_args::{Address, at_its_place, ended};
use super::output_file::write_all;
use gather::Gathered;

/// The number of seconds after which the page requests the data again.
const REFRESH: u64 = 60;
const PAGE: &str = "/";
const OVERVIEW: &str = "/api/overview.json";
const IDENTITIES: &str = "/api/identities.json";

/// Serve or write a web page that shows the state of all identities
///
/// Serves the page on this machine until you stop the command, together with its data:
/// /api/overview.json and /api/identities.json. Every request reads git and the registry of a commit
/// again. The page is read-only. To reach it by a name other than localhost, pass --host.
///
/// With --output it writes static files instead, for any web server. If you open the page as a file,
/// everything but the search works.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks dashboard --open
  idhooks dashboard --port 0 --rev origin/main
  idhooks dashboard --output site/

Exit code: 0 written, whatever the state of the identities; 2 the page cannot be served or written")]
pub(super) struct Dashboard {
    /// Commit to show
    #[arg(long, value_name = "REV", default_value = "HEAD")]
    rev: String,
    /// Port to listen on; 0 picks a free one
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,
    #[command(flatten)]
    address: Address,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Write index.html and api/*.json to this directory instead of serving
    #[arg(long, value_name = "DIR", conflicts_with_all = ["port", "bind", "host", "open"])]
    output: Option<PathBuf>,
}

impl Dashboard {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match &self.output {
            Some(output) => self.export(ui, dir, &dir.join(output)),
            None => self.serve(ui, dir),
        }
    }

    fn serve(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let mut live = Live { dir: at_its_place(dir), rev: self.rev, last: None };
        // Fail at once if no request can ever be answered.
        live.gathered()?;
        let server = self.address.listen(ui, self.port)?;
        let url = server.url("/");
        ui.say(&format!("the dashboard is at {url}; stop it with Ctrl-C"));
        if self.open
            && let Err(error) = system::open_browser(&url)
        {
            ui.warning(&format!("cannot start a browser: {error}"));
        }
        Err(ended(server.run(move |asked| live.answer(asked))))
    }

    fn export(&self, ui: &mut Ui, dir: &Path, to: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let mut gathered = Gathered::of(&repo, &self.rev, None)?;
        let identities = gathered.identities();
        let overview = gathered.overview(None);
        let files = [
            ("api/identities.json", identities),
            ("index.html", page(&overview)),
            ("api/overview.json", overview),
        ];
        // Never overwrite files that are not a dashboard.
        let index = to.join("index.html");
        let is_own = read_file(&index)?.is_some_and(|text| is_page(&text));
        if let Some((name, _)) = files.iter().find(|(name, _)| !is_own && to.join(name).exists()) {
            let error = CommandError::new(format!(
                "'{}' exists and is not part of a dashboard",
                to.join(name).display()
            ));
            return Err(error.hint("name another directory, or remove that file"));
        }
        let files = files.map(|(name, text)| (to.join(name), text));
        write_all(&repo, &files.each_ref().map(|(file, text)| (&**file, &**text)))?;
        ui.status(&format!("written: {}", index.display()));
        Ok(Exit::Fine)
    }
}

/// The repository and revision that the server shows.
struct Live {
    dir: PathBuf,
    rev: String,
    /// The data gathered last, so that an unchanged commit is not read again.
    last: Option<Gathered>,
}

impl Live {
    fn gathered(&mut self) -> CommandResult<&mut Gathered> {
        // Opened again, since another process may have changed anything.
        let repo = Repo::open_to_read(&self.dir)?;
        let gathered = Gathered::of(&repo, &self.rev, self.last.take())?;
        Ok(self.last.insert(gathered))
    }

    /// Answers a request.
    fn answer(&mut self, asked: &PageRequest) -> PageResponse {
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
