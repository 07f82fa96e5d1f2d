//! Collects the inputs for a plan made from all paths: the commit's parents and index with their
//! registries, and the clone's other registries.

use std::collections::BTreeSet;
use std::rc::Rc;

use idhooks_core::check::{Code, Finding, ScopeClaims, duplicates};
use idhooks_core::config::Config;
use idhooks_core::plan::{AllocationLog, Plan};
use idhooks_core::registry::{REGISTRY_PATH, Registry, RepoPath};

use crate::git::{CommitId, GitError};
use crate::history::Lineage;
use crate::history::contested_findings::undecided;
use crate::state::{CommitState, RegistryState, StateError, Stored, counted_tree};
use crate::transaction::{PendingCommit, RegistryChange, RegistryPart, Request, prepare};

/// The parents and the index, read in full.
#[derive(Debug)]
pub struct CommitInputs {
    /// The parents, healed if they are inconsistent.
    pub lineage: Lineage,
    /// The index.
    pub state: CommitState,
    /// The registry in the index.
    pub stored: Rc<Stored>,
    /// Whether the healed registry takes the place of HEAD's, which is also in the index and is
    /// unusable, or which both lack.
    pub is_healed: bool,
    /// The files to write, if only the records for the changed paths were read.
    pub part: Option<RegistryPart>,
    /// Other registries in this clone: the one in the working tree, and the one in the index that
    /// remains after a partial commit.
    pub(super) offered: Vec<Registry>,
    /// Findings about the index that remains after a partial commit.
    pub(super) sibling_findings: Vec<Finding>,
}

