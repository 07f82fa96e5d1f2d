//! Formats the result of `idhooks health`.

use idhooks_core::registry::Timestamp;
use idhooks_core::registry::json::Members;
use idhooks_report::metrics::Health;

use super::json::{document, lines, object, optional};
use super::table::aligned;

/// JSON Schema of what `health --format json` prints.
pub const HEALTH_SCHEMA: &str = include_str!("schema/health.json");

/// Returns a line per check, with help for the failed ones.
pub fn health_lines(all: &[Health]) -> Vec<String> {
    let row = |health: &Health| {
        [health.state().to_owned(), health.name.to_owned(), health.detail.clone()]
    };
    let rows: Vec<_> = all.iter().map(row).collect();
    let mut out = Vec::new();
    for (line, health) in aligned(&rows).into_iter().zip(all) {
        out.push(line);
        out.extend(health.help.iter().map(|help| format!("  help: {help}")));
    }
    out
}

/// Returns the document of all checks at a time.
pub fn health_json(all: &[Health], at: &Timestamp) -> String {
    document(|top| {
        top.string("at", at.as_str());
        let is_well = all.iter().all(|health| health.is_well != Some(false));
        top.string("state", if is_well { "ok" } else { "critical" });
        lines(top.key("checks"), all, |out, health| object(out, |m| write_health(m, health)));
    })
}

/// Writes the members of one check.
pub(super) fn write_health(members: &mut Members<'_>, health: &Health) {
    members.string("name", health.name);
    members.string("state", health.state());
    members.string("detail", &health.detail);
    optional(members.key("help"), health.help.as_deref());
}
