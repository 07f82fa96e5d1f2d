//! A commit or the index, whatever state its registry is in.

use std::collections::BTreeSet;

use idhooks_core::check::{
    Carried, Code, Finding, Subject, check, corrupt, linked, missing, unmerged, wrong_scope,
};
use idhooks_core::config::{CONFIG_PATH, Config};
use idhooks_core::registry::{Entry, REGISTRY_PATH, ReadError, RepoPath, Tree};

use crate::git::{CommitId, Repo};

use crate::history::Lineage;
use crate::state::{StateError, Stored, read_config, read_registry};
use crate::state::{ids_in_files::Carriers, ids_in_files::Heads, ids_in_files::added};
use crate::state::{snapshot::entry, snapshot::link_for_registry};
use crate::transaction::prospects::explain;

/// What a commit or an index has at the registry's path.
#[derive(Debug, Clone)]
pub enum Held {
    /// Neither a registry nor `idhooks.toml`.
    NotAdopted,
    /// `idhooks.toml`, but no registry.
    Missing,
    /// The sides of an unfinished merge.
    Unmerged,
    /// Something that is not a registry.
    Unreadable(ReadError),
    /// A registry.
    Stored(Box<Stored>),
}

/// A commit or the index: its paths, its registry, and the commits that it is compared with.
///
/// Unlike [`Snapshot`](crate::state::Snapshot), it exists even if the registry cannot be read.
#[derive(Debug, Clone)]
pub struct View {
    /// The merged paths.
    pub tree: Tree,
    /// The unmerged paths, about which nothing is decided.
    pub unmerged: BTreeSet<RepoPath>,
    /// The parents of the commit; for the index, HEAD and the commits being merged into it.
    pub parents: Vec<CommitId>,
    /// The registry, or the reason why there is none.
    pub held: Held,
    /// Whether this is the index, which the next commit still changes.
    pub is_index: bool,
}

/// The result of a full check.
#[derive(Debug, Clone, Default)]
pub struct Checked {
    /// The findings.
    pub findings: Vec<Finding>,
    /// How many files have a head that was not read.
    pub unread: usize,
}

impl Checked {
    /// Returns a result with these findings and nothing else.
    fn from_findings(findings: Vec<Finding>) -> Self {
        Checked { findings, unread: 0 }
    }
}

impl View {
    /// Reads the index of this invocation.
    ///
    /// # Errors
    /// Returns an error if the index or objects cannot be read.
    pub fn of_index(repo: &Repo) -> Result<Self, StateError> {
        let index = repo.index(&repo.index_file())?;
        let unmerged: BTreeSet<RepoPath> = index.unmerged.into_keys().collect();
        let mut parents: Vec<CommitId> = repo.head()?.into_iter().collect();
        parents.extend(repo.merge_heads()?);
        Ok(View { is_index: true, ..Self::of(repo, index.tree, unmerged, parents)? })
    }

    /// Reads a commit.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn of_commit(repo: &Repo, id: CommitId) -> Result<Self, StateError> {
        let commit = repo.commit(id)?;
        Self::of(repo, repo.tree(commit.tree)?, BTreeSet::new(), commit.parents)
    }

    pub(super) fn of(
        repo: &Repo,
        tree: Tree,
        unmerged: BTreeSet<RepoPath>,
        parents: Vec<CommitId>,
    ) -> Result<Self, StateError> {
        let held = match entry(&tree, REGISTRY_PATH).map(|entry| read_registry(repo, entry)) {
            Some(Ok(stored)) => Held::Stored(Box::new(stored)),
            Some(Err(StateError::Registry(error))) => Held::Unreadable(error),
            Some(Err(error)) => return Err(error),
            None if unmerged.iter().any(|path| path.as_str() == Some(REGISTRY_PATH)) => {
                Held::Unmerged
            }
            None if entry(&tree, CONFIG_PATH).is_some() => Held::Missing,
            None => Held::NotAdopted,
        };
        Ok(View { tree, unmerged, parents, held, is_index: false })
    }

    /// Returns the same view with other entries, as if they were staged.
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

    /// Returns the registry, if it can be read.
    pub fn stored(&self) -> Option<&Stored> {
        match &self.held {
            Held::Stored(stored) => Some(stored),
            _ => None,
        }
    }

    /// Returns findings that say why the registry cannot be read; none if it can.
    pub fn why_unreadable(&self) -> Vec<Finding> {
        match (&self.held, link_for_registry(&self.tree)) {
            (Held::Missing | Held::Unreadable(_), Some(path)) => vec![linked(&path)],
            (Held::Missing, None) => vec![missing()],
            (Held::Unreadable(error), None) => corrupt(error),
            (Held::Unmerged, _) => vec![unmerged()],
            (Held::NotAdopted | Held::Stored(_), _) => Vec::new(),
        }
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

    /// Returns all findings; none if the repository has not adopted idhooks.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read.
    pub fn check(&self, repo: &Repo, config: &Config) -> Result<Vec<Finding>, StateError> {
        Ok(self.check_reading(repo, config, Heads::Ruled)?.findings)
    }

    /// Does the same as [`Self::check`], but reads the heads of more files.
    ///
    /// # Errors
    /// Returns an error in the same cases as [`Self::check`].
    pub fn check_reading(
        &self,
        repo: &Repo,
        config: &Config,
        heads: Heads<'_>,
    ) -> Result<Checked, StateError> {
        let Some(stored) = self.stored() else {
            return Ok(Checked::from_findings(self.why_unreadable()));
        };
        if let Some(scope) = config.scope.filter(|scope| *scope != stored.registry.scope) {
            return Ok(Checked::from_findings(vec![wrong_scope(stored.registry.scope, scope)]));
        }
        let mut lineage = Lineage::of_witnesses(repo, &self.parents)?;
        // The hook of the next commit reads the heads of new files.
        let new = match heads {
            Heads::Ruled if self.is_index => added(repo, &self.tree, &self.parents)?,
            _ => BTreeSet::new(),
        };
        let heads = if new.is_empty() { heads } else { Heads::RuledAnd(&new) };
        let Carriers { carried, unread } =
            Carriers::of(repo, config, &stored.registry, &self.tree, heads);
        let mut findings = self.compare(repo, stored, config, &lineage, &carried);
        let is_about_parents =
            |f: &Finding| matches!(f.code, Code::IdentityChanged | Code::RecordLost);
        if findings.iter().any(is_about_parents) {
            // A commit that heals an inconsistent parent differs from it, but agrees with what it
            // should be.
            lineage.heal(repo, &|_| {})?;
            if lineage.was_inconsistent() {
                findings = self.compare(repo, stored, config, &lineage, &carried);
            }
        }
        explain(repo, (self, stored), config, &lineage, &mut findings)?;
        Ok(Checked { findings, unread })
    }

    fn compare(
        &self,
        repo: &Repo,
        stored: &Stored,
        config: &Config,
        lineage: &Lineage,
        carried: &[Carried],
    ) -> Vec<Finding> {
        let registry = stored.registry.with_origins_of(lineage.merged.as_ref());
        let subject = Subject {
            bytes: &stored.bytes,
            parents: &lineage.with_registry(),
            merged: lineage.merged.as_ref(),
            published: lineage.published(),
            ..Subject::new(config, &registry, &self.tree)
        };
        let mut findings = check(&subject, carried, repo);
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
