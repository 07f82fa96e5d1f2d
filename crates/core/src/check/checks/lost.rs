//! `RECORD_LOST`: the registry never shrinks.

use std::collections::BTreeSet;

use crate::check::{Code, Finding, Subject};
use crate::registry::Origin;

/// Returns a finding for every record of a parent that is missing.
pub(in crate::check) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let present: BTreeSet<Origin> = subject.registry.allocations.iter().map(|r| r.origin).collect();
    let mut reported = BTreeSet::new();
    let mut findings = Vec::new();
    for record in subject.inherited() {
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
