//! Allocates identities for new files and copies.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::{Parent, is_file};
use crate::embed;
use crate::registry::{FileName, Id, RepoPath};
use crate::rename::{Originals, Pair};

use super::plan_input::PlanError;
use super::{Allocator, Choice, IdAssigner, PlanOptions, ids_in_files, plan_draft::PlanDraft};

/// Allocates an identity for every tracked path that still has no holder, in bytewise order. If
/// `allocate` is not set, returns these paths instead.
pub(super) fn allocate(draft: &mut PlanDraft<'_>) -> Result<Vec<RepoPath>, PlanError> {
    let mut open = draft.unheld();
    open.retain(|path| !draft.is_undecided(path));
    let situation = draft.situation;
    if open.is_empty() || !situation.options.allocate {
        return Ok(open);
    }
    let sources = copy_sources(draft, &open);
    let registry = draft.registry();
    let PlanOptions { given, unread, .. } = situation.options;
    let mut assigner = IdAssigner {
        config: situation.config,
        scope: situation.scope,
        now: situation.now,
        allocator: Allocator::new(situation.config, &registry, given, unread),
        choice: Choice::default(),
        blobs: situation.blobs,
    };
    let mut believed: BTreeMap<Id, &RepoPath> = BTreeMap::new();
    for path in open.iter().filter(|_| situation.options.is_healing) {
        let id = carried_anywhere(draft, path).filter(|id| assigner.allocator.is_unused(*id));
        if let Some(id) = id.filter(|id| situation.config.knows_scope(situation.scope, id.scope()))
        {
            believed.entry(id).or_insert(path);
        }
    }
    // They come first, since an allocation could take one of their numbers.
    for (id, path) in &believed {
        let blob = draft.tracked[*path].blob;
        let new_id = assigner.give_this(&mut draft.records, path, blob, *id);
        draft.held.insert((*path).clone(), new_id.origin);
    }
    let believed: BTreeSet<RepoPath> = believed.into_values().cloned().collect();
    for path in open.into_iter().filter(|path| !believed.contains(path)) {
        let blob = draft.tracked[&path].blob;
        let source = sources.get(&path).copied();
        let new_id = assigner.give(&mut draft.records, &path, blob, source)?;
        draft.held.insert(path, new_id.origin);
        (situation.options.progress)();
    }
    draft.continued = assigner.allocator.continued;
    Ok(Vec::new())
}

/// Returns the identity that a file carries at its head or in its name, whatever the rules say: in
/// a commit that was made without hooks, this is all that shows which one was meant.
fn carried_anywhere(draft: &PlanDraft<'_>, path: &RepoPath) -> Option<Id> {
    let content = draft.situation.blobs.read(draft.tracked.get(path)?.blob);
    let inside = content.and_then(|content| embed::read_id(path, &content));
    inside.or_else(|| FileName::of(path.basename()).id())
}

/// Returns the identity of each new file's original in the parents. If a file has several
/// originals, the smallest identity is used, so that the result does not depend on which branch is
/// checked out.
fn copy_sources(draft: &PlanDraft<'_>, open: &[RepoPath]) -> BTreeMap<RepoPath, Id> {
    let new: BTreeSet<&RepoPath> = open.iter().collect();
    let mut split: BTreeMap<RepoPath, Id> = BTreeMap::new();
    let mut copied: BTreeMap<RepoPath, Id> = BTreeMap::new();
    for (n, parent) in draft.situation.parents.iter().enumerate() {
        let holders = parent.registry.holders(|path| is_file(parent.tree, path));
        let identity = |path: &RepoPath| {
            let origin = holders.get(path)?.origin;
            draft.records.get(&origin).map(|record| record.id)
        };
        let smallest = |sources: &mut BTreeMap<RepoPath, Id>, from: &RepoPath, to: &RepoPath| {
            if let Some(id) = identity(from).filter(|_| new.contains(to)) {
                let smallest = sources.entry(to.clone()).or_insert(id);
                *smallest = (*smallest).min(id);
            }
        };
        // In a parent, this path had an identity that has since moved to another path. So both
        // paths now have a file.
        for path in open {
            smallest(&mut split, path, path);
        }
        let pairs = draft.copies.get(n).map_or(&[][..], Vec::as_slice);
        let originals = originals(draft, parent, open, pairs);
        for (to, from) in &originals {
            smallest(&mut copied, from, to);
        }
        for pair in pairs.iter().filter(|pair| !originals.contains_key(&pair.to)) {
            smallest(&mut copied, &pair.from, &pair.to);
        }
    }
    copied.extend(split);
    // An embedded identity is stronger evidence than the content, but weaker than the old path.
    for path in open {
        if let Some(id) = ids_in_files::origin_of_copy(draft, path) {
            copied.entry(path.clone()).or_insert(id);
        }
    }
    copied
}

/// Maps new files to the unchanged files in a parent that they are exact copies of. Leaves out new
/// files with an exact source in `pairs`.
fn originals<'p>(
    draft: &'p PlanDraft<'_>,
    parent: &Parent<'_>,
    open: &'p [RepoPath],
    pairs: &[Pair],
) -> BTreeMap<&'p RepoPath, RepoPath> {
    let situation = draft.situation;
    if !situation.config.rename.copies {
        return BTreeMap::new();
    }
    // The rules may prevent a copy from being tracked.
    let blob = |path: &RepoPath| draft.tracked.get(path).map(|entry| entry.blob);
    let is_exact = |pair: &&Pair| {
        parent.tree.get(&pair.from).is_some_and(|source| Some(source.blob) == blob(&pair.to))
    };
    let exact: BTreeSet<&RepoPath> = pairs.iter().filter(is_exact).map(|pair| &pair.to).collect();
    let is_new = |path: &&RepoPath| !parent.tree.contains_key(*path) && !exact.contains(*path);
    let new = open.iter().filter(is_new).filter_map(|path| Some((path, blob(path)?)));
    let mut originals = Originals::of(new, situation.blobs);
    for (path, entry) in parent.tree {
        if originals.is_done() {
            break;
        }
        if originals.wants(entry.blob) && draft.tracked.get(path) == Some(entry) {
            originals.offer(path, entry.blob);
        }
    }
    originals.into_sources()
}
