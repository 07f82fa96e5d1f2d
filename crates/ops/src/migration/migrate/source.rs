//! [`LegacySource`]: the file whose records to migrate, and the rules for the legacy file
//! afterwards.

use std::path::PathBuf;

use idhooks_core::config::{DualWrite, Leading, LegacyFormat};
use idhooks_core::plan::find_path_keys;
use idhooks_core::registry::{Mode, Registry, RepoPath, Scope};
use idhooks_repo::git::Repo;
use idhooks_repo::state::find_registries;
use idhooks_repo::store::read_file;

use super::source_refusal::LegacySourceRefusal;
use crate::{HERE, ImportSource, OpsError, repo_path};

/// The file whose records are to be migrated, as the user specifies it.
#[derive(Debug, Clone, Default)]
pub struct LegacyFileOptions {
    /// The name as typed in the current directory; by default, it depends on the rules or the
    /// tracked files.
    pub from: Option<PathBuf>,
    /// The format; by default, it depends on the file's name and content.
    pub format: Option<LegacyFormat>,
    /// Whether files without a record get new identities even if their names carry numbers.
    pub renumber_names: bool,
}

/// The file whose records are to be migrated.
pub(super) struct LegacySource {
    /// The name as typed, or from the rules.
    pub(super) typed: PathBuf,
    /// The directory that the name is relative to.
    dir: PathBuf,
    /// The file's format.
    pub(super) format: LegacyFormat,
    /// The rules that apply while the legacy file leads.
    pub(super) rules: DualWrite,
    /// Whether this file is the legacy file itself.
    pub(super) is_legacy: bool,
    /// Whether commits already write both files.
    is_dual: bool,
}

