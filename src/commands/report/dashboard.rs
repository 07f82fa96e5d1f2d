//! `idhooks dashboard`: serves or writes a web page about a repository's identities.

use clap::Args;
use idhooks_ops::{
    CommitId, Destination, OpsError, OutputList, RedirectForm, RedirectRefusal, RedirectStatus,
    RedirectTable, Repo, check_place, ending_programs, find_commit, identity_redirects, read_file,
    write_outputs, write_redirects,
};
use idhooks_report::net::{ContentType, Methods, PageRequest, PageResponse};
use idhooks_report::reports::DashboardFacts;
use std::path::{Path, PathBuf};

use crate::commands::output_file::{OverwriteArgs, write};
use crate::commands::report::browser::{picture, png_start};
use crate::commands::report::listen_args::{Address, at_its_place, ended};
use crate::commands::watcher;
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{Ui, and_more};
use crate::report::{identities_json, is_page, overview_json, page};

/// The number of seconds after which the page requests new data.
const REFRESH: u64 = 60;
const PAGE: &str = "/";
const OVERVIEW: &str = "/api/overview.json";
const IDENTITIES: &str = "/api/identities.json";
/// The beginning of the paths that lead from identities to files.
const ID: &str = "/id/";

/// Serve or write a web page that shows the state of all identities
///
/// Serves the page and its data, /api/overview.json and /api/identities.json, on this machine until
/// stopped. The commit is read again for every request. The page is read-only. If
/// idhooks.toml or a remote says where files are shown, /id/ followed by an identity leads to its file.
/// To reach the page by a name other than localhost, pass --host.
///
/// With --output, writes static files for any web server instead. If you open the page as a file,
/// everything but the search works.
///
/// With --png, draws the page with an installed browser: Chromium, Chrome, Edge or Firefox. To use
/// another one, run 'git config idhooks.browser PROGRAM'.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks dashboard --open
  idhooks dashboard --port 0 --rev origin/main
  idhooks dashboard --output site/
  idhooks dashboard --png dashboard.png

Exit code: 0 written, regardless of the state of the identities; 2 an error")]
pub(in crate::commands) struct Dashboard {
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
    /// Draw the page to this PNG file with an installed browser
    #[arg(long, value_name = "FILE", conflicts_with_all = ["port", "bind", "host", "open", "output"])]
    png: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

impl Dashboard {
    pub(in crate::commands) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        match (&self.output, &self.png) {
            (Some(output), _) => self.export(ui, dir, &dir.join(output)),
            (None, Some(png)) => self.draw(ui, dir, &dir.join(png)),
            (None, None) => self.serve(ui, dir),
        }
    }

    fn draw(&self, ui: &mut Ui, dir: &Path, to: &Path) -> CommandResult<Exit> {
        check_place(to)?;
        let repo = Repo::open_to_read(dir)?;
        self.overwrite.guard(&repo, to, png_start())?;
        let overview = overview_json(&mut facts(&repo, &self.rev, None)?, None);
        let page = page(&overview);
        // If the run is interrupted, it must terminate the browser, which has no window for the
        // user to notice.
        let picture = ending_programs(|| picture(ui, &repo, &page))?;
        write(&repo, to, picture, self.overwrite)?;
        ui.status(&format!("written: {}", to.display()));
        Ok(Exit::Fine)
    }

    fn serve(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let mut live = Live { dir: at_its_place(dir), rev: self.rev, last: None, redirects: None };
        // It is better to fail now than on every request.
        live.gathered()?;
        let server = self.address.listen(ui, self.port)?;
        let url = server.url("/");
        ui.say(&format!("the dashboard is at {url}; stop with Ctrl-C"));
        if self.open
            // This is only a warning: a server without a desktop still serves the page.
            && let Err(error) = open::that_detached(&url)
        {
            ui.warning(&format!("cannot start a browser: {error}"));
        }
        Err(ended(server.run(Methods::Read, move |asked| live.answer(asked))))
    }

    fn export(&self, ui: &mut Ui, dir: &Path, to: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let mut facts = facts(&repo, &self.rev, None)?;
        let identities = identities_json(&facts);
        let overview = overview_json(&mut facts, None);
        let files = [
            (to.join("api/identities.json"), identities),
            (to.join("index.html"), page(&overview)),
            (to.join("api/overview.json"), overview),
        ];
        // These file names are common on websites, so even an untracked file is kept unless it is a
        // dashboard.
        let index = to.join("index.html");
        let is_own =
            self.overwrite.is_given() || read_file(&index)?.is_some_and(|text| is_page(&text));
        if let Some((file, _)) = files.iter().find(|(file, _)| !is_own && file.exists()) {
            let what = "exists and is not part of a dashboard";
            return Err(CommandError::new(format!("'{}' {what}", file.display()))
                .hint("name another directory, or replace the files: --overwrite"));
        }
        let files = files.each_ref().map(|(file, text)| (&**file, &**text));
        self.export_identities(ui, &repo, to)?;
        write_outputs(&repo, &files, self.overwrite.is_given())?;
        ui.status(&format!("written: {}", index.display()));
        Ok(Exit::Fine)
    }
}

