//! `idhooks ci init`: writes the configuration for a CI service or a hook manager.

use std::path::Path;

use clap::{Args, ValueEnum};
use idhooks_repo::git::Repo;
use idhooks_repo::store::{read_file, replace_file};

use crate::error::{CommandError, CommandResult, Exit};
use crate::output::Ui;

use super::super::pinned_source::{PinnedSource, SourceOptions, filled, single_quoted};

/// Write the configuration that checks every change in CI
///
/// Writes a file to the working tree, which is yours from then on: review it, commit it, and make its
/// job a required check. An existing file is not changed. --from says where a job gets idhooks. For
/// pre-commit and lefthook, the file is their configuration: they check before every push, with the
/// installed idhooks; with --from, pre-commit builds its own.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  idhooks ci init --provider github --from tools/idhooks@0123456789abcdef0123456789abcdef01234567
  idhooks ci init --provider gitlab --install 'apt-get install -y idhooks'
  idhooks ci init --provider lefthook               uses the installed idhooks
  idhooks ci init --provider github --heal --from \"$SOURCE\"

Exit code: 0 written, or already up to date; 2 no source is named, another file exists, or an error")]
pub(super) struct CiInit {
    /// Service or hook manager
    #[arg(long, value_enum, value_name = "NAME")]
    provider: Provider,
    /// Write the job that heals the registry every hour instead, and keeps one pull request for that
    ///
    /// For github, gitlab and gitea. The file says what the job may do, and what you have to set up.
    #[arg(long)]
    heal: bool,
    #[command(flatten)]
    source: SourceOptions,
    /// Replace an existing file
    #[arg(long)]
    force: bool,
    /// Print the file; write nothing
    #[arg(long)]
    dry_run: bool,
}

idhooks_core::words! {
    #[derive(ValueEnum)]
    pub(in crate::commands) enum Provider, file {
        /// GitHub Actions
        Github = "github", ".github/workflows/idhooks.yml";
        /// GitLab CI
        Gitlab = "gitlab", ".gitlab/idhooks.yml";
        /// Gitea and Forgejo Actions
        Gitea = "gitea", ".gitea/workflows/idhooks.yml";
        /// pre-commit, the hook manager
        PreCommit = "pre-commit", ".pre-commit-config.yaml";
        /// lefthook, the hook manager
        Lefthook = "lefthook", "lefthook.yml";
    }
}

impl Provider {
    /// Returns the file of the job that heals the registry every hour, and what to do with it.
    ///
    /// # Errors
    /// Returns an error for a hook manager.
    fn heal_file(self) -> CommandResult<(&'static str, &'static str)> {
        match self {
            Provider::Github => Ok((
                ".github/workflows/idhooks-heal.yml",
                "commit it to the main branch, and allow GitHub Actions to create pull requests",
            )),
            Provider::Gitea => Ok((
                ".gitea/workflows/idhooks-heal.yml",
                "commit it to the main branch: scheduled jobs run there",
            )),
            Provider::Gitlab => Ok((
                ".gitlab/idhooks-heal.yml",
                "include it in .gitlab-ci.yml (include: [{local: .gitlab/idhooks-heal.yml}]), and add the schedule and the token that it names",
            )),
            Provider::PreCommit | Provider::Lefthook => {
                Err(CommandError::new(format!("{} runs nothing by the clock", self.as_str())).hint(
                    "heal a service clone every hour: idhooks schedule install --systemd --hourly",
                ))
            }
        }
    }

    /// Returns the text of that file: with `head` as its first line, for a branch, with the lines that
    /// install idhooks.
    pub(in crate::commands) fn heal_text(self, head: &str, branch: &str, install: &str) -> String {
        let template = match self {
            Provider::Gitlab => include_str!("workflows/gitlab-heal.yml"),
            Provider::Gitea => include_str!("workflows/gitea-heal.yml"),
            _ => include_str!("workflows/github-heal.yml"),
        };
        // An expression of GitLab, in which no quotation mark can be escaped.
        let mark = if branch.contains('"') { '\'' } else { '"' };
        let quoted = format!("{mark}{branch}{mark}");
        let branch = branch.replace('\'', "\'\'");
        let values = [
            ("@HEAD@", head),
            ("@BRANCH@", &branch),
            ("@QUOTED@", &quoted),
            ("@INSTALL@", install),
        ];
        filled(template, &values)
    }

