//! A commit or the index as somebody looks at it, whatever state its registry is in.

use std::collections::BTreeSet;

use crate::check::{
    Carried, Code, Finding, Subject, check, corrupt, linked, missing, unmerged, wrong_scope,
};
use crate::embed;
use crate::git::{CommitId, Repo};
use crate::policy::{CONFIG_PATH, Policy};
use crate::registry::{FileName, Id, REGISTRY_PATH, ReadError, Registry, RepoPath, Tree};

use super::prospects::explain;
use super::snapshot::{entry, link_for_registry};
use super::{Lineage, Stored, WalkError, read_policy, read_registry};

/// What is there in the registry's place.
#[derive(Debug, Clone)]
pub enum Held {
    /// Neither a registry nor `idhooks.toml`.
    NotAdopted,
    /// `idhooks.toml`, but no registry.
    Missing,
    /// The sides of an unfinished merge.
    Unmerged,
    /// Something that is no registry.
    Unreadable(ReadError),
    /// A registry.
    Stored(Box<Stored>),
}

/// A commit or the index: its paths, its registry, and what it is compared with.
///
/// Unlike [`super::Snapshot`] it can be had of a tree whose registry cannot be read.
#[derive(Debug, Clone)]
pub struct View {
    /// The merged paths.
    pub tree: Tree,
    /// The paths of an unfinished merge, about which nothing is decided.
    pub unmerged: BTreeSet<RepoPath>,
    /// The commit's parents; of the index: HEAD and the commits being merged into it.
    pub parents: Vec<CommitId>,
    /// The registry, or why there is none.
    pub held: Held,
    /// Whether it is the index, which the next commit still changes.
    pub is_index: bool,
}

impl View {
    /// Looks at the index of this invocation.
    ///
    /// # Errors
    /// An index or objects that cannot be read.
    pub fn of_index(repo: &Repo) -> Result<Self, WalkError> {
        let index = repo.index(&repo.index_file())?;
        let unmerged: BTreeSet<RepoPath> = index.unmerged.into_keys().collect();
        let mut parents: Vec<CommitId> = repo.head()?.into_iter().collect();
        parents.extend(repo.merge_heads()?);
        Ok(View { is_index: true, ..Self::of(repo, index.tree, unmerged, parents)? })
    }

    /// Looks at a commit.
    ///
    /// # Errors
    /// Objects that cannot be read.
    pub fn of_commit(repo: &Repo, id: CommitId) -> Result<Self, WalkError> {
        let commit = repo.commit(id)?;
        Self::of(repo, repo.tree(commit.tree)?, BTreeSet::new(), commit.parents)
    }

    pub(super) fn of(
        repo: &Repo,
        tree: Tree,
        unmerged: BTreeSet<RepoPath>,
        parents: Vec<CommitId>,
    ) -> Result<Self, WalkError> {
        let held = match entry(&tree, REGISTRY_PATH).map(|entry| read_registry(repo, entry)) {
            Some(Ok(stored)) => Held::Stored(Box::new(stored)),
            Some(Err(WalkError::Registry(error))) => Held::Unreadable(error),
            Some(Err(error)) => return Err(error),
            None if unmerged.iter().any(|path| path.as_str() == Some(REGISTRY_PATH)) => {
                Held::Unmerged
            }
            None if entry(&tree, CONFIG_PATH).is_some() => Held::Missing,
            None => Held::NotAdopted,
        };
        Ok(View { tree, unmerged, parents, held, is_index: false })
    }

    /// Returns the registry, if it can be read.
    pub fn stored(&self) -> Option<&Stored> {
        match &self.held {
            Held::Stored(stored) => Some(stored),
            _ => None,
        }
    }

    /// Returns why the registry cannot be read, if it cannot.
    pub fn why_unreadable(&self) -> Vec<Finding> {
        match (&self.held, link_for_registry(&self.tree)) {
            (Held::Missing | Held::Unreadable(_), Some(path)) => vec![linked(&path)],
            (Held::Missing, None) => vec![missing()],
            (Held::Unreadable(error), None) => corrupt(error),
            (Held::Unmerged, _) => vec![unmerged()],
            (Held::NotAdopted | Held::Stored(_), _) => Vec::new(),
        }
    }