impl Dashboard {
    /// Writes pages that lead from identities to files.
    fn export_identities(&self, ui: &mut Ui, repo: &Repo, to: &Path) -> CommandResult<()> {
        let table = match identity_redirects(ui, repo, &self.rev) {
            Ok(table) => table,
            // Not every repository has a place where its files are shown.
            Err(OpsError::Link(_)) => return Ok(()),
            Err(error) => {
                ui.warning(&format!("pages for identities left out: {error}"));
                return Ok(());
            }
        };
        let made = RedirectForm::Pages.files(&table, RedirectStatus::FOUND, "");
        let made = made.map_err(|refusal| OpsError::from(RedirectRefusal::Form(refusal)))?;
        let left_out = write_redirects(repo, to, OutputList::Dashboard, &made.files)?;
        if let Some(first) = left_out.first() {
            let (first, others) = (first.place.display(), and_more(left_out.len() - 1));
            ui.warning(&format!("'{first}'{others} left out: another file is in its place"));
        }
        Ok(())
    }
}

/// Gathers the data for a commit.
fn facts(repo: &Repo, rev: &str, known: Option<DashboardFacts>) -> CommandResult<DashboardFacts> {
    Ok(DashboardFacts::read(repo, rev, known, &watcher::facts(repo)?)?)
}

/// The repository and revision that the server shows.
struct Live {
    dir: PathBuf,
    rev: String,
    /// The most recent data, kept so that an unchanged commit is not read again.
    last: Option<DashboardFacts>,
    /// Where the identities in that commit lead.
    redirects: Option<(CommitId, RedirectTable)>,
}

impl Live {
    fn gathered(&mut self) -> CommandResult<&mut DashboardFacts> {
        // The repository may have changed since the last request, or a new clone may have replaced
        // it.
        let repo = Repo::open_to_read(&self.dir)?;
        let facts = facts(&repo, &self.rev, self.last.take())?;
        Ok(self.last.insert(facts))
    }

    /// Answers a request.
    fn answer(&mut self, asked: &PageRequest) -> PageResponse {
        let path = asked.path.as_str();
        if path.starts_with(ID) {
            return self.lead(path.trim_end_matches('/'));
        }
        if ![PAGE, OVERVIEW, IDENTITIES].contains(&path) {
            return PageResponse::not_found(&[PAGE, OVERVIEW, IDENTITIES]);
        }
        let facts = match self.gathered() {
            Ok(facts) => facts,
            // The server answers 503 instead of exiting: by the next request, the repository may be
            // back, for example because it was cloned again.
            Err(error) => return PageResponse::unavailable(error.to_text()),
        };
        match path {
            IDENTITIES => PageResponse::of(ContentType::Json, identities_json(facts)),
            OVERVIEW => PageResponse::of(ContentType::Json, overview_json(facts, Some(REFRESH))),
            _ => PageResponse::of(ContentType::Page, page(&overview_json(facts, Some(REFRESH)))),
        }
    }

    /// Leads from an identity to its file's page.
    fn lead(&mut self, path: &str) -> PageResponse {
        match self.redirects().map(|table| table.destination(path)) {
            Ok(Some(Destination::Page(address))) => PageResponse::found(address),
            Ok(Some(gone)) => PageResponse::gone(gone.to_page()),
            Ok(None) => PageResponse::not_found(&[PAGE]),
            Err(error) => PageResponse::unavailable(CommandError::from(error).to_text()),
        }
    }

    /// Returns where the identities in the commit lead.
    fn redirects(&mut self) -> Result<&RedirectTable, OpsError> {
        let repo = Repo::open_to_read(&self.dir)?;
        let commit = find_commit(&repo, &self.rev)?;
        let known = self.redirects.take().filter(|(known, _)| *known == commit);
        let known = match known {
            Some(known) => known,
            None => (commit, identity_redirects(&mut Vec::new(), &repo, &self.rev)?),
        };
        Ok(&self.redirects.insert(known).1)
    }
}
