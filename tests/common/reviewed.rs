//! Whole texts that people have reviewed: snapshots, without what differs between runs.

use std::path::{Path, PathBuf};

/// The years of all dates in scenarios. Dates of other years are of the clock.
const YEARS: [&str; 2] = ["2020", "2023"];

/// Compares a text of the program with its snapshot in `tests/snapshots`.
/// To accept what has changed: `INSTA_UPDATE=always cargo test`.
pub(crate) fn assert_text(name: &str, text: &str) {
    assert_reviewed(
        Path::new("tests/snapshots/suite"),
        name,
        &without_chance(&without_temporary(text)),
    );
}

/// Compares a text with the snapshot of this name in a directory of the package.
pub(crate) fn assert_reviewed(dir: &Path, name: &str, text: &str) {
    let mut settings = insta::Settings::clone_current();
    settings.set_snapshot_path(PathBuf::from(env!("CARGO_MANIFEST_DIR")).join(dir));
    settings.set_prepend_module_to_snapshot(false);
    settings.set_omit_expression(true);
    settings.bind(|| insta::assert_snapshot!(name, text));
}

/// Returns the text without names of temporary directories.
fn without_temporary(text: &str) -> String {
    let root = format!("{}/", std::env::temp_dir().display());
    let mut parts = text.split(&root);
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let end = part.find(|sign: char| !sign.is_alphanumeric() && !".-_".contains(sign));
        result += "[dir]";
        result += &part[end.unwrap_or(part.len())..];
    }
    result
}

/// Returns a path as it is written into files of XML.
pub(crate) fn in_xml(path: &str) -> String {
    let mut escaped = String::new();
    for sign in path.chars() {
        if sign.is_ascii() {
            escaped.push(sign);
        } else {
            escaped.push_str(&format!("&#{};", u32::from(sign)));
        }
    }
    escaped
}

/// Returns the text without dates of the clock, versions, ports and what depends on them.
pub(crate) fn without_chance(text: &str) -> String {
    let bin = env!("CARGO_BIN_EXE_idhooks").trim_end_matches("/idhooks");
    let version = format!("idhooks {}", env!("CARGO_PKG_VERSION"));
    let text = text.replace(bin, "[bin]").replace(&in_xml(bin), "[bin]");
    // Whether a shell needs quotes depends on the path.
    let text = text.replace("'[bin]/idhooks'", "[bin]/idhooks");
    let mut text = text.replace(&version, "idhooks [version]");
    let member = |version: &str| format!("\"program_version\":\"{version}\"");
    text = text.replace(&member(env!("CARGO_PKG_VERSION")), &member("[version]"));
    let is_of_the_clock = |date: &str| !YEARS.iter().any(|year| date.starts_with(year));
    for date in ["0000-00-00T00:00:00.000Z", "0000-00-00T00:00:00Z", "00000000T000000000Z"] {
        text = replace(&text, date, "[now]", is_of_the_clock);
    }
    text = replace(&text, "127.0.0.1:00000", "127.0.0.1:[port]", |_| true);
    text = replace(&text, "ffffffff-ffff-ffff-ffff-ffffffffffff", "[uuid]", |_| true);
    // What is hashed in the audit log has the time in it, what timers are named after the path.
    let audit = ["\"hash\":\"", "\"head\":\"", "\"prev\":\"", "\nhead ", "\n| head | "];
    let hashes = audit.map(|before| (before, 64));
    for (before, length) in [("idhooks-repo-", 12), ("install', ", 12)].iter().chain(&hashes) {
        let form = format!("{before}{}", "f".repeat(*length));
        text = replace(&text, &form, &format!("{before}[hash]"), |_| true);
    }
    text
}

/// Replaces what has the form: '0' is a digit, 'f' a hexadecimal digit, all else itself.
fn replace(text: &str, form: &str, by: &str, accept: impl Fn(&str) -> bool) -> String {
    let fits = |at: &str| {
        at.is_ascii()
            && at.bytes().zip(form.bytes()).all(|(byte, sign)| match sign {
                b'0' => byte.is_ascii_digit(),
                b'f' => byte.is_ascii_hexdigit(),
                _ => byte == sign,
            })
    };
    let mut result = String::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        match rest.get(..form.len()).filter(|at| fits(at) && accept(at)) {
            Some(_) => {
                result += by;
                rest = &rest[form.len()..];
            }
            None => {
                result.push(first);
                rest = &rest[first.len_utf8()..];
            }
        }
    }
    result
}

#[test]
fn what_is_of_the_clock_is_replaced() {
    let text = "a 2026-11-21T01:02:03Z, 2020-01-05T01:02:03Z, ü 2026-11-21T01:02:03Z";
    assert_eq!(without_chance(text), "a [now], 2020-01-05T01:02:03Z, ü [now]");
}