    /// Reads the rules that hold here.
    ///
    /// # Errors
    /// An `idhooks.toml` with a mistake.
    pub fn policy(&self, repo: &Repo) -> Result<Policy, WalkError> {
        read_policy(repo, &self.tree)
    }

    /// Returns the regular files that the rules track.
    pub fn tracked<'a>(&'a self, policy: &'a Policy) -> impl Iterator<Item = &'a RepoPath> {
        let files = self.tree.iter().filter(|(_, entry)| entry.mode.is_file());
        files.map(|(path, _)| path).filter(|path| policy.tracks(path))
    }

    /// Returns everything that is wrong here; nothing where nothing is promised.
    ///
    /// # Errors
    /// Objects that cannot be read.
    pub fn check(&self, repo: &Repo, policy: &Policy) -> Result<Vec<Finding>, WalkError> {
        let Some(stored) = self.stored() else { return Ok(self.why_unreadable()) };
        if let Some(scope) = policy.scope.filter(|scope| *scope != stored.registry.scope) {
            return Ok(vec![wrong_scope(stored.registry.scope, scope)]);
        }
        let mut lineage = Lineage::of_witnesses(repo, &self.parents)?;
        let carried = carried(repo, policy, &stored.registry, &self.tree);
        let mut findings = self.compare(stored, policy, &lineage, &carried);
        let is_about_parents =
            |f: &Finding| matches!(f.code, Code::IdentityChanged | Code::RecordLost);
        if findings.iter().any(is_about_parents) {
            // What heals an untrue parent differs from it, and agrees with what it should be.
            lineage.heal(repo, &|_| {})?;
            if lineage.was_untrue() {
                findings = self.compare(stored, policy, &lineage, &carried);
            }
        }
        explain(repo, (self, stored), policy, &lineage, &mut findings)?;
        Ok(findings)
    }

    fn compare(
        &self,
        stored: &Stored,
        policy: &Policy,
        lineage: &Lineage,
        carried: &[Carried],
    ) -> Vec<Finding> {
        let registry = stored.registry.with_origins_of(lineage.merged.as_ref());
        let subject = Subject {
            policy,
            registry: &registry,
            bytes: &stored.bytes,
            tree: &self.tree,
            parents: &lineage.with_registry(),
            merged: lineage.merged.as_ref(),
            told: lineage.what_parents_tell(),
        };
        let mut findings = check(&subject, carried);
        findings.retain(|finding| !self.is_undecided(finding));
        findings
    }

    /// Returns whether a finding compares the registry with a path that is still unmerged.
    fn is_undecided(&self, finding: &Finding) -> bool {
        let compares =
            matches!(finding.code, Code::MissingId | Code::StalePath | Code::IdentityChanged);
        compares && finding.path.as_ref().is_some_and(|path| self.unmerged.contains(path))
    }
}

/// Returns the identities that files carry: in their names, if they are of a scope that is known
/// here, and inside, where the rules say that they do.
fn carried(repo: &Repo, policy: &Policy, registry: &Registry, tree: &Tree) -> Vec<Carried> {
    let is_ours = |id: &Id| {
        let scope = id.scope();
        scope == registry.scope || policy.legacy_scopes.contains(&scope)
    };
    let reads = policy.embeds_anything();
    let mut all = Vec::new();
    for (path, entry) in
        tree.iter().filter(|(path, entry)| entry.mode.is_file() && policy.tracks(path))
    {
        let named = FileName::of(path.basename()).id().filter(is_ours);
        all.extend(named.map(|id| Carried { path: path.clone(), id, is_name: true }));
        if reads && policy.embeds(path) {
            let content = repo.blob_at_hand(entry.blob);
            let inside = content.and_then(|content| embed::read_id(path, &content));
            all.extend(inside.map(|id| Carried { path: path.clone(), id, is_name: false }));
        }
    }
    all
}
