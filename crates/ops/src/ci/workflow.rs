//! `idhooks ci init`: writes the configuration for a CI service or a hook manager.

use idhooks_repo::git::Repo;
use idhooks_repo::store::{read_file, replace_file};

use super::pinned_source::{PinnedSource, PinnedSourceRefusal, filled, single_quoted};
use crate::OpsError;

idhooks_core::words! {
    /// A CI service or hook manager to write a configuration for.
    pub enum CiProvider, title {
        /// GitHub Actions.
        Github = "github", "GitHub Actions";
        /// GitLab CI.
        Gitlab = "gitlab", "GitLab CI";
        /// Gitea and Forgejo Actions.
        Gitea = "gitea", "Gitea and Forgejo Actions";
        /// pre-commit, the hook manager.
        PreCommit = "pre-commit", "pre-commit, the hook manager";
        /// lefthook, the hook manager.
        Lefthook = "lefthook", "lefthook, the hook manager";
    }
}

/// Why no configuration is written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CiInitRefusal {
    /// The job needs a source for idhooks; holds the provider, and whether the job heals the
    /// registry.
    #[error("no source of idhooks for the job is named")]
    NoSource(CiProvider, bool),
    /// A source is not usable.
    #[error(transparent)]
    Source(#[from] PinnedSourceRefusal),
    /// A hook manager cannot run the hourly job that heals the registry.
    #[error("{0} runs nothing by the clock")]
    NoClock(CiProvider),
    /// pre-commit can only build from a git repository.
    #[error("pre-commit builds idhooks from a git repository only")]
    RepositoryOnly,
    /// lefthook installs nothing.
    #[error("lefthook installs nothing: it runs the installed idhooks")]
    NoInstall,
    /// A different file with this name exists.
    #[error("'{0}' already exists")]
    Exists(&'static str),
}

/// Which configuration to write.
#[derive(Debug)]
pub struct CiInitOptions {
    /// The service or hook manager.
    pub provider: CiProvider,
    /// Whether to write the job that heals the registry every hour, instead of the check.
    pub is_heal: bool,
    /// Where the job gets idhooks.
    pub source: Option<PinnedSource>,
    /// Whether to replace an existing file.
    pub is_forced: bool,
    /// Whether this is a dry run.
    pub is_dry_run: bool,
}

/// The configuration.
#[derive(Debug)]
pub struct CiConfiguration {
    /// The file's path, from the root of the repository.
    pub file: &'static str,
    /// The file's text.
    pub text: String,
    /// Whether the file was written; `false` if it already existed or was only shown.
    pub is_written: bool,
}

/// Writes the configuration for checking every change in CI, or the job that heals the registry
/// every hour.
///
/// # Errors
/// Returns an error if the provider cannot run the job or cannot use the source, or if a different
/// file already exists.
pub fn init_ci(repo: &Repo, options: &CiInitOptions) -> Result<CiConfiguration, OpsError> {
    let branch = repo.main_branch()?;
    let provider = options.provider;
    let file = provider.file(options.is_heal).ok_or(CiInitRefusal::NoClock(provider))?;
    let text = match options.is_heal {
        true => {
            let head = "Written by 'idhooks ci init --heal'.";
            provider.heal_text(head, &branch, &options.install()?)
        }
        false => options.text(&branch)?,
    };
    let place = repo.top().join(file);
    // A dry run shows the text even if a different file with this name exists.
    let present = if options.is_dry_run { None } else { read_file(&place)? };
    let is_present = present.as_deref() == Some(text.as_bytes());
    if present.is_some() && !is_present && !options.is_forced {
        return Err(CiInitRefusal::Exists(file).into());
    }
    let is_written = !is_present && !options.is_dry_run;
    if is_written {
        replace_file(&repo.link_guard(), &place, text.as_bytes())?;
    }
    Ok(CiConfiguration { file, text, is_written })
}

impl CiProvider {
    /// Returns the file for the check, or for the job that heals the registry every hour; hook
    /// managers do not support that job.
    fn file(self, is_heal: bool) -> Option<&'static str> {
        Some(match (self, is_heal) {
            (CiProvider::Github, false) => ".github/workflows/idhooks.yml",
            (CiProvider::Github, true) => ".github/workflows/idhooks-heal.yml",
            (CiProvider::Gitlab, false) => ".gitlab/idhooks.yml",
            (CiProvider::Gitlab, true) => ".gitlab/idhooks-heal.yml",
            (CiProvider::Gitea, false) => ".gitea/workflows/idhooks.yml",
            (CiProvider::Gitea, true) => ".gitea/workflows/idhooks-heal.yml",
            (CiProvider::PreCommit, false) => ".pre-commit-config.yaml",
            (CiProvider::Lefthook, false) => "lefthook.yml",
            (CiProvider::PreCommit | CiProvider::Lefthook, true) => return None,
        })
    }

    /// Returns the job that heals the registry every hour. `head` is the job's first line, `branch`
    /// the branch to heal, and `install` the lines that install idhooks.
    pub fn heal_text(self, head: &str, branch: &str, install: &str) -> String {
        let template = match self {
            CiProvider::Gitlab => include_str!("workflows/gitlab-heal.yml"),
            CiProvider::Gitea => include_str!("workflows/gitea-heal.yml"),
            _ => include_str!("workflows/github-heal.yml"),
        };
        // In a GitLab expression, quotation marks cannot be escaped.
        let mark = if branch.contains('"') { '\'' } else { '"' };
        let quoted = format!("{mark}{branch}{mark}");
        // In a single-quoted YAML string, a quote is doubled.
        let branch = branch.replace('\'', "\'\'");
        let values = [
            ("@HEAD@", head),
            ("@BRANCH@", &branch),
            ("@QUOTED@", &quoted),
            ("@INSTALL@", install),
        ];
        filled(template, &values)
    }
}

