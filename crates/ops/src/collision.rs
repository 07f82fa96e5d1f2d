//! `COLLISION`: the changes that a merge with another branch would make.

use std::{collections::BTreeMap, fmt};

use idhooks_core::check::{Code, Finding, Severity};
use idhooks_core::merge::{Contested, MergeSide};
use idhooks_core::registry::{Allocation, Id, Registry, shell_quoted};

/// Returns a finding for each identity that merging with a branch would change, or would shadow
/// because both sides allocated an identity for the same path.
pub(crate) fn collisions(
    branch: &str,
    ours: &Registry,
    theirs: &Registry,
    merged: &Registry,
) -> Vec<Finding> {
    let sides = [ours.by_origin(), theirs.by_origin()];
    let before = [ours.shadowing(), theirs.shadowing()];
    let shadowed = merged.shadowing();
    let holders: BTreeMap<Id, &Allocation> =
        merged.allocations.iter().map(|record| (record.id, record)).collect();
    let names = |holder: &&Allocation| format!(", and {} names '{}'", holder.id, holder.path);
    let mut findings = Vec::new();
    for record in &merged.allocations {
        let [mine, other] = sides.each_ref().map(|side| side.get(&record.origin));
        let Some(shown) = mine.or(other) else { continue };
        // A collision may instead renumber a record on the other branch, which matters to people
        // working there.
        let owner = if mine.is_some() { "" } else { "its " };
        if shown.id != record.id {
            let message = format!(
                "merging '{branch}' would reassign {owner}'{}': {} becomes {}{}",
                shown.path,
                shown.id,
                record.id,
                holders.get(&shown.id).map_or_else(String::new, names),
            );
            let help = format!(
                "{} stays as an alias; to merge now: git merge {}",
                shown.id,
                shell_quoted(branch)
            );
            let finding = Finding::about(shown, Code::Collision, message, help);
            let mut finding = finding.related_to(Some(&record.path), Some(record.id));
            if let Some(holder) = holders.get(&shown.id) {
                finding = finding.related_to(Some(&holder.path), Some(holder.id));
            }
            findings.push(finding);
        }
        // If one side already has two records for a path, this merge leaves them unchanged.
        let was_shadowed = before.iter().any(|side| side.contains_key(&record.origin));
        if let Some(holder) = shadowed.get(&record.origin).filter(|_| !was_shadowed) {
            let message = format!(
                "merging '{branch}' would give '{}' two identities: {holder} stays, {} is shadowed",
                record.path, record.id
            );
            let help = format!(
                "rename one of the two files first, or merge now: git merge {}",
                shell_quoted(branch)
            );
            let finding = Finding::about(record, Code::Collision, message, help);
            findings.push(finding.related_to(Some(&record.path), Some(*holder)));
        }
    }
    findings.sort();
    findings
}

/// Returns the finding for an identity that has a different path on a branch without a common
/// registry.
pub(crate) fn parted(branch: &str, contested: &Contested, ours: &Registry) -> Finding {
    let Contested { origin, ours: here, theirs: there, .. } = contested;
    let id = ours.by_origin().get(origin).map(|record| record.id);
    let named = id.map_or_else(|| format!("origin {origin}"), |id| id.to_string());
    let message = format!(
        "{named} is at '{here}', and at '{there}' in '{branch}', which has no registry in common"
    );
    let option = contested.path_option(MergeSide::Ours);
    let help = format!("to keep it here, after 'git merge' has stopped: idhooks resolve {option}");
    let mut finding = Finding::new(Code::Collision, message, help).at(here);
    if let Some(id) = id {
        finding = finding.of(id);
    }
    finding.related_to(Some(there), id)
}

/// Returns the finding for a branch whose registry cannot be merged.
pub(crate) fn unmergeable(branch: &str, why: &impl fmt::Display) -> Finding {
    let message = format!("the registry of '{branch}' cannot be merged: {why}");
    let help = format!("to see what is wrong there: idhooks check --rev {}", shell_quoted(branch));
    Finding { severity: Severity::Error, ..Finding::new(Code::Collision, message, help) }
}
