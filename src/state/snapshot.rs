//! What a commit or an index holds that matters here: its tree, its registry, its rules.

use std::fmt;
use std::rc::Rc;
use std::str::Utf8Error;

use crate::check::{Finding, corrupt};
use crate::config::{CONFIG_PATH, Config, ConfigError};
use crate::git::{CommitId, GitError, Index, Repo, TreeId};
use crate::merge::MergeError;
use crate::plan::PlanError;
use crate::registry::{BlobId, Entry, Mode, REGISTRY_PATH, ReadError, Registry, RepoPath, Tree};
use crate::store::StoreError;

/// Why the walk ended early.
#[derive(Debug)]
pub enum StateError {
    /// Git.
    Git(GitError),
    /// A file.
    Store(StoreError),
    /// `idhooks.toml`.
    Config(ConfigError),
    /// A registry that cannot be read.
    Registry(ReadError),
    /// Registries that cannot be merged.
    Merge(MergeError),
    /// Nothing is left to give.
    Plan(PlanError),
    /// The index has a link in the place of the registry or its directory.
    StagedLink(RepoPath),
    /// Another command has written the index since it was read.
    IndexMoved,
}

impl fmt::Display for StateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            StateError::Git(error) => error.fmt(f),
            StateError::Store(error) => error.fmt(f),
            StateError::Config(error) => error.fmt(f),
            StateError::Registry(error) => write!(f, "cannot read '{REGISTRY_PATH}': {error}"),
            StateError::Merge(error) => error.fmt(f),
            StateError::Plan(error) => error.fmt(f),
            StateError::StagedLink(path) => write!(
                f,
                "'{path}' is a symbolic link in the index: idhooks does not follow links inside a \
                 repository"
            ),
            StateError::IndexMoved => write!(f, "another command has changed the index meanwhile"),
        }
    }
}

impl std::error::Error for StateError {}

impl StateError {
    /// Returns the findings an error stands for, where it is about the registry itself.
    pub fn findings(&self) -> Vec<Finding> {
        match self {
            StateError::Registry(error) => corrupt(error),
            _ => Vec::new(),
        }
    }
}

/// Returns the link that a tree has in the place of the registry or its directory.
pub(crate) fn link_for_registry(tree: &Tree) -> Option<RepoPath> {
    let registry = RepoPath::registry();
    let is_link = |path: &RepoPath| tree.get(path).is_some_and(|e| e.mode == Mode::Symlink);
    registry.parent().into_iter().chain([registry]).find(is_link)
}

impl From<GitError> for StateError {
    fn from(error: GitError) -> Self {
        StateError::Git(error)
    }
}

impl From<StoreError> for StateError {
    fn from(error: StoreError) -> Self {
        StateError::Store(error)
    }
}

impl From<ConfigError> for StateError {
    fn from(error: ConfigError) -> Self {
        StateError::Config(error)
    }
}

impl From<ReadError> for StateError {
    fn from(error: ReadError) -> Self {
        StateError::Registry(error)
    }
}

impl From<MergeError> for StateError {
    fn from(error: MergeError) -> Self {
        StateError::Merge(error)
    }
}

impl From<PlanError> for StateError {
    fn from(error: PlanError) -> Self {
        StateError::Plan(error)
    }
}

/// A registry as git stores it.
#[derive(Debug, Clone)]
pub struct Stored {
    /// Its blob.
    pub blob: BlobId,
    /// The bytes of the blob.
    pub bytes: Vec<u8>,
    /// What they say.
    pub registry: Registry,
}

/// What a commit or an index holds.
#[derive(Debug, Clone)]
pub struct Snapshot {
    /// All its paths.
    pub tree: Tree,
    /// Its registry, if it has one.
    pub stored: Option<Rc<Stored>>,
    /// Whether the registry is at hand, if there should be one.
    pub is_complete: bool,
}

impl Snapshot {
    /// Reads a commit's tree.
    ///
    /// # Errors
    /// Objects that cannot be read.
    pub fn of_tree(repo: &Repo, tree: TreeId) -> Result<Self, StateError> {
        Self::of_paths(repo, repo.tree(tree)?, None)
    }

    /// Reads a commit.
    ///
    /// # Errors
    /// Objects that cannot be read.
    pub fn of_commit(repo: &Repo, commit: CommitId) -> Result<Self, StateError> {
        Self::of_tree(repo, repo.commit(commit)?.tree)
    }

    /// Reads a commit as a witness: a registry that cannot be read, holds an identity twice or
    /// is not in this clone says nothing.
    ///
    /// # Errors
    /// Trees that cannot be read.
    pub fn of_witness(repo: &Repo, commit: CommitId) -> Result<Self, StateError> {
        Self::of_tree_as_witness(repo, repo.commit(commit)?.tree)
    }

    /// Reads the tree of a commit as a witness.
    ///
    /// # Errors
    /// Trees that cannot be read.
    pub fn of_tree_as_witness(repo: &Repo, tree: TreeId) -> Result<Self, StateError> {
        let tree = repo.tree(tree)?;
        let there = entry(&tree, REGISTRY_PATH);
        let at_hand = there.filter(|e| repo.has_blob(e.blob));
        let is_complete = at_hand == there;
        let stored = match at_hand.map(|entry| read_registry(repo, entry)) {
            Some(Err(StateError::Registry(_))) | None => None,
            Some(stored) => Some(stored?),
        };
        let stored = stored.filter(|stored| stored.registry.is_consistent()).map(Rc::new);
        Ok(Snapshot { tree, stored, is_complete })
    }