impl CiInitOptions {
    /// Returns the lines that install idhooks in the job, all with the same indentation as the
    /// first.
    fn install(&self) -> Result<String, CiInitRefusal> {
        let missing = CiInitRefusal::NoSource(self.provider, self.is_heal);
        let source = self.source.as_ref().ok_or(missing)?;
        Ok(match self.provider {
            CiProvider::Gitlab => source.script_item()?.join("\n    "),
            _ => source.action_step().join("\n        "),
        })
    }

    /// Returns the configuration that checks every change.
    fn text(&self, branch: &str) -> Result<String, CiInitRefusal> {
        let (template, install) = match (self.provider, &self.source) {
            (CiProvider::Github, _) => (include_str!("workflows/github.yml"), self.install()?),
            (CiProvider::Gitea, _) => (include_str!("workflows/gitea.yml"), self.install()?),
            (CiProvider::Gitlab, _) => (include_str!("workflows/gitlab.yml"), self.install()?),
            (CiProvider::PreCommit, None) => {
                (include_str!("workflows/pre-commit.yml"), String::new())
            }
            (CiProvider::PreCommit, Some(PinnedSource::Repository { url, commit })) => {
                let url = single_quoted(url);
                let template = include_str!("workflows/pre-commit-from.yml");
                return Ok(filled(template, &[("@URL@", &url), ("@COMMIT@", commit)]));
            }
            (CiProvider::PreCommit, Some(_)) => return Err(CiInitRefusal::RepositoryOnly),
            (CiProvider::Lefthook, None) => (include_str!("workflows/lefthook.yml"), String::new()),
            (CiProvider::Lefthook, Some(_)) => return Err(CiInitRefusal::NoInstall),
        };
        let branch = branch.replace('\'', "''");
        Ok(filled(template, &[("@BRANCH@", &branch), ("@INSTALL@", &install)]))
    }
}
