//! [`CommitState`]: the content of a commit, an index, or a merge in memory.

use std::{collections::BTreeSet, rc::Rc};

use idhooks_core::check::Finding;
use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::registry::{Entry, Mode, REGISTRY_PATH, ReadError, Registry, RepoPath, Tree};

use super::error::StateError;
use super::existing_identities::how_to_adopt;
use super::stored_registry::{
    Stored, entry, is_rolled_back, last_with_registry, read_config, read_registry, read_trusted,
};
use crate::git::{CommitId, Index, Repo, TreeId};
use crate::state::registry_findings::{corrupt, linked, missing, unmerged};

/// What a commit or an index has at the registry's path.
#[derive(Debug, Clone)]
pub enum RegistryState {
    /// There is neither a registry nor an `idhooks.toml`, or a migration rollback removed the
    /// registry and left rules from before the migration in place.
    NotAdopted,
    /// There is an `idhooks.toml`, but no registry.
    Missing,
    /// The registry is in an unfinished merge.
    Unmerged,
    /// The file is not a registry.
    Unreadable(ReadError),
    /// There is a registry, but it is not in this clone.
    Absent,
    /// The file cannot be trusted, because it is not a registry or contains an identity twice.
    Ignored,
    /// There is a readable registry.
    Read(Rc<Stored>),
}

/// The content of a commit, an index, or a merge in memory.
#[derive(Debug, Clone)]
pub struct CommitState {
    /// The merged paths.
    pub tree: Tree,
    /// The unmerged paths. Nothing has been decided about them.
    pub unmerged: BTreeSet<RepoPath>,
    /// The commit's parents. For the index, these are HEAD and the commits being merged into it.
    pub parents: Vec<CommitId>,
    /// The registry, or the reason that there is none.
    pub registry: RegistryState,
    /// Whether this is the index, which may still change before the next commit.
    pub is_index: bool,
    /// The commit, if this is a commit's content.
    pub commit: Option<CommitId>,
}

impl CommitState {
    /// Reads this invocation's index.
    ///
    /// # Errors
    /// Returns an error if the index or objects cannot be read.
    pub fn of_index(repo: &Repo) -> Result<Self, StateError> {
        let index = repo.index(&repo.index_file())?;
        let unmerged: BTreeSet<RepoPath> = index.unmerged.into_keys().collect();
        let mut parents: Vec<CommitId> = repo.head()?.into_iter().collect();
        // The parents are in the same order as in the commit that git will make.
        parents.extend(repo.merge_heads()?);
        Ok(CommitState { is_index: true, ..Self::of(repo, index.tree, unmerged, parents)? })
    }

