//! `DUPLICATE_ID`, `DUPLICATE_ORIGIN`, `DUPLICATE_PATH`: values that occur twice in a registry.

use std::collections::BTreeMap;

use crate::check::{Code, Finding, Subject};
use crate::registry::{Allocation, Registry};

const HELP: &str = "undo the edit with 'git restore --source=HEAD --staged --worktree .idhooks/registry.json', then commit again";

/// Runs the check.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    duplicates(subject.registry)
}

/// Returns a finding for every identity, origin and held path that occurs more than once.
pub fn duplicates(registry: &Registry) -> Vec<Finding> {
    let records = &registry.allocations;
    let mut findings = Vec::new();
    for (id, twice) in groups(records.iter(), |r| r.id) {
        let message = format!("{} records have the identity {id}: {}", twice.len(), paths(&twice));
        findings.push(Finding::about_all(&twice, Code::DuplicateId, message, HELP));
    }
    for (origin, twice) in groups(records.iter(), |r| r.origin) {
        let message = format!("{} records have the origin {origin}: {}", twice.len(), ids(&twice));
        findings.push(Finding::about_all(&twice, Code::DuplicateOrigin, message, HELP));
    }
    // A shadowed record does not hold its path.
    let holding = registry.active().filter(|r| !r.shadowed);
    for (path, twice) in groups(holding, |r| r.path.clone()) {
        let message = format!("'{path}' has {} active identities: {}", twice.len(), ids(&twice));
        findings.push(Finding::about_all(&twice, Code::DuplicatePath, message, HELP));
    }
    findings
}

fn groups<'a, K: Ord>(
    records: impl Iterator<Item = &'a Allocation>,
    key: impl Fn(&Allocation) -> K,
) -> Vec<(K, Vec<&'a Allocation>)> {
    let mut groups: BTreeMap<K, Vec<&Allocation>> = BTreeMap::new();
    for record in records {
        groups.entry(key(record)).or_default().push(record);
    }
    groups.into_iter().filter(|(_, group)| group.len() > 1).collect()
}

fn paths(records: &[&Allocation]) -> String {
    records.iter().map(|r| format!("'{}'", r.path)).collect::<Vec<_>>().join(", ")
}

fn ids(records: &[&Allocation]) -> String {
    records.iter().map(|r| r.id.to_string()).collect::<Vec<_>>().join(", ")
}