impl LegacySource {
    /// Returns the file that the user named, or else the one in the rules, or else the one at the
    /// usual path.
    ///
    /// A file in the repository becomes the legacy file, unless the rules name a different one. A
    /// file from elsewhere is only read, and the legacy file's path comes from the rules or the
    /// defaults. A table that has no path and no effect, such as one with only a bound, does not
    /// count as naming a file.
    ///
    /// # Errors
    /// Returns an error if no file is named, or if the file does not exist or has no records.
    pub(super) fn of(
        repo: &Repo,
        options: &LegacyFileOptions,
        present: Option<&DualWrite>,
    ) -> Result<Self, OpsError> {
        let settings = present;
        let names_one = |rules: &&DualWrite| rules.is_named || rules.enabled || rules.finished;
        let present = present.filter(names_one);
        let (dir, typed) = match (&options.from, present) {
            (Some(typed), _) => (PathBuf::from(HERE), typed.clone()),
            (None, Some(rules)) => (repo.top().to_owned(), rules.legacy.to_os_path().into_owned()),
            (None, None) => (repo.top().to_owned(), found(repo)?.to_os_path().into_owned()),
        };
        let file = dir.join(&typed);
        let own = repo_path(repo, &dir, &typed).ok();
        // git stores a symlink rather than the content of its target, so a failed step could not
        // restore the file.
        if own.is_some() && file.is_symlink() || file.is_dir() {
            let is_link = file.is_symlink();
            return Err(LegacySourceRefusal::NoFile { path: typed, is_link }.into());
        }
        let bytes = read_file(&file)?;
        let bytes = bytes.ok_or_else(|| LegacySourceRefusal::Missing(typed.clone()))?;
        let is_of_rules = |rules: &DualWrite| own.as_ref() == Some(&rules.legacy);
        let own_format = present.filter(|rules| is_of_rules(rules)).map(|rules| rules.format);
        let import = ImportSource { typed: &typed, format: options.format.or(own_format) };
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

    /// Reads the bytes and records; see [`ImportSource::read`]. Also returns the rules, including
    /// the keys that repeat the path, which the first step detects unless the rules name some.
    ///
    /// # Errors
    /// Returns the errors from [`ImportSource::read`].
    pub(super) fn read(
        &self,
        scope: Option<Scope>,
    ) -> Result<(Vec<u8>, Registry, DualWrite), OpsError> {
        let source = ImportSource { typed: &self.typed, format: Some(self.format) };
        let (bytes, registry) = source.read(&self.dir, scope)?;
        let mut rules = self.rules.clone();
        // Once commits write both files, the rules are final, even if they do not name any keys.
        if !self.is_dual && rules.path_keys.is_empty() {
            rules.path_keys = find_path_keys(&registry);
        }
        Ok((bytes, registry, rules))
    }

    /// Returns the name to show to the user.
    pub(super) fn name(&self) -> String {
        self.typed.to_string_lossy().into_owned()
    }

    /// Returns the absolute path, so that another run can find the file.
    ///
    /// # Errors
    /// Returns an error if the path is not UTF-8.
    pub(super) fn absolute(&self) -> Result<String, LegacySourceRefusal> {
        let path = std::path::absolute(self.dir.join(&self.typed)).unwrap_or_default();
        match path.to_str() {
            Some(text) => Ok(text.to_owned()),
            None => Err(LegacySourceRefusal::NameNotText(path)),
        }
    }

    /// Checks that a file in the repository is committed, since a failed step has to restore it.
    ///
    /// # Errors
    /// Returns an error if the file is not committed.
    pub(super) fn assert_committed(&self, repo: &Repo) -> Result<(), OpsError> {
        let path = &self.rules.legacy;
        if path.as_str().is_none() {
            return Err(LegacySourceRefusal::PathNotText(path.clone()).into());
        }
        let tree = repo.index(&repo.index_file())?.tree;
        if !self.is_legacy || tree.contains_key(path) {
            return Ok(());
        }
        let path = path.clone();
        for directory in std::iter::successors(path.parent(), RepoPath::parent) {
            let entry = tree.get(&directory);
            if entry.is_some_and(|entry| entry.mode == Mode::Submodule) {
                return Err(LegacySourceRefusal::InSubmodule { path, directory }.into());
            }
            if repo.top().join(directory.to_os_path()).is_symlink() {
                return Err(LegacySourceRefusal::BehindLink { path, directory }.into());
            }
        }
        let is_ignored = !repo.git().ignored(std::iter::once(&path))?.is_empty();
        Err(LegacySourceRefusal::NotCommitted { path, is_ignored }.into())
    }
}

/// Finds the legacy file if the user did not name one: the file at the usual path, or else the only
/// tracked file with records.
fn found(repo: &Repo) -> Result<RepoPath, OpsError> {
    let usual = DualWrite::default().legacy;
    // The file may not be tracked yet.
    if repo.top().join(usual.to_os_path()).exists() {
        return Ok(usual);
    }
    let tree = repo.index(&repo.index_file())?.tree;
    let all = find_registries(repo, &tree)?;
    Err(match &all[..] {
        // The file may just be an export of the registry, which has records as well.
        [only] if tree.contains_key(&RepoPath::registry()) => {
            LegacySourceRefusal::NotNamed(only.clone()).into()
        }
        [only] => return Ok(only.clone()),
        [] => LegacySourceRefusal::NotFound(usual).into(),
        _ => LegacySourceRefusal::Several(all).into(),
    })
}

/// Returns an error if files in this format cannot have records.
fn assert_records(format: LegacyFormat) -> Result<(), LegacySourceRefusal> {
    match format.has_records() {
        true => Ok(()),
        false => Err(LegacySourceRefusal::NoRecords(format)),
    }
}

/// Returns the path for a new legacy file.
///
/// # Errors
/// Returns an error if there is a file at that path.
fn default_path(repo: &Repo, format: LegacyFormat) -> Result<RepoPath, LegacySourceRefusal> {
    let default = DualWrite::default().legacy;
    let ending = match format {
        LegacyFormat::Csv => Some("csv"),
        LegacyFormat::Jsonl => Some("jsonl"),
        LegacyFormat::Classic | LegacyFormat::IdsMap => None,
    };
    let other = ending.map(|ending| default.to_string().replace("json", ending));
    let path = other.and_then(|text| RepoPath::new(text.as_bytes()).ok()).unwrap_or(default);
    // A dangling symlink counts as well.
    match repo.top().join(path.to_os_path()).symlink_metadata() {
        Err(_) => Ok(path),
        Ok(_) => Err(LegacySourceRefusal::PathTaken(path)),
    }
}
