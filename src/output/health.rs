//! Formats the result of `idhooks health`.

use idhooks_core::registry::Timestamp;
use idhooks_report::metrics::{Health, HealthState};
use serde::Serialize;

use super::json::document;
use super::table::aligned;

/// Returns a line per check, with help for the failed ones.
pub fn health_lines(all: &[Health]) -> Vec<String> {
    let row =
        |health: &Health| [health.state.to_string(), health.name.to_owned(), health.detail.clone()];
    let rows: Vec<_> = all.iter().map(row).collect();
    let mut out = Vec::new();
    for (line, health) in aligned(&rows).into_iter().zip(all) {
        out.push(line);
        out.extend(health.help.iter().map(|help| format!("  help: {help}")));
    }
    out
}

#[derive(Serialize)]
struct HealthDocument<'h> {
    at: &'h Timestamp,
    state: HealthState,
    checks: &'h [Health],
}

/// Returns the document of all checks at a time.
pub fn health_json(checks: &[Health], at: &Timestamp) -> String {
    document(&HealthDocument { at, state: HealthState::of_all(checks), checks })
}
