//! `idhooks ci init`: the workflow that a service runs.

use std::path::Path;

use clap::{Args, ValueEnum};

use crate::error::CommandError;
use crate::exit::Exit;
use crate::git::Repo;
use crate::output::Ui;
use crate::store::{read_file, replace_file};

/// How a job gets idhooks where nothing else is said.
pub(in crate::commands) const INSTALL: &str = "cargo install --locked idhooks";

/// Write the workflow that has a service check every change
///
/// The file goes into the working tree and is yours from then on: look at it, commit it, and make
/// its job a required check of the branch. A file that is there already is left alone. For
/// pre-commit and lefthook it is their configuration, which has them check before a push.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks ci init --provider github
  idhooks ci init --provider gitlab --install 'curl -fsSL https://example.com/idhooks -o /usr/local/bin/idhooks'

Exit code: 0 written, or there already as it would be written; 2 another file is there, or it
cannot be written")]
pub(super) struct Init {
    /// For whom
    #[arg(long, value_enum, value_name = "NAME")]
    provider: Provider,
    /// The command by which a job gets idhooks where it is not installed
    #[arg(long, value_name = "COMMAND", default_value = INSTALL)]
    install: String,
    /// Replace the file that is there
    #[arg(long)]
    force: bool,
    /// Print what would be written, and write nothing
    #[arg(long)]
    dry_run: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Provider {
    /// GitHub Actions
    Github,
    /// GitLab CI
    Gitlab,
    /// Gitea and Forgejo Actions
    Gitea,
    /// The hook manager pre-commit
    PreCommit,
    /// The hook manager lefthook
    Lefthook,
}

impl Provider {
    /// Returns the file to write, and what people have to do with it.
    fn file(self) -> (&'static str, &'static str) {
        match self {
            Provider::Github => (
                ".github/workflows/idhooks.yml",
                "commit it, then make 'idhooks' a required status check of the branch",
            ),
            Provider::Gitea => (
                ".gitea/workflows/idhooks.yml",
                "commit it, then require the check 'idhooks' in the protection of the branch",
            ),
            Provider::Gitlab => (
                ".gitlab/idhooks.yml",
                "have .gitlab-ci.yml include it (include: [{local: .gitlab/idhooks.yml}]), commit both, then require that pipelines succeed",
            ),
            Provider::PreCommit => {
                (".pre-commit-config.yaml", "commit it, then run: pre-commit install")
            }
            Provider::Lefthook => ("lefthook.yml", "commit it, then run: lefthook install"),
        }
    }

    fn text(self, install: &str, branch: &str) -> String {
        let template = match self {
            Provider::Github => include_str!("workflows/github.yml"),
            Provider::Gitea => include_str!("workflows/gitea.yml"),
            Provider::Gitlab => include_str!("workflows/gitlab.yml"),
            Provider::PreCommit => include_str!("workflows/pre-commit.yml"),
            Provider::Lefthook => include_str!("workflows/lefthook.yml"),
        };
        let branch = branch.replace('\'', "''");
        template.replace("@BRANCH@", &branch).replace("@INSTALL@", install)
    }
}

impl Init {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> Result<Exit, CommandError> {
        let repo = Repo::open(dir)?;
        let (name, advice) = self.provider.file();
        if self.install.contains(['\n', '\r']) {
            return Err(CommandError::new("the command of --install has several lines")
                .hint("join them: --install 'first && second'"));
        }
        let text = self.provider.text(&self.install, &repo.main_branch()?);
        if self.dry_run {
            ui.data(&text);
            return Ok(Exit::Fine);
        }
        let file = repo.top().join(name);
        match read_file(&file)? {
            Some(there) if there == text.as_bytes() => {
                ui.status(&format!("'{name}' is as it should be"));
                return Ok(Exit::Fine);
            }
            Some(_) if !self.force => {
                return Err(CommandError::new(format!("'{name}' is there already"))
                    .hint("see what would be written, and add it by hand: --dry-run")
                    .hint("or have it replaced: --force"));
            }
            _ => {}
        }
        replace_file(&file, text.as_bytes())?;
        ui.line(name);
        ui.status(advice);
        Ok(Exit::Fine)
    }
}
