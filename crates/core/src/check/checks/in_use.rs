//! `DEPRECATED_IN_USE`: files that exist although their identity is deprecated.

use crate::registry::{Allocation, key};

use crate::check::subject::CheckInput;
use crate::check::{Code, Finding, Subject};

/// Runs the check.
pub(super) fn check(input: &CheckInput<'_>) -> Vec<Finding> {
    in_use(input.subject)
}

pub(super) fn in_use(subject: &Subject<'_>) -> Vec<Finding> {
    if !subject.registry.allocations.iter().any(Allocation::is_deprecated_by_command) {
        return Vec::new();
    }
    let holders = subject.registry.holders(|path| subject.is_tracked(path));
    let mut findings = Vec::new();
    for record in holders.values().filter(|record| record.is_deprecated_by_command()) {
        let (id, path) = (record.id, &record.path);
        let message = match record.text(key::DEPRECATED_REASON) {
            Some(reason) => {
                format!("'{path}' has the identity {id}, which is deprecated: {reason}")
            }
            None => format!("'{path}' has the identity {id}, which is deprecated"),
        };
        let help = format!(
            "remove the file; or reactivate the identity: idhooks revive {id}; or give the file a new one: idhooks supersede {id} --with-new"
        );
        findings.push(Finding::new(Code::DeprecatedInUse, message, help).at(path).of(id));
    }
    findings
}
