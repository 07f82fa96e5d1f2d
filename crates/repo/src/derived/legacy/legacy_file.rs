//! [`LegacyFile`]: the legacy file that accompanies a registry, as `[dual_write]` describes it.

use std::fs::File;
use std::io::{self, Read, Seek};

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::config::{CONFIG_PATH, Config, DualWrite, Enforce, Leading};
use idhooks_core::registry::{Allocation, Entry, Registry, RepoPath, Tree};

use crate::git::{Repo, TreeId};
use crate::state::{DualWriteSwitch, StateError, dual_write_rules, entry};

use super::derive::{derive, derive_over};
use super::findings::is_back;
use super::layout::is_laid_out;
use super::read_beside;
use super::splice::spliced;
use super::state::LegacyState;

/// A repository's legacy file.
#[derive(Debug)]
pub struct LegacyFile<'a> {
    repo: &'a Repo,
    /// The rules in the `[dual_write]` table.
    pub rules: DualWrite,
}

/// Returns the findings about a commit's legacy file in relation to its registry, if the rules keep
/// it in step. The result is the same in every clone.
///
/// # Errors
/// Returns an error if the legacy file's blob cannot be read.
pub fn legacy_findings(
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    registry: &Registry,
) -> Result<Vec<Finding>, StateError> {
    // A clone's environment must not decide whether a commit is consistent.
    let file = LegacyFile::by_rules(repo, config).filter(LegacyFile::is_checked);
    file.map_or(Ok(Vec::new()), |file| file.findings(tree, registry))
}

/// Returns a check's findings about the legacy file in a commit or an index. In an index, the file
/// is compared with the one this process would write. In a commit, it is compared with the one its
/// rules require, and findings become warnings if this process's environment says otherwise.
///
/// # Errors
/// Returns an error if the legacy file's blob cannot be read.
pub fn legacy_findings_here(
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    registry: &Registry,
    is_index: bool,
) -> Result<Vec<Finding>, StateError> {
    let Some(file) = LegacyFile::by_rules(repo, config) else { return Ok(Vec::new()) };
    if file.rules.finished {
        return Ok(file.entry(tree).map(|_| is_back(&file.rules, true)).into_iter().collect());
    }
    let switch = file.switch();
    if is_index {
        return if switch.is_on { file.findings(tree, registry) } else { Ok(Vec::new()) };
    }
    let mut findings = legacy_findings(repo, config, tree, registry)?;
    if let Some(variable) = switch.contradiction(&file.rules) {
        let warned = |finding: Finding| {
            let message = format!(
                "{}; commits made here do not follow the rules: {variable}",
                finding.message
            );
            Finding { message, ..finding }.into_warning()
        };
        findings = findings.into_iter().map(warned).collect();
    }
    Ok(findings)
}

/// Returns whether one of these findings about the legacy file blocks every commit until 'idhooks
/// resolve' derives the file from the leading registry.
pub fn needs_resolve(config: &Config, findings: &[Finding]) -> bool {
    let is_blocking =
        |rules: &DualWrite| rules.leading == Leading::Registry && rules.on_failure != Enforce::Warn;
    let is_about_it = |finding: &Finding| {
        matches!(finding.code, Code::LegacyMismatch) && finding.severity == Severity::Error
    };
    config.dual_write.as_deref().is_some_and(is_blocking) && findings.iter().any(is_about_it)
}

/// Returns the finding about an untracked legacy file that has reappeared in the working tree after
/// the migration. HEAD's rules decide, so an index that has already been checked need not be read.
///
/// # Errors
/// Returns an error if HEAD or the index cannot be read.
pub fn legacy_file_is_back(repo: &Repo) -> Result<Option<Finding>, StateError> {
    let Some(head) = repo.head()?.filter(|head| !repo.is_bare() && repo.has_commit(*head)) else {
        return Ok(None);
    };
    let tree = repo.commit(head)?.tree;
    // Mistakes in the rules are reported by other findings.
    let file = LegacyFile::of_tree(repo, tree).ok().flatten();
    let Some(file) = file.filter(|file| file.rules.finished) else { return Ok(None) };
    let is_there = repo.top().join(file.path().to_os_path()).symlink_metadata().is_ok();
    let index = repo.index(&repo.index_file())?;
    let is_untracked = is_there && file.entry(&index.tree).is_none();
    let is_unmerged = index.unmerged.contains_key(file.path());
    Ok(is_untracked.then(|| is_back(&file.rules, is_unmerged)))
}

impl<'a> LegacyFile<'a> {
    /// Returns the legacy file for an index or a commit's paths, if their rules name one.
    ///
    /// # Errors
    /// Returns an error if `idhooks.toml` cannot be read.
    pub fn of(repo: &'a Repo, tree: &Tree) -> Result<Option<Self>, StateError> {
        let rules = dual_write_rules(repo, entry(tree, CONFIG_PATH))?;
        Ok(rules.map(|rules| Self::with(repo, rules)))
    }

