//! Reads the tree, the registry and the rules of a commit or an index.

use std::rc::Rc;
use std::str::Utf8Error;

use idhooks_core::check::{Finding, corrupt};
use idhooks_core::config::{CONFIG_PATH, Config, ConfigError};
use idhooks_core::merge::MergeError;
use idhooks_core::plan::PlanError;
use idhooks_core::registry::{
    BlobId, Entry, Mode, REGISTRY_PATH, ReadError, Registry, RepoPath, Tree,
};

use crate::git::{CommitId, GitError, Index, Repo, TreeId};
use crate::store::StoreError;

/// The error of reading, planning or applying a state.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// A git operation failed.
    #[error(transparent)]
    Git(#[from] GitError),
    /// A file operation failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// `idhooks.toml` is invalid.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A registry cannot be read.
    #[error("cannot read '{REGISTRY_PATH}': {0}")]
    Registry(#[from] ReadError),
    /// Registries cannot be merged.
    #[error(transparent)]
    Merge(#[from] MergeError),
    /// A counter has no numbers left.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// The index has a symbolic link in place of the registry or its directory.
    #[error(
        "'{0}' is a symbolic link in the index: idhooks does not follow links inside a repository"
    )]
    StagedLink(RepoPath),
    /// Another command has changed the index since it was read.
    #[error("another command has changed the index in the meantime")]
    IndexMoved,
}

impl StateError {
    /// Returns the findings for an error about the registry itself.
    pub fn findings(&self) -> Vec<Finding> {
        match self {
            StateError::Registry(error) => corrupt(error),
            _ => Vec::new(),
        }
    }
}

/// Returns the symbolic link that a tree has in place of the registry or its directory.
pub(crate) fn link_for_registry(tree: &Tree) -> Option<RepoPath> {
    let registry = RepoPath::registry();
    let is_link = |path: &RepoPath| tree.get(path).is_some_and(|e| e.mode == Mode::Symlink);
    registry.parent().into_iter().chain([registry]).find(is_link)
}

/// A registry as git stores it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its blob.
    pub blob: BlobId,
    /// The bytes of the blob.
    pub bytes: Vec<u8>,
    /// The parsed registry.
    pub registry: Registry,
}

/// The content of a commit or an index.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// All its paths.
    pub tree: Tree,
    /// Its registry, if it has one.
    pub stored: Option<Rc<Stored>>,
    /// Whether the registry, if there is one, is in this clone.
    pub is_complete: bool,
}

impl Snapshot {
    /// Reads the tree of a commit.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of_tree(repo: &Repo, tree: TreeId) -> Result<Self, StateError> {
        Self::of_paths(repo, repo.tree(tree)?, None)
    }

    /// Reads a commit.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of_commit(repo: &Repo, commit: CommitId) -> Result<Self, StateError> {
        Self::of_tree(repo, repo.commit(commit)?.tree)
    }

    /// Reads a commit and ignores its registry if it cannot be read, has an identity twice or is
    /// not in this clone.
    ///
    /// # Errors
    /// Returns an error if trees cannot be read.
    pub fn of_witness(repo: &Repo, commit: CommitId) -> Result<Self, StateError> {
        Self::of_tree_as_witness(repo, repo.commit(commit)?.tree)
    }

    /// Does the same as [`Self::of_witness`] for the tree of a commit.
    ///
    /// # Errors
    /// Returns an error if trees cannot be read.
    pub fn of_tree_as_witness(repo: &Repo, tree: TreeId) -> Result<Self, StateError> {
        let tree = repo.tree(tree)?;
        let committed = entry(&tree, REGISTRY_PATH);
        let available = committed.filter(|e| repo.has_blob(e.blob));
        let is_complete = available == committed;
        let stored = match available.map(|entry| read_registry(repo, entry)) {
            Some(Err(StateError::Registry(_))) | None => None,
            Some(stored) => Some(stored?),
        };
        let stored = stored.filter(|stored| stored.registry.is_consistent()).map(Rc::new);
        Ok(Snapshot { tree, stored, is_complete })
    }

    /// Reads an index; `cached` avoids reading the same registry again.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of_index(
        repo: &Repo,
        index: &Index,
        cached: Option<&Rc<Stored>>,
    ) -> Result<Self, StateError> {
        Self::of_paths(repo, index.tree.clone(), cached)
    }

    /// Reads an index, with another registry in place of an unusable one.
    ///
    /// # Errors
    /// Returns an error if the blob cannot be read.
    pub fn with_stand_in(
        repo: &Repo,
        index: &Index,
        registry: Registry,
    ) -> Result<Self, StateError> {
        let tree = index.tree.clone();
        let stored = match entry(&tree, REGISTRY_PATH) {
            None => None,
            Some(Entry { blob, .. }) => {
                Some(Rc::new(Stored { blob, bytes: repo.blob(blob)?, registry }))
            }
        };
        Ok(Snapshot { tree, stored, is_complete: true })
    }

    fn of_paths(repo: &Repo, tree: Tree, cached: Option<&Rc<Stored>>) -> Result<Self, StateError> {
        let stored = match (entry(&tree, REGISTRY_PATH), cached) {
            (None, _) => None,
            (Some(entry), Some(cached)) if cached.blob == entry.blob => Some(cached.clone()),
            (Some(entry), _) => Some(Rc::new(read_registry(repo, entry)?)),
        };
        Ok(Snapshot { tree, stored, is_complete: true })
    }

    /// Returns the registry, if there is one.
    pub fn registry(&self) -> Option<&Registry> {
        self.stored.as_deref().map(|stored| &stored.registry)
    }
}

