//! A registry goes there and back, again and again: nothing changes but what the first plan listed.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value, json};

use super::{LEGACY, content};
use crate::common::{Dice, Git, Repo, Snapshot, for_each_git, is_long, text};

/// The number of records by default, and with `IDHOOKS_TEST_ALL=1`.
const RECORDS: [usize; 2] = [40, 400];
const SCOPES: [&str; 2] = ["250101", "240101"];

/// The files of a repository, and a legacy file about what they were once.
struct Generated {
    files: Vec<String>,
    records: Vec<Value>,
}

fn count() -> usize {
    RECORDS[usize::from(is_long())]
}

/// Makes records in two scopes with foreign keys, naive timestamps, backslashes and stale paths.
fn generated(seed: u64) -> Generated {
    let mut dice = Dice::new(seed);
    let (mut files, mut records) = (Vec::new(), Vec::new());
    for n in 1..=count() {
        let (extension, kind) = *dice.choose(&[("md", "01"), ("py", "20"), ("txt", "02")]);
        let dir = *dice.choose(&["docs", "src/core", "src/Ünïcode dir", "a b"]);
        let scope = SCOPES[usize::from(dice.roll(4) == 0)];
        let name = format!("file-{n}.{extension}");
        let path = format!("{dir}/{name}");
        let mut record = Map::new();
        record.insert("id".into(), json!(format!("{kind}100{n:05}{scope}")));
        let is_there = dice.roll(10) > 0;
        // The other program has not seen some files move.
        let old = if dice.roll(8) == 0 { format!("before/{name}") } else { path.clone() };
        let separator = if dice.roll(3) == 0 { "\\" } else { "/" };
        record.insert("file_path".into(), json!(old.replace('/', separator)));
        let day = 1 + dice.roll(28);
        let zone = *dice.choose(&["", "Z", ".250000", "+02:00"]);
        record.insert(
            "allocated_at".into(),
            json!(format!("2025-0{}-{day:02}T08:09:10{zone}", 1 + dice.roll(9))),
        );
        let is_active = is_there || dice.roll(2) == 0;
        record.insert("status".into(), json!(if is_active { "active" } else { "deprecated" }));
        let mut metadata = Map::new();
        if dice.roll(2) == 0 {
            metadata.insert("owner".into(), json!(*dice.choose(&["ann", "bob", "名前"])));
        }
        if dice.roll(5) == 0 {
            let place = if n % 2 == 0 { &mut metadata } else { &mut record };
            place.insert("doc_id".into(), json!(format!("DOC-{n:04}")));
        }
        if dice.roll(7) == 0 {
            record.insert("allocated_by".into(), json!("batch"));
            record.insert("superseded_by".into(), Value::Null);
            metadata.insert("tags".into(), json!(["a", { "deep": [1, 2.50, null] }]));
        }
        record.insert("metadata".into(), Value::Object(metadata));
        records.push(Value::Object(record));
        if is_there {
            files.push(path);
        }
    }
    Generated { files, records }
}

impl Generated {
    fn classic(&self) -> String {
        let whole = json!({
            "schema_version": "1.0", "scope": SCOPES[0], "counters": {},
            "metadata": {
                "version": "2.3.1", "last_updated": "2025-11-30T08:00:00.123456",
                "total_allocated": 7, "team": "docs"
            },
            "allocations": self.records,
        });
        serde_json::to_string_pretty(&whole).expect("JSON")
    }

    fn jsonl(&self) -> String {
        self.records.iter().map(|record| format!("{record}\n")).collect()
    }

    fn csv(&self) -> String {
        let mut writer = csv::Writer::from_writer(Vec::new());
        let columns =
            ["owner", "file_path", "id", "allocated_at", "doc_id", "status", "allocated_by"];
        writer.write_record(columns).expect("memory");
        for record in &self.records {
            let cell = |name: &str| {
                let value = match &record["metadata"][name] {
                    Value::Null => &record[name],
                    value => value,
                };
                value.as_str().unwrap_or_default().to_owned()
            };
            writer.write_record(columns.map(cell)).expect("memory");
        }
        String::from_utf8(writer.into_inner().expect("memory")).expect("text")
    }

