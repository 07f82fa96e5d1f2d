//! `RECORD_LOST`: the registry never shrinks.

use std::collections::BTreeSet;

use crate::registry::Origin;

use crate::check::subject::CheckInput;
use crate::check::{Code, Finding, Subject};

/// Runs the check.
pub(super) fn check(input: &CheckInput<'_>) -> Vec<Finding> {
    lost(input.subject)
}

pub(in crate::check) fn lost(subject: &Subject<'_>) -> Vec<Finding> {
    let present: BTreeSet<Origin> = subject.registry.allocations.iter().map(|r| r.origin).collect();
    let mut reported = BTreeSet::new();
    let mut findings = Vec::new();
    for record in subject.parents.iter().flat_map(|parent| &parent.registry.allocations) {
        if present.contains(&record.origin) || !reported.insert(record.origin) {
            continue;
        }
        let message = format!(
            "the record of {} ('{}') is missing, although a parent commit has it",
            record.id, record.path
        );
        let help = "the next 'git commit' restores it; records are deprecated, never removed";
        findings.push(Finding::new(Code::RecordLost, message, help).at(&record.path).of(record.id));
    }
    findings
}
