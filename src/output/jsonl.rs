//! Findings as JSON, one on each line: for streams, `grep` and `jq`.

use crate::check::Finding;

use super::json;

/// JSON Schema of each line that `check --format jsonl` prints.
pub const FINDING_SCHEMA: &str = include_str!("schema/finding.json");

/// Returns a line for each finding; nothing where there is none.
pub(super) fn document(findings: &[Finding]) -> String {
    let line = |finding| json::document(|members| json::finding_members(members, finding));
    findings.iter().map(line).collect()
}
