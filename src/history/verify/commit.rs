//! One commit of a history, after its parents.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::check::{
    Finding, HistoryCommit, HistoryState, IdBinding, Loss, Parent, Placement, Published, Subject,
    bindings, consistency, corrupt, exact_renames, losses, new_bindings, split_bindings,
    unrelated_files,
};
use crate::config::CONFIG_PATH;
use crate::git::{CommitId, Listed};
use crate::registry::{Entry, Id, Origin, REGISTRY_PATH, Registry, Tree};

use super::{Healed, HistoryWalk, Open, vanished};
use crate::history::heal::heal_one;
use crate::history::merge_all;
use crate::history::published::told;
use crate::history::unadopted::follow_unadopted;
use crate::state::{StateError, Stored, has_registry, read_config};

/// The rules of truth that the memory follows; what other rules found out is not recalled.
const RULES: &str = "2";

/// A parent that is at hand.
struct KnownParent {
    id: CommitId,
    /// Its place, if it is in the history.
    place: Option<usize>,
    tree: Rc<Tree>,
    stored: Option<Rc<Stored>>,
}

/// What one commit says, without its ancestors.
struct CommitVerdict {
    tree: Rc<Tree>,
    stored: Option<Rc<Stored>>,
    findings: Vec<Finding>,
    changed: Vec<Finding>,
    names: Vec<IdBinding>,
}