    /// Returns the lines that install idhooks in the job that heals the registry.
    fn heal_install(self, source: &SourceOptions) -> CommandResult<String> {
        let provider = self.as_str();
        let source = source.required(&format!("idhooks ci init --provider {provider} --heal"))?;
        Ok(match self {
            Provider::Gitlab => source.script_item()?.join("\n    "),
            _ => source.action_step().join("\n        "),
        })
    }

    /// Returns what to do with the file.
    fn advice(self) -> &'static str {
        match self {
            Provider::Github => {
                "commit it, then make 'idhooks' a required status check of the branch"
            }
            Provider::Gitea => {
                "commit it, then require the check 'idhooks' in the branch protection"
            }
            Provider::Gitlab => {
                "include it in .gitlab-ci.yml (include: [{local: .gitlab/idhooks.yml}]), commit both, then require that pipelines succeed"
            }
            Provider::PreCommit => "commit it, then run: pre-commit install",
            Provider::Lefthook => "commit it, then run: lefthook install",
        }
    }

    /// Returns the text of the file.
    ///
    /// # Errors
    /// Returns an error if the source is missing, not pinned or not usable here.
    fn text(self, source: &SourceOptions, branch: &str) -> CommandResult<String> {
        let required = || source.required(&format!("idhooks ci init --provider {}", self.as_str()));
        // Each line of a step has the indentation of the first one.
        let action = || Ok::<_, CommandError>(required()?.action_step().join("\n        "));
        let (template, install) = match self {
            Provider::Github => (include_str!("workflows/github.yml"), action()?),
            Provider::Gitea => (include_str!("workflows/gitea.yml"), action()?),
            Provider::Gitlab => {
                (include_str!("workflows/gitlab.yml"), required()?.script_item()?.join("\n    "))
            }
            Provider::PreCommit => match source.named()? {
                None => (include_str!("workflows/pre-commit.yml"), String::new()),
                Some(PinnedSource::Repository { url, commit }) => {
                    let url = single_quoted(&url);
                    let template = include_str!("workflows/pre-commit-from.yml");
                    return Ok(filled(template, &[("@URL@", &url), ("@COMMIT@", &commit)]));
                }
                Some(_) => return Err(CommandError::new("pre-commit builds idhooks from a git repository only")
                    .hint("name one at a commit: --from <URL>@<COMMIT>; without --from and --install, the installed idhooks runs")),
            },
            Provider::Lefthook => match source.named()? {
                None => (include_str!("workflows/lefthook.yml"), String::new()),
                Some(_) => return Err(CommandError::new("lefthook installs nothing: it runs the installed idhooks")
                    .hint("leave out --from and --install")),
            },
        };
        let branch = branch.replace('\'', "''");
        Ok(filled(template, &[("@BRANCH@", &branch), ("@INSTALL@", &install)]))
    }
}

impl CiInit {
    pub(super) fn run(&self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let branch = repo.main_branch()?;
        let (name, text, advice) = if self.heal {
            let (name, advice) = self.provider.heal_file()?;
            let install = self.provider.heal_install(&self.source)?;
            let head = "Written by 'idhooks ci init --heal'.";
            (name, self.provider.heal_text(head, &branch, &install), advice)
        } else {
            let text = self.provider.text(&self.source, &branch)?;
            (self.provider.file(), text, self.provider.advice())
        };
        if self.dry_run {
            ui.data(&text);
            return Ok(Exit::Fine);
        }
        let file = repo.top().join(name);
        match read_file(&file)? {
            Some(there) if there == text.as_bytes() => {
                ui.status(&format!("'{name}' is up to date"));
                return Ok(Exit::Fine);
            }
            Some(_) if !self.force => {
                return Err(CommandError::new(format!("'{name}' already exists"))
                    .hint("see what would be written, and add it by hand: --dry-run")
                    .hint("or replace it: --force"));
            }
            _ => {}
        }
        replace_file(&repo.link_guard(), &file, text.as_bytes())?;
        ui.line(name);
        ui.status(advice);
        Ok(Exit::Fine)
    }
}
