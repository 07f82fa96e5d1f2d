//! Formats findings as JUnit XML, which most services display as test results.
//!
//! Each code with findings becomes a suite, and so do the unmet limits. A finding that does not
//! make the check fail is a skipped test, so that the report is red only if the check fails.
//! Everything left out is represented by a single test.

use idhooks_core::check::{Finding, Severity};

use super::findings_report::FindingsReport;
use super::text::{line_of, place};

/// Returns a command's report. If there are no findings, it contains one passed test, because some
/// readers reject an empty report.
pub(super) fn document(report: &FindingsReport<'_>) -> String {
    let FindingsReport { command, findings, unmet, .. } = *report;
    let failed_in = |findings: &[&Finding]| {
        findings.iter().filter(|finding| report.is_failure(finding)).count()
    };
    let mut sorted: Vec<&Finding> = findings.iter().collect();
    // The sort is stable, so findings with the same code stay in the same order as in the other
    // formats.
    sorted.sort_by_key(|finding| finding.code);
    let failed = failed_in(&sorted);
    let note = report.note().map(|(note, severity)| (note, severity == Severity::Error));
    let unlisted_failed = usize::from(matches!(note, Some((_, true))));
    let unlisted_skipped = usize::from(matches!(note, Some((_, false))));
    let skipped = sorted.len() - failed + unlisted_skipped;
    let all = totals(failed + unlisted_failed + unmet.len(), skipped);
    let mut out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned();
    out.push_str(&format!("<testsuites name=\"idhooks {command}\" {all}>\n"));
    if sorted.is_empty() && unmet.is_empty() && note.is_none() {
        out.push_str(&format!("  <testsuite name=\"idhooks {command}\" {all}>\n"));
        out.push_str("    <testcase name=\"no findings\" classname=\"idhooks\" time=\"0\"/>\n");
        out.push_str("  </testsuite>\n");
    }
    for suite in sorted.chunk_by(|one, next| one.code == next.code) {
        out.push_str(&format!(
            "  <testsuite name=\"{}\" {}>\n",
            suite[0].code,
            totals(failed_in(suite), suite.len() - failed_in(suite))
        ));
        suite.iter().for_each(|finding| write_case(&mut out, finding, report.is_failure(finding)));
        out.push_str("  </testsuite>\n");
    }
    if let Some((note, fails)) = note {
        let totals = totals(unlisted_failed, unlisted_skipped);
        out.push_str(&format!("  <testsuite name=\"not listed\" {totals}>\n"));
        write_unlisted(&mut out, &note, fails);
        out.push_str("  </testsuite>\n");
    }
    if !unmet.is_empty() {
        out.push_str(&format!("  <testsuite name=\"limits\" {}>\n", totals(unmet.len(), 0)));
        unmet.iter().for_each(|one| write_limit(&mut out, one));
        out.push_str("  </testsuite>\n");
    }
    out + "</testsuites>\n"
}

/// Returns the attributes of a suite with this many failed and skipped tests. If both numbers are
/// zero, the suite gets one passed test.
fn totals(failures: usize, skipped: usize) -> String {
    // A suite with no tests is treated as an empty report too.
    let tests = (failures + skipped).max(1);
    format!(
        "tests=\"{tests}\" failures=\"{failures}\" errors=\"0\" skipped=\"{skipped}\" time=\"0\""
    )
}

fn write_unlisted(out: &mut String, note: &str, fails: bool) {
    let note = attribute(note);
    let result = match fails {
        true => format!("<failure message=\"{note}\" type=\"error\"/>"),
        false => format!("<skipped message=\"{note}\"/>"),
    };
    out.push_str(&format!(
        "    <testcase name=\"{note}\" classname=\"idhooks.not_listed\" time=\"0\">\n      {result}\n    </testcase>\n"
    ));
}

fn write_case(out: &mut String, finding: &Finding, fails: bool) {
    let (code, place) = (finding.code, place(finding).to_string());
    let at = line_of(finding).map(|(line, column)| format!("{place}:{line}:{column}"));
    let name = match (&finding.id, at) {
        (_, Some(at)) => at,
        (Some(id), _) => format!("{place} ({id})"),
        // A file name may consist entirely of characters that are not allowed in XML, but a test
        // case needs a name.
        _ if place.contains(is_xml) => place,
        _ => code.to_string(),
    };
    let (name, message) = (attribute(&name), attribute(&finding.message));
    out.push_str(&format!(
        "    <testcase name=\"{name}\" classname=\"idhooks.{code}\" time=\"0\">\n"
    ));
    if fails {
        let severity = finding.severity.as_str();
        let words = content(&format!("{}\nhelp: {}", finding.message, finding.help));
        out.push_str(&format!(
            "      <failure message=\"{message}\" type=\"{severity}\">{words}</failure>\n"
        ));
    } else {
        out.push_str(&format!("      <skipped message=\"{message}\"/>\n"));
    }
    out.push_str("    </testcase>\n");
}

fn write_limit(out: &mut String, unmet: &str) {
    let (name, words) = (attribute(unmet), content(unmet));
    out.push_str(&format!(
        "    <testcase name=\"{name}\" classname=\"idhooks.limits\" time=\"0\">\n      <failure message=\"{name}\" type=\"error\">{words}</failure>\n    </testcase>\n"
    ));
}

/// Escapes text between tags, and drops characters that are not allowed in XML.
fn content(text: &str) -> String {
    let text = text.chars().filter(|c| is_xml(*c)).collect::<String>();
    let text = text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    // XML readers convert an unescaped CR to LF.
    text.replace('\r', "&#13;")
}

/// Escapes an attribute value. XML readers convert unescaped newlines and tabs in it to spaces.
fn attribute(text: &str) -> String {
    content(text).replace('"', "&quot;").replace('\n', "&#10;").replace('\t', "&#9;")
}

/// Returns whether a character is allowed in XML 1.0, escaped or not.
fn is_xml(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{fffd}' | '\u{10000}'..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use idhooks_core::check::Code;

    #[test]
    fn text_and_attributes_are_escaped() {
        assert_eq!(
            content("a<b>&\"\r\n\u{0}\u{1b}\u{ffff}]]>é😀"),
            "a&lt;b&gt;&amp;\"&#13;\n]]&gt;é😀"
        );
        assert_eq!(attribute("\"'\n\t"), "&quot;'&#10;&#9;");
    }

    #[test]
    fn what_does_not_fail_the_check_is_skipped() {
        let findings = [
            Finding::new(Code::StalePath, "stale", "h"),
            Finding::new(Code::NotCanonical, "form", "h"),
        ];
        let text = |findings: &[Finding], least, unmet: &[String]| {
            document(&FindingsReport::new("check", findings, least, unmet))
        };
        let red = |least| text(&findings, least, &[]).matches("<failure ").count();
        assert_eq!((red(Severity::Error), red(Severity::Warning)), (1, 2));
        let none = " tests=\"1\" failures=\"0\" errors=\"0\" skipped=\"0\"";
        assert!(text(&[], Severity::Error, &[]).contains(none));
        let unmet = text(&[], Severity::Error, &["coverage is 80%, less than 95%".to_owned()]);
        assert!(
            unmet.contains(" tests=\"1\" failures=\"1\" errors=\"0\" skipped=\"0\""),
            "{unmet}"
        );
        assert!(unmet.contains("<failure message=\"coverage is 80%, less than 95%\""), "{unmet}");
    }
}