impl HistoryWalk<'_> {
    /// Judges a commit whose parents have been judged.
    pub(super) fn step(&mut self, n: usize) -> Result<HistoryCommit, StateError> {
        let commit = &self.commits[n];
        let parents: Vec<usize> =
            commit.parents.iter().filter_map(|id| self.places.get(id).copied()).collect();
        let (state, changed, names) = self.state(n, commit, &parents)?;
        let (commit, short) = (commit.id.to_string(), commit.id.short());
        Ok(HistoryCommit { commit, short, parents, state, changed, names })
    }

    fn state(
        &mut self,
        n: usize,
        commit: &Listed,
        parents: &[usize],
    ) -> Result<(HistoryState, Vec<Finding>, Vec<IdBinding>), StateError> {
        let fine = |names| Ok((HistoryState::Consistent { losses: Vec::new() }, Vec::new(), names));
        let after_untrue = parents.iter().any(|p| self.open.contains_key(p));
        // Names are told apart from those of the parents, so these must be of the history.
        let whole = parents.len() == commit.parents.len();
        let trees = self.trees(commit)?;
        self.shallow += usize::from(commit.parents.is_empty() && self.is_cut_off(commit)?);
        if whole
            && !after_untrue
            && let Some(names) = self.memory.recall(&trees)
        {
            let entry = self.reader.entry(commit.tree, REGISTRY_PATH.as_bytes())?;
            self.registries.push(entry.map(|entry| entry.blob));
            self.adopted.push(true);
            return fine(names);
        }
        let entry = self.reader.entry(commit.tree, REGISTRY_PATH.as_bytes())?;
        let at_hand = entry.filter(|entry| self.reader.has_blob(entry.blob));
        self.registries.push(at_hand.map(|entry| entry.blob));
        self.adopted.push(entry.is_some() || self.should_have_one(commit, parents)?);
        if !self.adopted[n] {
            return Ok((HistoryState::Unadopted, Vec::new(), Vec::new()));
        }
        if at_hand != entry {
            self.absent += 1;
            return Ok((HistoryState::Unchecked, Vec::new(), Vec::new()));
        }
        if whole
            && !after_untrue
            && let Some(names) = self.narrow(commit, entry, parents)?
        {
            self.memory.note(&trees, &names);
            return fine(names);
        }
        let (known, is_complete) = self.parents(commit)?;
        let mut said = self.look(commit, entry, &known)?;
        if after_untrue && let Some(losses) = self.healing(&known, &mut said)? {
            return Ok((HistoryState::Consistent { losses }, said.changed, said.names));
        }
        if !said.findings.is_empty() {
            return self.untrue(n, commit, &known, said);
        }
        if whole && is_complete && said.changed.is_empty() {
            self.memory.note(&trees, &said.names);
        }
        Ok((HistoryState::Consistent { losses: Vec::new() }, said.changed, said.names))
    }

    /// Returns the name under which a commit is remembered.
    pub(super) fn trees(&self, commit: &Listed) -> Result<String, StateError> {
        let mut trees = format!("{RULES} {}", commit.tree);
        for id in &commit.parents {
            let tree = match self.places.get(id) {
                Some(place) => self.commits[*place].tree,
                None if self.reader.repo.has_commit(*id) => self.reader.repo.commit(*id)?.tree,
                None => continue,
            };
            trees.push_str(&format!(" {tree}"));
        }
        Ok(trees)
    }

    /// Returns whether a commit without a registry should have one: a parent has it, or should,
    /// and the rules are still there. Who removes both gives idhooks up.
    fn should_have_one(&self, commit: &Listed, parents: &[usize]) -> Result<bool, StateError> {
        let repo = self.reader.repo;
        if repo.tree_entry(commit.tree, CONFIG_PATH)?.is_none() {
            return Ok(false);
        }
        if parents.iter().any(|p| self.adopted[*p]) {
            return Ok(true);
        }
        for id in commit.parents.iter().filter(|id| !self.places.contains_key(id)) {
            if repo.has_commit(*id) && has_registry(repo, *id)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Returns whether a commit that git takes for the first of all has parents elsewhere.
    fn is_cut_off(&self, commit: &Listed) -> Result<bool, StateError> {
        Ok(!self.reader.repo.commit(commit.id)?.parents.is_empty())
    }

    /// Reads the parents that are at hand, and whether all that should bear witness do.
    fn parents(&mut self, commit: &Listed) -> Result<(Vec<KnownParent>, bool), StateError> {
        let repo = self.reader.repo;
        let (mut known, mut is_complete) = (Vec::new(), true);
        for id in commit.parents.iter().filter(|id| repo.has_commit(**id)) {
            let tree = repo.commit(*id)?.tree;
            let entry = self.reader.entry(tree, REGISTRY_PATH.as_bytes())?;
            is_complete &= entry.is_none_or(|entry| self.reader.has_blob(entry.blob));
            let stored = self.reader.witness(*id)?;
            let place = self.places.get(id).copied();
            known.push(KnownParent { id: *id, place, tree: self.reader.tree(tree)?, stored });
        }
        Ok((known, is_complete))
    }

    /// Judges a commit by itself and its parents as they are.
    fn look(
        &mut self,
        commit: &Listed,
        entry: Option<Entry>,
        known: &[KnownParent],
    ) -> Result<CommitVerdict, StateError> {
        let tree = self.reader.tree(commit.tree)?;
        let nothing = |findings| CommitVerdict {
            tree: tree.clone(),
            stored: None,
            findings,
            changed: Vec::new(),
            names: Vec::new(),
        };
        let Some(entry) = entry else { return Ok(nothing(vec![vanished()])) };
        let stored = match self.reader.registry(entry) {
            Err(StateError::Registry(error)) => return Ok(nothing(corrupt(&error))),
            stored => stored?,
        };
        let as_they_are = Healed::new();
        let merged = self.merged(known, &as_they_are)?;
        let registry = stored.registry.with_origins_of(merged.as_ref());
        let config = read_config(self.reader.repo, &tree).unwrap_or_default();
        let parents = with_registry(known, &as_they_are);
        let subject = Subject {
            config: &config,
            registry: &registry,
            bytes: &stored.bytes,
            tree: &tree,
            parents: &parents,
            merged: merged.as_ref(),
            told: &Placement::new(),
        };
        let (findings, mut changed) = (consistency(&subject), exact_renames(&subject));
        changed.extend(unrelated_files(&subject, self.reader.repo));
        let of_history: Vec<Parent<'_>> = {
            let inside = known.iter().filter(|parent| parent.place.is_some());
            inside.filter_map(|p| Some(parent(p, &p.stored.as_ref()?.registry))).collect()
        };
        let registries: Vec<&Registry> = of_history.iter().map(|p| p.registry).collect();
        let mut names = match registry.is_consistent() {
            true => new_bindings(&registry, &registries),
            false => Vec::new(),
        };
        if known.len() > 1 {
            let before: Vec<_> = of_history.iter().map(|p| (p.registry, p.tree)).collect();
            names.extend(split_bindings(&registry, &tree, &before));
        }
        Ok(CommitVerdict { tree: tree.clone(), stored: Some(stored), findings, changed, names })
    }

    /// Returns what the parents' registries come to; nothing where they cannot be merged.
    fn merged(
        &self,
        known: &[KnownParent],
        healed: &Healed,
    ) -> Result<Option<Registry>, StateError> {
        if let [only] = known {
            let own = || only.stored.as_ref().map(|stored| stored.registry.clone());
            return Ok(healed.get(&only.id).cloned().or_else(own));
        }
        let ids: Vec<CommitId> = known.iter().map(|parent| parent.id).collect();
        match merge_all(self.reader.repo, &ids, healed) {
            Err(StateError::Merge(_)) => Ok(None),
            merged => merged,
        }
    }

    /// Notes what the registry of an untrue commit should be, for those that come after it.
    fn untrue(
        &mut self,
        n: usize,
        commit: &Listed,
        known: &[KnownParent],
        said: CommitVerdict,
    ) -> Result<(HistoryState, Vec<Finding>, Vec<IdBinding>), StateError> {
        let healed = match self.heal(commit) {
            // Nothing heals what cannot be merged or has no number left, nor what a later idhooks
            // has written.
            Err(StateError::Merge(_) | StateError::Plan(_) | StateError::Registry(_)) => None,
            healed => healed?,
        };
        let mut open = Open { published: self.published(known), names: BTreeSet::new() };
        let before = known.iter().filter_map(|parent| self.open.get(&parent.place?));
        open.names.extend(before.flat_map(|before| &before.names));
        open.published.extend(pairs(said.stored.as_deref()));
        open.names.extend(&said.names);
        self.open.insert(n, open);
        let mut changed = said.changed;
        if let Some(healed) = healed {
            let holders = healed.holders(|path| said.tree.contains_key(path));
            // Where healing gives a renamed file its identity back, nothing is decided yet.
            changed.retain(|finding| {
                let holder = finding.path.as_ref().and_then(|path| holders.get(path));
                let old = finding.related.first().and_then(|r| r.id.as_ref()?.parse().ok());
                !holder.zip(old).is_some_and(|(holder, old)| holder.answers_to(old))
            });
            self.healed.insert(commit.id, healed);
        }
        Ok((HistoryState::Inconsistent(said.findings), changed, said.names))
    }

    /// Returns what the registry of a commit should be.
    fn heal(&mut self, commit: &Listed) -> Result<Option<Registry>, StateError> {
        let repo = self.reader.repo;
        let raw = repo.commit(commit.id)?;
        follow_unadopted(repo, &raw.parents, &mut self.healed)?;
        let healed = heal_one(repo, commit.id, &raw, &self.healed, true);
        // Branches from before idhooks came are followed again where that matters again.
        self.healed.retain(|id, _| self.places.get(id).is_some_and(|n| self.open.contains_key(n)));
        healed
    }

    /// Returns what a commit lacks of what its untrue parents should have been, and nothing where
    /// it is not true either: neither of its parents as they should have been nor as they are.
    fn healing(
        &self,
        known: &[KnownParent],
        said: &mut CommitVerdict,
    ) -> Result<Option<Vec<Loss>>, StateError> {
        let Some(stored) = said.stored.clone() else { return Ok(None) };
        let merged = self.merged(known, &self.healed)?;
        let registry = stored.registry.with_origins_of(merged.as_ref());
        let config = read_config(self.reader.repo, &said.tree).unwrap_or_default();
        let parents = with_registry(known, &self.healed);
        let as_they_are = known.iter().map(|known| {
            let stored = known.stored.as_ref();
            (stored.map(|stored| parent(known, &stored.registry)), self.healed.get(&known.id))
        });
        let told =
            told(&as_they_are.collect::<Vec<_>>(), self.merged(known, &Healed::new())?.as_ref());
        let tree = said.tree.clone();
        let subject = Subject {
            config: &config,
            registry: &registry,
            bytes: &stored.bytes,
            tree: &tree,
            parents: &parents,
            merged: merged.as_ref(),
            told: &told,
        };
        if consistency(&subject).is_empty() && exact_renames(&subject).is_empty() {
            said.changed = unrelated_files(&subject, self.reader.repo);
            said.names = self.names_so_far(known, said);
            return Ok(Some(Vec::new()));
        }
        if !said.findings.is_empty() {
            return Ok(None);
        }
        let published = self.published(known);
        let shown = as_published(known, &self.healed, &published);
        let subject = Subject { parents: &with_registry(known, &shown), ..subject };
        let losses = losses(&subject, &published);
        said.names = self.names_so_far(known, said);
        Ok(Some(losses))
    }

    /// Returns the identities that the parents or the untrue commits before them showed.
    fn published(&self, known: &[KnownParent]) -> Published {
        let mut published = Published::new();
        for parent in known {
            match parent.place.and_then(|place| self.open.get(&place)) {
                Some(open) => published.extend(&open.published),
                None => published.extend(pairs(parent.stored.as_deref())),
            }
        }
        published
    }

    /// Returns the names of a commit, with those of the untrue ones before it that it keeps.
    fn names_so_far(&self, known: &[KnownParent], said: &CommitVerdict) -> Vec<IdBinding> {
        let mut found = said.names.clone();
        let Some(stored) = &said.stored else { return found };
        let own: BTreeSet<IdBinding> = bindings(&stored.registry).collect();
        let before = known.iter().filter_map(|parent| self.open.get(&parent.place?));
        found.extend(before.flat_map(|open| open.names.intersection(&own)));
        found.sort_unstable();
        found.dedup();
        found
    }
}

