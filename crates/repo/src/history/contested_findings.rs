//! The `IDENTITY_CHANGED` findings for merges without a common registry: contested allocations that
//! are not at the paths they must keep.

use idhooks_core::check::{Code, Finding};
use idhooks_core::merge::{Contested, MergeSide, mixes_sides};
use idhooks_core::registry::{Allocation, Registry};

/// Returns a finding for every contested allocation whose path in a merge's registry does not come
/// from the side `kept`.
pub(crate) fn exchanged(
    contested: &[Contested],
    kept: MergeSide,
    registry: &Registry,
) -> Vec<Finding> {
    let records = registry.by_origin();
    let moved = contested.iter().filter_map(|one| {
        let record = records.get(&one.origin).filter(|record| record.is_active())?;
        (record.path == *one.path(kept.reversed())).then(|| exchange(record, one, kept))
    });
    moved.collect()
}

fn exchange(record: &Allocation, contested: &Contested, kept: MergeSide) -> Finding {
    let (Allocation { id, path: now, .. }, path) = (record, contested.path(kept));
    let message = format!(
        "{id} named '{path}', and names '{now}' after a merge with commits that have no registry in common"
    );
    let option = contested.path_option(kept);
    let help = format!("merge again, and keep it at '{path}': idhooks resolve {option}");
    Finding::about(record, Code::IdentityChanged, message, help).related_to(Some(path), Some(*id))
}

/// Returns a finding for every contested allocation whose path on a branch differs from its path on
/// the branch `ours`. The two branches have no commit in common.
pub(crate) fn held_elsewhere(
    contested: &[Contested],
    ours: &str,
    registry: &Registry,
) -> Vec<Finding> {
    let records = registry.by_origin();
    let held = contested.iter().filter_map(|one| {
        let record = records.get(&one.origin).filter(|record| record.is_active())?;
        let (id, path, now) = (record.id, &one.ours, &record.path);
        let message = format!(
            "{id} names '{path}' on '{ours}', which shares no commit with this branch, and '{now}' here"
        );
        let help = format!("give it to the same path: idhooks assign {id} {}", path.shell_quoted());
        let finding = Finding::about(record, Code::IdentityChanged, message, help);
        Some(finding.related_to(Some(path), Some(id)))
    });
    held.collect()
}

/// Returns a finding if the registry of a merge in progress mixes paths from both sides, so that a
/// human must decide.
pub(crate) fn undecided(contested: &[Contested], registry: &Registry) -> Option<Finding> {
    if !mixes_sides(contested, registry) {
        return None;
    }
    let first = contested.first()?;
    let record = *registry.by_origin().get(&first.origin)?;
    let message = format!(
        "the commits being merged have no registry in common, and the merge mixes paths of both sides; for example, {} is at '{}' on one side and at '{}' on the other",
        record.id, first.ours, first.theirs
    );
    let [ours, theirs] = MergeSide::ALL.map(|side| first.path_option(side));
    let help =
        format!("take the paths of one side: idhooks resolve {ours}, or: idhooks resolve {theirs}");
    Some(Finding::about(record, Code::IdentityChanged, message, help))
}
