//! `DEPRECATED_IN_USE`: files that exist although their identity is deprecated.

use crate::check::{Code, Finding, Subject};
use crate::registry::{Allocation, key};

/// Returns a finding for every file with a deprecated identity.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    if !subject.registry.allocations.iter().any(Allocation::is_deprecated_by_command) {
        return Vec::new();
    }
    let holders = subject.registry.holders(|path| subject.is_tracked(path));
    let mut findings = Vec::new();
    for record in holders.values().filter(|record| record.is_deprecated_by_command()) {
        let (id, path) = (record.id, &record.path);
        let mut message = format!("'{path}' has the identity {id}, which is deprecated");
        if let Some(reason) = record.text(key::DEPRECATED_REASON) {
            message += &format!(": {reason}");
        }
        let help = format!(
            "remove the file; or reactivate the identity: idhooks revive {id}; or give the file a new one: idhooks supersede {id} --with-new"
        );
        findings.push(Finding::about(record, Code::DeprecatedInUse, message, help));
    }
    findings
}
