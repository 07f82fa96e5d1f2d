//! `MISSING_ID` and `STALE_PATH`: the registry and the tree name the same paths.

use super::{Code, Finding, Subject};

pub(super) fn coverage(subject: &Subject<'_>) -> Vec<Finding> {
    let holders = subject.registry.holders(|path| subject.is_tracked(path));
    let mut findings = Vec::new();
    for path in subject.tree.keys().filter(|path| subject.is_tracked(path)) {
        if !holders.contains_key(path) {
            let message = format!("'{path}' is tracked but has no identity");
            let help = format!(
                "'git commit' gives it one where idhooks is installed; to give it one now: idhooks allocate {}",
                path.shell_quoted()
            );
            findings.push(Finding::new(Code::MissingId, message, help).at(path));
        }
    }
    for record in subject.registry.allocations.iter().filter(|r| r.is_active()) {
        if !subject.is_tracked(&record.path) {
            let message = format!("{} names '{}', which is not tracked", record.id, record.path);
            let help = "the next 'git commit' retires it; if the file was renamed without idhooks, commit the rename with the hook installed";
            findings
                .push(Finding::new(Code::StalePath, message, help).at(&record.path).of(record.id));
        }
    }
    findings
}