impl PendingCommit<'_> {
    /// Reads the index and the parents, and heals the parents if they are inconsistent. If `other`
    /// is given, it replaces the index's registry. Returns `None` if the index has no registry.
    /// `progress` is called as in [`Lineage::heal`].
    ///
    /// # Errors
    /// Returns an error if objects cannot be read, if registries cannot be read or merged, or if a
    /// counter is full.
    pub fn read(
        &self,
        other: Option<&Registry>,
        progress: &dyn Fn(usize),
    ) -> Result<Option<CommitInputs>, StateError> {
        self.assert_same_index()?;
        self.refuse_links()?;
        let mut commits: Vec<CommitId> = self.head.iter().map(|(id, _)| *id).collect();
        commits.extend(&self.merging);
        self.obtain_registries(&commits)?;
        let mut lineage = Lineage::of(self.repo, &commits)?;
        lineage.assert_one_adoption(self.repo, &self.index()?.tree)?;
        lineage.heal(self.repo, Some(&self.index()?.tree), progress)?;
        let is_in_gap = self.is_in_gap()?;
        let stand_in = match (other, &lineage.merged) {
            (Some(other), _) => Some(other.clone()),
            (None, Some(healed)) if is_in_gap || self.has_bad_registry_of_head(&lineage)? => {
                Some(healed.clone())
            }
            _ => None,
        };
        if other.is_some() && !self.index()?.tree.contains_key(&RepoPath::registry()) {
            return Ok(None);
        }
        let is_healed = stand_in.is_some();
        let state = match (stand_in, lineage.first_stored()) {
            // A working file that was left behind has the registry from before the gap.
            (Some(_), Some(stored)) if is_in_gap => CommitState::without_registry(
                self.index()?.tree.clone(),
                RegistryState::Read(stored.clone()),
            ),
            (Some(registry), _) => CommitState::staged_with(self.repo, self.index()?, registry)?,
            (None, stored) => CommitState::staged(self.repo, self.index()?, stored)?,
        };
        if let Some(registry) = state.registry() {
            lineage.choose_as(self.repo, registry)?;
            lineage.start_over(self.repo, registry)?;
        }
        if lineage.merged.is_none() {
            // If a parent has no registry, the index's deprecated records are trusted. If HEAD's
            // registry cannot be read, or another registry replaces the index's, all records are
            // trusted, so that no record from a backup is lost.
            let trusted = state.registry();
            lineage.merged = if other.is_some() || self.head_has_registry()? {
                trusted.cloned()
            } else {
                trusted.map(Registry::without_active)
            };
        }
        if let Some(registry) = state.registry() {
            lineage.yield_to(registry.allocations.iter());
        }
        let Some(stored) = state.stored().cloned() else { return Ok(None) };
        let mut inputs = CommitInputs {
            lineage,
            state,
            stored,
            is_healed,
            part: None,
            offered: Vec::new(),
            sibling_findings: Vec::new(),
        };
        if !is_healed {
            self.collect_offered(&mut inputs)?;
        }
        Ok(Some(inputs))
    }

    /// Makes git fetch registries that are missing from a partial clone with a sparse checkout.
    fn obtain_registries(&self, commits: &[CommitId]) -> Result<(), StateError> {
        let mut registries = BTreeSet::new();
        for commit in commits.iter().filter(|id| self.repo.has_commit(**id)) {
            let tree = counted_tree(self.repo, *commit)?;
            if let Some(entry) = self.repo.tree_entry(tree, REGISTRY_PATH)? {
                registries.extend(Some(entry.blob).filter(|blob| !self.repo.has_blob(*blob)));
            }
        }
        if !registries.is_empty() {
            self.repo.obtain_all(&registries);
        }
        Ok(())
    }

    /// Returns whether the index has rules but no registry, and HEAD has none either, although one
    /// counts there. Without rules, the use of idhooks has ended.
    ///
    /// # Errors
    /// Returns an error if the index, commits or trees cannot be read.
    pub fn is_in_gap(&self) -> Result<bool, GitError> {
        let index = self.index()?;
        let is_missing = !index.tree.contains_key(&RepoPath::registry())
            && !index.unmerged.contains_key(&RepoPath::registry())
            && index.tree.contains_key(&RepoPath::config());
        Ok(is_missing && !self.head_has_registry_file()? && self.is_head_adopted()?)
    }

    /// Returns whether the index has the same registry as HEAD, and this registry is unusable.
    fn has_bad_registry_of_head(&self, lineage: &Lineage) -> Result<bool, StateError> {
        let Some((_, commit)) = &self.head else { return Ok(false) };
        let in_head = self.repo.tree_entry(commit.tree, REGISTRY_PATH)?;
        let in_index = self.index()?.tree.get(&RepoPath::registry()).copied();
        let scope = lineage.merged.as_ref().map(|merged| merged.scope);
        let used = lineage.first_stored().map(|stored| stored.registry.scope);
        let used = used.is_some_and(|used| scope.is_none_or(|scope| scope == used));
        Ok(in_head.is_some() && in_head == in_index && !used)
    }

    /// Collects the clone's other registries: the one in the working tree, where an aborted commit
    /// may have left it, and the one in the index that remains after a partial commit.
    fn collect_offered(&self, inputs: &mut CommitInputs) -> Result<(), StateError> {
        let bytes = self.repo.read_working(REGISTRY_PATH).unwrap_or_default();
        let edited = bytes.filter(|bytes| *bytes != inputs.stored.bytes);
        let edited = edited.and_then(|bytes| Registry::parse(&bytes).ok());
        inputs.offered.extend(edited.filter(Registry::is_consistent));
        let Some(file) = self.file.sibling() else { return Ok(()) };
        let sibling = CommitState::staged(self.repo, &self.repo.index(&file)?, None)?;
        let Some(registry) = sibling.registry() else { return Ok(()) };
        inputs.sibling_findings = duplicates(registry);
        inputs.sibling_findings.retain(|finding| finding.code != Code::DuplicatePath);
        inputs.offered.push(registry.clone());
        Ok(())
    }

    /// Returns the findings about manual edits to the registry.
    pub fn faults(&self, inputs: &CommitInputs, config: &Config) -> Vec<Finding> {
        let stored = &inputs.stored;
        let parents = inputs.lineage.with_registry();
        let claims = ScopeClaims {
            registry: stored.registry.scope,
            config: config.scope,
            inherited: parents.first().map(|parent| parent.registry.scope),
        };
        let mut findings: Vec<Finding> = claims.finding(true).into_iter().collect();
        // A merge by another tool may leave two records at the same path. idhooks repairs those
        // records, so it does not report them.
        let repairable = inputs.lineage.has_blob(stored.blob) || !self.merging.is_empty();
        let duplicate_findings = duplicates(&stored.registry).into_iter();
        findings
            .extend(duplicate_findings.filter(|f| !(repairable && f.code == Code::DuplicatePath)));
        if let Some(contest) = &inputs.lineage.contest
            && contest.maker().is_none()
        {
            findings.extend(undecided(&contest.contested, &stored.registry));
        }
        if findings.is_empty() { inputs.sibling_findings.clone() } else { findings }
    }

    /// Plans the registry that a commit made from the index must carry.
    ///
    /// # Errors
    /// Returns an error if objects cannot be read or a counter is full.
    pub fn plan(
        &self,
        inputs: &CommitInputs,
        config: &Config,
        given: &AllocationLog,
        allocate: bool,
    ) -> Result<Plan, StateError> {
        let request = Request {
            config,
            scope: inputs.stored.registry.scope,
            state: &inputs.state,
            lineage: &inputs.lineage,
            given: Some(given),
            moved: self.moved(),
            offered: &inputs.offered,
            now: None,
            allocate,
            picks: &self.picks,
            former: &[],
        };
        prepare(self.repo, &request)
    }

    /// Returns a change to the registry alone.
    ///
    /// # Errors
    /// Returns an error if the index cannot be read.
    pub fn change<'s>(&'s self, inputs: &'s CommitInputs) -> Result<RegistryChange<'s>, GitError> {
        self.close_index();
        let committed = inputs.lineage.merged.as_ref();
        let change = RegistryChange::of(self.repo, &self.file, self.index()?, Some(&inputs.stored));
        Ok(RegistryChange { committed, ..change })
    }
}

impl CommitInputs {
    /// Returns whether the registry in the index is identical to a parent's.
    pub fn has_registry_of_a_parent(&self) -> bool {
        self.lineage.has_blob(self.stored.blob)
    }

    /// Returns whether the registry must be written for the index to contain `after`. A registry
    /// with the same content in a different format is left alone, unless it was staged by hand.
    pub fn is_outdated_by(&self, after: &Registry) -> bool {
        let stored = &self.stored;
        let is_plain = || {
            // What was read in part is in canonical form.
            self.part.is_some()
                || self.lineage.has_blob(stored.blob)
                || stored.registry.format().as_bytes() == stored.bytes
        };
        self.is_healed || !after.says_the_same_as(&stored.registry) || !is_plain()
    }
}
