//! Describes the numbers of findings and files in words, for reports and messages.

use super::{Finding, Severity};

/// Returns a number followed by its noun.
pub fn count(number: usize, one: &str, many: &str) -> String {
    format!("{number} {}", if number == 1 { one } else { many })
}

/// Returns the end of a phrase, which says how many others there are besides the first.
pub fn and_more(number: usize) -> String {
    if number == 0 { String::new() } else { format!(" and {number} more") }
}

/// Returns the number of findings with each severity, on one line.
pub fn by_severity(findings: &[Finding]) -> String {
    if findings.is_empty() {
        return "no findings".to_owned();
    }
    let parts = [
        (Severity::Error, "error", "errors"),
        (Severity::Warning, "warning", "warnings"),
        (Severity::Info, "remark", "remarks"),
    ];
    let parts = parts.map(|(severity, one, many)| (severity.count(findings), one, many));
    let parts = parts.iter().filter(|(number, ..)| *number > 0);
    let parts: Vec<_> = parts.map(|(number, one, many)| count(*number, one, many)).collect();
    format!("{}: {}", count(findings.len(), "finding", "findings"), parts.join(", "))
}

/// Describes how many files' heads were not read, so that identities in them would have gone
/// unnoticed.
pub fn unsearched(files: usize) -> String {
    let (one, many) = (
        "file not searched for identities in its first lines",
        "files not searched for identities in their first lines",
    );
    count(files, one, many)
}

/// Returns the text to append to a summary if the heads of some files were not read.
pub fn unread_heads(unread: usize, all_heads: bool) -> String {
    let why = if all_heads { "too large, or not in this clone" } else { "see --all-heads" };
    match unread {
        0 => String::new(),
        unread => format!("; {} ({why})", unsearched(unread)),
    }
}
