//! Formats findings as SARIF 2.1.0, which code scanning services and editors read.

use std::collections::BTreeMap;

use idhooks_core::check::{Code, CodeRow, Family, Finding, Related, Severity};
use idhooks_core::registry::RepoPath;
use idhooks_ops::json_text;
use serde::Serialize;

use super::findings_report::FindingsReport;
use super::fingerprint::fingerprints;
use super::json::{One, one};
use super::text::{line_of, percent_encoded, place};

const SCHEMA: &str =
    "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json";

/// The base of all paths: the repository's root, under the name that services use for it.
const TOP: &str = "%SRCROOT%";

#[derive(Serialize)]
struct SarifLog {
    #[serde(rename = "$schema")]
    schema: &'static str,
    version: &'static str,
    runs: [Run; 1],
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Run {
    tool: One<Driver>,
    original_uri_base_ids: One<One<SarifText>>,
    column_kind: &'static str,
    /// Absent if the results are not listed: an empty list would close all alerts from earlier
    /// runs.
    #[serde(skip_serializing_if = "Option::is_none")]
    results: Option<Vec<FindingResult>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    invocations: Option<[Invocation; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Invocation {
    execution_successful: bool,
    tool_execution_notifications: [Notification; 1],
}

#[derive(Serialize)]
struct Notification {
    level: &'static str,
    message: SarifText,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Driver {
    name: &'static str,
    semantic_version: &'static str,
    rules: Vec<Rule>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Rule {
    id: Code,
    short_description: SarifText,
    full_description: SarifText,
    help: SarifText,
    default_configuration: One<&'static str>,
    properties: One<[Family; 1]>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct FindingResult {
    rule_id: Code,
    rule_index: usize,
    level: &'static str,
    message: SarifText,
    locations: [Location; 1],
    #[serde(skip_serializing_if = "Vec::is_empty")]
    related_locations: Vec<Location>,
    partial_fingerprints: One<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    properties: Option<One<String>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Location {
    #[serde(skip_serializing_if = "Option::is_none")]
    physical_location: Option<PhysicalLocation>,
    #[serde(skip_serializing_if = "Option::is_none")]
    message: Option<SarifText>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PhysicalLocation {
    artifact_location: ArtifactLocation,
    region: BTreeMap<&'static str, usize>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ArtifactLocation {
    uri: String,
    uri_base_id: &'static str,
}

type SarifText = One<String>;

/// Returns a message. SARIF treats single braces as placeholders, so they are doubled.
fn text(words: &str) -> SarifText {
    one("text", words.replace('{', "{{").replace('}', "}}"))
}

/// Returns a log that contains one run.
pub(super) fn document(report: &FindingsReport<'_>) -> String {
    let findings = report.findings;
    let is_listed = report.unlisted.is_empty() || !findings.is_empty();
    let results = || {
        findings
            .iter()
            .zip(fingerprints(findings))
            .map(|(finding, fingerprint)| result(finding, fingerprint))
            .collect()
    };
    let invocations = report.note().map(|(note, severity)| {
        let notification = Notification { level: level(severity), message: text(&note) };
        // The run itself succeeded: results that are not listed were left out on request.
        [Invocation { execution_successful: true, tool_execution_notifications: [notification] }]
    });
    let driver = Driver {
        name: env!("CARGO_PKG_NAME"),
        semantic_version: env!("CARGO_PKG_VERSION"),
        rules: Code::ALL.into_iter().map(rule).collect(),
    };
    let run = Run {
        tool: one("driver", driver),
        original_uri_base_ids: one(TOP, one("description", text("The top of the repository."))),
        column_kind: "unicodeCodePoints",
        results: is_listed.then(results),
        invocations,
    };
    json_text(&SarifLog { schema: SCHEMA, version: "2.1.0", runs: [run] }) + "\n"
}

fn rule(id: Code) -> Rule {
    let CodeRow { severity, family, meaning, why, example, remedy, .. } = id.row();
    Rule {
        id,
        short_description: text(meaning),
        full_description: text(why),
        help: text(&format!("{remedy}\n\nExample: {example}")),
        default_configuration: one("level", level(*severity)),
        properties: one("tags", [*family]),
    }
}

fn result(finding: &Finding, fingerprint: String) -> FindingResult {
    FindingResult {
        rule_id: finding.code,
        // `rules` lists all codes in the order of `Code::ALL`, which is the order of the variants.
        rule_index: finding.code as usize,
        level: level(finding.severity),
        message: text(&format!("{}\nhelp: {}", finding.message, finding.help)),
        locations: [Location { physical_location: Some(located(finding)), message: None }],
        related_locations: finding.related.iter().map(related).collect(),
        partial_fingerprints: one("idhooks/v1", fingerprint),
        properties: finding.id.clone().map(|id| one("id", id)),
    }
}

fn related(related: &Related) -> Location {
    let id = related.id.iter().map(|id| format!("identity {id}"));
    let commit = related.commit.iter().map(|commit| format!("commit {commit}"));
    let words: Vec<String> = id.chain(commit).collect();
    Location {
        physical_location: related.path.as_ref().map(at),
        message: (!words.is_empty()).then(|| text(&words.join(", "))),
    }
}

/// Returns the location of a finding.
fn located(finding: &Finding) -> PhysicalLocation {
    let mut location = at(&place(finding));
    if let Some((line, column)) = line_of(finding) {
        location.region = BTreeMap::from([("startLine", line), ("startColumn", column)]);
    }
    location
}

fn at(path: &RepoPath) -> PhysicalLocation {
    let artifact_location =
        ArtifactLocation { uri: percent_encoded(path.as_bytes(), b"-._~/"), uri_base_id: TOP };
    // GitHub requires a line for every result, even if the result is about a whole file.
    PhysicalLocation { artifact_location, region: one("startLine", 1) }
}

fn level(severity: Severity) -> &'static str {
    match severity {
        Severity::Error => "error",
        Severity::Warning => "warning",
        Severity::Info => "note",
    }
}
