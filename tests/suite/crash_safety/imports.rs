//! SIGKILL at the writes of an import: run again, it leaves the same bytes as one that was not killed.

use super::state::at_one_time;
use super::stops::{Stops, Victim, kill_at, kill_points};
use crate::common::{Repo, gits, text};
use crate::judge;

const LINE: &str = "import ../other.json";
/// Everything that an import writes.
const WRITTEN: [&str; 3] = [".idhooks/registry.json", "idhooks.toml", ".gitattributes"];

/// Writes a registry of another program beside the repository.
fn put(repo: &Repo, records: &[(&str, &str, &str)]) {
    let record = |(id, path, status): &(&str, &str, &str)| {
        format!(
            r#"{{"id":"{id}","file_path":"{path}","allocated_at":"2025-01-01T10:00:00","status":"{status}","metadata":{{"doc_id":"DOC-{id}"}}}}"#
        )
    };
    let records: Vec<String> = records.iter().map(record).collect();
    let head =
        r#"{"schema_version":"1.0","scope":"250101","counters":{},"metadata":{},"allocations":["#;
    repo.write("../other.json", format!("{head}{}]}}", records.join(",\n")));
}

const RECORDS: [(&str, &str, &str); 3] = [
    ("0110000001250101", "docs/guide.md", "active"),
    ("2099900002250101", "old/app.py", "active"),
    ("0110000003250101", "docs/gone.md", "deprecated"),
];
const LATER: (&str, &str, &str) = ("0110000004250101", "docs/later.md", "active");

fn start() -> Repo {
    let repo = Repo::empty(gits().first().expect("there is a git"));
    for path in ["docs/guide.md", "src/app.py", "README.md"] {
        repo.stage(path, text(path));
    }
    repo.commit("files");
    put(&repo, &RECORDS);
    at_one_time(&repo)
}

/// Asserts that what was written is the same in both, in the working tree and in the index.
fn assert_same(repo: &Repo, undisturbed: &Repo, place: &str) {
    let both = |repo: &Repo, path: &str| {
        [repo.read(path), repo.git(["show", &format!(":{path}")]).bytes()]
    };
    for path in WRITTEN {
        let is_same = both(repo, path) == both(undisturbed, path);
        assert!(is_same, "{path}: {place}\n{}", repo.situation());
    }
}

/// Imports again; where something was half done, the message says how to undo that first.
fn again(repo: &Repo) {
    let answer = repo.idhooks(LINE);
    if !answer.succeeded() {
        answer.code(2).complains("was interrupted").complains("idhooks import --rollback").done();
        repo.idhooks("import --rollback").ok().done();
        repo.idhooks(LINE).ok().done();
    }
}

/// Kills the import at its writes, and imports again.
fn kill_everywhere(start: &Repo, least: usize) {
    let undisturbed = start.copy_as("undisturbed");
    let line = format!("idhooks {LINE}");
    let ended = Stops::start(&undisturbed, &line).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    kill_at(&kill_points(&ended, least), start, &line, Victim::Idhooks, |repo, point| {
        again(repo);
        assert_same(repo, &undisturbed, &format!("killed in '{point}'"));
        // And once more it is all there.
        let said = repo.idhooks(LINE).ok().stdout();
        assert!(said.starts_with("imported 0 records; "), "{said}");
        assert_same(repo, &undisturbed, &format!("killed in '{point}', twice"));
        repo.idhooks("check").ok().done();
    });
    undisturbed.idhooks("install").ok().done();
    undisturbed.commit("adopt");
    judge::assert_all_consistent(&undisturbed);
}

#[test]
fn first_import() {
    kill_everywhere(&start(), 4);
}

#[test]
fn import_of_more_records() {
    let repo = start();
    repo.idhooks(LINE).ok().done();
    repo.commit("adopt");
    repo.stage("docs/later.md", text("later"));
    put(&repo, &[RECORDS.as_slice(), &[LATER]].concat());
    kill_everywhere(&repo, 4);
}