fn parent<'a>(known: &'a KnownParent, registry: &'a Registry) -> Parent<'a> {
    Parent { registry, tree: &known.tree }
}

/// Returns the parents that have a registry, or should have one.
fn with_registry<'a>(known: &'a [KnownParent], healed: &'a Healed) -> Vec<Parent<'a>> {
    let registry =
        |p: &'a KnownParent| healed.get(&p.id).or(p.stored.as_ref().map(|s| &s.registry));
    known.iter().filter_map(|p| Some(parent(p, registry(p)?))).collect()
}

/// Returns what the parents should have been, with the identities that were really shown where
/// healing alone would have given others.
fn as_published(known: &[KnownParent], healed: &Healed, published: &Published) -> Healed {
    let ids: BTreeMap<Origin, Id> = published.iter().rev().map(|(id, o)| (*o, *id)).collect();
    let mut shown = Healed::new();
    for id in known.iter().map(|parent| parent.id) {
        let Some(mut registry) = healed.get(&id).cloned() else { continue };
        for record in &mut registry.allocations {
            let is_shown = published.contains(&(record.id, record.origin));
            if let Some(id) = ids.get(&record.origin).filter(|_| !is_shown) {
                record.id = *id;
            }
        }
        shown.insert(id, registry);
    }
    shown
}

/// Returns the identities a registry shows, with their allocations.
fn pairs(stored: Option<&Stored>) -> Published {
    let records = stored.into_iter().flat_map(|stored| &stored.registry.allocations);
    records.map(|record| (record.id, record.origin)).collect()
}
