//! `ID_REUSED`: identities that have named two files over the course of a history.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{BindingKind, Code, Finding, Severity};
use idhooks_core::registry::{Id, Origin, RepoPath};

use super::history_commit::{HistoryCommit, led_to, related};

/// Why an identity named two different files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum ReuseCause {
    /// The identity was allocated again although it already belonged to a file.
    Reallocated,
    /// Two branches allocated the identity, and when they were merged, one of the files was given a
    /// different identity.
    Collision,
    /// Two branches allocated the identity and have not been merged yet.
    Parallel,
    /// Two branches made the same allocation for a file, and then each moved the file to a
    /// different path.
    Split,
}

/// An identity that named two different files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct IdReuse {
    /// The identity.
    pub id: Id,
    /// The commit in which the identity first named a file, and that file's allocation.
    pub first: (usize, Origin),
    /// The commit in which the identity first named another file, and that file's allocation.
    pub then: (usize, Origin),
    /// The cause.
    pub cause: ReuseCause,
}

impl IdReuse {
    /// Returns the finding about the reused identity, given the paths of both files.
    pub(crate) fn finding(
        &self,
        steps: &[HistoryCommit],
        paths: &[Option<RepoPath>; 2],
    ) -> Finding {
        let [before, now] = paths;
        let shown = |path: &Option<RepoPath>| match path {
            Some(path) => format!("'{path}'"),
            None => "another file".to_owned(),
        };
        let (id, before, now) = (self.id, shown(before), shown(now));
        let first = &steps[self.first.0].short;
        let (message, help) = match self.cause {
            ReuseCause::Reallocated => (
                format!("{id} named {before} in {first} and now names {now}"),
                format!("to give {now} an identity of its own, remove its record from the registry, then commit"),
            ),
            ReuseCause::Collision => (
                format!("{id} was allocated to {before} in {first} and to {now} on another branch"),
                "no action is needed: the merge gave one of them another identity, and it keeps this one as an alias".to_owned(),
            ),
            ReuseCause::Parallel => (
                format!("{id} was allocated to {before} in {first} and to {now} on another branch"),
                "merge the branches: one of the files then gets another identity and keeps this one as an alias".to_owned(),
            ),
            ReuseCause::Split => (
                format!("{id} named {before} and, on another branch, {now}, which now has another identity"),
                "no action is needed: two branches had one file at two paths, and one of the two keeps its identity".to_owned(),
            ),
        };
        let mut finding = Finding::new(Code::IdReused, message, help).of(self.id);
        if self.cause != ReuseCause::Reallocated {
            finding.severity = Severity::Warning;
        }
        finding.path = paths[1].clone();
        let mut before = related(&steps[self.first.0]);
        before.path = paths[0].clone();
        before.id = Some(self.id.to_string());
        finding.related = vec![related(&steps[self.then.0]), before];
        finding
    }
}

/// Returns the identities that named two files in the commits selected by `counts`.
pub(super) fn reused(steps: &[HistoryCommit], counts: &dyn Fn(usize) -> bool) -> Vec<IdReuse> {
    // Keep only the first commit with each allocation, because later commits merely inherit it.
    let mut own: BTreeMap<Id, Vec<(usize, Origin)>> = BTreeMap::new();
    let mut aliases: BTreeSet<(Id, Origin)> = BTreeSet::new();
    let mut split = Vec::new();
    for (n, step) in steps.iter().enumerate().filter(|(n, _)| counts(*n)) {
        for name in &step.names {
            match name.kind {
                BindingKind::Alias => drop(aliases.insert((name.id, name.origin))),
                BindingKind::Split => split.push((name.id, (n, name.origin))),
                BindingKind::Own => {
                    let known = own.entry(name.id).or_default();
                    if known.iter().all(|(_, origin)| *origin != name.origin) {
                        known.push((n, name.origin));
                    }
                }
            }
        }
    }
    // After idhooks has been removed, identities are allocated as if none had ever existed, so
    // descent through a commit without idhooks doesn't count.
    let mut lines: BTreeMap<(usize, usize), Descent> = BTreeMap::new();
    let mut line = |old: &(usize, Origin), new: &(usize, Origin)| {
        // In a history with many reuses, the same pair is looked up repeatedly, and each lookup
        // would walk the commits in between.
        *lines.entry((old.0, new.0)).or_insert_with(|| Descent::between(steps, old.0, new.0))
    };
    let mut reuses = Vec::new();
    for (id, then) in split {
        let mut known = own.get(&id).into_iter().flatten();
        if let Some(first) = known.find(|first| line(first, &then) != Descent::Broken) {
            reuses.push(IdReuse { id, first: *first, then, cause: ReuseCause::Split });
        }
    }
    for (id, known) in own.iter().filter(|(_, known)| known.len() > 1) {
        let is_alias = known.iter().any(|(_, origin)| aliases.contains(&(*id, *origin)));
        for (n, then) in known.iter().enumerate() {
            // The record of another repository was joined with an origin of its own.
            let is_joined = |one: Origin, other: Origin| other == Origin::of_joined(one, *id);
            let is_other = |first: &&(usize, Origin)| {
                !is_joined(first.1, then.1) && !is_joined(then.1, first.1)
            };
            let earlier = known[..n].iter().filter(is_other);
            let earlier = earlier.map(|first| (first, line(first, then)));
            let earlier: Vec<_> = earlier.filter(|(_, line)| *line != Descent::Broken).collect();
            let Some((first, _)) = earlier.first() else { continue };
            let cause = match earlier.iter().any(|(_, line)| *line == Descent::Unbroken) {
                // An alias shows that a merge resolved the collision, whatever the history looks
                // like.
                _ if is_alias => ReuseCause::Collision,
                true => ReuseCause::Reallocated,
                false => ReuseCause::Parallel,
            };
            reuses.push(IdReuse { id: *id, first: **first, then: *then, cause });
        }
    }
    reuses.sort_by_key(|reuse| (reuse.then.0, reuse.id));
    reuses
}

/// How a commit descends from an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Descent {
    /// The commit does not descend from the earlier one.
    None,
    /// At least one line of commits between the two has idhooks adopted throughout.
    Unbroken,
    /// Every line of commits between the two contains a commit without idhooks.
    Broken,
}

impl Descent {
    fn between(steps: &[HistoryCommit], old: usize, new: usize) -> Self {
        if led_to(old, new, |n| steps[n].inherits_from()) {
            return Descent::Unbroken;
        }
        match led_to(old, new, |n| &steps[n].parents) {
            true => Descent::Broken,
            false => Descent::None,
        }
    }
}
