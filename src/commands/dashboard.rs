//! `idhooks dashboard`: a web page about the identities of a repository.

use clap::Args;
use idhooks_core::check::{Family, Finding};
use idhooks_ops::{CodeDays, CodeState, Revision, find_commit};
use idhooks_repo::git::Repo;
use idhooks_repo::state::CommitState;
use idhooks_repo::store::read_file;
use idhooks_repo::system;
use idhooks_report::metrics::WriteStatistics;
use idhooks_report::net::{ContentType, Methods, PageRequest, PageResponse};
use idhooks_report::reports::DashboardFacts;
use std::path::{Path, PathBuf};

use super::browser::{picture, png_start};
use super::listen_args::{Address, at_its_place, ended};
use super::output_file::{OverwriteArgs, check_place, write, write_all};
use crate::error::{CommandError, CommandResult, Exit};
use crate::output::{
    CodeOverview, CoverageTrend, DashboardCoverage, DashboardData, FamilyCheck, MAX_FINDINGS, Ui,
    WorstFindings, drift_sections, duplicates, identities, is_page, json, page,
};

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
///
/// With --png it draws the page with an installed browser: Chromium, Chrome, Edge or Firefox. To use
/// another one: git config idhooks.browser PROGRAM
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks dashboard --open
  idhooks dashboard --port 0 --rev origin/main
  idhooks dashboard --output site/
  idhooks dashboard --png dashboard.png

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
    /// Draw the page with an installed browser, as this PNG picture
    #[arg(long, value_name = "FILE", conflicts_with_all = ["port", "bind", "host", "open", "output"])]
    png: Option<PathBuf>,
    #[command(flatten)]
    overwrite: OverwriteArgs,
}

impl Dashboard {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
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
        let overview = Gathered::of(&repo, &self.rev, None)?.overview(None);
        let page = page(&overview);
        let picture = system::ending_programs(|| picture(ui, &repo, &page))?;
        write(&repo, to, picture, self.overwrite)?;
        ui.status(&format!("written: {}", to.display()));
        Ok(Exit::Fine)
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
        Err(ended(server.run(Methods::Read, move |asked| live.answer(asked))))
    }

    fn export(&self, ui: &mut Ui, dir: &Path, to: &Path) -> CommandResult<Exit> {
        let repo = Repo::open_to_read(dir)?;
        let mut gathered = Gathered::of(&repo, &self.rev, None)?;
        let identities = gathered.identities();
        let overview = gathered.overview(None);
        let files = [
            (to.join("api/identities.json"), identities),
            (to.join("index.html"), page(&overview)),
            (to.join("api/overview.json"), overview),
        ];
        // Whether or not git tracks them, files that are not a dashboard are not replaced.
        let index = to.join("index.html");
        let is_own =
            self.overwrite.is_given() || read_file(&index)?.is_some_and(|text| is_page(&text));
        if let Some((file, _)) = files.iter().find(|(file, _)| !is_own && file.exists()) {
            let what = "exists and is not part of a dashboard";
            return Err(CommandError::new(format!("'{}' {what}", file.display()))
                .hint("name another directory, or replace the files: --overwrite"));
        }
        let files = files.each_ref().map(|(file, text)| (&**file, &**text));
        write_all(&repo, &files, self.overwrite)?;
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

/// The data that was gathered.
struct Gathered {
    repository: String,
    branch: String,
    facts: DashboardFacts,
    /// Identifiers in code, or why they could not be checked.
    code: Result<Option<CodeState>, String>,
}

impl Gathered {
    /// Gathers the data of a commit. If `known` is of the same commit, only data that may have changed
    /// since is gathered again.
    ///
    /// # Errors
    /// Returns an error if the commit does not exist or has no registry, or if an object cannot be read.
    fn of(repo: &Repo, rev: &str, known: Option<Self>) -> CommandResult<Self> {
        let commit = find_commit(repo, rev)?;
        let branch = match rev {
            "HEAD" => repo.own_branch()?.unwrap_or_else(|| "detached HEAD".to_owned()),
            rev => rev.to_owned(),
        };
        if let Some(known) = known.filter(|known| known.facts.commit == commit) {
            let facts = known.facts.refreshed(repo)?;
            return Ok(Gathered { branch, facts, ..known });
        }
        let view = CommitState::of_commit(repo, commit)?;
        let state = Revision::named(rev).adopted(repo, view)?;
        Ok(Gathered {
            repository: repo.name(),
            branch,
            facts: DashboardFacts::of(repo, commit, &state)?,
            code: CodeState::of(repo, &state.config, Some(commit), CodeDays::History)
                .map_err(|error| CommandError::from(error).message),
        })
    }

    /// Returns the JSON document with the overview. If a server answers, `refresh` is the number of
    /// seconds after which the page requests it again.
    fn overview(&mut self, refresh: Option<u64>) -> String {
        let facts = &mut self.facts;
        let (registry, findings) = (facts.registry.as_ref(), &facts.checked.findings);
        let legacy =
            self.code.iter().flatten().flat_map(|code| code.legacy_findings.iter().cloned());
        let drift: Vec<Finding> = findings.iter().cloned().chain(legacy).collect();
        let check = |family| FamilyCheck::new(family, findings, facts.checked_at);
        json::document(&DashboardData {
            at: facts.at,
            repository: &self.repository,
            branch: &self.branch,
            commit: facts.commit,
            is_live: refresh.is_some(),
            refresh_seconds: refresh.unwrap_or(0),
            identities: registry.map_or(0, |registry| registry.allocations.len()),
            coverage: DashboardCoverage::new(facts.coverage, &facts.groups),
            trend: CoverageTrend::of(facts.coverage, &facts.history, &facts.commit.to_string()),
            history: facts.history.iter().map(Into::into).collect(),
            allocations: facts.timeline.days(facts.at).into_iter().map(Into::into).collect(),
            checks: Family::OF_CHECK.map(check),
            findings: WorstFindings::new(findings),
            heads_unread: facts.checked.unread,
            duplicates: duplicates(findings),
            drift: drift_sections(&drift, MAX_FINDINGS, json::FindingSummary::full),
            health: &facts.health,
            counters: facts.counters().into_iter().map(Into::into).collect(),
            writes: WriteStatistics::new(facts.writes, registry),
            events: facts.timeline.events(),
            identifiers: CodeOverview::new(&self.code, facts.last_ci.as_ref()),
            migration: facts.migration.overview(MAX_FINDINGS),
        })
    }

    /// Returns the JSON document with every identity.
    fn identities(&self) -> String {
        let records = self.facts.registry.as_ref().map(|registry| registry.allocations.as_slice());
        identities(records.unwrap_or_default(), &self.facts.timeline)
    }
}