    /// Returns a repository with these files, and the legacy file at a path.
    fn repo(&self, git: &Git, path: &str, legacy: &str) -> Repo {
        let date = "1800000000 +0000";
        let repo = Repo::empty(git).with("GIT_AUTHOR_DATE", date).with("GIT_COMMITTER_DATE", date);
        for path in &self.files {
            repo.write(path, text(path));
        }
        repo.write(path, legacy);
        repo.run("add -A");
        repo.commit("files");
        repo
    }
}

/// The fields of records as any program reads them, by identity and name; the head has no identity.
type Fields = BTreeMap<(String, String), String>;

/// Reads a legacy file without a line of idhooks.
fn fields(text: &str, path: &str) -> Fields {
    let mut fields = Fields::new();
    let plain = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let mut add = |id: &str, object: &Map<String, Value>| {
        for (name, value) in object {
            match value {
                Value::Object(inner) if name == "metadata" => {
                    for (name, value) in inner {
                        fields.insert((id.into(), format!("metadata.{name}")), plain(value));
                    }
                }
                value => drop(fields.insert((id.into(), name.clone()), plain(value))),
            }
        }
    };
    let id_of = |record: &Map<String, Value>| record["id"].as_str().expect("text").to_owned();
    if path.ends_with(".csv") {
        let mut reader = csv::Reader::from_reader(text.as_bytes());
        let names = reader.headers().expect("a head").clone();
        for row in reader.records() {
            let row = row.expect("a row");
            let cells = names.iter().zip(&row).filter(|(_, cell)| !cell.is_empty());
            let record = cells.map(|(name, cell)| (name.to_owned(), json!(cell))).collect();
            add(&id_of(&record), &record);
        }
    } else if path.ends_with(".jsonl") {
        for line in text.lines() {
            let record: Map<String, Value> = serde_json::from_str(line).expect("JSON");
            add(&id_of(&record), &record);
        }
    } else {
        let mut whole: Map<String, Value> = serde_json::from_str(text).expect("JSON");
        let records = whole.remove("allocations").expect("a list");
        add("", &whole);
        let records: Vec<Map<String, Value>> = serde_json::from_value(records).expect("records");
        records.iter().for_each(|record| add(&id_of(record), record));
    }
    fields
}

/// What differs between two files: identity, field, value before and afterwards.
type Differences = BTreeSet<(String, String, Option<String>, Option<String>)>;

fn differences(before: &Fields, after: &Fields) -> Differences {
    let keys: BTreeSet<&(String, String)> = before.keys().chain(after.keys()).collect();
    let of = |key: &(String, String)| {
        let (from, to) = (before.get(key).cloned(), after.get(key).cloned());
        (from != to).then(|| (key.0.clone(), key.1.clone(), from, to))
    };
    keys.into_iter().filter_map(of).collect()
}

/// Returns what a plan says about the legacy file.
fn planned(plan: &Value) -> Differences {
    let mut all = Differences::new();
    let mut add = |id: &str, changes: &Value| {
        for change in changes.as_array().expect("a list") {
            let text = |name: &str| change[name].as_str().map(str::to_owned);
            let field = text("field").expect("a name");
            all.insert((id.to_owned(), field, text("from"), text("to")));
        }
    };
    add("", &plan["head"]);
    for record in plan["records"].as_array().expect("a list") {
        add(record["key"].as_str().expect("text"), &record["changes"]);
    }
    all
}

/// Compares numbers and objects by value, since their spelling is the concern of other tests.
fn normalized(all: Differences) -> Differences {
    let plain = |text: Option<String>| {
        text.map(|text| {
            serde_json::from_str::<Value>(&text).map_or(text, |value| value.to_string())
        })
    };
    let all = all.into_iter().map(|(id, field, from, to)| (id, field, plain(from), plain(to)));
    all.filter(|(_, _, from, to)| from != to).collect()
}

