//! `DUPLICATE_ID`, `DUPLICATE_ORIGIN`, `DUPLICATE_PATH`: values that occur twice in a registry;
//! `NOT_CANONICAL`: a registry that is not in canonical form; `MALFORMED_ID`: identities with
//! unknown scopes; `RECORD_LOST`: records that are missing although the registry must never shrink.

use std::collections::BTreeSet;

use crate::check::{Code, Finding, ScopeClaims, Subject};
use crate::config::Config;
use crate::registry::{Allocation, Origin, REGISTRY_PATH, Registry, RepoPath, grouped, key};

const UNDO: &str = "undo the edit with 'git restore --source=HEAD --staged --worktree .idhooks/registry.json', then commit again";
/// The remedy for a second identity that occurs twice.
const OTHER_DOC_ID: &str = "give one of them another doc_id: write 'DOC-… <path>' into a file, then idhooks import --force --ids-map <file>";

/// Runs the [`duplicates`] check.
pub(super) fn twice(subject: &Subject<'_>) -> Vec<Finding> {
    duplicates(subject.registry)
}

/// Returns a finding for every identity and origin that occurs more than once. Two records may be
/// planned for the same path, because one will shadow the other.
pub fn duplicate_records(registry: &Registry) -> Vec<Finding> {
    let records = &registry.allocations;
    let mut findings = Vec::new();
    for (id, twice) in groups(records.iter().map(|r| (r.id, r))) {
        let message = format!("{} records have the identity {id}: {}", twice.len(), paths(&twice));
        findings.push(Finding::about_all(&twice, Code::DuplicateId, message, UNDO));
    }
    for (origin, twice) in groups(records.iter().map(|r| (r.origin, r))) {
        let message = format!("{} records have the origin {origin}: {}", twice.len(), ids(&twice));
        findings.push(Finding::about_all(&twice, Code::DuplicateOrigin, message, UNDO));
    }
    findings
}

/// Returns a finding for every identity, origin and held path that occurs more than once.
pub fn duplicates(registry: &Registry) -> Vec<Finding> {
    let mut findings = duplicate_records(registry);
    // A shadowed record does not hold its path.
    let holding = registry.active().filter(|r| !r.shadowed);
    for (path, twice) in groups(holding.map(|r| (&r.path, r))) {
        let message = format!("'{path}' has {} active identities: {}", twice.len(), ids(&twice));
        findings.push(Finding::about_all(&twice, Code::DuplicatePath, message, UNDO));
    }
    findings
}

/// Returns the records that share a value with other records.
fn groups<'a, K: Ord>(
    records: impl Iterator<Item = (K, &'a Allocation)>,
) -> impl Iterator<Item = (K, Vec<&'a Allocation>)> {
    grouped(records).into_iter().filter(|(_, group)| group.len() > 1)
}

fn paths(records: &[&Allocation]) -> String {
    records.iter().map(|r| format!("'{}'", r.path)).collect::<Vec<_>>().join(", ")
}

fn ids(records: &[&Allocation]) -> String {
    records.iter().map(|r| r.id.to_string()).collect::<Vec<_>>().join(", ")
}

/// Runs the [`foreign_ids`] check, and reports second identities that a merge left with several
/// records.
pub(super) fn foreign(subject: &Subject<'_>) -> Vec<Finding> {
    let mut findings = foreign_ids(subject.registry, subject.config);
    let merged = merged_doc_ids(subject);
    let is_same = |one: &Finding, other: &Finding| (one.code, &one.id) == (other.code, &other.id);
    // Without this filter, the same identity would be reported twice, with two different remedies.
    findings.retain(|finding| !merged.iter().any(|merged| is_same(merged, finding)));
    findings.extend(merged);
    findings
}

