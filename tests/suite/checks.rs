//! `idhooks check` with all its options: forms of reports, families, baselines, coverage, branches.

mod against;
mod baselines;
mod by_hand;
mod coverage;
mod families;
mod formats;
mod hostile;
mod one_answer;
mod pending;
mod references;
pub(crate) mod xml;

use std::path::Path;

use serde_json::Value;

use crate::common::{Repo, Schema, text};

/// Every form for machines.
const FORMATS: [&str; 7] = ["json", "jsonl", "sarif", "github", "gitlab", "junit", "markdown"];

/// Returns a public schema that lies beside the fixtures.
pub(crate) fn public_schema(name: &str) -> Schema {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("fixtures/schemas").join(name);
    let schema = std::fs::read_to_string(file).expect("a schema");
    Schema::new(serde_json::from_str(&schema).expect("JSON"))
}

/// Returns a schema that the program prints.
pub(crate) fn own_schema(repo: &Repo, name: &str) -> Schema {
    Schema::new(repo.idhooks(["schema", name]).ok().json())
}

pub(crate) fn fits(schema: &Schema, value: &Value) {
    assert_eq!(schema.validate(value), Ok(()), "{value:#}");
}

/// Asserts that a document fits the schema that the program prints for it.
pub(crate) fn assert_fits(repo: &Repo, name: &str, document: &Value) {
    fits(&own_schema(repo, name), document);
}

/// Asserts that a report for machines has the form that others have published, and holds as many
/// findings as it should.
fn assert_form(repo: &Repo, format: &str, report: &[u8], findings: usize) {
    let text = std::str::from_utf8(report).expect("UTF-8");
    let json = || serde_json::from_str::<Value>(text).expect("JSON");
    let length = |value: &Value| value.as_array().expect("an array").len();
    let told = match format {
        "json" => {
            assert_fits(repo, "check", &json());
            length(&json()["findings"])
        }
        "jsonl" => {
            let schema = own_schema(repo, "finding");
            let lines = text.lines().map(|line| serde_json::from_str(line).expect("JSON"));
            lines.inspect(|line| fits(&schema, line)).count()
        }
        "sarif" => {
            fits(&public_schema("sarif-2.1.0.json"), &json());
            length(&json()["runs"][0]["results"])
        }
        "github" => text.lines().inspect(|line| formats::assert_annotation(line)).count(),
        "gitlab" => {
            fits(&public_schema("gitlab.json"), &json());
            length(&json())
        }
        "markdown" => {
            assert!(text.starts_with("<!-- idhooks -->\n### "), "{text}");
            let rows = ["error", "warning", "info"].map(|word| format!("| {word} | `"));
            text.lines().filter(|line| rows.iter().any(|row| line.starts_with(row))).count()
        }
        _ => {
            let document = xml::parse(text);
            fits(&public_schema("junit.json"), &document);
            formats::assert_totals(&document);
            text.matches("<failure ").count() + text.matches("<skipped ").count()
        }
    };
    assert_eq!(told, findings, "{format}: {text}");
}

/// Commits a file as a clone without hooks does.
fn commit_unseen(repo: &Repo, path: &str) {
    repo.stage(path, text(path));
    repo.run(["commit", "-q", "--no-verify", "-m", "unseen"]);
}