    /// Reads what an index holds; `known` spares reading the same registry again.
    ///
    /// # Errors
    /// Objects that cannot be read.
    pub fn of_index(
        repo: &Repo,
        index: &Index,
        known: Option<&Rc<Stored>>,
    ) -> Result<Self, StateError> {
        Self::of_paths(repo, index.tree.clone(), known)
    }

    /// Reads what an index holds, with another registry in the place of one that cannot be used.
    ///
    /// # Errors
    /// A blob that cannot be read.
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

    fn of_paths(repo: &Repo, tree: Tree, known: Option<&Rc<Stored>>) -> Result<Self, StateError> {
        let stored = match (entry(&tree, REGISTRY_PATH), known) {
            (None, _) => None,
            (Some(entry), Some(known)) if known.blob == entry.blob => Some(known.clone()),
            (Some(entry), _) => Some(Rc::new(read_registry(repo, entry)?)),
        };
        Ok(Snapshot { tree, stored, is_complete: true })
    }

    /// Returns the registry, if there is one.
    pub fn registry(&self) -> Option<&Registry> {
        self.stored.as_deref().map(|stored| &stored.registry)
    }
}

/// Returns the entry at a path given as text.
pub(crate) fn entry(tree: &Tree, path: &str) -> Option<Entry> {
    RepoPath::new(path.as_bytes()).ok().and_then(|path| tree.get(&path).copied())
}

/// Returns whether a commit has a registry, whatever is in it.
///
/// # Errors
/// A commit or a tree that cannot be read.
pub fn has_registry(repo: &Repo, id: CommitId) -> Result<bool, GitError> {
    Ok(repo.tree_entry(repo.commit(id)?.tree, REGISTRY_PATH)?.is_some())
}

/// Reads a registry from its blob.
///
/// # Errors
/// A path that is no regular file, and a blob that is no registry.
pub fn read_registry(repo: &Repo, entry: Entry) -> Result<Stored, StateError> {
    if !entry.mode.is_file() {
        return Err(StateError::Registry(ReadError::NotAFile));
    }
    Registry::check_size(repo.blob_size(entry.blob).unwrap_or_default())?;
    let bytes = repo.blob(entry.blob)?;
    let registry = Registry::parse(&bytes)?;
    Ok(Stored { blob: entry.blob, bytes, registry })
}

/// Asserts that the registry of a tree, which says nothing to us, was not written by a later idhooks:
/// that one understands it, and nothing in it needs healing.
///
/// # Errors
/// One that was.
pub(crate) fn assert_not_newer(repo: &Repo, tree: &Tree) -> Result<(), StateError> {
    let at_hand = entry(tree, REGISTRY_PATH).filter(|entry| repo.has_blob(entry.blob));
    match at_hand.map(|entry| read_registry(repo, entry)) {
        Some(Err(error @ StateError::Registry(ReadError::Newer(_)))) => Err(error),
        _ => Ok(()),
    }
}

/// Reads the rules that hold in a tree or an index; without `idhooks.toml` the defaults.
///
/// # Errors
/// An `idhooks.toml` with a mistake.
pub fn read_config(repo: &Repo, tree: &Tree) -> Result<Config, StateError> {
    read_config_in(repo, entry(tree, CONFIG_PATH))
}

/// Reads `idhooks.toml` unless it is too large, whatever is in it.
///
/// # Errors
/// Returns an error if it is too large, or is not in this clone.
pub(crate) fn read_config_text(repo: &Repo, entry: Entry) -> Result<Vec<u8>, StateError> {
    Config::check_size(repo.blob_size(entry.blob).unwrap_or_default())?;
    Ok(repo.blob(entry.blob)?)
}

/// As [`read_config`], of what is in the place of `idhooks.toml`.
///
/// # Errors
/// As [`read_config`].
pub(crate) fn read_config_in(repo: &Repo, entry: Option<Entry>) -> Result<Config, StateError> {
    let Some(entry) = entry else { return Ok(Config::default()) };
    if !entry.mode.is_file() {
        // The defaults would silently give other identities than the rules that were meant.
        let message = "it is no regular file, and idhooks does not follow links".to_owned();
        let hint = "put the file itself in its place, then: git add idhooks.toml".to_owned();
        return Err(ConfigError { line: 1, column: 1, message, hint: Some(hint) }.into());
    }
    let bytes = read_config_text(repo, entry)?;
    let not_text = |error: Utf8Error| {
        let before = &bytes[..error.valid_up_to()];
        let line_start = before.iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
        ConfigError {
            line: before.iter().filter(|b| **b == b'\n').count() + 1,
            column: String::from_utf8_lossy(&before[line_start..]).chars().count() + 1,
            message: "from here on the file is not UTF-8 text".to_owned(),
            hint: None,
        }
    };
    let text = std::str::from_utf8(&bytes).map_err(not_text)?;
    Ok(Config::parse(text.strip_prefix('\u{feff}').unwrap_or(text))?)
}
