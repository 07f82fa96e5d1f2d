//! Formats findings as GitHub Actions workflow commands; GitHub shows them next to the files.

use idhooks_core::check::{Finding, Severity};
use idhooks_core::registry::escaped_with;

use super::findings_report::FindingsReport;
use super::text::{line_of, place};

/// Returns one annotation per finding, each on its own line, and an additional one if anything was
/// left out.
pub(super) fn document(report: &FindingsReport<'_>) -> String {
    let note = report.note().map(|(note, severity)| {
        let command = command(severity);
        format!("::{command} title=idhooks {}::{}\n", report.command, data(&note))
    });
    report.findings.iter().map(annotation).chain(note).collect()
}

fn command(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "notice",
    }
}

fn annotation(finding: &Finding) -> String {
    let command = command(finding.severity);
    let file = property(&place(finding).to_string());
    let title = property(finding.code.as_str());
    let text = data(&format!("{}\nhelp: {}", finding.message, finding.help));
    let (line, column) = line_of(finding).map_or((1, None), |(line, column)| (line, Some(column)));
    let column = column.map(|column| format!(",col={column}")).unwrap_or_default();
    format!("::{command} file={file},line={line}{column},title={title}::{text}\n")
}

/// Escapes characters that end a command, so that a file name cannot start a new command, and
/// characters that could control a terminal.
fn data(text: &str) -> String {
    escaped_with(text, |c| match c {
        '%' => Some("%25"),
        '\r' => Some("%0D"),
        '\n' => Some("%0A"),
        _ => None,
    })
}

/// Like `data`, but also escapes characters that end a property.
fn property(text: &str) -> String {
    data(text).replace(':', "%3A").replace(',', "%2C")
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::{check::Code, registry::RepoPath};

    #[test]
    fn a_name_cannot_end_its_command() {
        let path = RepoPath::new(*b"a%,b:c\r\n::error::x\x1b").expect("a path");
        let finding = Finding::new(Code::StalePath, format!("'{path}' 5%"), "h").at(&path);
        let other = Finding::new(Code::NotCanonical, "m: n, o", "h");
        assert_eq!(
            document(&FindingsReport::new("check", &[finding, other], Severity::Error, &[])),
            concat!(
                "::error file=a%25%2Cb%3Ac%0D%0A%3A%3Aerror%3A%3Ax\\u{1b},line=1,title=STALE_PATH",
                "::'a%25,b:c%0D%0A::error::x\\u{1b}' 5%25%0Ahelp: h\n",
                "::warning file=.idhooks/registry.json,line=1,title=NOT_CANONICAL",
                "::m: n, o%0Ahelp: h\n",
            )
        );
    }
}
