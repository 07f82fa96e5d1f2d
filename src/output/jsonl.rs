//! Formats findings as JSON, one per line, for streams, `grep` and `jq`.

use idhooks_core::check::Finding;

use super::json;

/// Returns one line per finding; an empty text if there are none.
pub(super) fn document(findings: &[Finding]) -> String {
    findings.iter().map(json::document).collect()
}
