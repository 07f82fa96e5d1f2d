//! What a commit to be made now looks at: HEAD, what is being merged, the index and the
//! registries beside it.

use std::rc::Rc;

use crate::check::{Code, Finding, duplicates, wrong_scope};
use crate::config::Config;
use crate::git::{Commit, CommitId, GitError, Index, IndexFile, Repo};
use crate::plan::{AllocationLog, Plan};
use crate::registry::{REGISTRY_PATH, Registry, RepoPath, Scope};

use crate::history::Lineage;
use crate::state::snapshot::link_for_registry;
use crate::state::{Snapshot, StateError, Stored, has_registry};
use crate::transaction::{Pick, RegistryTarget, Request, prepare};

/// What is seen before anything large is read.
#[derive(Debug)]
pub struct Scene<'a> {
    /// The repository.
    pub repo: &'a Repo,
    /// The index to be committed …
    pub file: IndexFile,
    /// … and what it holds.
    pub index: Index,
    /// HEAD, unless it is unborn.
    pub head: Option<(CommitId, Commit)>,
    /// The commits being merged.
    pub merging: Vec<CommitId>,
}

/// The parents and the index, read.
#[derive(Debug)]
pub struct Sight {
    /// The parents, healed where they are not true.
    pub lineage: Lineage,
    /// The index.
    pub snapshot: Snapshot,
    /// The registry of the index.
    pub stored: Rc<Stored>,
    /// Whether the registry in HEAD, which is also that of the index, cannot be used, so that
    /// the healed one stands in for it.
    pub is_mended: bool,
    /// Other registries of this clone: of the working tree, and of the index that stays.
    offered: Vec<Registry>,
    /// What is wrong with the index that stays.
    lasting_faults: Vec<Finding>,
}

impl<'a> Scene<'a> {
    /// Looks at the repository.
    ///
    /// # Errors
    /// An index or a HEAD that cannot be read.
    pub fn of(repo: &'a Repo) -> Result<Self, GitError> {
        let file = repo.index_file();
        let index = repo.index(&file)?;
        let head = match repo.head()? {
            Some(id) => Some((id, repo.commit(id)?)),
            None => None,
        };
        Ok(Scene { repo, file, index, head, merging: repo.merge_heads()? })
    }

    /// Asserts that the index has no link in the place of the registry or its directory.
    ///
    /// # Errors
    /// One that has.
    pub fn refuse_links(&self) -> Result<(), StateError> {
        link_for_registry(&self.index.tree).map_or(Ok(()), |path| Err(StateError::StagedLink(path)))
    }

    /// Returns whether HEAD has a registry.
    ///
    /// # Errors
    /// A tree that cannot be read.
    pub fn head_has_registry(&self) -> Result<bool, GitError> {
        self.head.as_ref().map_or(Ok(false), |(id, _)| has_registry(self.repo, *id))
    }

    /// Reads the parents, healed where they are not true, and the index; nothing where the
    /// index has no registry. `progress` is called as by [`Lineage::heal`].
    ///
    /// # Errors
    /// Objects that cannot be read, registries that cannot be read or merged, a full counter.
    pub fn look(&self, progress: &dyn Fn(usize)) -> Result<Option<Sight>, StateError> {
        self.look_with(None, progress)
    }

    /// Does the same with another registry in the place of the one in the index.
    ///
    /// # Errors
    /// As [`Self::look`].
    pub fn look_with(
        &self,
        other: Option<&Registry>,
        progress: &dyn Fn(usize),
    ) -> Result<Option<Sight>, StateError> {
        self.refuse_links()?;
        let mut commits: Vec<CommitId> = self.head.iter().map(|(id, _)| *id).collect();
        commits.extend(&self.merging);
        self.obtain_registries(&commits)?;
        let mut lineage = Lineage::of(self.repo, &commits)?;
        lineage.assert_one_adoption(self.repo)?;
        lineage.heal(self.repo, progress)?;
        let stand_in = match (other, &lineage.merged) {
            (Some(other), _) => Some(other.clone()),
            (None, Some(healed)) if self.has_bad_registry_of_head(&lineage)? => {
                Some(healed.clone())
            }
            _ => None,
        };
        let is_mended = stand_in.is_some();
        let snapshot = match stand_in {
            Some(registry) => Snapshot::with_stand_in(self.repo, &self.index, registry)?,
            None => Snapshot::of_index(self.repo, &self.index, lineage.first_stored())?,
        };
        if lineage.merged.is_none() {
            // No parent tells anything: what the index keeps of retired identities is trusted,
            // and all of it where HEAD has a registry that cannot be read.
            let trusted = snapshot.registry();
            lineage.merged = if self.head_has_registry()? {
                trusted.cloned()
            } else {
                trusted.map(Registry::without_active)
            };
        }
        let Some(stored) = snapshot.stored.clone() else { return Ok(None) };
        let mut sight = Sight {
            lineage,
            snapshot,
            stored,
            is_mended,
            offered: Vec::new(),
            lasting_faults: Vec::new(),
        };
        if !is_mended {
            self.offer(&mut sight)?;
        }
        Ok(Some(sight))
    }

