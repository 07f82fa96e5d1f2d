//! Imports that are repeated: what is there already stays, what differs is listed, the last one can be
//! undone.

use std::fs;

use crate::common::{Git, Repo, Snapshot, for_each_git, text};
use crate::judge;

/// The records of a registry that another program wrote: number, path, and what follows.
const RECORDS: [(&str, &str, &str); 4] = [
    ("0110000001250101", "docs\\\\guide.md", r#""status":"active","metadata":{"owner":"ann"}"#),
    ("2099900002250101", "old/app.py", r#""status":"active","metadata":{}"#),
    ("0110000003250101", "docs/gone.md", r#""status":"active","metadata":{}"#),
    (
        "2099900004250101",
        "lib.py",
        r#""status":"deprecated","metadata":{},"deprecated_reason":"obsolete""#,
    ),
];

fn line((id, path, rest): &(&str, &str, &str)) -> String {
    format!(
        "{{\"id\":\"{id}\",\"file_path\":\"{path}\",\"allocated_at\":\"2025-01-01T10:00:00\",{rest}}}"
    )
}

fn classic(records: &[(&str, &str, &str)]) -> String {
    let records: Vec<String> = records.iter().map(line).collect();
    format!(
        "{{\"schema_version\":\"1.0\",\"scope\":\"250101\",\"counters\":{{}},\"metadata\":{{}},\"allocations\":[{}]}}",
        records.join(",\n")
    )
}

/// A repository with files that are committed, and a file beside it.
struct Beside {
    repo: Repo,
    file: String,
}

impl Beside {
    fn new(git: &Git, name: &str, content: impl AsRef<[u8]>) -> Self {
        let repo = Repo::empty(git);
        for path in ["docs/guide.md", "src/app.py", "README.md"] {
            repo.stage(path, text(path));
        }
        repo.commit("files");
        let file = repo.root().join(name).to_str().expect("a plain path").to_owned();
        let beside = Beside { repo, file };
        beside.put(content);
        beside
    }

    fn put(&self, content: impl AsRef<[u8]>) {
        fs::write(&self.file, content).expect("writable");
    }

    fn import(&self, options: &[&str]) -> crate::common::Output<'_> {
        let args = ["import", &self.file].into_iter().chain(options.iter().copied());
        self.repo.idhooks(args.map(std::ffi::OsString::from).collect::<Vec<_>>())
    }

    /// Asserts that an import ends with a code and a text, and changes nothing.
    #[track_caller]
    fn changes_nothing(&self, options: &[&str], code: i32, thing: &str) {
        let before = Snapshot::of(&self.repo);
        let out = self.import(options).code(code);
        let said = out.stdout() + &out.stderr();
        assert!(said.contains(thing), "{thing}: {said}");
        before.assert_same(&self.repo);
    }
}

#[test]
fn new_records_are_added_and_those_that_differ_only_on_request() {
    for_each_git(|git| {
        let beside = Beside::new(git, "registry.json", classic(&RECORDS));
        let repo = &beside.repo;
        repo.idhooks("import docs").code(2).explains("docs").done();
        for line in ["import --update", "import --rollback x.json"] {
            repo.idhooks(line).code(2).done();
        }
        beside.import(&[]).ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        repo.stage("new.md", text("new"));
        let mut records = RECORDS.to_vec();
        records.push((
            "0199900009250101",
            "somewhere/new.md",
            r#""status":"active","metadata":{}"#,
        ));
        beside.put(classic(&records));
        let said = beside.import(&[]).ok().stdout();
        assert!(said.ends_with("imported 1 record; 4 already present\n"), "{said}");
        repo.commit("new");
        assert_eq!(repo.id("new.md"), "0199900009250101");
        records[0].2 = r#""status":"active","metadata":{"owner":"bob","note":"x"}"#;
        records[1].2 = r#""status":"deprecated","metadata":{},"deprecated_reason":"obsolete""#;
        beside.put(classic(&records));
        beside.changes_nothing(&[], 1, "2 records differ; nothing was imported");
        beside.changes_nothing(&[], 1, "0110000001250101: metadata.owner: 'ann' -> 'bob'\n");
        beside.changes_nothing(&[], 1, "2099900002250101: status: 'active' -> 'deprecated'\n");
        beside.changes_nothing(&["--dry-run", "--update"], 0, "would update 2; 3 already present");
        // A conflict refuses everything.
        records.push(("0199900008250101", "README.md", r#""status":"active","metadata":{}"#));
        beside.put(classic(&records));
        beside.changes_nothing(&[], 2, "0199900008250101 belongs to 'README.md'");
        records.pop();
        beside.put(classic(&records));
        let said = beside.import(&["--update"]).ok().stdout();
        assert!(said.contains("imported 0 records, updated 2; 3 already present"), "{said}");
        beside.changes_nothing(&["--update"], 0, "imported 0 records; 5 already present");
        repo.commit("updated");
        assert_eq!(repo.record("0110000001250101")["metadata"]["owner"], "bob");
        assert_eq!(repo.record("2099900002250101")["status"], "deprecated");
        judge::assert_all_consistent(repo);
    });
}

#[test]
fn the_last_import_can_be_undone_until_something_else_happens() {
    for_each_git(|git| {
        let beside = Beside::new(git, "registry.json", classic(&RECORDS));
        let repo = &beside.repo;
        let refuses = |thing: &str| {
            let before = Snapshot::of(repo);
            repo.idhooks("import --rollback").code(2).explains(thing).done();
            before.assert_same(repo);
        };
        refuses("no run to undo");
        repo.stage(".gitattributes", "*.py text\n");
        let before = Snapshot::of(repo);
        beside.import(&[]).ok().done();
        let after = Snapshot::of(repo);
        repo.idhooks("import --rollback --dry-run").ok().done();
        after.assert_same(repo);
        repo.idhooks("import --rollback").ok().complains("undid 'idhooks import ").done();
        before.assert_same(repo);
        assert!(!repo.exists(".idhooks"));
        refuses("no run to undo");
        beside.import(&[]).ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        refuses("is committed");
        // The records that are added to an adopted repository.
        repo.stage("new.md", text("new"));
        let state = || {
            let staged = repo.ask("ls-files --stage");
            (staged, repo.read(".idhooks/registry.json"), repo.ask("status --porcelain"))
        };
        let before = state();
        let mut records = RECORDS.to_vec();
        records.push(("0199900009250101", "new.md", r#""status":"active","metadata":{}"#));
        beside.put(classic(&records));
        beside.import(&[]).ok().done();
        repo.idhooks("import --rollback").ok().done();
        // The old registry is kept as a backup, under a ref.
        assert_eq!(state(), before);
        beside.import(&[]).ok().done();
        repo.idhooks("reserve --type 20 --ns 999 --count 1").ok().done();
        refuses("1 file was changed since 'idhooks import ");
        repo.commit("new");
        refuses("changed since");
        repo.idhooks("rename --to-id-prefix new.md").ok().done();
        refuses("the last run is 'idhooks rename --to-id-prefix', not 'import'");
        repo.idhooks("rename --rollback").ok().done();
        repo.idhooks("audit verify").ok().done();
        judge::assert_all_consistent(repo);
    });
}

#[test]
fn every_record_that_is_taken_has_an_event() {
    for_each_git(|git| {
        let beside = Beside::new(git, "other.json", classic(&RECORDS));
        beside.import(&[]).ok().done();
        let lines = beside.repo.idhooks("audit query --format jsonl").ok().stdout();
        let events = lines.lines().map(|line| {
            let event: serde_json::Value = serde_json::from_str(line).expect("JSON");
            let text = |value: &serde_json::Value| value.as_str().map(str::to_owned);
            (text(&event["event"]).expect("a word"), text(&event["data"]["id"]))
        });
        let events: Vec<_> = events.collect();
        for (id, path, _) in RECORDS {
            let own: Vec<&str> = events
                .iter()
                .filter(|(word, of)| of.as_deref() == Some(id) && word != "edited")
                .map(|(word, _)| &**word)
                .collect();
            // One is deprecated as it arrives, and one since its file is not found.
            let is_gone = ["0110000003250101", "2099900004250101"].contains(&id);
            assert_eq!(own, [if is_gone { "deprecated" } else { "allocated" }], "{path}");
        }
    });
}

#[test]
fn what_the_next_commit_would_undo_is_no_difference() {
    for_each_git(|git| {
        let beside = Beside::new(git, "registry.json", classic(&RECORDS));
        let repo = &beside.repo;
        beside.import(&[]).ok().done();
        repo.idhooks("install").ok().done();
        repo.commit("adopt");
        let mut records = RECORDS.to_vec();
        records[0].2 = r#""status":"deprecated","metadata":{"owner":"ann"}"#;
        records[1].2 = r#""status":"superseded","superseded_by":"0110000001250101""#;
        let put = |records: &[_]| {
            let gone = "docs/gone.md\",\"allocated_at\":\"2025-01-01T10:00:00\"";
            let other = "docs/gone.md\",\"allocated_at\":\"2024-05-05T05:05:05Z\"";
            beside.put(classic(records).replace(gone, other));
        };
        put(&records);
        let notes = [
            "0110000001250101 stays active, not deprecated: its file is there, and no reason is given",
            "2099900002250101 stays active, not superseded: its file is there",
            "0110000003250101 keeps its time 2025-01-01T10:00:00Z, not 2024-05-05T05:05:05Z",
        ];
        for note in notes {
            beside.changes_nothing(&[], 0, note);
            beside.changes_nothing(&["--update"], 0, note);
        }
        let plan = repo.idhooks("migrate plan --from ../registry.json --report json").ok().json();
        assert_eq!(plan["notes"], serde_json::json!(notes));
        assert_eq!((&plan["update"], &plan["unchanged"]), (&0.into(), &4.into()), "{plan}");
        records[0].2 = r#""status":"deprecated","metadata":{"owner":"bob"}"#;
        put(&records);
        let said = beside.import(&["--update"]).ok().stdout();
        assert!(said.starts_with("0110000001250101: metadata.owner: 'ann' -> 'bob'\n"), "{said}");
        assert!(!repo.git("commit -m updated").ok().stderr().contains("undid"));
        beside.changes_nothing(&[], 0, "imported 0 records; 4 already present");
        judge::assert_all_consistent(repo);
    });
}
