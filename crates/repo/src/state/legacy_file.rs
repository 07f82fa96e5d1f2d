//! [`LegacyFile`]: the legacy registry file beside a registry, as `[dual_write]` describes it.

use std::fs::File;
use std::io::{self, Read, Seek, Write};

use idhooks_core::check::{Finding, out_of_step};
use idhooks_core::config::{CONFIG_PATH, Config, DualWrite};
use idhooks_core::legacy::{LegacyState, derive, derive_from_text};
use idhooks_core::registry::{BlobId, Entry, Registry, RepoPath, Tree};

use crate::git::{Repo, TreeId};

use super::error::StateError;
use super::stored::{entry, read_config_in, rules_mentioning};

/// The environment variable that switches writing on and off.
const VARIABLE: &str = "IDHOOKS_DUAL_WRITE";
/// The word of `idhooks.toml` without which there is no legacy file.
const WORD: &str = "dual_write";

/// The legacy registry file of a repository.
#[derive(Debug)]
pub struct LegacyFile<'a> {
    repo: &'a Repo,
    /// The rules of the table `[dual_write]`.
    pub rules: DualWrite,
}

/// Returns what is wrong with the legacy file of a tree beside its registry, if the rules keep it in
/// step.
///
/// # Errors
/// Returns an error if its blob cannot be read.
pub fn legacy_findings(
    repo: &Repo,
    config: &Config,
    tree: &Tree,
    registry: &Registry,
) -> Result<Vec<Finding>, StateError> {
    let Some(file) = LegacyFile::by_rules(repo, config).filter(LegacyFile::is_checked) else {
        return Ok(Vec::new());
    };
    Ok(out_of_step(&file.rules, &file.state(tree, registry)?))
}

impl<'a> LegacyFile<'a> {
    /// Returns the legacy file of an index or of the paths of a commit, if their rules name one.
    ///
    /// # Errors
    /// Returns an error if `idhooks.toml` cannot be read.
    pub fn of(repo: &'a Repo, tree: &Tree) -> Result<Option<Self>, StateError> {
        Self::by(repo, entry(tree, CONFIG_PATH))
    }

    /// Does the same as [`Self::of`] for a tree.
    ///
    /// # Errors
    /// Returns an error in the same cases.
    pub fn of_tree(repo: &'a Repo, tree: TreeId) -> Result<Option<Self>, StateError> {
        Self::by(repo, repo.tree_entry(tree, CONFIG_PATH)?)
    }

    /// Returns the legacy file that these rules name, if they do.
    pub fn by_rules(repo: &'a Repo, config: &Config) -> Option<Self> {
        let rules = config.dual_write.as_deref().cloned();
        rules.map(|rules| LegacyFile { repo, rules })
    }

    fn by(repo: &'a Repo, entry: Option<Entry>) -> Result<Option<Self>, StateError> {
        if !rules_mentioning(repo, entry, &[WORD])? {
            return Ok(None);
        }
        Ok(Self::by_rules(repo, &read_config_in(repo, entry)?))
    }

    /// Returns whether this process writes the file with the registry: as the environment says, or
    /// else as the rules do.
    pub fn is_written(&self) -> bool {
        let set = |name: &str| std::env::var_os(name).map(|value| value == "1");
        let named =
            set(VARIABLE).or_else(|| self.rules.env_alias.iter().find_map(|name| set(name)));
        named.unwrap_or(self.rules.enabled)
    }

    /// Returns whether a commit is inconsistent if the file is not in step: as the rules alone say, so
    /// that every clone sees the same.
    pub fn is_checked(&self) -> bool {
        self.rules.enabled
    }

    /// Returns the text that follows from a registry.
    pub fn text(&self, registry: &Registry) -> String {
        derive(registry, self.rules.format)
    }

    /// Writes that text for a registry in a file, which is parsed only if it must be.
    ///
    /// # Errors
    /// Returns an error if the file cannot be read or has no registry, and the errors of `out`.
    pub fn write_from(&self, mut registry: &File, out: &mut dyn Write) -> io::Result<()> {
        if derive_from_text(registry, self.rules.format, out)? {
            return Ok(());
        }
        let mut bytes = Vec::new();
        registry.rewind()?;
        registry.read_to_end(&mut bytes)?;
        let registry = Registry::parse(&bytes).map_err(io::Error::other)?;
        out.write_all(self.text(&registry).as_bytes())
    }

    /// Stores that text as a blob.
    ///
    /// # Errors
    /// Returns an error if the object database cannot be written.
    pub fn write(&self, registry: &Registry) -> Result<BlobId, StateError> {
        Ok(self.repo.write_blob(self.text(registry).as_bytes())?)
    }

    /// Returns whether an entry has exactly that text.
    pub fn is_in_step(&self, entry: Option<Entry>, registry: &Registry) -> bool {
        let text = self.text(registry);
        let blob = self.repo.blob_of(text.as_bytes(), text.len() as u64);
        entry.is_some_and(|entry| entry.mode.is_file() && Some(entry.blob) == blob)
    }

    /// Returns the entry of the file.
    pub fn entry(&self, tree: &Tree) -> Option<Entry> {
        tree.get(&self.rules.legacy).copied()
    }

    /// Returns what the file of a tree is beside a registry.
    ///
    /// # Errors
    /// Returns an error if its blob cannot be read.
    pub fn state(&self, tree: &Tree, registry: &Registry) -> Result<LegacyState, StateError> {
        let entry = self.entry(tree);
        // A partial clone may lack the blob, and need not fetch it to know that.
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
        Ok(LegacyState::of(bytes.as_deref(), registry, &self.rules))
    }

    /// Returns the path of the file.
    pub fn path(&self) -> &RepoPath {
        &self.rules.legacy
    }
}
