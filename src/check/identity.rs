//! `IDENTITY_CHANGED`: a path that stayed, or was renamed without edits, keeps its identity.

use std::cell::OnceCell;
use std::collections::BTreeMap;

use crate::registry::{Allocation, BlobId, Change, Origin, Registry, RepoPath, Succession};
use crate::rename::related;

use super::{Code, Finding, Parent, Subject, placement_as_told};

/// Checks condition (4) of a true commit.
pub(super) fn kept(subject: &Subject<'_>) -> Vec<Finding> {
    let is_tracked = |path: &RepoPath| subject.is_tracked(path);
    let Subject { parents, merged, told, .. } = *subject;
    let placement = placement_as_told(parents, merged, told, &is_tracked);
    let view = IdentityView::of(subject);
    let wrong = placement.iter().filter_map(|(path, origin)| view.changed(path, *origin));
    wrong.chain(view.renumbered(subject)).collect()
}

/// Returns a finding for every rename that changed the identity, where the content is
/// unmistakable: one deletion and one addition have the blob.
///
/// Only where there is one parent.
pub fn exact_renames(subject: &Subject<'_>) -> Vec<Finding> {
    let [parent] = subject.parents else { return Vec::new() };
    let view = IdentityView::of(subject);
    let holders = parent.registry.holders(|path| super::is_file(parent.tree, path));
    let renames = unmistakable(parent, subject);
    let wrong = renames.into_iter().filter_map(|(from, to)| {
        let before = holders.get(&from)?;
        let placed = view.records.get(&before.origin)?;
        // A record that holds another path by now was moved on purpose.
        let elsewhere = placed.is_active() && placed.path != to;
        (!elsewhere).then(|| view.changed(&to, before.origin)).flatten()
    });
    wrong.collect()
}

/// The records of a subject and of its parents.
pub(super) struct IdentityView<'a> {
    holders: BTreeMap<&'a RepoPath, &'a Allocation>,
    records: BTreeMap<Origin, &'a Allocation>,
    before: BTreeMap<Origin, &'a Allocation>,
    registry: &'a Registry,
    /// Worked out where it matters, which is seldom.
    succession: OnceCell<Succession>,
}

impl<'a> IdentityView<'a> {
    pub(super) fn of(subject: &Subject<'a>) -> Self {
        let before = subject.parents.iter().flat_map(|p| &p.registry.allocations);
        IdentityView {
            holders: subject.registry.holders(|path| subject.is_tracked(path)),
            records: subject.registry.allocations.iter().map(|r| (r.origin, r)).collect(),
            before: before.map(|r| (r.origin, r)).collect(),
            registry: subject.registry,
            succession: OnceCell::new(),
        }
    }

    /// Returns a finding for every record that does not answer to an identity it had before.
    pub(super) fn renumbered(&self, subject: &Subject<'_>) -> Vec<Finding> {
        let before = subject.parents.iter().flat_map(|parent| &parent.registry.allocations);
        let changed = before.filter_map(|then| {
            let now = self.records.get(&then.origin).filter(|now| !now.answers_to(then.id))?;
            Some(changed(&now.path, then, now))
        });
        changed.collect()
    }

    /// Returns a finding if `path` has another identity than `wanted`, unless on purpose.
    pub(super) fn changed(&self, path: &RepoPath, wanted: Origin) -> Option<Finding> {
        // A path without any holder is reported as MISSING_ID.
        let holder = self.holders.get(path)?;
        let old = self.records.get(&wanted).or_else(|| self.before.get(&wanted))?;
        if holder.origin == wanted || self.succession().leads(wanted, holder.origin) {
            return None;
        }
        Some(changed(path, old, holder))
    }

    fn succession(&self) -> &Succession {
        self.succession.get_or_init(|| Succession::of(self.registry.allocations.iter()))
    }
}

fn changed(path: &RepoPath, old: &Allocation, new: &Allocation) -> Finding {
    let message = match old.id == new.id {
        false => format!("'{path}' had {} and now has {}", old.id, new.id),
        true => format!(
            "'{path}' had {} with the origin {} and now has it with {}",
            old.id, old.origin, new.origin
        ),
    };
    let help = format!("a 'git commit' with idhooks gives {} back, if it is the next one", old.id);
    let finding = Finding::new(Code::IdentityChanged, message, help).at(path).of(new.id);
    finding.related_to(Some(&old.path), Some(old.id))
}

fn unmistakable(parent: &Parent<'_>, subject: &Subject<'_>) -> Vec<(RepoPath, RepoPath)> {
    let mut by_blob: BTreeMap<BlobId, (Vec<RepoPath>, Vec<RepoPath>)> = BTreeMap::new();
    for change in Change::between(parent.tree, subject.tree) {
        match (change.old, change.new) {
            (Some(old), None) if old.mode.is_file() => {
                by_blob.entry(old.blob).or_default().0.push(change.path);
            }
            (None, Some(new)) if new.mode.is_file() => {
                by_blob.entry(new.blob).or_default().1.push(change.path);
            }
            _ => {}
        }
    }
    let single = by_blob.into_values().filter_map(|(mut from, mut to)| {
        let one = from.len() == 1 && to.len() == 1;
        Some((from.pop()?, to.pop()?)).filter(|_| one)
    });
    // Sizes are not at hand here; names that are related are evidence for any size.
    single.filter(|(from, to)| related(from, to)).collect()
}
