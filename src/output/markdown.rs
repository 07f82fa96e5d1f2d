//! Formats findings as Markdown, for a job summary or a comment on a pull request.

use super::findings_report::FindingsReport;
use super::text::{line_of, place, summary};
use super::ui::is_hostile;

/// The mark at the start of a comment, by which the next one replaces it.
const MARK: &str = "<!-- idhooks -->\n";
/// The maximum number of findings to list: forges limit the length of a comment.
const MAX_FINDINGS: usize = 200;

/// Returns the report.
pub(super) fn document(report: &FindingsReport<'_>) -> String {
    let findings = report.findings;
    let verdict = if report.fails() { "Identities: do not merge" } else { "Identities: fine" };
    let mut out = format!("{MARK}### {verdict}\n\n{}.\n", sentence(&summary(findings)));
    if !report.unmet.is_empty() {
        out.push('\n');
        report.unmet.iter().for_each(|one| out.push_str(&format!("- {}\n", escaped(one))));
    }
    if findings.is_empty() {
        return out;
    }
    out.push_str("\n| | Finding | Where | What |\n|---|---|---|---|\n");
    for finding in findings.iter().take(MAX_FINDINGS) {
        let severity = finding.severity.as_str();
        let line = line_of(finding).map(|(line, _)| format!(":{line}")).unwrap_or_default();
        let place = escaped(&format!("{}{line}", place(finding)));
        let (code, message) = (finding.code, escaped(&finding.message));
        out.push_str(&format!("| {severity} | `{code}` | <code>{place}</code> | {message} |\n"));
    }
    if let Some(more) = findings.len().checked_sub(MAX_FINDINGS).filter(|more| *more > 0) {
        out.push_str(&format!("\n… and {more} more.\n"));
    }
    out.push_str("\n**What to do**\n\n");
    let mut listed: Vec<&str> = Vec::new();
    for finding in findings.iter().take(MAX_FINDINGS) {
        if !listed.contains(&finding.help.as_str()) {
            listed.push(&finding.help);
            out.push_str(&format!("- `{}`: {}\n", finding.code, escaped(&finding.help)));
        }
    }
    out
}

/// Returns text that begins with a capital letter.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// Returns text on one line that has no meaning in Markdown or HTML.
pub(super) fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            c if is_hostile(c) => out.extend(c.escape_default()),
            // '@all' must not notify anyone.
            '@' => out.push_str("&#64;"),
            c if c.is_ascii_punctuation() && !",.:;'()/-_ ".contains(c) => out.extend(['\\', c]),
            '_' => out.push_str("\\_"),
            c => out.push(c),
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::{Code, Finding, Severity};
    use idhooks_core::registry::RepoPath;

    fn text_of(findings: &[Finding], least: Severity) -> String {
        document(&FindingsReport { command: "check", findings, least, unmet: &[] })
    }

    #[test]
    fn names_are_escaped() {
        let path = RepoPath::new(*b"a|b`<img src=x>\n@all_x\x1b*").expect("a path");
        let finding = Finding::new(Code::StalePath, "m | n", "run: a | b").at(&path);
        let text = text_of(&[finding], Severity::Error);
        let expected = concat!(
            "<!-- idhooks -->\n### Identities: do not merge\n\n1 finding: 1 error.\n\n",
            "| | Finding | Where | What |\n|---|---|---|---|\n",
            "| error | `STALE_PATH` | <code>a\\|b\\`&lt;img src\\=x&gt; &#64;all\\_x\\\\u{1b}\\*</code> ",
            "| m \\| n |\n\n**What to do**\n\n- `STALE_PATH`: run: a \\| b\n",
        );
        assert_eq!(text, expected.replace("\\\\u{1b}", "\\u{1b}"));
    }

    #[test]
    fn a_warning_alone_is_not_a_failure() {
        let finding = Finding::new(Code::NotCanonical, "m", "h");
        let text = text_of(std::slice::from_ref(&finding), Severity::Error);
        assert!(text.contains("### Identities: fine\n\n1 finding: 1 warning.\n"), "{text}");
        assert!(text_of(&[finding], Severity::Warning).contains("do not merge"));
        let none = text_of(&[], Severity::Error);
        assert_eq!(none, "<!-- idhooks -->\n### Identities: fine\n\nNo findings.\n");
    }

    #[test]
    fn a_limit_that_is_not_met_is_a_failure_without_findings() {
        let unmet = ["the score is 80, less than 95 (--min-score)".to_owned()];
        let least = Severity::Error;
        let text = document(&FindingsReport { command: "ci", findings: &[], least, unmet: &unmet });
        assert_eq!(
            text,
            "<!-- idhooks -->\n### Identities: do not merge\n\nNo findings.\n\n- the score is 80, less than 95 (--min-score)\n"
        );
    }

    #[test]
    fn the_same_help_is_listed_once_and_long_lists_are_cut() {
        let finding = |n: usize| {
            let path = RepoPath::new(format!("f{n}").into_bytes()).expect("a path");
            Finding::new(Code::MissingId, "m", "the same").at(&path)
        };
        let all: Vec<Finding> = (0..MAX_FINDINGS + 7).map(finding).collect();
        let text = text_of(&all, Severity::Error);
        assert_eq!(text.matches("the same").count(), 1);
        assert!(text.contains("\n… and 7 more.\n"), "{text}");
    }
}