#[test]
fn nothing_changes_but_what_the_first_plan_listed() {
    for_each_git(|git| {
        let all = generated(22);
        for (path, original) in
            [(LEGACY, all.classic()), ("old/ids.jsonl", all.jsonl()), ("old/ids.csv", all.csv())]
        {
            let repo = all.repo(git, path, &original);
            let before = Snapshot::of(&repo);
            let line = ["migrate", "plan", "--from", path, "--report", "json"];
            let plan = repo.idhooks(line).ok().json();
            before.assert_same(&repo);
            assert_eq!(plan["records"].as_array().map(Vec::len), Some(count()));
            assert_eq!(plan["skip"], 0);
            repo.idhooks(["migrate", "run", "--from", path]).ok().done();
            let derived =
                String::from_utf8(content(&repo, "HEAD", path).expect("there")).expect("text");
            let (old, new) = (fields(&original, path), fields(&derived, path));
            let allocated = plan["added"].as_array().expect("a list");
            let new_ids: BTreeSet<&str> =
                allocated.iter().map(|one| one["id"].as_str().expect("text")).collect();
            let mut real = differences(&old, &new);
            real.retain(|(id, ..)| !new_ids.contains(id.as_str()));
            assert_eq!(normalized(real), normalized(planned(&plan)), "{path}");
            // Every record of the original is still there, with every field that it had.
            let lost: Vec<_> = old.keys().filter(|key| !new.contains_key(*key)).collect();
            assert!(lost.is_empty(), "{path}: {lost:?}");
            repo.idhooks("check --rev HEAD").ok().done();
            again_and_again(&repo, path, &derived);
            elsewhere(git, &all, path, &derived);
        }
    });
}

/// Builds each side from the other, several times.
fn again_and_again(repo: &Repo, path: &str, derived: &str) {
    let registry = repo.registry("HEAD");
    for _ in 0..if is_long() { 3 } else { 1 } {
        let exported = repo.idhooks("export --format legacy").ok().stdout();
        assert_eq!(exported, derived, "{path}");
        repo.run("rm -q .idhooks/registry.json");
        repo.run("commit -q --no-verify -m lost");
        repo.idhooks("migrate run --from legacy").ok().done();
        assert_same_lines(&repo.registry("HEAD"), &registry, path);
        let before = Snapshot::of(repo);
        let plan =
            repo.idhooks(["migrate", "plan", "--report", "json", "--from", path]).ok().json();
        assert_eq!(
            plan["unchanged"].as_u64(),
            plan["records"].as_array().map(|all| all.len() as u64)
        );
        assert_eq!(planned(&plan), Differences::new(), "{path}");
        repo.idhooks("migrate run --to legacy-leads").ok().done();
        repo.idhooks("migrate verify").ok().done();
        before.assert_same(repo);
    }
}

/// Asserts that two texts are the same, and else shows the first line that differs.
fn assert_same_lines(one: &[u8], other: &[u8], path: &str) {
    let [one, other] = [one, other].map(String::from_utf8_lossy);
    let differ = one.lines().zip(other.lines()).find(|(one, other)| one != other);
    assert!(one == other, "{path}: {differ:#?}");
}

/// Migrates the derived file where there was no registry before: it stays as it is, byte for byte.
fn elsewhere(git: &Git, all: &Generated, path: &str, derived: &str) {
    let repo = all.repo(git, path, derived);
    repo.idhooks(["migrate", "run", "--from", path]).ok().done();
    let again = String::from_utf8(content(&repo, "HEAD", path).expect("there")).expect("text");
    assert_eq!(again, derived, "{path}");
}

