//! [`LegacySource`]: the file whose records are migrated, and the rules of the legacy file afterwards.

use std::path::{Path, PathBuf};

use idhooks_core::config::{DualWrite, Leading, LegacyFormat};
use idhooks_core::registry::{Registry, RepoPath, Scope};
use idhooks_repo::git::Repo;
use idhooks_repo::store::read_file;

use crate::commands::import::source::ImportSource;
use crate::commands::paths::repo_path;
use crate::error::{CommandError, CommandResult};
use crate::output::shell_quoted;

/// The file whose records are migrated.
pub(super) struct LegacySource {
    /// Its name as typed, or from the rules.
    pub(super) typed: PathBuf,
    /// The directory in which the name holds.
    dir: PathBuf,
    /// Its format.
    pub(super) format: LegacyFormat,
    /// The rules while it leads.
    pub(super) rules: DualWrite,
    /// Whether it is the legacy file itself.
    pub(super) is_legacy: bool,
}

impl LegacySource {
    /// Returns the file that was typed, in `dir`, or else that of the rules, or else the one at the
    /// usual path.
    ///
    /// A file of the repository becomes the legacy file, unless the rules name another one. One from
    /// elsewhere is read only, and the legacy file is where the rules or the defaults say.
    ///
    /// # Errors
    /// Returns an error if no file is named, if it does not exist, or if it has no records.
    pub(super) fn of(
        repo: &Repo,
        dir: &Path,
        typed: Option<&Path>,
        format: Option<LegacyFormat>,
        present: Option<&DualWrite>,
    ) -> CommandResult<Self> {
        let (dir, typed) = match (typed, present) {
            (Some(typed), _) => (dir.to_owned(), typed.to_owned()),
            (None, present) => {
                let usual = DualWrite::default().legacy;
                let legacy =
                    present.map_or(&usual, |rules| &rules.legacy).to_os_path().into_owned();
                if present.is_none() && !repo.top().join(&legacy).exists() {
                    let what = format!("no legacy file is named, and there is no '{usual}'");
                    return Err(
                        CommandError::new(what).hint("name the one to migrate: --from FILE")
                    );
                }
                (repo.top().to_owned(), legacy)
            }
        };
        let name = typed.display();
        let file = dir.join(&typed);
        let own = repo_path(repo, &dir, &typed).ok();
        if own.is_some() && file.is_symlink() || file.is_dir() {
            let kind = if file.is_symlink() { "symbolic link" } else { "directory" };
            return Err(CommandError::new(format!("'{name}' is a {kind}, not a legacy file"))
                .hint("name the file that has the records: --from FILE"));
        }
        let bytes = read_file(&file)?.ok_or_else(|| {
            CommandError::new(format!("there is no legacy file '{name}'"))
                .hint("name the file that has the records: --from FILE")
                .hint("if it was deleted, restore it from the last commit that had it: git log -- FILE")
        })?;
        let is_of_rules = |rules: &DualWrite| own.as_ref() == Some(&rules.legacy);
        let own_format = present.filter(|rules| is_of_rules(rules)).map(|rules| rules.format);
        let import = ImportSource { typed: &typed, format: format.or(own_format) };
        let format = import.format_of(&bytes);
        assert_records(format)?;
        let rules = match present {
            Some(rules) => rules.clone(),
            None => {
                let legacy = own.clone().map_or_else(|| default_path(repo, format), Ok)?;
                DualWrite { legacy, format, ..DualWrite::default() }
            }
        };
        assert_records(rules.format)?;
        let is_legacy = is_of_rules(&rules);
        let rules = DualWrite { enabled: true, leading: Leading::Legacy, ..rules };
        Ok(LegacySource { typed, dir, format, rules, is_legacy })
    }

    /// Reads its bytes and its records; see [`ImportSource::read`].
    ///
    /// # Errors
    /// Returns the errors of that.
    pub(super) fn read(&self, scope: Option<Scope>) -> CommandResult<(Vec<u8>, Registry)> {
        let source = ImportSource { typed: &self.typed, format: Some(self.format) };
        source.read(&self.dir, scope)
    }

    /// Returns its name for people.
    pub(super) fn name(&self) -> String {
        self.typed.to_string_lossy().into_owned()
    }

    /// Returns its absolute path, by which another run finds it.
    ///
    /// # Errors
    /// Returns an error if it is not UTF-8.
    pub(super) fn absolute(&self) -> CommandResult<String> {
        let path = std::path::absolute(self.dir.join(&self.typed)).unwrap_or_default();
        path.to_str().map(str::to_owned).ok_or_else(|| {
            CommandError::new(format!("the path '{}' is not UTF-8", path.display()))
                .hint("rename the file, or a directory above it")
        })
    }

    /// Asserts that a file of the repository is committed, since a step that fails restores it.
    ///
    /// # Errors
    /// Returns an error if it is not.
    pub(super) fn assert_committed(&self, repo: &Repo) -> CommandResult<()> {
        let path = &self.rules.legacy;
        let tree = repo.index(&repo.index_file())?.tree;
        if !self.is_legacy || tree.contains_key(path) {
            return Ok(());
        }
        let add = shell_quoted(&path.to_string());
        Err(CommandError::new(format!("'{path}' is not committed"))
            .hint(format!("commit it first, so that every step can be undone: git add {add}")))
    }
}

/// Refuses a format without records.
fn assert_records(format: LegacyFormat) -> CommandResult<()> {
    if format.has_records() {
        return Ok(());
    }
    let what = format!("a legacy file in the format '{format}' has no records, so it cannot lead");
    Err(CommandError::new(what)
        .hint("give the files their second identities: idhooks import --ids-map FILE")
        .hint("then write both: set enabled = true and leading = \"registry\" in [dual_write] of idhooks.toml"))
}

/// Returns the path of a new legacy file.
///
/// # Errors
/// Returns an error if there is a file at that path.
fn default_path(repo: &Repo, format: LegacyFormat) -> CommandResult<RepoPath> {
    let default = DualWrite::default().legacy;
    let ending = match format {
        LegacyFormat::Csv => "csv",
        LegacyFormat::Jsonl => "jsonl",
        LegacyFormat::Classic | LegacyFormat::IdsMap => return free(repo, default),
    };
    let text = default.to_string().replace("json", ending);
    free(repo, RepoPath::new(text.as_bytes()).unwrap_or(default))
}

fn free(repo: &Repo, path: RepoPath) -> CommandResult<RepoPath> {
    match repo.top().join(path.to_os_path()).symlink_metadata() {
        Err(_) => Ok(path),
        Ok(_) => Err(CommandError::new(format!("the legacy file would be '{path}', which exists"))
            .hint("if that is the file to migrate: name it with --from")
            .hint(
                "else name another path: legacy = \"…\" in the table [dual_write] of idhooks.toml",
            )),
    }
}
