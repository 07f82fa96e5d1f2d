//! `idhooks metrics` and `idhooks coverage`: figures for monitoring, and how they went.

mod alerts;
mod code;
mod command;
mod coverage;
mod dashboard;
mod dual_write;
mod grammar;
mod health;
mod hurried;
mod past;
mod report;
mod served;
mod writes;

use jsonschema::Validator;
use serde_json::Value;

use crate::common::Repo;

/// Returns a schema that the program prints.
fn schema(repo: &Repo, name: &str) -> Validator {
    let schema = repo.idhooks(["schema", name]).ok().json();
    jsonschema::validator_for(&schema).expect("a schema")
}

/// Asserts that a document fits the schema that the program prints for it.
pub(crate) fn assert_fits(repo: &Repo, name: &str, document: &Value) {
    let schema = schema(repo, name);
    let errors: Vec<String> = schema.iter_errors(document).map(|e| e.to_string()).collect();
    assert!(errors.is_empty(), "{errors:#?}\n{document:#}");
}

/// Commits a file that no hook sees, so that it has no identity.
fn commit_unseen(repo: &Repo, path: &str) {
    repo.stage(path, crate::common::text(path));
    repo.run(["commit", "-q", "--no-verify", "-m", path]);
}

/// Returns the same repository on a day of November 2023, at noon.
fn on_day(repo: &Repo, day: u8) -> Repo {
    let date = format!("2023-11-{day:02}T12:00:00Z");
    repo.with("GIT_AUTHOR_DATE", &date).with("GIT_COMMITTER_DATE", &date)
}
