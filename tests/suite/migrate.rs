//! The migration from a legacy registry file to the registry: each step a commit, which can be repeated,
//! completed and undone.

mod bad_input;
mod beginning;
mod changes;
mod decisions;
mod environment;
mod hints;
mod killed;
mod log;
mod off;
mod path_keys;
mod ready;
mod remedies;
mod reports;
mod round_trip;
mod steps;
mod two_programs;

use crate::common::{Git, Output, Repo, text};
use crate::judge::objects::Objects;

/// The legacy file.
const LEGACY: &str = "registry/ID_REGISTRY.json";
/// The files that steps change.
const OWN: [&str; 4] = [".gitattributes", ".idhooks/registry.json", "idhooks.toml", LEGACY];

/// The records of the legacy file: number, path, and what follows.
const RECORDS: [(&str, &str, &str); 4] = [
    ("0110000001250101", "docs\\\\guide.md", r#""status":"active","metadata":{"owner":"ann"}"#),
    ("2099900002250101", "old/app.py", r#""status":"active","allocated_by":"batch","metadata":{}"#),
    ("0110000003250101", "docs/gone.md", r#""status":"active","metadata":{}"#),
    ("2099900004240101", "lib.py", r#""status":"active","metadata":{"doc_id":"DOC-0004"}"#),
];

/// Returns a classic legacy file with these records.
fn classic(records: &[(&str, &str, &str)]) -> String {
    let record = |(id, path, rest): &(&str, &str, &str)| {
        format!(
            "{{\"id\":\"{id}\",\"file_path\":\"{path}\",\"allocated_at\":\"2025-01-01T10:00:00\",{rest}}}"
        )
    };
    let records: Vec<String> = records.iter().map(record).collect();
    format!(
        "{{\"schema_version\":\"1.0\",\"scope\":\"250101\",\"counters\":{{}},\
         \"metadata\":{{\"version\":\"2.3.1\",\"total_allocated\":4}},\"allocations\":[\n{}\n]}}\n",
        records.join(",\n")
    )
}

/// Returns a repository with files and a legacy file, which are committed, and without a registry.
fn with_legacy(git: &Git) -> Repo {
    with_file(git, LEGACY, &classic(&RECORDS))
}

/// Does the same with another legacy file.
fn with_file(git: &Git, path: &str, content: &str) -> Repo {
    let repo = Repo::empty(git);
    for path in ["docs/guide.md", "src/app.py", "lib.py", "README.md"] {
        repo.stage(path, text(path));
    }
    repo.stage(path, content);
    repo.commit("files");
    repo
}

/// Runs the first step, which must succeed.
fn run_first(repo: &Repo) {
    repo.idhooks(["migrate", "run", "--from", LEGACY]).ok().done();
}

/// Returns the contents of the files of steps in a commit; nothing for one that is not there.
fn own_files(repo: &Repo, rev: &str) -> Vec<Option<Vec<u8>>> {
    let mut objects = Objects::of(repo);
    OWN.map(|path| objects.find(&format!("{rev}:{path}")).map(|file| file.bytes)).into()
}

/// Returns a file of a commit.
fn content(repo: &Repo, rev: &str, path: &str) -> Option<Vec<u8>> {
    let answer = repo.try_git(["show", &format!("{rev}:{path}")]);
    answer.succeeded().then(|| answer.bytes())
}

/// Returns the phase that the status names.
fn phase(repo: &Repo) -> String {
    let status = repo.idhooks("migrate status --format json").ok().json();
    status["phase"].as_str().expect("text").to_owned()
}

/// Asserts that nothing is staged or changed, and that the working files are those of HEAD.
fn assert_clean(repo: &Repo) {
    assert_eq!(repo.ask("status --porcelain"), "", "{}", repo.situation());
}

/// Asserts that an answer is an error of a kind that names something.
#[track_caller]
fn refuses(answer: Output<'_>, code: i32, things: &[&str]) {
    let answer = answer.code(code);
    let said = answer.stdout() + &answer.stderr();
    for thing in things {
        assert!(said.contains(thing), "'{thing}' is missing in:\n{said}");
    }
}