    /// Has git fetch the registries that a partial clone with a sparse checkout never had.
    fn obtain_registries(&self, commits: &[CommitId]) -> Result<(), StateError> {
        for commit in commits.iter().filter(|id| self.repo.has_commit(**id)) {
            let tree = self.repo.commit(*commit)?.tree;
            if let Some(entry) = self.repo.tree_entry(tree, REGISTRY_PATH)? {
                self.repo.obtain_blob(entry.blob);
            }
        }
        Ok(())
    }

    /// Returns whether the index has the registry of HEAD unchanged, and it cannot be used.
    fn has_bad_registry_of_head(&self, lineage: &Lineage) -> Result<bool, StateError> {
        let Some((_, commit)) = &self.head else { return Ok(false) };
        let in_head = self.repo.tree_entry(commit.tree, REGISTRY_PATH)?;
        let in_index = self.index.tree.get(&RepoPath::registry()).copied();
        let used = lineage.parents.first().is_some_and(|head| head.stored.is_some());
        Ok(in_head.is_some() && in_head == in_index && !used)
    }

    /// Collects the other registries of this clone: that of the working tree, which an aborted
    /// commit may have left there, and that of the index which a partial commit leaves.
    fn offer(&self, sight: &mut Sight) -> Result<(), StateError> {
        let bytes = self.repo.read_working(REGISTRY_PATH).unwrap_or_default();
        let edited = bytes.filter(|bytes| *bytes != sight.stored.bytes);
        let edited = edited.and_then(|bytes| Registry::parse(&bytes).ok());
        sight.offered.extend(edited.filter(Registry::is_consistent));
        let Some(file) = self.file.sibling() else { return Ok(()) };
        let lasting = Snapshot::of_index(self.repo, &self.repo.index(&file)?, None)?;
        let Some(registry) = lasting.registry() else { return Ok(()) };
        sight.lasting_faults = duplicates(registry);
        sight.lasting_faults.retain(|finding| finding.code != Code::DuplicatePath);
        sight.offered.push(registry.clone());
        Ok(())
    }

    /// Returns what is wrong with a registry that somebody edited.
    pub fn faults(&self, sight: &Sight, config: &Config) -> Vec<Finding> {
        let stored = &sight.stored;
        let scope = |expected: Option<Scope>| {
            let registry = stored.registry.scope;
            expected.filter(|scope| *scope != registry).map(|scope| wrong_scope(registry, scope))
        };
        let parents = sight.lineage.with_registry();
        let told = parents.first().map(|parent| parent.registry.scope);
        let mut findings: Vec<Finding> =
            scope(config.scope).into_iter().chain(scope(told)).collect();
        findings.truncate(1);
        // A merge by another tool may leave two records at one path; that is repaired, not blamed.
        let repairable = sight.lineage.has_blob(stored.blob) || !self.merging.is_empty();
        let twice = duplicates(&stored.registry).into_iter();
        findings.extend(twice.filter(|f| !(repairable && f.code == Code::DuplicatePath)));
        if findings.is_empty() { sight.lasting_faults.clone() } else { findings }
    }

    /// Works out the registry that a commit of the index must carry.
    ///
    /// # Errors
    /// Objects that cannot be read, a counter that is full.
    pub fn plan(
        &self,
        sight: &Sight,
        config: &Config,
        given: &AllocationLog,
        allocate: bool,
    ) -> Result<Plan, StateError> {
        let request = Request {
            config,
            scope: sight.stored.registry.scope,
            snapshot: &sight.snapshot,
            lineage: &sight.lineage,
            given,
            offered: &sight.offered,
            now: None,
            allocate,
            picks: &Pick::noted(self.repo)?,
            progress: &|| {},
        };
        prepare(self.repo, &request)
    }

    /// Returns where a new registry goes.
    pub fn target<'s>(&'s self, sight: &'s Sight) -> RegistryTarget<'s> {
        RegistryTarget {
            file: &self.file,
            index: &self.index,
            stored: Some(&sight.stored),
            is_replacing: false,
            inscriptions: &[],
        }
    }
}

impl Sight {
    /// Returns whether the index has the registry of a parent, which nobody edited.
    pub fn has_registry_of_a_parent(&self) -> bool {
        self.lineage.has_blob(self.stored.blob)
    }

    /// Returns whether the registry has to be written for the index to carry `after`: one that
    /// says the same in another form is left alone, unless somebody staged it.
    pub fn is_outdated_by(&self, after: &Registry) -> bool {
        let stored = &self.stored;
        let is_plain = self.lineage.has_blob(stored.blob)
            || stored.registry.format().as_bytes() == stored.bytes;
        self.is_mended || !is_plain || !after.says_the_same_as(&stored.registry)
    }
}
