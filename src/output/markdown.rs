//! Findings as Markdown, for the summary of a job or a comment on a pull request.

use crate::check::{Finding, Severity};

use super::report::place;
use super::text::summary;
use super::ui::is_hostile;

/// What a comment begins with, so that the next one takes its place.
const MARK: &str = "<!-- idhooks -->\n";
/// How many findings are listed: what a forge shows has a limit.
const MOST: usize = 200;

/// Returns the report; findings of severity `least` or worse are failures.
pub(super) fn document(findings: &[Finding], least: Severity) -> String {
    let fails = findings.iter().any(|finding| finding.severity <= least);
    let verdict = if fails { "Identities: this must not be merged" } else { "Identities: fine" };
    let mut out = format!("{MARK}### {verdict}\n\n{}.\n", sentence(&summary(findings)));
    if findings.is_empty() {
        return out;
    }
    out.push_str("\n| | Finding | Where | What |\n|---|---|---|---|\n");
    for finding in findings.iter().take(MOST) {
        let severity = finding.severity.as_str();
        let place = code(&place(finding).to_string());
        let message = escaped(&finding.message);
        out.push_str(&format!("| {severity} | `{}` | {place} | {message} |\n", finding.code));
    }
    if let Some(more) = findings.len().checked_sub(MOST).filter(|more| *more > 0) {
        out.push_str(&format!("\n… and {more} more.\n"));
    }
    out.push_str("\n**What to do**\n\n");
    let mut told: Vec<&str> = Vec::new();
    for finding in findings.iter().take(MOST) {
        if !told.contains(&finding.help.as_str()) {
            told.push(&finding.help);
            out.push_str(&format!("- `{}`: {}\n", finding.code, escaped(&finding.help)));
        }
    }
    out
}

/// Begins a sentence with a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// Returns a text that stays on its line and means nothing to Markdown or HTML.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            c if is_hostile(c) => out.extend(c.escape_default()),
            // Somebody who is called '@all' is not to be called.
            '@' => out.push_str("&#64;"),
            c if c.is_ascii_punctuation() && !",.:;'()/-_ ".contains(c) => out.extend(['\\', c]),
            '_' => out.push_str("\\_"),
            c => out.push(c),
        }
        out
    })
}

/// Returns a path as code.
fn code(text: &str) -> String {
    format!("<code>{}</code>", escaped(text))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::Code;
    use crate::registry::RepoPath;

    #[test]
    fn names_stay_names() {
        let path = RepoPath::new(*b"a|b`<img src=x>\n@all_x\x1b*").expect("a path");
        let finding = Finding::new(Code::StalePath, "m | n", "run: a | b").at(&path);
        let told = document(&[finding], Severity::Error);
        let expected = concat!(
            "<!-- idhooks -->\n### Identities: this must not be merged\n\n1 finding: 1 error.\n\n",
            "| | Finding | Where | What |\n|---|---|---|---|\n",
            "| error | `STALE_PATH` | <code>a\\|b\\`&lt;img src\\=x&gt; &#64;all\\_x\\\\u{1b}\\*</code> ",
            "| m \\| n |\n\n**What to do**\n\n- `STALE_PATH`: run: a \\| b\n",
        );
        assert_eq!(told, expected.replace("\\\\u{1b}", "\\u{1b}"));
    }

    #[test]
    fn a_warning_alone_is_no_failure() {
        let finding = Finding::new(Code::NotCanonical, "m", "h");
        let told = document(std::slice::from_ref(&finding), Severity::Error);
        assert!(told.contains("### Identities: fine\n\n1 finding: 1 warning.\n"), "{told}");
        assert!(document(&[finding], Severity::Warning).contains("must not be merged"));
        let none = document(&[], Severity::Error);
        assert_eq!(none, "<!-- idhooks -->\n### Identities: fine\n\nNo findings.\n");
    }

    #[test]
    fn the_same_help_is_given_once_and_a_long_list_ends() {
        let finding = |n: usize| {
            let path = RepoPath::new(format!("f{n}").into_bytes()).expect("a path");
            Finding::new(Code::MissingId, "m", "the same").at(&path)
        };
        let all: Vec<Finding> = (0..MOST + 7).map(finding).collect();
        let told = document(&all, Severity::Error);
        assert_eq!(told.matches("the same").count(), 1);
        assert!(told.contains("\n… and 7 more.\n"), "{told}");
    }
}
