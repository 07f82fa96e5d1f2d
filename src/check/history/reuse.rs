//! `ID_REUSED`: over a history, an identity names one file.

use std::collections::{BTreeMap, BTreeSet};

use crate::registry::{Id, Origin, RepoPath};

use super::super::{Code, Finding, Severity};
use super::{Bond, HistoryCommit, led_to, related};

/// Why an identity named two files.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReuseCause {
    /// It was given anew although it had a file.
    Given,
    /// Two branches gave it; where they met, one allocation got another one.
    Collision,
    /// Two branches gave it, and they have not met yet.
    Parallel,
    /// Two branches made one allocation of the same file, which then parted.
    Parted,
}

/// An identity that named two files.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IdReuse {
    /// The identity.
    pub id: Id,
    /// The commit in which it first named a file, and the allocation.
    pub first: (usize, Origin),
    /// The commit in which it first named another one, and that allocation.
    pub then: (usize, Origin),
    /// Why.
    pub cause: ReuseCause,
}

impl IdReuse {
    /// Returns the finding, with the paths of both files.
    pub fn finding(&self, steps: &[HistoryCommit], paths: &[Option<RepoPath>; 2]) -> Finding {
        let [before, now] = paths;
        let shown = |path: &Option<RepoPath>| match path {
            Some(path) => format!("'{path}'"),
            None => "another file".to_owned(),
        };
        let (id, before, now) = (self.id, shown(before), shown(now));
        let first = &steps[self.first.0].short;
        let (message, help) = match self.cause {
            ReuseCause::Given => (
                format!("{id} named {before} in {first} and now names {now}"),
                format!("give {now} an identity of its own: take its record out of the registry, then commit"),
            ),
            ReuseCause::Collision => (
                format!("{id} was given to {before} in {first} and to {now} on another branch"),
                "nothing has to be done: where the branches met, one of them got another identity and keeps this one as an alias".to_owned(),
            ),
            ReuseCause::Parallel => (
                format!("{id} was given to {before} in {first} and to {now} on another branch"),
                "merge the branches: one of the files then gets another identity and keeps this one as an alias".to_owned(),
            ),
            ReuseCause::Parted => (
                format!("{id} named {before} and, on another branch, {now}, which has another identity since"),
                "nothing has to be done: the same file was added on two branches and moved to two places".to_owned(),
            ),
        };
        let mut finding = Finding::new(Code::IdReused, message, help).of(self.id);
        if self.cause != ReuseCause::Given {
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

/// Returns the identities that named two files in the commits that `counts` says count.
pub(super) fn reused(steps: &[HistoryCommit], counts: &dyn Fn(usize) -> bool) -> Vec<IdReuse> {
    let mut own: BTreeMap<Id, Vec<(usize, Origin)>> = BTreeMap::new();
    let mut aliases: BTreeSet<(Id, Origin)> = BTreeSet::new();
    let mut parted = Vec::new();
    for (n, step) in steps.iter().enumerate().filter(|(n, _)| counts(*n)) {
        for name in &step.names {
            match name.bond {
                Bond::Alias => drop(aliases.insert((name.id, name.origin))),
                Bond::Parted => parted.push((name.id, (n, name.origin))),
                Bond::Own => {
                    let known = own.entry(name.id).or_default();
                    if known.iter().all(|(_, origin)| *origin != name.origin) {
                        known.push((n, name.origin));
                    }
                }
            }
        }
    }
    // After idhooks was given up, identities are given as if there had been none.
    let mut lines: BTreeMap<(usize, usize), Descent> = BTreeMap::new();
    let mut line = |old: &(usize, Origin), new: &(usize, Origin)| {
        *lines.entry((old.0, new.0)).or_insert_with(|| Descent::between(steps, old.0, new.0))
    };
    let mut reuses = Vec::new();
    for (id, then) in parted {
        let mut known = own.get(&id).into_iter().flatten();
        if let Some(first) = known.find(|first| line(first, &then) != Descent::Broken) {
            reuses.push(IdReuse { id, first: *first, then, cause: ReuseCause::Parted });
        }
    }
    for (id, known) in own.iter().filter(|(_, known)| known.len() > 1) {
        let is_alias = known.iter().any(|(_, origin)| aliases.contains(&(*id, *origin)));
        for (n, then) in known.iter().enumerate() {
            let earlier = known[..n].iter().map(|first| (first, line(first, then)));
            let earlier: Vec<_> = earlier.filter(|(_, line)| *line != Descent::Broken).collect();
            let Some((first, _)) = earlier.first() else { continue };
            let cause = match earlier.iter().any(|(_, line)| *line == Descent::Whole) {
                _ if is_alias => ReuseCause::Collision,
                true => ReuseCause::Given,
                false => ReuseCause::Parallel,
            };
            reuses.push(IdReuse { id: *id, first: **first, then: *then, cause });
        }
    }
    reuses.sort_by_key(|reuse| (reuse.then.0, reuse.id));
    reuses
}

/// How a commit came from an earlier one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Descent {
    /// Not at all.
    None,
    /// All commits on one line between them are adopted.
    Whole,
    /// On each line between them idhooks was given up.
    Broken,
}

impl Descent {
    fn between(steps: &[HistoryCommit], old: usize, new: usize) -> Self {
        if led_to(old, new, |n| steps[n].heir_of()) {
            return Descent::Whole;
        }
        match led_to(old, new, |n| &steps[n].parents) {
            true => Descent::Broken,
            false => Descent::None,
        }
    }
}
