//! [`LegacySource`]: the file whose records are migrated, and the rules of the legacy file afterwards.

use std::path::{Path, PathBuf};

use idhooks_core::config::{DualWrite, Leading, LegacyFormat};
use idhooks_core::legacy::find_path_keys;
use idhooks_core::registry::{Mode, Registry, RepoPath, Scope};
use idhooks_ops::{ImportSource, repo_path};
use idhooks_repo::git::Repo;
use idhooks_repo::state::find_registries;
use idhooks_repo::store::read_file;

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
    /// Whether commits write both files already.
    is_dual: bool,
}

impl LegacySource {
    /// Returns the file that was typed, in `dir`, or else that of the rules, or else the one at the
    /// usual path.
    ///
    /// A file of the repository becomes the legacy file, unless the rules name another one. One from
    /// elsewhere is read only, and the legacy file is where the rules or the defaults say. A table without a path
    /// and without effect, such as one with a bound alone, names none.
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
        let settings = present;
        let names_one = |rules: &&DualWrite| rules.is_named || rules.enabled || rules.finished;
        let present = present.filter(names_one);
        let (dir, typed) = match (typed, present) {
            (Some(typed), _) => (dir.to_owned(), typed.to_owned()),
            (None, Some(rules)) => (repo.top().to_owned(), rules.legacy.to_os_path().into_owned()),
            (None, None) => (repo.top().to_owned(), found(repo)?.to_os_path().into_owned()),
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
                DualWrite { legacy, format, ..settings.cloned().unwrap_or_default() }
            }
        };
        assert_records(rules.format)?;
        let is_legacy = is_of_rules(&rules);
        let is_dual = present.is_some_and(|rules| rules.enabled);
        let (enabled, finished, leading) = (true, false, Leading::Legacy);
        let rules = DualWrite { enabled, finished, leading, ..rules };
        Ok(LegacySource { typed, dir, format, rules, is_legacy, is_dual })
    }

    /// Reads its bytes and its records, see [`ImportSource::read`], and returns also the rules with the keys
    /// that repeat the path: the first step finds them, unless the rules name some.
    ///
    /// # Errors
    /// Returns the errors of that.
    pub(super) fn read(
        &self,
        scope: Option<Scope>,
    ) -> CommandResult<(Vec<u8>, Registry, DualWrite)> {
        let source = ImportSource { typed: &self.typed, format: Some(self.format) };
        let (bytes, registry) = source.read(&self.dir, scope)?;
        let mut rules = self.rules.clone();
        if !self.is_dual && rules.path_keys.is_empty() {
            rules.path_keys = find_path_keys(&registry);
        }
        Ok((bytes, registry, rules))
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
        if path.as_str().is_none() {
            return Err(CommandError::new(format!("the path '{path}' is not UTF-8"))
                .hint("rename the legacy file, or a directory above it"));
        }
        let tree = repo.index(&repo.index_file())?.tree;
        if !self.is_legacy || tree.contains_key(path) {
            return Ok(());
        }
        let elsewhere = "or take the records into a file of this repository: set legacy = \"…\" in the table [dual_write] of idhooks.toml, and name this file with --from";
        for directory in std::iter::successors(path.parent(), RepoPath::parent) {
            let is_submodule =
                tree.get(&directory).is_some_and(|entry| entry.mode == Mode::Submodule);
            if is_submodule {
                let what = format!("'{path}' is in the submodule '{directory}'");
                let hint =
                    format!("migrate that repository: cd {}", shell_quoted(&directory.to_string()));
                return Err(CommandError::new(what).hint(hint).hint(elsewhere));
            }
            if repo.top().join(directory.to_os_path()).is_symlink() {
                let what = format!(
                    "'{path}' is behind the symbolic link '{directory}', which git does not follow"
                );
                return Err(CommandError::new(what)
                    .hint("if it is in this repository, name its real path: --from FILE")
                    .hint(elsewhere));
            }
        }
        let is_ignored = !repo.git().ignored(std::iter::once(path))?.is_empty();
        let (add, force) = (path.shell_quoted(), if is_ignored { "-f " } else { "" });
        let what = match is_ignored {
            true => format!("'{path}' is ignored by git, so it is not committed"),
            false => format!("'{path}' is not committed"),
        };
        Err(CommandError::new(what).hint(format!(
            "commit it first, so that every step can be undone: git add {force}{add} && git commit"
        )))
    }
}

/// Returns the legacy file that is not named: the one at the usual path, or else the only tracked one that has
/// records.
fn found(repo: &Repo) -> CommandResult<RepoPath> {
    let usual = DualWrite::default().legacy;
    if repo.top().join(usual.to_os_path()).exists() {
        return Ok(usual);
    }
    let tree = repo.index(&repo.index_file())?.tree;
    let all = find_registries(repo, &tree)?;
    match &all[..] {
        // Any export of a registry has records, too.
        [only] if tree.contains_key(&RepoPath::registry()) => {
            let what = "this repository has a registry, and no legacy file is named".to_owned();
            Err(CommandError::new(what).hint(format!(
                "to migrate a program that writes '{only}': name it with --from {}",
                only.shell_quoted()
            )))
        }
        [only] => Ok(only.clone()),
        [] => {
            let what = format!(
                "there is no '{usual}', and records of identities were found in no other tracked file"
            );
            Err(CommandError::new(what).hint("name the file to migrate: --from FILE"))
        }
        _ => {
            let error = CommandError::new("several tracked files have records of identities")
                .listing(all.iter().map(|path| format!("'{path}'")), 10);
            Err(error.hint("name the one to migrate: --from FILE"))
        }
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