/// Returns a finding for every second identity that a merge left with several records, each from a
/// different parent. A textual merge causes this, whereas the merge driver leaves the second
/// identity with only the most senior record.
pub(in crate::check) fn merged_doc_ids(subject: &Subject<'_>) -> Vec<Finding> {
    if subject.parents.len() < 2 {
        return Vec::new();
    }
    let parents = subject.parents.iter().map(|parent| parent.registry.held_doc_ids());
    let juniors = subject.registry.doc_id_juniors(&parents.collect::<Vec<_>>());
    let active = subject.registry.active().filter(|r| !r.shadowed);
    let twice = groups(active.filter_map(|r| Some((r.text(key::DOC_ID)?, r))));
    let merged = twice.filter(|(_, records)| records.iter().any(|r| juniors.contains(&r.origin)));
    let finding = |(doc_id, records): (&str, Vec<&Allocation>)| {
        let message =
            format!("the merge left several files with the doc_id {doc_id}: {}", paths(&records));
        let help = "the next 'git commit' with idhooks keeps it only for the file that was allocated first, as the merge driver does";
        Finding::about_all(&records, Code::DuplicateId, message, help)
    };
    merged.map(finding).collect()
}

/// Returns a finding for every second identity (a `doc_id` assigned by another tool) that several
/// active records share, and for every identity with an unknown scope.
///
/// These findings do not make a commit inconsistent: branches that have them can still be merged.
pub fn foreign_ids(registry: &Registry, config: &Config) -> Vec<Finding> {
    let mut findings = doc_ids(registry);
    let is_known = |scope| config.knows_scope(registry.scope, scope);
    for record in registry.allocations.iter().filter(|r| !is_known(r.id.scope())) {
        let scope = record.id.scope();
        let message = format!("{} has scope {scope}, not {}", record.id, registry.scope);
        let help = format!("if it was imported, add \"{scope}\" to legacy_scopes in idhooks.toml");
        findings.push(Finding::about(record, Code::MalformedId, message, help));
    }
    findings
}

fn doc_ids(registry: &Registry) -> Vec<Finding> {
    let active = registry.active().filter(|r| !r.shadowed);
    let twice = groups(active.filter_map(|r| Some((r.text(key::DOC_ID)?, r))));
    let finding = |(doc_id, records): (&str, Vec<&Allocation>)| {
        let message = format!("several files have the doc_id {doc_id}: {}", paths(&records));
        Finding::about_all(&records, Code::DuplicateId, message, OTHER_DOC_ID)
    };
    twice.map(finding).collect()
}

/// Returns a finding if the registry is not in canonical form.
pub(super) fn form(subject: &Subject<'_>) -> Vec<Finding> {
    let registry = subject.registry;
    let mut findings = Vec::new();
    if registry.format().as_bytes() != subject.bytes {
        let message = format!("'{REGISTRY_PATH}' is valid, but not in canonical form");
        let help = "the next commit that changes the registry writes it in canonical form";
        findings.push(Finding::new(Code::NotCanonical, message, help));
    }
    findings
}

/// Returns a finding if the registry's scope differs from the one in the rules.
pub(super) fn scope(subject: &Subject<'_>) -> Vec<Finding> {
    let (registry, config) = (subject.registry.scope, subject.config.scope);
    let finding = ScopeClaims { registry, config, inherited: None }.finding(false);
    finding.map(|finding| finding.at(&RepoPath::config())).into_iter().collect()
}

/// Returns a finding for every record that a parent has but the commit lacks.
pub fn lost(subject: &Subject<'_>) -> Vec<Finding> {
    let present: BTreeSet<Origin> = subject.registry.allocations.iter().map(|r| r.origin).collect();
    let mut reported = BTreeSet::new();
    let mut findings = Vec::new();
    for record in subject.inherited() {
        // Several parents may have the same record.
        if present.contains(&record.origin) || !reported.insert(record.origin) {
            continue;
        }
        let message = format!(
            "the record of {} ('{}') is missing, although a parent commit has it",
            record.id, record.path
        );
        let help = "the next 'git commit' restores it; records are deprecated, never removed";
        findings.push(Finding::about(record, Code::RecordLost, message, help));
    }
    findings
}
