//! Guesses where identities may be in commits made without hooks.
//!
//! A promise contains only what is unambiguous. The rest continues nevertheless: a path that stays
//! keeps its identity whatever its content becomes, so a file that was renamed and edited and then
//! swapped with another one can no longer be recognised by its content, and a file that was never
//! registered has moved on from the path where its identity begins.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest, Sha256};

use crate::judge::View;

/// The origins that each path without a promised one may have.
pub(crate) type Guesses = BTreeMap<Vec<u8>, BTreeSet<String>>;

/// Returns what the paths of an inconsistent commit with a `promise` may have, given its parents
/// with their guesses; `births` returns the births in a file.
pub(crate) fn of(
    promise: &View,
    parents: &[(&View, &Guesses)],
    births: &dyn Fn(&View, &[u8]) -> BTreeSet<String>,
) -> Guesses {
    let held = promise.ids();
    let open = promise.tracked().into_iter().filter(|path| !held.contains_key(path));
    let all = open.map(|path| {
        let is_new = parents.iter().all(|(parent, _)| !parent.tree.contains_key(&path));
        let mut may = brought(promise, parents, births, &path);
        may.extend(is_new.then(|| origin(&path, &promise.tree[&path].blob)));
        (path, may)
    });
    all.collect()
}

/// Returns what a path may have of what its parents have, or may have, there or at a path that is
/// gone and whose file this may be.
pub(crate) fn brought(
    view: &View,
    parents: &[(&View, &Guesses)],
    births: &dyn Fn(&View, &[u8]) -> BTreeSet<String>,
    path: &[u8],
) -> BTreeSet<String> {
    let (here, blob) = (births(view, path), &view.tree[path].blob);
    let mut may = BTreeSet::new();
    for (parent, guesses) in parents {
        let comes_from = |old: &Vec<u8>| {
            let is_gone = !view.tree.contains_key(old);
            let same = parent.tree[old].blob == *blob;
            is_gone && (same || !births(parent, old).is_disjoint(&here))
        };
        let sources: Vec<Vec<u8>> = match parent.tree.contains_key(path) {
            true => vec![path.to_owned()],
            false => parent.tracked().into_iter().filter(comes_from).collect(),
        };
        may.extend(sources.iter().flat_map(|old| at(parent, guesses, old)));
    }
    may
}

/// Returns what a path has in a commit, or may have.
fn at(promise: &View, guesses: &Guesses, path: &[u8]) -> BTreeSet<String> {
    let held = promise.records.iter().find(|record| record.active && record.path == path);
    match held {
        Some(record) => BTreeSet::from([record.origin.clone()]),
        None => guesses.get(path).cloned().unwrap_or_default(),
    }
}

/// Returns the origin of a file that is healed where it first appears.
pub(crate) fn origin(path: &[u8], blob: &str) -> String {
    let hash = Sha256::digest([path, b"\0", blob.as_bytes()].concat());
    hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect()
}
