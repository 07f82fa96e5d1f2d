//! `MISSING_ID` and `STALE_PATH`: the registry and the tree must contain the same paths.
//! `DEPRECATED_IN_USE`: a file whose identity is deprecated must not exist.

use crate::check::{Code, Finding, Subject};
use crate::registry::{Allocation, RepoPath, key};

/// The remedy for a commit whose registry and tree differ.
const REPAIR: &str = "to preview the repair: idhooks reconcile --dry-run; then: idhooks reconcile && git commit -m 'Heal the registry'";

/// Returns a finding for every path that is only in the registry or only in the tree.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let holders = subject.registry.holders(|path| subject.is_tracked(path));
    let mut findings = Vec::new();
    for path in subject.tree.keys().filter(|path| subject.is_tracked(path)) {
        if !holders.contains_key(path) {
            let message = format!("'{path}' is tracked but has no identity");
            findings.push(Finding::new(Code::MissingId, message, REPAIR).at(path));
        }
    }
    for record in subject.registry.active().filter(|r| !subject.is_tracked(&r.path)) {
        let message = format!("{} names '{}', which is not tracked", record.id, record.path);
        findings.push(Finding::about(record, Code::StalePath, message, REPAIR));
    }
    findings
}

/// Returns the finding for a new file that needs an identity before it can be committed.
pub fn required(path: &RepoPath) -> Finding {
    let message =
        format!("'{path}' is new and has no identity; idhooks.toml requires one (on_new)");
    let help = format!("run: idhooks allocate {}", path.shell_quoted());
    Finding::new(Code::MissingId, message, help).at(path)
}

/// Returns a finding for every file with a deprecated identity.
pub(super) fn in_use(subject: &Subject<'_>) -> Vec<Finding> {
    // Most registries have no deprecated records, and looking for one is faster than building the
    // map of holders.
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
