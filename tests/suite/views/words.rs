//! One vocabulary in every machine format: the words for events and statuses, and the names of
//! fields that all documents share.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

use serde_json::Value;

use idhooks_core::registry::{Id, Registry, RepoPath, Status};
use idhooks_ops::{Edit, EventKind};
use idhooks_repo::history::IdentityEvent;

use crate::views::repo::{A, B, GONE, Repo, SHADOWED};

/// Schemas of what is stored in the words of the registry, of what people write, of the columns of
/// `scan`, of descriptors, of the queue and of the watcher: these words are contracts of their own.
const CONTRACTS: [&str; 7] = ["registry", "config", "patch", "scan", "describe", "queue", "watch"];
/// The names of a path, an old path and a new path.
const PATHS: [&str; 3] = ["path", "from", "to"];
/// The names of identities: the current one, the old one, and related ones.
const IDS: [&str; 5] = ["id", "old_id", "by", "alias", "copied_from"];
/// The names of times. A document, an event and a finding have one, which is `at`; one that has a
/// second names it after what was done then.
const TIMES: [&str; 6] = ["at", "allocated_at", "done_at", "next_at", "started_at", "finished_at"];
/// The names of commits: the current one, and the one before.
const COMMITS: [&str; 3] = ["commit", "old_commit", "inconsistent_commits"];
/// Names that mean the same as one of these.
const SYNONYMS: [&str; 27] = [
    "action",
    "change",
    "change_type",
    "commit_id",
    "commit_sha",
    "commits",
    "created_at",
    "event_type",
    "file",
    "file_name",
    "filename",
    "from_id",
    "from_path",
    "generated_at",
    "identity",
    "kind_of_event",
    "new_id",
    "new_path",
    "old_path",
    "rev",
    "revision",
    "sha",
    "since",
    "time",
    "timestamp",
    "to_path",
    "untrue_commits",
];
/// Words that events had in earlier versions.
const FORMER: [&str; 20] = [
    "alias",
    "allocation",
    "at-hand",
    "backup",
    "deprecation",
    "fix",
    "forgetting",
    "import",
    "merge_reassignment",
    "moved",
    "patch",
    "purge",
    "release",
    "renumbered",
    "reservation",
    "resolve",
    "retired",
    "revival",
    "supersession",
    "validation_error",
];

/// Every schema that the program prints, by name.
static SCHEMAS: LazyLock<Vec<(String, Value)>> = LazyLock::new(|| {
    let help = Repo::nowhere().idhooks("schema --help").stdout;
    let arguments = help.split("\nOptions:").next().expect("the first part");
    let names = arguments.lines().filter_map(|line| line.trim().strip_prefix("- "));
    let names: Vec<&str> = names.filter_map(|line| line.split(':').next()).collect();
    assert!(names.len() > 20, "{help}");
    let schema = |name: &&str| Repo::nowhere().idhooks(&format!("schema {name}")).json();
    names.iter().map(|name| ((*name).to_owned(), schema(name))).collect()
});

fn is_contract(name: &str) -> bool {
    CONTRACTS.contains(&name)
}

/// Calls `see` with the name and the schema of every member, however deep.
fn members(schema: &Value, see: &mut dyn FnMut(&str, &Value)) {
    match schema {
        Value::Object(object) => {
            for (key, value) in object {
                if let ("properties", Value::Object(properties)) = (key.as_str(), value) {
                    properties.iter().for_each(|(name, member)| see(name, member));
                }
                members(value, see);
            }
        }
        Value::Array(items) => items.iter().for_each(|item| members(item, see)),
        _ => {}
    }
}

/// Returns the words that a member may have.
fn words(member: &Value) -> BTreeSet<String> {
    let all = member["enum"].as_array().into_iter().flatten().chain(member.get("const"));
    all.filter_map(Value::as_str).map(str::to_owned).collect()
}

#[test]
fn every_event_word_is_in_the_enum() {
    let statuses = ["active", "deprecated", "superseded"];
    assert!(statuses.iter().all(|word| Status::parse(word).is_some()));
    // The queue and the watcher have words of their own for files, which are no records.
    let of_files = ["queue", "watch"];
    for (schema, document) in SCHEMAS.iter().filter(|of| !of_files.contains(&&*of.0)) {
        let mut events = 0;
        members(document, &mut |name, member| {
            let words = words(member);
            let is_event = |word: &&String| EventKind::parse(word).is_some();
            match name {
                "event" => {
                    events += 1;
                    assert!(!words.is_empty(), "{schema}: an event needs its words");
                    let other: Vec<_> = words.iter().filter(|word| !is_event(word)).collect();
                    assert!(other.is_empty(), "{schema}: {other:?}");
                }
                // What came of a write of the legacy file is not the status of a record.
                "status" if schema == "audit" => {
                    assert_eq!(words, ["success", "failed"].map(str::to_owned).into());
                }
                "status" => {
                    let other = words.iter().find(|word| !statuses.contains(&word.as_str()));
                    assert_eq!(other, None, "{schema}");
                }
                _ => {
                    let stray = words.iter().find(|word| is_event(word));
                    assert_eq!(stray, None, "{schema}: in '{name}', which should be 'event'");
                    let former = words.iter().find(|word| FORMER.contains(&word.as_str()));
                    assert_eq!(former, None, "{schema}: in '{name}'");
                }
            }
        });
        let expected = ["audit", "log", "patch-report", "reconcile"].contains(&schema.as_str());
        assert_eq!(events > 0, expected, "{schema}");
    }
}

