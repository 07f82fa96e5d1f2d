//! `NOT_CANONICAL`, and `MALFORMED_ID` for identities with unknown scopes.

use crate::check::{Code, Finding, Subject};
use crate::registry::REGISTRY_PATH;

/// Returns a finding for another form, and for every identity with an unknown scope.
pub(super) fn check(subject: &Subject<'_>) -> Vec<Finding> {
    let registry = subject.registry;
    let mut findings = Vec::new();
    if registry.format().as_bytes() != subject.bytes {
        let message = format!("'{REGISTRY_PATH}' is valid, but not in canonical form");
        let help = "the next commit that changes the registry writes it in canonical form";
        findings.push(Finding::new(Code::NotCanonical, message, help));
    }
    let is_known = |scope| subject.config.knows_scope(registry.scope, scope);
    for record in registry.allocations.iter().filter(|r| !is_known(r.id.scope())) {
        let scope = record.id.scope();
        let message = format!("{} has scope {scope}, not {}", record.id, registry.scope);
        let help = format!("if it was imported, add \"{scope}\" to legacy_scopes in idhooks.toml");
        findings.push(Finding::about(record, Code::MalformedId, message, help));
    }
    findings
}
