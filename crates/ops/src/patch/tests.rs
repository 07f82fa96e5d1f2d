//! The effects and the faults of patches.

mod applied;

use idhooks_core::config::{Config, Writable};
use idhooks_core::plan::{Allocator, Choice, IdAssigner};
use idhooks_core::registry::{BlobId, Json, Registry, RepoPath};
use idhooks_core::rename::NoBlobs;
use idhooks_repo::events::Edit;

use super::patch_draft::{Setting, merged};
use super::{LARGEST_PATCH, Patch, PatchFault};

const A: &str = "0110000001260118";
const B: &str = "0110000002260118";
const GONE: &str = "0110000003260118";
const PURGED: &str = "0110000004260118";

fn registry() -> Registry {
    let record = |id: &str, path: &str, status: &str, n: u8, more: &str| {
        format!(
            r#"{{"id":"{id}","file_path":"{path}","allocated_at":"2026-01-18T22:00:00Z","status":"{status}","metadata":{{"origin":"000000000000000{n}"{more}}}}}"#
        )
    };
    let records = [
        record(A, "docs/a.md", "active", 1, r#","list":[1.50],"owner":"ann""#),
        record(B, "docs/b.md", "active", 2, r#","aliases":["0110000009260118"]"#),
        record(GONE, "docs/gone.md", "deprecated", 3, r#","deprecated_reason":"deleted""#),
        record(PURGED, "docs/old.md", "deprecated", 4, r#","purged":true"#),
    ];
    let records = records.join(",");
    let text = format!(r#"{{"schema_version":"1.0","scope":"260118","allocations":[{records}]}}"#);
    Registry::parse(text.as_bytes()).expect("valid")
}

/// Returns the effects of a patch, or its faults, as lines.
fn outcome(rules: &[&str], text: &str) -> Vec<String> {
    let report = |faults: Vec<PatchFault>| faults.iter().map(ToString::to_string).collect();
    let patch = match Patch::read(text.as_bytes()) {
        Ok(patch) => patch,
        Err(faults) => return report(faults),
    };
    let mut writable = Writable::nothing();
    rules.iter().for_each(|rule| writable.allow(rule).expect("valid"));
    let tracked = ["docs/a.md", "docs/b.md", "docs/new.md", "docs/other.md"];
    let has_file = |path: &RepoPath| path.as_str().is_some_and(|path| tracked.contains(&path));
    let now = "2026-03-01T00:00:00Z".parse().expect("valid");
    let blob = |_: &RepoPath| "ce013625030ba8dba906f756967f9e9ca394464a".parse::<BlobId>().ok();
    let setting =
        Setting { writable: &writable, has_file: &has_file, blob: &blob, committed: None, now };
    let (before, config) = (registry(), Config::default());
    let mut assigner = IdAssigner {
        config: &config,
        scope: before.scope,
        now,
        allocator: Allocator::new(&config, &before, None, None),
        choice: Choice::default(),
        blobs: &NoBlobs,
    };
    match patch.apply(&before, &setting, &mut assigner) {
        Err(faults) => report(faults),
        Ok(after) => {
            let again = Registry::parse(after.format().as_bytes()).expect("can be read again");
            assert!(again.says_the_same_as(&after) && after.is_consistent());
            Edit::all_between(&before, &after).iter().map(ToString::to_string).collect()
        }
    }
}

const ALL: [&str; 3] = ["metadata", "status", "file_path"];

#[test]
fn records_are_deprecated_revived_and_edited() {
    for (text, expected) in [
        (
            format!(r#"{{"changes":{{"{A}":{{"metadata":{{"owner":"bob"}}}}}}}}"#),
            format!(r#"{A} metadata.owner set to "bob": docs/a.md"#),
        ),
        (
            format!(
                r#"{{"changes":{{"{A}":{{"metadata":{{"owner":null,"team":{{"x":{{"y":null}}}}}}}}}}}}"#
            ),
            format!(
                "{A} metadata.owner removed: docs/a.md\n{A} metadata.team set to {{\"x\":{{}}}}: docs/a.md"
            ),
        ),
        (
            format!(r#"{{"reason":"unsafe","changes":{{"{A}":{{"status":"deprecated"}}}}}}"#),
            format!("{A} deprecated: docs/a.md (unsafe)"),
        ),
        (
            format!(r#"{{"changes":{{"{GONE}":{{"file_path":"docs/new.md"}}}}}}"#),
            format!("{GONE} revived for docs/new.md"),
        ),
    ] {
        assert_eq!(outcome(&ALL, &text).join("\n"), expected, "{text}");
    }
}

#[test]
fn one_record_and_operations_mean_the_same_as_changes() {
    for (text, expected) in [
        (
            format!(r#"{{"record_id":"{A}","changes":{{"metadata":{{"owner":"bob"}}}}}}"#),
            format!(r#"{A} metadata.owner set to "bob": docs/a.md"#),
        ),
        (
            format!(
                r#"{{"reason":"all","operations":[
                    {{"op":"update","record_id":"{A}","changes":{{"metadata":{{"owner":"bob"}}}}}},
                    {{"op":"upsert","changes":{{"file_path":"docs/a.md","metadata":{{"team":"x"}}}}}},
                    {{"op":"delete","record_id":"{B}","reason":"unsafe"}}]}}"#
            ),
            format!(
                "{A} metadata.owner set to \"bob\": docs/a.md\n\
                 {A} metadata.team set to \"x\": docs/a.md\n{B} deprecated: docs/b.md (unsafe)"
            ),
        ),
        (
            format!(
                r#"{{"reason":"all","operations":[{{"op":"delete","record_id":"{A}"}},
                    {{"op":"upsert","record_id":"{B}","changes":{{"metadata":{{"x":1}}}}}}]}}"#
            ),
            format!("{A} deprecated: docs/a.md (all)\n{B} metadata.x set to 1: docs/b.md"),
        ),
    ] {
        assert_eq!(outcome(&ALL, &text).join("\n"), expected, "{text}");
    }
    let text = r#"{"operations":[
        {"op":"add","changes":{"file_path":"docs/new.md","metadata":{"owner":"ann"}}},
        {"op":"upsert","changes":{"file_path":"docs/other.md"}}]}"#;
    let lines = outcome(&ALL, text);
    assert!(lines.iter().any(|line| line.ends_with(" allocated to docs/new.md")), "{lines:?}");
    assert!(lines.iter().any(|line| line.ends_with(" allocated to docs/other.md")), "{lines:?}");
}

#[test]
fn operations_have_faults_at_their_places() {
    let path = |op: &str, path: &str| {
        format!(r#"{{"operations":[{{"op":"{op}","changes":{{"file_path":"{path}"}}}}]}}"#)
    };
    let update = |more: &str| format!(r#"{{"operations":[{{"op":"update"{more}}}]}}"#);
    for (text, fault) in [
        (r#"{"operations":{}}"#.to_owned(), "/operations: must be a list"),
        (r#"{"changes":{},"operations":[]}"#.to_owned(), "/operations: a patch has 'changes' or"),
        (r#"{"operations":[],"record_id":"A"}"#.to_owned(), "/record_id: each operation has"),
        (r#"{"operations":[1]}"#.to_owned(), "/operations/0: must be an object"),
        (r#"{"operations":[{"op":"remove"}]}"#.to_owned(), "/operations/0/op: 'op' must be one of"),
        (update(""), "/operations/0: 'record_id' is missing"),
        (update(&format!(r#","record_id":"{A}""#)), "/operations/0: 'changes' is missing"),
        (
            update(&format!(r#","record_id":"{A}","value":1,"changes":{{}}"#)),
            "/operations/0/value: unknown field 'value'",
        ),
        (
            update(r#","record_id":"x","changes":{}"#),
            "/operations/0/record_id: 'x' is not an identity of 16 digits",
        ),
        (path("add", "docs/a.md"), "/operations/0/changes/file_path: 'docs/a.md' has the identity"),
        (path("add", "docs/gone.md"), "/operations/0/changes/file_path: the index has no file"),
        (path("upsert", ""), "/operations/0/changes/file_path: "),
        (
            r#"{"operations":[{"op":"add","changes":{}}]}"#.to_owned(),
            "/operations/0/changes: 'file_path' is",
        ),
        (
            format!(r#"{{"operations":[{{"op":"add","record_id":"{A}","changes":{{}}}}]}}"#),
            "/operations/0/record_id: idhooks chooses",
        ),
        (
            format!(r#"{{"operations":[{{"op":"delete","record_id":"{A}","changes":{{}}}}]}}"#),
            "/operations/0/changes: a deletion has no",
        ),
        (
            format!(r#"{{"operations":[{{"op":"delete","record_id":"{A}"}}]}}"#),
            "/operations/0/status: needs a 'reason'",
        ),
        ("[]".to_owned(), "a list of operations is no patch; write it into an object"),
    ] {
        let lines = outcome(&ALL, &text);
        assert!(lines.len() == 1 && lines[0].starts_with(fault), "{text}: {lines:?}");
    }
}

/// Patches and their faults; short names stand for identities.
const FAULTY: &[(&str, &[&str])] = &[
    (
        r#"{"changes":{"A":{"id":1,"metadata":{"origin":"x","claim":"y","doc_id":"z"},"stauts":"active","allocated_at":""}}}"#,
        &[
            "/changes/A/allocated_at: a patch can never write 'allocated_at'",
            "/changes/A/id: a patch can never write 'id'",
            "/changes/A/metadata/claim: only idhooks writes 'claim'",
            "/changes/A/metadata/doc_id: [patch] writable in idhooks.toml does not list 'metadata.doc_id'",
            "/changes/A/metadata/origin: only idhooks writes 'origin'",
            "/changes/A/stauts: unknown field 'stauts'; valid fields: file_path, status, metadata",
        ],
    ),
    (
        r#"{"changes":{"0110000009260118":{},"0110000008260118":{},"x":{},"P":{}},"extra":1}"#,
        &[
            "/extra: unknown field 'extra'; valid fields: changes, record_id, operations, registry_hash, source, reason",
        ],
    ),
    (
        r#"{"changes":{"0110000009260118":{},"0110000008260118":{},"x":{},"P":{}}}"#,
        &[
            "/changes/P: P is purged and cannot be changed",
            "/changes/0110000008260118: the registry has no identity 0110000008260118",
            "/changes/0110000009260118: 0110000009260118 is now 0110000002260118; use that identity",
            "/changes/x: 'x' is not an identity of 16 digits",
        ],
    ),
    (
        r#"{"changes":{"A":{"file_path":"docs/new.md","status":"superseded","metadata":1}}}"#,
        &[
            "/changes/A/file_path: the file of A is still at 'docs/a.md'",
            "/changes/A/metadata: must be an object",
            "/changes/A/status: a patch cannot supersede an identity; use 'idhooks supersede'",
        ],
    ),
    (
        r#"{"changes":{"A":{"file_path":7,"status":"deprecated"},"G":{"file_path":"docs/b.md","status":"active"},"B":{"file_path":"../x","status":1}}}"#,
        &[
            "/changes/A/file_path: must be a string",
            "/changes/A/status: needs a 'reason' in the patch",
            "/changes/B/file_path: '../x' is not a path inside the repository",
            "/changes/B/status: must be one of: active, deprecated",
            "/changes/G/file_path: 'docs/b.md' has another identity",
            "/changes/G/status: the file of G does not exist: 'docs/gone.md'",
        ],
    ),
    ("7", &["a patch must be an object"]),
    ("{}", &["'changes' or 'operations' is missing"]),
    (r#"{"changes":[]}"#, &["/changes: must be an object"]),
    (
        r#"{"changes":{},"registry_hash":"abc","reason":" ","x":1}"#,
        &[
            "/reason: must be a non-empty string",
            "/registry_hash: must be 64 hexadecimal digits in lower case",
            "/x: unknown field 'x'; valid fields: changes, record_id, operations, registry_hash, source, reason",
        ],
    ),
    (
        r#"{"changes":{"A":{"metadata":{"x":{"__proto__":{}}}}}}"#,
        &[
            "/changes/A/metadata/x/__proto__: '__proto__' is not allowed: it is dangerous in programs that read the registry",
        ],
    ),
    (
        r#"{"changes":{"A":{},"A":{}}}"#,
        &["the patch is not JSON: line 1, column 19: duplicate key \"A\""],
    ),
];

#[test]
fn every_fault_has_its_pointer() {
    let named = |text: &str| {
        let names = [("A", A), ("B", B), ("G", GONE), ("P", PURGED)];
        names.iter().fold(text.to_owned(), |text, (short, id)| {
            text.replace(&format!("\"{short}\""), &format!("\"{id}\""))
                .replace(&format!("/{short}"), &format!("/{id}"))
                .replace(&format!(" {short} "), &format!(" {id} "))
                .replace(&format!(": {short}"), &format!(": {id}"))
        })
    };
    for (text, faults) in FAULTY {
        let mut lines = outcome(&ALL, &named(text));
        let mut expected: Vec<String> = faults.iter().map(|fault| named(fault)).collect();
        if lines.first().is_some_and(|line| line.contains("duplicate key")) {
            assert!(lines[0].contains(A), "{lines:?}");
            continue;
        }
        lines.sort();
        expected.sort();
        assert_eq!(lines, expected, "{text}");
    }
}

#[test]
fn fields_that_are_not_writable_are_refused() {
    let refusal = "in idhooks.toml does not list";
    for (rules, text) in [
        (&["metadata"][..], r#"{"status":"active"}"#),
        (&["metadata"], r#"{"file_path":"docs/new.md"}"#),
        (&["status"], r#"{"metadata":{"owner":1}}"#),
        (&["metadata.team"], r#"{"metadata":{"owner":null}}"#),
    ] {
        let lines = outcome(rules, &format!(r#"{{"changes":{{"{A}":{text}}}}}"#));
        assert!(lines[0].contains(refusal), "{lines:?}");
    }
}

#[test]
fn sizes_are_limited() {
    let nested = |levels: usize| {
        let value = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        outcome(&ALL, &format!(r#"{{"changes":{{"{A}":{{"metadata":{{"x":{value}}}}}}}}}"#))
    };
    assert_eq!(
        nested(124),
        [format!("{A} metadata.x set to {}1{}: docs/a.md", "[".repeat(124), "]".repeat(124))]
    );
    assert!(nested(125)[0].contains("nested deeper than 128"), "{:?}", nested(125));
    let large = "x".repeat(1 << 20);
    let large = format!(r#"{{"changes":{{"{A}":{{"metadata":{{"x":"{large}"}}}}}}}}"#);
    assert_eq!(outcome(&ALL, &large), [format!("/changes/{A}/metadata/x: larger than 1 MiB")]);
    let largest = vec![b' '; LARGEST_PATCH + 1];
    assert!(Patch::read(&largest).expect_err("too large")[0].message.contains("64 MiB"));
    assert!(Patch::read(b"\xff{}").expect_err("no text")[0].message.contains("not UTF-8"));
}

/// The examples of RFC 7386.
#[test]
fn merges_follow_the_rfc() {
    for (target, patch, result) in [
        (r#"{"a":"b"}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"b":"c"}"#, r#"{"a":"b","b":"c"}"#),
        (r#"{"a":"b"}"#, r#"{"a":null}"#, "{}"),
        (r#"{"a":"b","b":"c"}"#, r#"{"a":null}"#, r#"{"b":"c"}"#),
        (r#"{"a":["b"]}"#, r#"{"a":"c"}"#, r#"{"a":"c"}"#),
        (r#"{"a":"c"}"#, r#"{"a":["b"]}"#, r#"{"a":["b"]}"#),
        (r#"{"a":{"b":"c"}}"#, r#"{"a":{"b":"d","c":null}}"#, r#"{"a":{"b":"d"}}"#),
        (r#"{"a":[{"b":"c"}]}"#, r#"{"a":[1]}"#, r#"{"a":[1]}"#),
        (r#"["a","b"]"#, r#"["c","d"]"#, r#"["c","d"]"#),
        (r#"{"e":null}"#, r#"{"a":1.50}"#, r#"{"a":1.50,"e":null}"#),
        ("[1,2]", r#"{"a":"b","c":null}"#, r#"{"a":"b"}"#),
        ("{}", r#"{"a":{"bb":{"ccc":null}}}"#, r#"{"a":{"bb":{}}}"#),
    ] {
        let [target, patch] = [target, patch].map(|text| Json::parse(text).expect("valid"));
        assert_eq!(merged(Some(&target), &patch).compact(), result);
    }
}

#[test]
fn a_patch_names_its_identities() {
    let text = format!(r#"{{"changes":{{"{A}":{{"status":"deprecated"}},"0110":{{}}}}}}"#);
    let patch = Patch::read(text.as_bytes()).expect("a patch");
    assert_eq!(patch.ids(), [A.parse().expect("valid")]);
}
