//! Formats findings as SARIF 2.1.0, which code scanning services and editors read.

use std::fmt::Write;

use idhooks_core::check::{Code, Explanation, Finding, Related, Severity};
use idhooks_core::registry::RepoPath;
use idhooks_core::registry::json::{Members, write_string};

use super::findings_format::place;
use super::fingerprint::fingerprints;
use super::json::{lines, object};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The base of all paths: the top of the repository, under the name that services use.
const TOP: &str = "%SRCROOT%";

/// Returns a log with one run.
pub(super) fn document(findings: &[Finding]) -> String {
    let mut out = String::new();
    object(&mut out, |log| {
        log.string("$schema", SCHEMA);
        log.string("version", "2.1.0");
        lines(log.key("runs"), [findings], |out, findings| object(out, |run| fill(run, findings)));
    });
    out.push('\n');
    out
}

fn fill(run: &mut Members<'_>, findings: &[Finding]) {
    object(run.key("tool"), |tool| {
        object(tool.key("driver"), |driver| {
            driver.string("name", env!("CARGO_PKG_NAME"));
            driver.string("semanticVersion", env!("CARGO_PKG_VERSION"));
            lines(driver.key("rules"), Code::ALL, write_rule);
        });
    });
    object(run.key("originalUriBaseIds"), |bases| {
        object(bases.key(TOP), |top| text(top, "description", "The top of the repository."));
    });
    run.string("columnKind", "unicodeCodePoints");
    let results = findings.iter().zip(fingerprints(findings));
    lines(run.key("results"), results, write_result);
}

fn write_rule(out: &mut String, code: Code) {
    let Explanation { meaning, why, example, remedy } = code.explanation();
    object(out, |rule| {
        rule.string("id", code.as_str());
        text(rule, "shortDescription", meaning);
        text(rule, "fullDescription", why);
        text(rule, "help", &format!("{remedy}\n\nExample: {example}"));
        object(rule.key("defaultConfiguration"), |c| c.string("level", level(code.severity())));
        object(rule.key("properties"), |bag| {
            let tags = bag.key("tags");
            tags.push('[');
            write_string(tags, code.family().as_str());
            tags.push(']');
        });
    });
}

fn write_result(out: &mut String, (finding, fingerprint): (&Finding, String)) {
    let rule = Code::ALL.iter().position(|code| *code == finding.code).unwrap_or_default();
    object(out, |result| {
        result.string("ruleId", finding.code.as_str());
        result.key("ruleIndex").push_str(&rule.to_string());
        result.string("level", level(finding.severity));
        text(result, "message", &format!("{}\nhelp: {}", finding.message, finding.help));
        lines(result.key("locations"), [place(finding)], |out, path| {
            object(out, |location| write_place(location, &path));
        });
        if !finding.related.is_empty() {
            lines(result.key("relatedLocations"), &finding.related, write_related);
        }
        object(result.key("partialFingerprints"), |prints| {
            prints.string("idhooks/v1", &fingerprint);
        });
        if let Some(id) = &finding.id {
            object(result.key("properties"), |bag| bag.string("id", id));
        }
    });
}

fn write_related(out: &mut String, related: &Related) {
    object(out, |location| {
        if let Some(path) = &related.path {
            write_place(location, path);
        }
        let id = related.id.iter().map(|id| format!("identity {id}"));
        let commit = related.commit.iter().map(|commit| format!("commit {commit}"));
        let words: Vec<String> = id.chain(commit).collect();
        if !words.is_empty() {
            text(location, "message", &words.join(", "));
        }
    });
}

fn write_place(location: &mut Members<'_>, path: &RepoPath) {
    object(location.key("physicalLocation"), |place| {
        object(place.key("artifactLocation"), |artifact| {
            artifact.string("uri", &uri(path));
            artifact.string("uriBaseId", TOP);
        });
        object(place.key("region"), |region| region.key("startLine").push('1'));
    });
}

/// Writes a message; single braces would be placeholders, so they are doubled.
fn text(members: &mut Members<'_>, key: &str, words: &str) {
    let words = words.replace('{', "{{").replace('}', "}}");
    object(members.key(key), |message| message.string("text", &words));
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}

/// Returns a path as a relative reference that preserves every byte.
fn uri(path: &RepoPath) -> String {
    path.as_bytes().iter().fold(String::new(), |mut out, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~/".contains(byte) {
            out.push(char::from(*byte));
        } else {
            // Writing to a String cannot fail.
            let _ = write!(out, "%{byte:02X}");
        }
        out
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_percent_encoded_byte_by_byte() {
        let shown = |bytes: &[u8]| uri(&RepoPath::new(bytes).expect("a path"));
        assert_eq!(shown(b"src/a b.py"), "src/a%20b.py");
        assert_eq!(shown("c:/%41?#é".as_bytes()), "c%3A/%2541%3F%23%C3%A9");
        assert_eq!(shown(b"\xff\n"), "%FF%0A");
    }
}
