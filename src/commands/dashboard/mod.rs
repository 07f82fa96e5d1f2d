//! `idhooks dashboard`: one page about the identities of a repository.

mod gather;

use std::path::{Path, PathBuf};

use clap::Args;

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::{Ui, page};
use crate::store::replace_file;

use gather::Gathered;

/// Show the state of all identities on a page
///
/// Writes static files: a page that needs nothing else, and the documents that it reads. They can lie
/// on the pages of a forge or any web server; the page alone, opened as a file, shows everything but
/// the search. Everything is computed from git and the registry of a commit.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks dashboard --output site/
  idhooks dashboard --output site/ --rev origin/main

Exit code: 0 written, whatever the state is; 2 it cannot be")]
pub(super) struct Dashboard {
    /// The directory to write to: index.html and api/*.json
    #[arg(long, value_name = "DIR")]
    output: PathBuf,
    /// Show this commit
    #[arg(long, value_name = "COMMIT", default_value = "HEAD")]
    rev: String,
}

impl Dashboard {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open_to_read(dir)?;
        let mut gathered = Gathered::of(&repo, &self.rev)?;
        let identities = gathered.identities();
        let overview = gathered.overview(None);
        let to = dir.join(&self.output);
        let files = [
            ("api/identities.json", identities),
            ("index.html", page(&overview)),
            ("api/overview.json", overview),
        ];
        for (name, text) in &files {
            replace_file(&to.join(name), text.as_bytes())?;
        }
        ui.status(&format!("written: {}", to.join("index.html").display()));
        Ok(Exit::Fine)
    }
}
