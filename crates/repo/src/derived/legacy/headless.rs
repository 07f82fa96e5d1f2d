//! Records from files without a head.

use idhooks_core::registry::{Registry, Scope};

/// Returns the text of a registry in which the records are on the same lines as in the file, so
/// that errors report the right line numbers.
pub(super) fn with_head<'a>(scope: Scope, lines: impl Iterator<Item = &'a str>) -> String {
    let whole = Registry::new(scope).format();
    let (head, closing) = whole.split_once('\n').unwrap_or((&whole, ""));
    let mut out = head.to_owned();
    let mut is_first = true;
    for (n, line) in lines.enumerate() {
        if n > 0 {
            out.push('\n');
        }
        if !line.is_empty() {
            out.push_str(if is_first { "" } else { "," });
            out.push_str(line);
            is_first = false;
        }
    }
    out.push_str(closing);
    out
}