/// Returns the entry at a path.
pub(crate) fn entry(tree: &Tree, path: &str) -> Option<Entry> {
    RepoPath::new(path.as_bytes()).ok().and_then(|path| tree.get(&path).copied())
}

/// Returns whether a commit has a registry, readable or not.
///
/// # Errors
/// Returns an error if the commit or its tree cannot be read.
pub fn has_registry(repo: &Repo, id: CommitId) -> Result<bool, GitError> {
    Ok(repo.tree_entry(repo.commit(id)?.tree, REGISTRY_PATH)?.is_some())
}

/// Reads a registry from its blob.
///
/// # Errors
/// Returns an error if the entry is not a regular file, or its blob is not a registry.
pub fn read_registry(repo: &Repo, entry: Entry) -> Result<Stored, StateError> {
    if !entry.mode.is_file() {
        return Err(StateError::Registry(ReadError::NotAFile));
    }
    Registry::check_size(repo.blob_size(entry.blob).unwrap_or_default())?;
    let bytes = repo.blob(entry.blob)?;
    let registry = Registry::parse(&bytes)?;
    Ok(Stored { blob: entry.blob, bytes, registry })
}

/// Checks that the unreadable registry of a tree was not written by a later idhooks, which can read
/// it and needs no healing.
///
/// # Errors
/// Returns an error if it was.
pub(crate) fn assert_not_newer(repo: &Repo, tree: &Tree) -> Result<(), StateError> {
    let available = entry(tree, REGISTRY_PATH).filter(|entry| repo.has_blob(entry.blob));
    match available.map(|entry| read_registry(repo, entry)) {
        Some(Err(error @ StateError::Registry(ReadError::Newer(_)))) => Err(error),
        _ => Ok(()),
    }
}

/// Reads the rules of a tree or an index; the defaults without `idhooks.toml`.
///
/// # Errors
/// Returns an error if `idhooks.toml` is invalid.
pub fn read_config(repo: &Repo, tree: &Tree) -> Result<Config, StateError> {
    read_config_in(repo, entry(tree, CONFIG_PATH))
}

/// Reads `idhooks.toml`, valid or not, unless it is too large.
///
/// # Errors
/// Returns an error if it is too large, or is not in this clone.
pub(crate) fn read_config_text(repo: &Repo, entry: Entry) -> Result<Vec<u8>, StateError> {
    Config::check_size(repo.blob_size(entry.blob).unwrap_or_default())?;
    Ok(repo.blob(entry.blob)?)
}

/// Does the same as [`read_config`] for the entry at the path of `idhooks.toml`.
///
/// # Errors
/// Returns an error in the same cases as [`read_config`].
pub(crate) fn read_config_in(repo: &Repo, entry: Option<Entry>) -> Result<Config, StateError> {
    let Some(entry) = entry else { return Ok(Config::default()) };
    if !entry.mode.is_file() {
        // The defaults would silently allocate other identities than the intended rules.
        let message = "not a regular file; idhooks does not follow links".to_owned();
        let hint = "replace it with the file itself, then run: git add idhooks.toml".to_owned();
        return Err(ConfigError { line: 1, column: 1, message, hint: Some(hint) }.into());
    }
    let bytes = read_config_text(repo, entry)?;
    let not_text = |error: Utf8Error| {
        let before = &bytes[..error.valid_up_to()];
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        ConfigError {
            line: before.iter().filter(|b| **b == b'\n').count() + 1,
            column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
            message: "the file is not UTF-8 from here on".to_owned(),
            hint: None,
        }
    };
    let text = std::str::from_utf8(&bytes).map_err(not_text)?;
    Ok(Config::parse(text.strip_prefix('\u{feff}').unwrap_or(text))?)
}
