//! Redirects as JSON, for other programs.

use idhooks_core::registry::json::write_string;

use super::form::RedirectStatus;
use super::redirect::{Destination, Redirect};
use super::table::RedirectTable;

/// Returns the redirects as JSON.
pub(super) fn list(table: &RedirectTable, status: RedirectStatus) -> String {
    let mut out = "{\n  \"version\": 1,\n  \"redirects\": [".to_owned();
    for (n, Redirect { from, to, kind }) in table.redirects.iter().enumerate() {
        out.push_str(if n == 0 { "\n    {\"from\": " } else { ",\n    {\"from\": " });
        write_string(&mut out, from);
        let status = status.of(*kind);
        match to {
            Destination::Page(page) => {
                out.push_str(", \"to\": ");
                write_string(&mut out, page);
                out.push_str(&format!(", \"status\": {}}}", status.number()));
            }
            Destination::Gone(_) => out.push_str(", \"status\": 410}"),
        }
    }
    out.push_str("\n  ]\n}\n");
    out
}