/// Numbers that the other program gave to files which it has forgotten: its counter is above all of its
/// records, until new files get higher numbers.
#[test]
fn a_counter_above_the_records_is_passed_by_new_files() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("a.md", text("a"));
        let legacy = r#"{"schema_version":"1.0","scope":"250101","counters":{"100_01_250101":{"current":57,"allocated":1,"reserved":[]}},"metadata":{},"allocations":[{"id":"0110000003250101","file_path":"a.md","allocated_at":"2025-01-01T10:00:00","status":"active","metadata":{}}]}"#;
        repo.commit_file(LEGACY, legacy);
        super::run_first(&repo);
        repo.idhooks("install").ok().done();
        repo.idhooks("migrate verify").ok().done();
        repo.stage("b.md", text("b"));
        repo.commit("a new file");
        assert!(repo.ask("show HEAD:.idhooks/registry.json").contains(r#""floor":57"#));
        repo.idhooks("migrate verify").ok().done();
        let before = repo.ask("rev-parse HEAD");
        repo.idhooks("migrate run --from legacy").ok().done();
        assert_eq!(
            repo.ask("rev-parse HEAD"),
            before,
            "a rebuild of what is there changes nothing"
        );
        repo.idhooks("migrate run --to registry-leads --force").ok().done();
    });
}

/// Programs that write second identities as keys or columns of their own find them there.
#[test]
fn second_identities_beside_the_metadata_find_their_files() {
    for_each_git(|git| {
        let at = "2025-01-01T00:00:00Z";
        let row =
            |n: u8, doc_id: &str| format!("f{n}.md,011000000{n}250101,active,{at},{doc_id}\n");
        let line = |n: u8, doc_id: &str| {
            format!(
                "{{\"id\":\"011000000{n}250101\",\"file_path\":\"f{n}.md\",\"status\":\"active\",\
                 \"allocated_at\":\"{at}\",\"metadata\":{{}},\"doc_id\":\"{doc_id}\"}}\n"
            )
        };
        let table = |doc_ids: [&str; 2]| {
            let head = "path,id,status,allocated_at,doc_id\n";
            format!("{head}{}{}", row(1, doc_ids[0]), row(2, doc_ids[1]))
        };
        let lines = |doc_ids: [&str; 2]| line(1, doc_ids[0]) + &line(2, doc_ids[1]);
        let classic = |doc_ids: [&str; 2]| {
            let records = lines(doc_ids).trim_end().replace('\n', ",");
            format!(
                "{{\"schema_version\":\"1.0\",\"scope\":\"250101\",\"allocations\":[{records}]}}"
            )
        };
        for path in ["ids.csv", "ids.jsonl", "ids.json"] {
            let legacy = |doc_ids| match path {
                "ids.csv" => table(doc_ids),
                "ids.jsonl" => lines(doc_ids),
                _ => classic(doc_ids),
            };
            let repo = Repo::empty(git);
            for name in ["f1.md", "f2.md"] {
                repo.stage(name, text(name));
            }
            repo.commit_file(path, legacy(["DOC-1"; 2]));
            let answer = repo.idhooks(["migrate", "plan", "--from", path]);
            super::refuses(answer, 1, &["has the doc_id DOC-1, and so has 0110000002250101"]);
            repo.commit_file(path, legacy(["DOC-1", "DOC-2"]));
            repo.idhooks(["migrate", "run", "--from", path]).ok().done();
            let shown = repo.idhooks("show DOC-1").ok().stdout();
            assert!(shown.contains("f1.md"), "{path}: {shown}");
            repo.idhooks("check --strict").ok().done();
            repo.idhooks("migrate verify").ok().done();
            // The other program reads it where it wrote it, also after it has changed.
            repo.idhooks("install").ok().done();
            repo.idhooks("migrate run --to registry-leads --force").ok().done();
            repo.idhooks("assign --second --force DOC-7 f2.md").ok().done();
            repo.commit("another");
            let derived = String::from_utf8(content(&repo, "HEAD", path).expect("there"));
            let derived = derived.expect("text");
            let all = fields(&derived, path);
            let of = |n: u8| all.get(&(format!("011000000{n}250101"), "doc_id".to_owned()));
            assert_eq!(
                [of(1), of(2)].map(|one| one.map(String::as_str)),
                [Some("DOC-1"), Some("DOC-7")]
            );
            assert_eq!(derived.matches("DOC-").count(), 2, "{derived}");
            repo.idhooks("migrate verify").ok().done();
        }
    });
}
