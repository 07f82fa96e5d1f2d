//! What a commit must keep of its parents, as plain git shows it.

use std::collections::{BTreeMap, BTreeSet};

use crate::judge::View;

use super::exceptions::Exception;
use super::store::Store;

/// The path of a file.
pub(crate) type Path = Vec<u8>;
/// What makes two records the same allocation.
pub(crate) type Origin = String;

/// The identities that the paths of a commit must have.
#[derive(Debug, Clone, Default)]
pub(crate) struct Promise {
    /// Paths with the origin that they must have.
    pub(crate) held: BTreeMap<Path, Origin>,
    /// Paths that may have any of some origins.
    pub(crate) doubt: BTreeMap<Path, Doubt>,
    /// Alternatives, one of which must hold as a whole.
    pub(crate) together: Vec<BTreeMap<Path, Origin>>,
}

/// What a path may have, and why.
#[derive(Debug, Clone)]
pub(crate) struct Doubt {
    pub(crate) may: BTreeSet<Origin>,
    pub(crate) why: Exception,
}

/// Pairs of a path that is gone and one that has come with the same blob.
#[derive(Debug, Default)]
pub(crate) struct ExactRenames {
    /// Those that leave no doubt.
    pub(crate) sure: Vec<(Path, Path)>,
    /// Those whose blob is too small, or which several files have: the old paths, the new ones.
    pub(crate) weak: Vec<(Vec<Path>, Vec<Path>)>,
}

impl Promise {
    /// Returns what a consistent commit shows.
    pub(crate) fn shown(view: &View) -> Promise {
        Promise { held: holders(view), ..Promise::default() }
    }

    /// Returns the path that must have the origin.
    pub(crate) fn place(&self, origin: &str) -> Option<&Path> {
        self.held.iter().find(|(_, held)| *held == origin).map(|(path, _)| path)
    }

    /// Demands an origin at a path, and at no other.
    pub(crate) fn put(&mut self, path: &Path, origin: &Origin) {
        self.held.retain(|_, held| held != origin);
        self.doubt.remove(path);
        self.held.insert(path.clone(), origin.clone());
    }

    /// Allows these origins at a path, and what was demanded there.
    pub(crate) fn allow(
        &mut self,
        path: &Path,
        origins: impl IntoIterator<Item = Origin>,
        why: Exception,
    ) {
        let before = self.held.remove(path);
        let new = || Doubt { may: BTreeSet::new(), why };
        let doubt = self.doubt.entry(path.clone()).or_insert_with(new);
        doubt.may.extend(before.into_iter().chain(origins));
    }

    /// Leaves out the paths that a commit does not have.
    pub(crate) fn trim(&mut self, view: &View) {
        let tracked = view.tracked();
        self.held.retain(|path, _| tracked.contains(path));
        self.doubt.retain(|path, _| tracked.contains(path));
        for alternative in &mut self.together {
            alternative.retain(|path, _| tracked.contains(path));
        }
    }

    /// Returns what a commit must keep of this, the promise of its only parent.
    pub(crate) fn carried(&self, renames: &ExactRenames, view: &View) -> Promise {
        let mut next = Promise { together: Vec::new(), ..self.clone() };
        for (old, new) in &renames.sure {
            if let Some(origin) = next.held.remove(old) {
                next.held.insert(new.clone(), origin);
            } else if let Some(doubt) = next.doubt.remove(old) {
                next.doubt.insert(new.clone(), doubt);
            }
        }
        next.trim(view);
        next
    }
}

/// Returns the origin of every path that is active in a registry.
pub(crate) fn holders(view: &View) -> BTreeMap<Path, Origin> {
    let active = view.records.iter().filter(|record| record.active);
    active.map(|record| (record.path.clone(), record.origin.clone())).collect()
}

/// Returns the renames without edits between a parent and a commit.
pub(crate) fn exact_renames(store: &mut Store, parent: &View, view: &View) -> ExactRenames {
    let (gone, come) = (only_in(parent, view), only_in(view, parent));
    let mut found = ExactRenames::default();
    for (blob, old) in gone {
        let Some(new) = come.get(&blob) else { continue };
        let facts = store.blob(&blob);
        let most = parent.files_with(&blob).max(view.files_with(&blob));
        let is_evidence = if facts.size >= 32 { most <= 2 } else { !facts.is_blank && most == 1 };
        match (old.as_slice(), new.as_slice()) {
            ([old], [new]) if is_evidence => found.sure.push((old.clone(), new.clone())),
            _ => found.weak.push((old, new.clone())),
        }
    }
    found
}

/// Returns the tracked paths that the other commit does not have, by blob.
fn only_in(view: &View, other: &View) -> BTreeMap<String, Vec<Path>> {
    let mut found: BTreeMap<String, Vec<Path>> = BTreeMap::new();
    for path in view.tracked().into_iter().filter(|path| !other.tree.contains_key(path)) {
        found.entry(view.tree[&path].blob.clone()).or_default().push(path);
    }
    found
}