    /// Reads a commit.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of_commit(repo: &Repo, id: CommitId) -> Result<Self, StateError> {
        let commit = repo.commit(id)?;
        let state = Self::of(repo, repo.tree(commit.tree)?, BTreeSet::new(), commit.parents)?;
        let registry = match state.registry {
            RegistryState::Missing if is_rolled_back(repo, &[id])? => RegistryState::NotAdopted,
            registry => registry,
        };
        Ok(CommitState { commit: Some(id), registry, ..state })
    }

    /// Returns the state for these merged and unmerged paths, in a commit with these parents.
    ///
    /// # Errors
    /// Returns an error if the registry is not in this clone and cannot be fetched.
    pub fn of(
        repo: &Repo,
        tree: Tree,
        unmerged: BTreeSet<RepoPath>,
        parents: Vec<CommitId>,
    ) -> Result<Self, StateError> {
        let registry = match entry(&tree, REGISTRY_PATH).map(|entry| read_registry(repo, entry)) {
            Some(Ok(stored)) => RegistryState::Read(Rc::new(stored)),
            Some(Err(StateError::Registry(error))) => RegistryState::Unreadable(error),
            Some(Err(error)) => return Err(error),
            None if unmerged.iter().any(|path| path.as_str() == Some(REGISTRY_PATH)) => {
                RegistryState::Unmerged
            }
            None if entry(&tree, CONFIG_PATH).is_some() && !is_rolled_back(repo, &parents)? => {
                RegistryState::Missing
            }
            None => RegistryState::NotAdopted,
        };
        Ok(CommitState { tree, unmerged, parents, registry, is_index: false, commit: None })
    }

    /// Returns the regular file at a path, unless it is unmerged. A merge in memory has text with
    /// conflict markers there, which is nobody's content.
    pub fn merged_file(&self, path: &RepoPath) -> Option<&Entry> {
        let entry = self.tree.get(path).filter(|entry| entry.mode.is_file());
        entry.filter(|_| !self.unmerged.contains(path))
    }

    /// Returns whether there is a file, merged or unmerged, at this path.
    pub fn has_file(&self, path: &RepoPath) -> bool {
        self.tree.contains_key(path) || self.unmerged.contains(path)
    }

    /// Reads a tree.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of_tree(repo: &Repo, tree: TreeId) -> Result<Self, StateError> {
        Self::of(repo, repo.tree(tree)?, BTreeSet::new(), Vec::new())
    }

    /// Reads a commit's tree, ignoring a registry that cannot be trusted. Nothing is fetched.
    ///
    /// # Errors
    /// Returns an error if trees cannot be read.
    pub fn of_witness(repo: &Repo, tree: TreeId) -> Result<Self, StateError> {
        let tree = repo.tree(tree)?;
        let Some(entry) = entry(&tree, REGISTRY_PATH) else {
            return Self::of(repo, tree, BTreeSet::new(), Vec::new());
        };
        let registry = match read_trusted(repo, entry)? {
            Some(stored) => RegistryState::Read(Rc::new(stored)),
            None if repo.has_blob(entry.blob) => RegistryState::Ignored,
            None => RegistryState::Absent,
        };
        Ok(Self::without_registry(tree, registry))
    }

    /// Returns the state of a tree that has no registry, for the given reason.
    pub fn without_registry(tree: Tree, registry: RegistryState) -> Self {
        let (unmerged, parents) = (BTreeSet::new(), Vec::new());
        CommitState { tree, unmerged, parents, registry, is_index: false, commit: None }
    }

    /// Returns the state of an index that has already been read. If `known` is the same registry,
    /// it is not read again.
    ///
    /// # Errors
    /// Returns an error if its registry is not in this clone or cannot be read.
    pub fn staged(
        repo: &Repo,
        index: &Index,
        known: Option<&Rc<Stored>>,
    ) -> Result<Self, StateError> {
        let tree = index.tree.clone();
        let blob = entry(&tree, REGISTRY_PATH).map(|entry| entry.blob);
        // Usually, the registry is the same as in the parents, and parsing it again would be most
        // of the cost of a small commit.
        match known.filter(|known| blob == Some(known.blob)) {
            Some(known) => Ok(Self::without_registry(tree, RegistryState::Read(known.clone()))),
            None => Self::of(repo, tree, BTreeSet::new(), Vec::new())?.readable(),
        }
    }

    /// Returns the state of an index, using another registry in place of an unusable or missing
    /// one.
    ///
    /// # Errors
    /// Returns an error if the blob cannot be read.
    pub fn staged_with(repo: &Repo, index: &Index, registry: Registry) -> Result<Self, StateError> {
        let tree = index.tree.clone();
        let (blob, bytes) = match entry(&tree, REGISTRY_PATH) {
            Some(Entry { blob, .. }) => (blob, repo.blob(blob)?),
            None => {
                let bytes = registry.format().into_bytes();
                (repo.hold_blob(bytes.clone()), bytes)
            }
        };
        let stored = RegistryState::Read(Rc::new(Stored { blob, bytes, registry }));
        Ok(Self::without_registry(tree, stored))
    }

    /// Returns this state with the given entries changed, as if they had been staged.
    ///
    /// # Errors
    /// Returns an error if the registry cannot be read.
    pub fn with<'e>(
        self,
        repo: &Repo,
        entries: impl IntoIterator<Item = (&'e RepoPath, Option<Entry>)>,
    ) -> Result<Self, StateError> {
        let mut tree = self.tree;
        for (path, entry) in entries {
            match entry {
                Some(entry) => drop(tree.insert(path.clone(), entry)),
                None => drop(tree.remove(path)),
            }
        }
        Self::of(repo, tree, self.unmerged, self.parents)
    }

    /// Returns the state, unless its registry cannot be read.
    ///
    /// # Errors
    /// Returns an error if the registry cannot be read.
    pub fn readable(self) -> Result<Self, StateError> {
        match self.registry {
            RegistryState::Unreadable(error) => Err(StateError::Registry(error)),
            _ => Ok(self),
        }
    }

    /// Returns whether there is a registry or `idhooks.toml`.
    pub fn is_adopted(&self) -> bool {
        !matches!(self.registry, RegistryState::NotAdopted)
    }

    /// Returns the registry as git stores it, if it has been read.
    pub fn stored(&self) -> Option<&Rc<Stored>> {
        match &self.registry {
            RegistryState::Read(stored) => Some(stored),
            _ => None,
        }
    }

    /// Returns the registry, if it has been read.
    pub fn registry(&self) -> Option<&Registry> {
        self.stored().map(|stored| &stored.registry)
    }

    /// Returns findings that explain why the registry cannot be read, or none if it can be read.
    ///
    /// # Errors
    /// Returns an error if git cannot be run.
    pub fn why_unreadable(&self, repo: &Repo) -> Result<Vec<Finding>, StateError> {
        Ok(match (&self.registry, link_for_registry(&self.tree)) {
            (RegistryState::Missing | RegistryState::Unreadable(_), Some(path)) => {
                vec![linked(&path, self.source_to_restore(repo)?.as_deref())]
            }
            (RegistryState::Missing, None) => {
                let source = self.source_to_restore(repo)?;
                let source = source.ok_or_else(|| how_to_adopt(repo, &self.tree));
                vec![missing(source.as_deref().map_err(String::as_str))]
            }
            (RegistryState::Unreadable(error), None) => corrupt(error),
            (RegistryState::Unmerged, _) => vec![unmerged()],
            _ => Vec::new(),
        })
    }

    /// Returns the most recent revision before this state that has a registry.
    fn source_to_restore(&self, repo: &Repo) -> Result<Option<String>, StateError> {
        let last = last_with_registry(repo, &self.parents)?;
        // Users know what HEAD is; other commits are named by their id.
        let is_head = self.is_index && last.is_some() && last == repo.head()?;
        Ok(if is_head { Some("HEAD".to_owned()) } else { last.map(|id| id.short()) })
    }

    /// Reads the rules that apply here.
    ///
    /// # Errors
    /// Returns an error if `idhooks.toml` is invalid.
    pub fn config(&self, repo: &Repo) -> Result<Config, StateError> {
        read_config(repo, &self.tree)
    }

    /// Returns the regular files that the rules track.
    pub fn tracked<'a>(&'a self, config: &'a Config) -> impl Iterator<Item = &'a RepoPath> {
        let files = self.tree.iter().filter(|(_, entry)| entry.mode.is_file());
        files.map(|(path, _)| path).filter(|path| config.tracks(path))
    }
}

/// Returns the path of the symlink that is in place of a tree's registry or the registry's
/// directory.
pub(crate) fn link_for_registry(tree: &Tree) -> Option<RepoPath> {
    let registry = RepoPath::registry();
    let is_link = |path: &RepoPath| tree.get(path).is_some_and(|e| e.mode == Mode::Symlink);
    registry.parent().into_iter().chain([registry]).find(is_link)
}