    /// Like [`Self::of`], but takes a tree.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Self::of`].
    pub fn of_tree(repo: &'a Repo, tree: TreeId) -> Result<Option<Self>, StateError> {
        let rules = dual_write_rules(repo, repo.tree_entry(tree, CONFIG_PATH)?)?;
        Ok(rules.map(|rules| Self::with(repo, rules)))
    }

    /// Returns the legacy file that these rules name, or `None`.
    pub fn by_rules(repo: &'a Repo, config: &Config) -> Option<Self> {
        let rules = config.dual_write.as_deref().cloned();
        rules.map(|rules| Self::with(repo, rules))
    }

    /// Returns the legacy file with these rules.
    pub fn with(repo: &'a Repo, rules: DualWrite) -> Self {
        LegacyFile { repo, rules }
    }

    /// Returns whether this process writes the file along with the registry, and which setting
    /// decides that.
    pub fn switch(&self) -> DualWriteSwitch {
        DualWriteSwitch::of(self.repo.environment(), &self.rules)
    }

    /// Returns whether this process writes the file along with the registry.
    pub fn is_written(&self) -> bool {
        self.switch().is_on
    }

    fn findings(&self, tree: &Tree, registry: &Registry) -> Result<Vec<Finding>, StateError> {
        Ok(self.state(tree, registry)?.findings(&self.rules))
    }

    /// Returns whether a commit is inconsistent if the file is out of step. Only the rules decide,
    /// so the result is the same in every clone.
    pub fn is_checked(&self) -> bool {
        self.rules.enabled
    }

    /// Returns the text derived from a registry, laid out in the same way as an earlier version of
    /// the file.
    pub fn text(&self, registry: &Registry, before: Option<&[u8]>) -> String {
        derive_over(registry, before, self.rules.format)
    }

    /// Like [`Self::text`], but the earlier version is the one in an entry; if it cannot be read,
    /// there is no layout to follow.
    pub fn text_over(&self, registry: &Registry, before: Option<Entry>) -> String {
        let before = before.filter(|entry| entry.mode.is_file());
        let before = before.and_then(|entry| self.repo.blob(entry.blob).ok());
        self.text(registry, before.as_deref())
    }

    /// Returns the file's text derived from a stored registry, which is only parsed if necessary:
    /// if `before` was in step and only these records have changed since, the other records are
    /// copied from it.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or has no registry.
    pub fn text_from(
        &self,
        mut registry: &File,
        before: &[u8],
        changed: Option<&[Allocation]>,
    ) -> io::Result<String> {
        // Copying records takes a fraction of the time it takes to parse and derive the whole file.
        let splice = |changed| spliced(registry, before, changed, self.rules.format);
        if let Some(text) = changed.and_then(splice) {
            return Ok(text);
        }
        let mut bytes = Vec::new();
        registry.rewind()?;
        registry.read_to_end(&mut bytes)?;
        let registry = Registry::parse(&bytes).map_err(io::Error::other)?;
        Ok(self.text(&registry, Some(before)))
    }

    /// Returns whether an entry has exactly the content that a registry implies, in the file's own
    /// order and style.
    pub fn is_in_step(&self, entry: Option<Entry>, registry: &Registry) -> bool {
        let Some(entry) = entry.filter(|entry| entry.mode.is_file()) else { return false };
        let format = self.rules.format;
        let text = derive(registry, format);
        // If the file is exactly what idhooks would derive without an earlier version, it does not
        // have to be read.
        if Some(entry.blob) == self.repo.blob_of(text.as_bytes(), text.len() as u64) {
            return true;
        }
        self.repo.blob(entry.blob).is_ok_and(|bytes| is_laid_out(&bytes, text.into(), format))
    }

    /// Reads a version of the file that accompanies a registry, or returns `None` if it contains no
    /// readable records.
    ///
    /// # Errors
    /// Returns an error if the file's blob cannot be read.
    pub fn version(&self, entry: Entry, own: &Registry) -> Result<Option<Registry>, StateError> {
        Ok(read_beside(&self.repo.blob(entry.blob)?, self.rules.format, own).ok())
    }

    /// Returns the file's entry.
    pub fn entry(&self, tree: &Tree) -> Option<Entry> {
        tree.get(&self.rules.legacy).copied()
    }

    /// Returns the state of the file in a tree in relation to a registry.
    ///
    /// # Errors
    /// Returns an error if the file's blob cannot be read.
    pub fn state(&self, tree: &Tree, registry: &Registry) -> Result<LegacyState, StateError> {
        let entry = self.entry(tree);
        // A partial clone may lack the blob, which need not be fetched for this.
        if self.is_in_step(entry, registry) {
            return Ok(LegacyState::InStep);
        }
        let bytes = match entry {
            Some(entry) if entry.mode.is_file() => {
                self.repo.obtain_one(entry.blob);
                Some(self.repo.blob(entry.blob)?)
            }
            Some(_) => return Ok(LegacyState::Unreadable("it is not a regular file".to_owned())),
            None => None,
        };
        Ok(bytes.map_or(LegacyState::Missing, |bytes| {
            LegacyState::of_other(&bytes, registry, &self.rules)
        }))
    }

    /// Returns the file's path.
    pub fn path(&self) -> &RepoPath {
        &self.rules.legacy
    }
}
