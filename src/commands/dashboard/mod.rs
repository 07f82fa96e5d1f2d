//! `idhooks dashboard`: one page about the identities of a repository.

mod gather;
mod live;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::{Ui, is_page, page};
use crate::store::read_file;
use crate::system;

use super::listen_args::{Address, at_its_place, ended};
use super::output_file::write_all;
use gather::Gathered;
use live::Live;

/// Show the state of all identities on a page
///
/// Serves the page on this machine until the command is ended, and the documents that it reads:
/// /api/overview.json and /api/identities.json. Everything is computed from git and the registry of
/// a commit when it is asked for, and nothing can be changed. Where the page is asked for by a name
/// that is not localhost, name it with --host.
///
/// With --output it writes static files instead. They can lie on the pages of a forge or any web
/// server; the page alone, opened as a file, shows everything but the search.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks dashboard --open
  idhooks dashboard --port 0 --rev origin/main
  idhooks dashboard --output site/

Exit code: 0 written, whatever the state is; 2 it cannot be")]
pub(super) struct Dashboard {
    /// Serve at this port; 0 is any that is free
    #[arg(long, value_name = "PORT", default_value_t = 8080)]
    port: u16,
    #[command(flatten)]
    address: Address,
    /// Open the page in the browser
    #[arg(long)]
    open: bool,
    /// Write to this directory instead: index.html and api/*.json
    #[arg(long, value_name = "DIR", conflicts_with_all = ["port", "bind", "host", "open"])]
    output: Option<PathBuf>,
    /// Show this commit
    #[arg(long, value_name = "COMMIT", default_value = "HEAD")]
    rev: String,
}

impl Dashboard {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        match &self.output {
            Some(output) => self.export(ui, dir, &dir.join(output)),
            None => self.serve(ui, dir),
        }
    }

    fn serve(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let mut live = Live::of(at_its_place(dir), self.rev)?;
        let server = self.address.listen(ui, self.port)?;
        let url = server.url("/");
        ui.say(&format!("the dashboard is at {url}; end it with Ctrl-C"));
        if self.open
            && let Err(error) = system::browse(&url)
        {
            ui.warning(&format!("no browser could be started: {error}"));
        }
        Err(ended(server.run(move |asked| live.answer(asked))))
    }

    fn export(&self, ui: &mut Ui, dir: &Path, to: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open_to_read(dir)?;
        let mut gathered = Gathered::of(&repo, &self.rev, None)?;
        let identities = gathered.identities();
        let overview = gathered.overview(None);
        let files = [
            ("api/identities.json", identities),
            ("index.html", page(&overview)),
            ("api/overview.json", overview),
        ];
        // Where something lies that nobody made so, nothing is written over.
        let index = to.join("index.html");
        let is_own = read_file(&index)?.is_some_and(|text| is_page(&text));
        if let Some((name, _)) = files.iter().find(|(name, _)| !is_own && to.join(name).exists()) {
            let error =
                CommandError::new(format!("'{}' is not a dashboard's", to.join(name).display()));
            return Err(error.hint("name another directory, or remove that file"));
        }
        let files = files.map(|(name, text)| (to.join(name), text));
        write_all(&repo, &files.each_ref().map(|(file, text)| (&**file, &**text)))?;
        ui.status(&format!("written: {}", index.display()));
        Ok(Exit::Fine)
    }
}