/// Returns the words that the events of a schema may have.
fn event_words(schema: &str) -> BTreeSet<String> {
    let (_, document) = SCHEMAS.iter().find(|(name, _)| name == schema).expect("a schema");
    let mut found = BTreeSet::new();
    members(document, &mut |name, member| {
        if name == "event" {
            found.extend(words(member));
        }
    });
    found
}

fn names(kinds: impl IntoIterator<Item = EventKind>) -> BTreeSet<String> {
    kinds.into_iter().map(|kind| kind.as_str().to_owned()).collect()
}

/// The words for what happens to identities, and for what else happens to a registry.
fn edits() -> [BTreeSet<String>; 2] {
    let id = |n: u8| format!("01100000{n:02}260118");
    let record = |n: u8, path: &str, status: &str, more: &str| {
        let metadata = format!(r#"{{"origin":"00000000000000{n:02}"{more}}}"#);
        format!(
            r#"{{"id":"{}","file_path":"{path}","allocated_at":"2026-01-18T22:00:00Z","status":"{status}","metadata":{metadata}}}"#,
            id(n)
        )
    };
    let registry = |counters: &str, records: &[String]| {
        let counters = format!(r#"{{"100_01_260118":{{"reserved":[{counters}]}}}}"#);
        let text = format!(
            r#"{{"schema_version":"1.0","scope":"260118","counters":{counters},"allocations":[{}]}}"#,
            records.join(",")
        );
        Registry::parse(text.as_bytes()).expect("a registry")
    };
    let deprecated = r#","deprecated_reason":"old""#;
    let before = [
        record(1, "a.md", "active", ""),
        record(2, "b.md", "deprecated", deprecated),
        record(3, "c.md", "active", ""),
        record(4, "d.md", "active", ""),
        record(5, "e.md", "deprecated", deprecated),
        record(6, "f.md", "active", ""),
        record(7, "g.md", "active", ""),
        record(8, "h.md", "active", ""),
        record(11, "i.md", "active", r#","doc_id":"DOC-1""#),
    ];
    let after = [
        record(1, "z.md", "active", ""),
        record(2, "b.md", "active", ""),
        record(3, "c.md", "deprecated", deprecated),
        record(4, "d.md", "superseded", ""),
        record(5, "e.md", "deprecated", r#","purged":true"#),
        record(6, "f.md", "active", "").replacen(&id(6), &id(16), 1),
        record(8, "h.md", "active", r#","owner":"a""#),
        record(9, "new.md", "active", ""),
        record(10, "copy.md", "active", r#","copied_from":"0110000001260118""#),
        record(11, "i.md", "active", r#","displaced_doc_id":"DOC-1""#),
    ];
    let (before, after) = (registry("50", &before), registry("51", &after));
    [Edit::restored(&before, &after), Edit::all_between(&before, &after)]
        .map(|edits| names(edits.iter().map(|edit| edit.kind)))
}

fn identity_events() -> Vec<IdentityEvent> {
    let id: Id = "0110000001260118".parse().expect("an identity");
    let from = RepoPath::new(b"a.md".to_vec()).expect("a path");
    vec![
        IdentityEvent::Allocated { copied_from: None },
        IdentityEvent::Allocated { copied_from: Some(id.to_string()) },
        IdentityEvent::Initialized,
        IdentityEvent::IdReassigned { from: id },
        IdentityEvent::Aliased { id },
        IdentityEvent::Renamed { from },
        IdentityEvent::Deprecated { reason: None },
        IdentityEvent::Superseded { by: None },
        IdentityEvent::Shadowed { by: None },
        IdentityEvent::Revived,
        IdentityEvent::PathReassigned { from: String::new() },
        IdentityEvent::Purged,
        IdentityEvent::Lost,
        IdentityEvent::Restored,
    ]
}

/// The events that commands write to the audit log, besides those of identities.
const NOTED: [EventKind; 14] = [
    EventKind::Patched,
    EventKind::Restored,
    EventKind::Imported,
    EventKind::Initialized,
    EventKind::Injected,
    EventKind::Removed,
    EventKind::Healed,
    EventKind::Blocked,
    EventKind::CheckFailed,
    EventKind::BackedUp,
    EventKind::RolledBack,
    EventKind::DualWrite,
    EventKind::Migration,
    EventKind::Committed,
];

#[test]
fn schemas_name_the_events_that_the_program_prints_and_no_others() {
    let [edits, registry_events] = edits();
    assert_eq!(event_words("reconcile"), edits);
    assert_eq!(event_words("patch-report"), registry_events);
    let noted = names(NOTED);
    assert_eq!(event_words("audit"), registry_events.union(&noted).cloned().collect());
    assert_eq!(event_words("log"), names(identity_events().iter().map(IdentityEvent::kind)));
    // Every one of these words occurs in a command, a use case or a transaction, and they use no others.
    let mut written = BTreeSet::new();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let rooms = ["src/commands", "crates/ops/src", "crates/repo/src/transaction"];
    let rooms = rooms.map(|room| root.join(room));
    for file in rooms.iter().flat_map(|room| sources(room)) {
        let text = fs::read_to_string(&file).expect("text");
        let variants = text.split("EventKind::").skip(1);
        let is_letter = |sign: char| sign.is_ascii_alphanumeric();
        written.extend(
            variants
                .filter_map(|rest| rest.split(|sign| !is_letter(sign)).next().map(str::to_owned)),
        );
    }
    for kind in NOTED {
        assert!(written.contains(&format!("{kind:?}")), "nothing notes {kind:?}");
    }
}

fn sources(dir: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(dir).expect("a directory");
    let paths = entries.map(|entry| entry.expect("an entry").path());
    paths.flat_map(|path| if path.is_dir() { sources(&path) } else { vec![path] }).collect()
}

#[test]
fn one_field_has_one_name() {
    let is_time = |member: &Value| {
        let pattern = member["pattern"].as_str().unwrap_or_default();
        member["format"] == "date-time" || pattern.contains("T[0-9]{2}:[0-9]{2}")
    };
    for (schema, document) in SCHEMAS.iter().filter(|(name, _)| !is_contract(name)) {
        members(document, &mut |name, member| {
            assert!(!SYNONYMS.contains(&name), "{schema}: '{name}'");
            let has_pattern = |pattern: &str| {
                let own = member["pattern"] == pattern;
                own || (member["$ref"] == "#/$defs/id" && pattern == "^[0-9]{16}$")
            };
            if is_time(member) {
                assert!(TIMES.contains(&name), "{schema}: the time '{name}'");
            }
            if has_pattern("^[0-9]{16}$") {
                assert!(IDS.contains(&name), "{schema}: the identity '{name}'");
            }
            if has_pattern("^[0-9a-f]{40,64}$") || name.contains("commit") {
                assert!(COMMITS.contains(&name), "{schema}: the commit '{name}'");
            }
            // 'file_path' is the registry's; 'list' and 'show' print its records as they are.
            if name.contains("path")
                && !(name == "file_path" && ["list", "show"].contains(&schema.as_str()))
            {
                assert!(PATHS.contains(&name), "{schema}: the path '{name}'");
            }
            // A date is a day: whatever has a time of day is 'at'.
            if name == "date" {
                assert_eq!(member["format"], "date", "{schema}");
            }
        });
    }
}

/// Collects the names of all members of a document.
fn keys(document: &Value, found: &mut BTreeSet<String>) {
    match document {
        Value::Object(object) => object.iter().for_each(|(key, value)| {
            found.insert(key.clone());
            keys(value, found);
        }),
        Value::Array(items) => items.iter().for_each(|item| keys(item, found)),
        _ => {}
    }
}

#[test]
fn documents_without_a_schema_use_the_same_names() {
    let repo = Repo::adopted(&["a.md", "docs/b.md"], &[B, A, SHADOWED, GONE]);
    repo.write("new.md", "new\n");
    repo.git("add -A");
    let drift = repo.idhooks("drift --format json").json();
    assert_eq!(repo.idhooks("dashboard --output site").code, 0);
    let read = |name: &str| -> Value {
        let text = fs::read_to_string(repo.path().join("site/api").join(name)).expect("a document");
        serde_json::from_str(&text).expect("JSON")
    };
    let overview = read("overview.json");
    for event in overview["events"].as_array().expect("events") {
        let word = event["event"].as_str().expect("a word");
        assert!(EventKind::parse(word).is_some(), "{event:#}");
    }
    assert!(overview["events"].as_array().is_some_and(|events| !events.is_empty()));
    for (document, expected) in [
        (drift, &["at", "path", "id"][..]),
        (overview, &["at", "commit", "event", "id", "path", "from"]),
        (read("identities.json"), &["id", "path", "at", "commit", "status"]),
    ] {
        let mut found = BTreeSet::new();
        keys(&document, &mut found);
        for name in expected {
            assert!(found.contains(*name), "no '{name}': {found:?}");
        }
        let stray = found.iter().find(|name| SYNONYMS.contains(&name.as_str()));
        assert_eq!(stray, None);
    }
}
