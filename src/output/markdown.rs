//! Formats findings as Markdown, for a job summary or a comment on a pull request.

use idhooks_core::check::Finding;
use idhooks_core::registry::is_hostile;

use super::findings_report::FindingsReport;
use super::text::{line_of, place};

/// The first line of a comment or file. The next run looks for this line to find the comment or
/// file to replace.
pub const MARKDOWN_MARK: &str = "<!-- idhooks -->\n";
/// The maximum number of findings to list.
const MAX_FINDINGS: usize = 200;
/// The maximum length of the table, in bytes.
const MAX_TABLE: usize = 40_000;
/// The maximum length of the report: GitHub refuses comments longer than 65,536 characters.
const MAX_LENGTH: usize = 60_000;

/// Returns the report.
pub(super) fn document(report: &FindingsReport<'_>) -> String {
    let findings = report.findings;
    let (verdict, summed) = (report.verdict(), sentence(&report.sentence()));
    let mut out = format!("{MARKDOWN_MARK}### Identities: {verdict}\n\n{summed}.\n");
    if !report.unmet.is_empty() {
        out.push('\n');
        report.unmet.iter().for_each(|one| out.push_str(&code_item(one)));
    }
    if !report.changes.is_empty() {
        out.push('\n');
        report.changes.iter().for_each(|one| out.push_str(&code_item(&sentence(one))));
    }
    if findings.is_empty() {
        return out;
    }
    out.push_str("\n| | Finding | Where | What |\n|---|---|---|---|\n");
    let mut listed: Vec<&Finding> = Vec::new();
    for finding in findings.iter().take(MAX_FINDINGS) {
        let row = row(finding);
        // Only an overlong row is skipped, not the rest of the table: a path that is kilobytes long
        // must not hide all findings after it.
        if out.len() + row.len() <= MAX_TABLE {
            out.push_str(&row);
            listed.push(finding);
        }
    }
    if let Some(more) = findings.len().checked_sub(listed.len()).filter(|more| *more > 0) {
        out.push_str(&format!("\n… and {more} more.\n"));
    }
    out.push_str("\n**What to do**\n\n");
    let mut helps: Vec<&str> = Vec::new();
    for finding in listed {
        let line = format!("- `{}`: <code>{}</code>\n", finding.code, escaped(&finding.help));
        // Hundreds of findings often have the same remedy, and the table leaves little room for
        // help texts.
        if !helps.contains(&finding.help.as_str()) && out.len() + line.len() <= MAX_LENGTH {
            helps.push(&finding.help);
            out.push_str(&line);
        }
    }
    out
}

/// Returns messages as a list for a pull request or summary, truncated to what a forge accepts.
pub fn code_list(messages: impl IntoIterator<Item: ToString>) -> String {
    let (mut out, mut left_out) = (String::new(), 0);
    for message in messages {
        let item = code_item(&message.to_string());
        match out.len() + item.len() <= MAX_LENGTH {
            true => out.push_str(&item),
            false => left_out += 1,
        }
    }
    if left_out > 0 {
        out.push_str(&format!("\n… and {left_out} more.\n"));
    }
    out
}

fn code_item(message: &str) -> String {
    format!("- <code>{}</code>\n", escaped(message))
}

/// Returns the table row for a finding. Inside `<code>`, forges do not turn names and numbers into
/// links to users and issues.
fn row(finding: &Finding) -> String {
    let severity = finding.severity.as_str();
    let line = line_of(finding).map(|(line, column)| format!(":{line}:{column}"));
    let line = line.unwrap_or_default();
    let place = escaped(&format!("{}{line}", place(finding)));
    let (code, message) = (finding.code, escaped(&finding.message));
    format!("| {severity} | `{code}` | <code>{place}</code> | <code>{message}</code> |\n")
}

/// Returns the text with its first letter capitalized.
fn sentence(text: &str) -> String {
    let mut chars = text.chars();
    let first = chars.next().map(|first| first.to_uppercase().to_string());
    first.unwrap_or_default() + chars.as_str()
}

/// Returns a string as one line, escaping all characters that have a meaning in Markdown or HTML.
pub fn escaped(text: &str) -> String {
    text.chars().fold(String::new(), |mut out, c| {
        match c {
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '\n' | '\r' => out.push(' '),
            c if is_hostile(c) => out.extend(c.escape_default()),
            // A file called '@all' must not notify anyone.
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
    use idhooks_core::check::{Code, Severity};
    use idhooks_core::registry::RepoPath;

    fn text_of(findings: &[Finding], least: Severity) -> String {
        document(&FindingsReport::new("check", findings, least, &[]))
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
            "| <code>m \\| n</code> |\n\n**What to do**\n\n- `STALE_PATH`: <code>run: a \\| b</code>\n",
        );
        assert_eq!(text, expected.replace("\\\\u{1b}", "\\u{1b}"));
    }

    #[test]
    fn a_warning_alone_is_not_a_failure() {
        let finding = Finding::new(Code::NotCanonical, "m", "h");
        let text = text_of(std::slice::from_ref(&finding), Severity::Error);
        assert!(text.contains("### Identities: warnings\n\n1 finding: 1 warning.\n"), "{text}");
        assert!(text_of(&[finding], Severity::Warning).contains("do not merge"));
        let none = text_of(&[], Severity::Error);
        assert_eq!(none, "<!-- idhooks -->\n### Identities: fine\n\nNo findings.\n");
    }

    #[test]
    fn a_limit_that_is_not_met_is_a_failure_without_findings() {
        let unmet = ["the score is 80, less than 95 (--min-score)".to_owned()];
        let least = Severity::Error;
        let text = document(&FindingsReport::new("ci", &[], least, &unmet));
        assert_eq!(
            text,
            "<!-- idhooks -->\n### Identities: do not merge\n\nNo findings.\n\n- <code>the score is 80, less than 95 (--min-score)</code>\n"
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

    #[test]
    fn a_list_of_messages_is_escaped_and_cut() {
        assert_eq!(
            code_list(["@all see #1 <img src=x>"]),
            "- <code>&#64;all see \\#1 &lt;img src\\=x&gt;</code>\n"
        );
        let messages =
            (0..1_700).map(|n| format!("allocated  docs/a-long-directory/unseen-{n}.md"));
        let list = code_list(messages);
        assert!(list.len() < 65_536 && list.contains("\n… and "), "{}", list.len());
    }

    #[test]
    fn long_paths_are_left_out_before_a_forge_refuses_the_comment() {
        let finding = |n: usize| {
            let path = RepoPath::new(format!("{n}{}", "@".repeat(3000)).into_bytes());
            Finding::new(Code::MissingId, "m", format!("{n}{}", "x".repeat(6000)))
                .at(&path.expect("a path"))
        };
        let all: Vec<Finding> = (0..20).map(finding).collect();
        let text = text_of(&all, Severity::Error);
        assert!(text.len() < 65_536 && text.contains("\n… and 18 more.\n"), "{}", text.len());
    }
}
