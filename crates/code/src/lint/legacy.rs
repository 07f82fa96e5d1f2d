//! What code still uses of the past.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, Finding};

use super::linter::is_uncounted;

/// The codes of what the configuration declares to be of the past: formats with `legacy = true`, and
/// calls that should no longer make identifiers.
const LEGACY: [Code; 2] = [Code::IdFormat, Code::DeprecatedIdCall];

/// The service, category and priority of a file, and what was found in it.
pub type ViolationLabels = [String; 4];

/// Returns whether a finding is about what the configuration declares to be of the past.
pub fn is_legacy_use(finding: &Finding) -> bool {
    LEGACY.contains(&finding.code)
}

/// Returns the number of findings with each combination of labels, without those that no total
/// counts.
pub fn count_violations(findings: &[Finding]) -> BTreeMap<ViolationLabels, usize> {
    let mut counts = BTreeMap::new();
    for finding in findings.iter().filter(|finding| !is_uncounted(finding)) {
        let Some(place) = &finding.place else { continue };
        let labels = [&place.service, &place.category, &place.priority, &place.kind];
        *counts.entry(labels.map(Clone::clone)).or_default() += 1;
    }
    counts
}
