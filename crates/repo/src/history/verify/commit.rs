//! Checks a single commit in a history, once its parents have been checked.

use std::collections::BTreeSet;
use std::rc::Rc;

use idhooks_core::check::{
    Finding, IdBinding, Parent, Severity, Subject, consistency, ended_twins, exact_renames,
    new_bindings, split_bindings, unrelated_files,
};
use idhooks_core::registry::{Entry, REGISTRY_PATH, Registry, RepoPath, Tree};

use super::parents::{KnownParent, as_published, pairs, with_registry};
use super::walk::{HistoryWalk, PassedOn, unreadable, vanished};
use crate::cache::HistoryKey;
use crate::git::{CommitId, Listed};
use crate::history::faults::{HistoryCommit, HistoryState, Loss, losses};
use crate::history::put_back_findings::put_back;
use crate::history::{
    available_history::is_unjudged,
    heal::heal_one,
    healed_registries::{Healed, HealedCommit},
    merged_registries::{MergedCommits, merge_commits},
    published::published_placement,
    put_back::{paths_left_to_healing, unchanged},
    rename_limits::limits_of,
};
use crate::state::{StateError, Stored, counted_tree, if_plannable, read_config};

/// A commit's state, the permanent changes it made to identities, and the identities it introduces.
type Judgement = (HistoryState, Vec<Finding>, Vec<IdBinding>);

/// The verdict on a single commit, leaving its ancestors aside.
#[derive(Default)]
pub(super) struct CommitVerdict {
    pub(super) parents: Vec<KnownParent>,
    /// Whether all the parents' registries are in this clone.
    is_complete: bool,
    pub(super) tree: Rc<Tree>,
    pub(super) stored: Option<Rc<Stored>>,
    findings: Vec<Finding>,
    pub(super) changed: Vec<Finding>,
    pub(super) names: Vec<IdBinding>,
    /// The paths at which this commit or an earlier one put files back, and whose records have not
    /// changed since.
    put_back: BTreeSet<RepoPath>,
    /// The healed registry, if it gives one of these paths to a different record.
    healed: Option<HealedCommit>,
}

