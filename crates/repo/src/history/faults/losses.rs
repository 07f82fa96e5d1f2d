//! [`losses`]: the records and identities that healing did not restore, found by comparing a
//! consistent commit with the healed registries of the inconsistent commits before it.

use std::collections::{BTreeMap, BTreeSet};

use idhooks_core::check::{Finding, IdentityView, Subject, exact_renames, lost, statuses};
use idhooks_core::registry::{Id, Origin, RepoPath};

/// The identities that have appeared in some commit, with the origins of their allocations. An
/// identity that only healing would have allocated cannot be lost.
pub(crate) type Published = BTreeSet<(Id, Origin)>;

/// An identity that inconsistent commits lost.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Loss {
    /// The finding about the commit that should have healed the loss.
    pub finding: Finding,
    /// The allocation whose record is missing, or `None` if the loss is that a path has a different
    /// identity.
    pub gone: Option<Origin>,
}

/// Returns the identities that a consistent commit has lost or changed compared with its healed
/// parents, which `subject` contains.
pub(crate) fn losses(subject: &Subject<'_>, published: &Published) -> Vec<Loss> {
    let view = IdentityView::of(subject);
    let mut losses = gone(subject, published);
    let mut changed = view.reassigned(subject);
    changed.extend(paths(subject, &view));
    changed.extend(exact_renames(subject));
    changed.sort();
    changed.dedup();
    let ids: BTreeSet<String> = published.iter().map(|(id, _)| id.to_string()).collect();
    let old = |finding: &Finding| finding.related.first().and_then(|related| related.id.clone());
    // Nobody has seen an identity that only healing would have given, so nothing is lost if one
    // changes.
    changed.retain(|finding| old(finding).is_some_and(|id| ids.contains(&id)));
    let mut ended = statuses(subject);
    ended.retain(|finding| finding.id.as_ref().is_some_and(|id| ids.contains(id)));
    changed.extend(ended);
    losses.extend(changed.into_iter().map(|finding| Loss { finding, gone: None }));
    losses
}

/// Returns the missing records that had appeared in a commit.
fn gone(subject: &Subject<'_>, published: &Published) -> Vec<Loss> {
    // The finding names only the identity, but records are recognized by their origin.
    let by_id: BTreeMap<String, Origin> =
        subject.inherited().map(|record| (record.id.to_string(), record.origin)).collect();
    let origins: BTreeSet<Origin> = published.iter().map(|(_, origin)| *origin).collect();
    let losses = lost(subject).into_iter().filter_map(|finding| {
        let origin = finding.id.as_ref().and_then(|id| by_id.get(id))?;
        origins.contains(origin).then_some(Loss { finding, gone: Some(*origin) })
    });
    losses.collect()
}

/// Returns a finding for each path that still exists but has an identity that no healed parent has
/// there.
fn paths(subject: &Subject<'_>, view: &IdentityView<'_>) -> Vec<Finding> {
    let mut expected: BTreeMap<&RepoPath, BTreeSet<Origin>> = BTreeMap::new();
    for parent in subject.parents {
        for (path, record) in parent.held() {
            if subject.is_tracked(path) {
                expected.entry(path).or_default().insert(record.origin);
            }
        }
    }
    let changed = expected.into_iter().filter_map(|(path, origins)| {
        let found = origins.iter().map(|origin| view.changed(path, *origin));
        // If there are several parents, the identity from any of them is accepted.
        found.collect::<Option<Vec<_>>>()?.into_iter().next()
    });
    changed.collect()
}
