//! `idhooks classify`: the class and the kind of files.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use idhooks_core::config::{Config, ContentKind};
use idhooks_core::registry::{RepoPath, Tree};
use idhooks_ops::repo_path;
use idhooks_repo::git::Repo;
use idhooks_repo::state::read_config;
use serde::Serialize;

use crate::error::{CommandResult, Exit};
use crate::output::{Format, Ui, json};

/// Show the class and the kind of files
///
/// The first rule of 'classify' in idhooks.toml that matches a path gives the class; without one, the
/// file is not governed. The kind is python, config, doc or other, by the rule or by the extension.
/// Files need not exist yet.
#[derive(Debug, clap::Args)]
#[command(after_help = "\
Examples:
  idhooks classify src/app.py
  idhooks classify --format json $(git diff --name-only)

The reason is one of:
  governed    a rule gives the file a class
  unmanaged   no rule does
  ignored     git ignores the file, or [track] excludes it
  wrong_type  it is a directory, a link or a submodule

Exit code: 0 done; 2 an error")]
pub(super) struct ClassifyArgs {
    /// Files
    #[arg(value_name = "PATH", required = true)]
    paths: Vec<PathBuf>,
    /// Output format
    #[arg(long, value_enum, default_value_t, value_name = "FORMAT")]
    format: Format,
}

idhooks_core::words! {
    /// Why a file has the class that it has.
    enum ClassReason {
        /// A rule gives it a class.
        Governed = "governed",
        /// Git ignores it, or the rules do not track it.
        Ignored = "ignored",
        /// No rule gives it a class.
        Unmanaged = "unmanaged",
        /// It is not a regular file.
        WrongType = "wrong_type",
    }
}

/// A path with its class.
#[derive(Serialize)]
struct Classified {
    path: RepoPath,
    is_governed: bool,
    class: Option<String>,
    kind: Option<ContentKind>,
    reason: ClassReason,
}

impl ClassifyArgs {
    pub(super) fn run(self, ui: &mut Ui, dir: &Path) -> CommandResult<Exit> {
        let repo = Repo::open(dir)?;
        let tree = repo.index(&repo.index_file())?.tree;
        let config = read_config(&repo, &tree)?;
        let paths = self.paths.iter().map(|typed| repo_path(&repo, dir, typed));
        let paths: Vec<RepoPath> = paths.collect::<Result<_, _>>()?;
        let untracked = paths.iter().filter(|path| !tree.contains_key(path));
        let ignored = repo.git().ignored(untracked)?;
        let files: Vec<Classified> = paths
            .into_iter()
            .map(|path| Classified::of(&repo, &config, (&tree, &ignored), path))
            .collect();
        match self.format {
            Format::Json => ui.data(&json::document_of("files", &files)),
            Format::Text => ui.table(files.iter().map(Classified::row)),
        }
        Ok(Exit::Fine)
    }
}

impl Classified {
    fn of(
        repo: &Repo,
        config: &Config,
        (tree, ignored): (&Tree, &BTreeSet<RepoPath>),
        path: RepoPath,
    ) -> Self {
        let is_file = match tree.get(&path) {
            Some(entry) => entry.mode.is_file(),
            None => {
                let found = std::fs::symlink_metadata(repo.top().join(path.to_os_path()));
                found.map_or(true, |meta| meta.is_file())
            }
        };
        let found = config.classify(&path);
        let reason = match found.class {
            _ if !is_file => ClassReason::WrongType,
            _ if ignored.contains(&path) || !config.tracks(&path) => ClassReason::Ignored,
            Some(_) => ClassReason::Governed,
            None => ClassReason::Unmanaged,
        };
        let is_governed = reason == ClassReason::Governed;
        let class = found.class.filter(|_| is_governed).map(str::to_owned);
        let has_kind = is_governed || reason == ClassReason::Unmanaged;
        let kind = Some(found.kind).filter(|_| has_kind);
        Classified { path, is_governed, class, kind, reason }
    }

    fn row(&self) -> [String; 4] {
        let word = |text: Option<&str>| text.unwrap_or("-").to_owned();
        [
            self.path.to_string(),
            word(self.class.as_deref()),
            word(self.kind.map(ContentKind::as_str)),
            self.reason.to_string(),
        ]
    }
}