impl HistoryWalk<'_> {
    /// Checks a commit whose parents have already been checked.
    pub(super) fn step(&mut self, n: usize, commit: &Listed) -> Result<HistoryCommit, StateError> {
        let parents: Vec<usize> =
            commit.parents.iter().filter_map(|id| self.places.get(id).copied()).collect();
        let (state, changed, names) = self.state(n, commit, &parents)?;
        let parents = if self.starting_over.contains(&commit.id) { Vec::new() } else { parents };
        let (id, commit, short) = (commit.id, commit.id.to_string(), commit.id.short());
        let (fetch, limit) = (self.fetch_for(id, &parents, &state), self.limit_for(id, &state));
        Ok(HistoryCommit { commit, short, parents, state, changed, fetch, limit, names })
    }

    fn state(
        &mut self,
        n: usize,
        commit: &Listed,
        parents: &[usize],
    ) -> Result<Judgement, StateError> {
        let consistent =
            |names| Ok((HistoryState::Consistent { losses: Vec::new() }, Vec::new(), names));
        let after_inconsistent = commit.parents.iter().any(|id| self.open.contains_key(id));
        // Identities are compared with the parents', so all parents must be in the history.
        let has_all_parents = parents.len() == commit.parents.len();
        let key = self.key(commit)?;
        let is_root = commit.parents.is_empty();
        // git lists commits at the boundary of a shallow clone as if they had no parents.
        self.shallow +=
            usize::from(is_root && !self.reader.repo.commit(commit.id)?.parents.is_empty());
        let entry = self.reader.repo.tree_entry(commit.tree, REGISTRY_PATH)?;
        // The cached result is based only on trees, but after an inconsistent commit, it also
        // depends on healing, and therefore on the whole chain of commits.
        let gap = self.gap(n, commit)?;
        if has_all_parents
            && !after_inconsistent
            && gap.is_none()
            && let Some(names) = self.cache.get(&key)
        {
            self.registries.push(entry.map(|entry| entry.blob));
            self.adopted.push(true);
            return consistent(names);
        }
        let available = entry.filter(|entry| self.reader.has_blob(entry.blob));
        self.registries.push(available.map(|entry| entry.blob));
        self.adopted.push(entry.is_some() || gap.is_some());
        if !self.adopted[n] {
            return Ok((HistoryState::Unadopted, Vec::new(), Vec::new()));
        }
        // Without the registry, nothing can be checked, but the commit still counts as adopted.
        if available != entry {
            self.absent += 1;
            return Ok((HistoryState::Unchecked, Vec::new(), Vec::new()));
        }
        if has_all_parents
            && !after_inconsistent
            && gap.is_none()
            && let Some(names) = self.check_by_changes(commit, entry, parents)?
        {
            self.cache.insert(&key, &names);
            return consistent(names);
        }
        let mut verdict = self.check_stored(commit, entry)?;
        if after_inconsistent {
            self.check_put_back(commit, &mut verdict)?;
        }
        if let Some(gap) = gap {
            verdict.findings = gap.findings();
            return self.record_inconsistent(commit, verdict);
        }
        if after_inconsistent {
            // After inconsistent commits, a commit may be consistent with what they should have
            // been instead.
            if verdict.healed.is_none()
                && let Some(losses) = self.check_healed(&mut verdict)?
            {
                return Ok((HistoryState::Consistent { losses }, verdict.changed, verdict.names));
            }
        }
        if !verdict.findings.is_empty() {
            return self.record_inconsistent(commit, verdict);
        }
        // Only commits without findings are cached.
        let starts_over = self.starting_over.contains(&commit.id);
        if has_all_parents && verdict.is_complete && verdict.changed.is_empty() && !starts_over {
            self.cache.insert(&key, &verdict.names);
        }
        Ok((HistoryState::Consistent { losses: Vec::new() }, verdict.changed, verdict.names))
    }

    /// Returns the cache key for a commit.
    pub(super) fn key(&self, commit: &Listed) -> Result<HistoryKey, StateError> {
        let mut trees = vec![commit.tree.object()];
        for id in &commit.parents {
            let tree = match self.places.get(id) {
                Some(place) => self.commits[*place].tree,
                None if self.reader.repo.has_commit(*id) => counted_tree(self.reader.repo, *id)?,
                None => continue,
            };
            trees.push(tree.object());
        }
        Ok(HistoryKey(trees))
    }

    /// Checks a commit by itself and against its parents as stored.
    fn check_stored(
        &mut self,
        commit: &Listed,
        entry: Option<Entry>,
    ) -> Result<CommitVerdict, StateError> {
        let repo = self.reader.repo;
        let tree = self.reader.tree(commit.tree)?;
        let mut verdict = CommitVerdict { is_complete: true, tree, ..CommitVerdict::default() };
        for id in commit.parents.iter().copied().filter(|id| repo.has_commit(*id)) {
            let tree = counted_tree(repo, id)?;
            let entry = repo.tree_entry(tree, REGISTRY_PATH)?;
            verdict.is_complete &= entry.is_none_or(|entry| self.reader.has_blob(entry.blob));
            let stored = self.reader.witness(id)?;
            let (tree, is_unjudged) = (self.reader.tree(tree)?, is_unjudged(repo, id)?);
            let scope = stored.as_ref().map(|stored| stored.registry.scope);
            let mut before = verdict.parents.iter().filter_map(|one| one.stored.as_ref());
            let ours = before.next().map(|stored| stored.registry.scope);
            // A parent from another repository describes other paths; see `ForeignParent`.
            if ours.zip(scope).is_none_or(|(ours, scope)| ours == scope) {
                verdict.parents.push(KnownParent { id, tree, stored, is_unjudged });
            }
        }
        let stored = match entry.map(|entry| self.reader.registry(entry)) {
            None => {
                verdict.findings.push(vanished());
                return Ok(verdict);
            }
            Some(Err(StateError::Registry(error))) => {
                verdict.findings = unreadable(repo, commit, &verdict.tree, &error)?;
                return Ok(verdict);
            }
            Some(stored) => stored?,
        };
        self.start_over(commit.id, &mut verdict.parents, &stored.registry)?;
        let merged = self.merged(&verdict.parents, &Healed::new(), &stored.registry)?;
        let registry = stored.registry.with_origins_of(merged.registry.as_ref());
        let config = read_config(repo, &verdict.tree).unwrap_or_default();
        let parents: Vec<Parent<'_>> =
            verdict.parents.iter().filter_map(KnownParent::as_stored).collect();
        let subject = Subject {
            parents: &parents,
            merged: merged.registry.as_ref(),
            is_contested: merged.contest.is_some(),
            blobs: repo,
            ..Subject::new(&config, &registry, &verdict.tree)
        };
        verdict.findings = consistency(&subject);
        verdict.changed = exact_renames(&subject);
        verdict.changed.extend(ended_twins(&subject));
        let missing = repo.missing_for(|blobs| {
            verdict.changed.extend(unrelated_files(&Subject { blobs, ..subject }));
        });
        if !missing.is_empty() {
            self.unread.insert(commit.id);
        }
        // Parents outside the range are compared as well, but only parents inside the range
        // determine whether an identity is new.
        let inside = verdict.parents.iter().filter(|p| self.places.contains_key(&p.id));
        let of_history: Vec<Parent<'_>> = inside.filter_map(KnownParent::as_stored).collect();
        if registry.is_consistent() {
            let registries: Vec<&Registry> = of_history.iter().map(|p| p.registry).collect();
            verdict.names = new_bindings(&registry, &registries);
        }
        if verdict.parents.len() > 1 {
            verdict.names.extend(split_bindings(&registry, &verdict.tree, &of_history));
        }
        verdict.stored = Some(stored.clone());
        Ok(verdict)
    }

    /// Returns the merge of the parents' registries. Where the parents contest paths, the paths in
    /// `shown`, the merge commit's registry, are used. Returns nothing if they cannot be merged.
    fn merged(
        &self,
        known_parents: &[KnownParent],
        healed: &Healed,
        shown: &Registry,
    ) -> Result<MergedCommits, StateError> {
        if let [only] = known_parents {
            let own = || only.stored.as_ref().map(|stored| stored.registry.clone());
            let registry = healed.get(&only.id).cloned().or_else(own);
            return Ok(MergedCommits { registry, ..MergedCommits::default() });
        }
        let ids: Vec<CommitId> = known_parents.iter().map(|parent| parent.id).collect();
        match merge_commits(self.reader.repo, &ids, healed, Some(shown)) {
            Err(StateError::Merge(_)) => Ok(MergedCommits::default()),
            merged => merged,
        }
    }

    /// Adds a finding for every path that this commit or an earlier one left to healing, if healing
    /// gives the path a different identity.
    fn check_put_back(
        &mut self,
        commit: &Listed,
        verdict: &mut CommitVerdict,
    ) -> Result<(), StateError> {
        let Some(stored) = verdict.stored.clone() else { return Ok(()) };
        let mut paths = paths_left_to_healing(&mut self.reader, commit.tree, &commit.parents)?;
        for parent in &verdict.parents {
            if let Some((open, before)) = self.open.get(&parent.id).zip(parent.stored.as_ref()) {
                let blobs = [before.blob, stored.blob];
                paths.extend(unchanged(&mut self.reader, blobs, &open.put_back)?);
            }
        }
        // If healing leaves something undecided, its result proves nothing against the stored
        // registry.
        if !paths.is_empty()
            && let Some(healed) = self.heal(commit.id)?
            && healed.undecided.is_empty()
        {
            let disputed = put_back(&paths, &stored.registry, &healed.registry, &verdict.tree);
            verdict.healed = Some(healed).filter(|_| !disputed.is_empty());
            verdict.findings.extend(disputed);
        }
        verdict.put_back = paths;
        Ok(())
    }

    /// Returns a commit's healed registry, or `None` if registries cannot be merged, if a counter
    /// is exhausted, or if a later version of idhooks wrote the registry.
    fn heal(&mut self, id: CommitId) -> Result<Option<HealedCommit>, StateError> {
        // Read once per walk, from all tips, because a limit raised in any of them counts.
        if self.healed.limits.is_none() {
            self.healed.limits = limits_of(self.reader.repo, &self.tips());
        }
        let healed = heal_one(self.reader.repo, id, &mut self.healed, true);
        // Forget branches from before the adoption. They are followed again if a merge needs them.
        self.healed.retain(|id| self.open.contains_key(id));
        Ok(if_plannable(healed)?.flatten())
    }

    /// Records the healed registry of an inconsistent commit for its descendants.
    fn record_inconsistent(
        &mut self,
        commit: &Listed,
        mut verdict: CommitVerdict,
    ) -> Result<Judgement, StateError> {
        let healed = match verdict.healed.take() {
            Some(healed) => Some(healed),
            None => self.heal(commit.id)?,
        };
        let published = self.published(&verdict.parents);
        self.rename_over_healed(&mut verdict, &published);
        let put_back = std::mem::take(&mut verdict.put_back);
        let mut open = PassedOn { published, names: BTreeSet::new(), put_back };
        let before = verdict.parents.iter().filter_map(|parent| self.open.get(&parent.id));
        open.names.extend(before.flat_map(|before| &before.names));
        open.published.extend(pairs(verdict.stored.as_deref()));
        open.names.extend(&verdict.names);
        self.open.insert(commit.id, open);
        let mut changed = verdict.changed;
        if let Some(healed) = healed {
            changed.extend(self.twins_ended_by_healing(&healed, &verdict.parents, &verdict.tree));
            let holders = healed.registry.holders(|path| verdict.tree.contains_key(path));
            // If healing gives a renamed file its identity back, the identity is not lost yet. But
            // until that happens, the commit is inconsistent for this reason, too.
            let (mut undone, lost): (Vec<_>, _) = changed.into_iter().partition(|finding| {
                let holder = finding.path.as_ref().and_then(|path| holders.get(path));
                let old = finding.related.first().and_then(|r| r.id.as_ref()?.parse().ok());
                holder.zip(old).is_some_and(|(holder, old)| holder.answers_to(old))
            });
            changed = lost;
            let is_known = |finding: &Finding| {
                let mut known = verdict.findings.iter();
                known.any(|known| (known.code, &known.path) == (finding.code, &finding.path))
            };
            undone.retain(|finding| finding.severity == Severity::Error && !is_known(finding));
            verdict.findings.extend(undone);
            // Add it even if it is disputed, because later commits are compared with it.
            self.healed.add(commit.id, healed);
        }
        Ok((HistoryState::Inconsistent(verdict.findings), changed, verdict.names))
    }

    /// Returns the warnings about files that a commit moved without hooks, and whose identities end
    /// by healing.
    fn twins_ended_by_healing(
        &self,
        healed: &HealedCommit,
        parents: &[KnownParent],
        tree: &Tree,
    ) -> Vec<Finding> {
        let [parent] = parents else { return Vec::new() };
        let stored = || parent.stored.as_ref().map(|stored| &stored.registry);
        let Some(before) = self.healed.get(&parent.id).or_else(stored) else { return Vec::new() };
        let config = read_config(self.reader.repo, tree).unwrap_or_default();
        ended_twins(&Subject {
            parents: &[Parent { registry: before, tree: &parent.tree }],
            blobs: self.reader.repo,
            ..Subject::new(&config, &healed.registry, tree)
        })
    }

    /// Returns what a commit has lost compared with what its inconsistent parents should have been,
    /// or `None` if the commit is consistent neither with that nor with the parents as they are.
    fn check_healed(&self, verdict: &mut CommitVerdict) -> Result<Option<Vec<Loss>>, StateError> {
        let known_parents = &verdict.parents;
        let Some(stored) = verdict.stored.clone() else { return Ok(None) };
        let known: Vec<_> = known_parents
            .iter()
            .map(|parent| (parent.id, parent.as_stored().map(|stored| stored.registry)))
            .collect();
        let yielding = self.healed.yielding_to(&known, &stored.registry, &verdict.tree);
        let healed = yielding.as_ref().unwrap_or(&self.healed);
        let merged = self.merged(known_parents, healed, &stored.registry)?;
        let registry = stored.registry.with_origins_of(merged.registry.as_ref());
        let config = read_config(self.reader.repo, &verdict.tree).unwrap_or_default();
        let parents = with_registry(known_parents, healed);
        let unhealed = known_parents.iter().map(|p| (p.as_stored(), healed.get(&p.id)));
        let unhealed: Vec<_> = unhealed.collect();
        let as_stored = self.merged(known_parents, &Healed::new(), &stored.registry)?;
        let placement = published_placement(&unhealed, as_stored.registry.as_ref());
        let tree = verdict.tree.clone();
        let subject = Subject {
            parents: &parents,
            merged: merged.registry.as_ref(),
            published: &placement,
            is_contested: merged.contest.is_some(),
            blobs: self.reader.repo,
            ..Subject::new(&config, &registry, &tree)
        };
        if consistency(&subject).is_empty() && exact_renames(&subject).is_empty() {
            verdict.changed = unrelated_files(&subject);
            verdict.names = self.names_so_far(verdict);
            return Ok(Some(Vec::new()));
        }
        if !verdict.findings.is_empty() {
            return Ok(None);
        }
        let published = self.published(known_parents);
        let shown = as_published(known_parents, healed, &published);
        let subject = Subject { parents: &with_registry(known_parents, &shown), ..subject };
        let losses = losses(&subject, &published);
        self.rename_over_healed(verdict, &published);
        verdict.names = self.names_so_far(verdict);
        Ok(Some(losses))
    }
}
