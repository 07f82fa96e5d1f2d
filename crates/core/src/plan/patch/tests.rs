//! The effects and the faults of patches.

use crate::config::{Config, Writable};
use crate::plan::{Allocator, Choice, Edit};
use crate::registry::RepoPath;
use crate::rename::NoBlobs;

use super::*;

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
    let blob = "e69de29bb2d1d6434b8b29ae775ad8c2e48c5391".parse().expect("valid");
    let is_there = |path: &RepoPath| path.as_str().is_some_and(|path| tracked.contains(&path));
    let blob = |path: &RepoPath| is_there(path).then_some(blob);
    let now = "2026-03-01T00:00:00Z".parse().expect("valid");
    let setting = Setting { writable: &writable, blob: &blob, committed: None, now };
    let (before, config) = (registry(), Config::default());
    let allocator = Allocator::new(&config, &before, None, None);
    let (scope, choice) = (before.scope, Choice::default());
    let mut assigner =
        IdAssigner { config: &config, scope, now, allocator, choice, blobs: &NoBlobs };
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
fn all_bodies_have_the_same_effect() {
    let expected = [format!(r#"{A} metadata.owner set to "bob": docs/a.md"#)];
    for text in [
        format!(r#"{{"changes":{{"{A}":{{"metadata":{{"owner":"bob"}}}}}}}}"#),
        format!(r#"{{"record_id":"{A}","changes":{{"metadata":{{"owner":"bob"}}}}}}"#),
        format!(
            r#"{{"operations":[{{"op":"update","record_id":"{A}","changes":{{"metadata":{{"owner":"bob"}}}}}}]}}"#
        ),
        r#"{"operations":[{"op":"upsert","changes":{"file_path":"docs/a.md","metadata":{"owner":"bob"}}}]}"#
            .to_owned(),
        format!(r#"{{"allocations":{{"{A}":{{"metadata":{{"owner":"bob"}}}}}}}}"#),
        format!(r#"[{{"op":"replace","path":"/allocations/{A}/metadata/owner","value":"bob"}}]"#),
        r#"[{"op":"test","path":"/scope","value":"260118"},
            {"op":"test","path":"/allocations/0/metadata/owner","value":"ann"},
            {"op":"add","path":"/allocations/0/metadata/owner","value":"bob"}]"#
            .to_owned(),
    ] {
        assert_eq!(outcome(&["metadata"], &text), expected, "{text}");
    }
}

#[test]
fn records_are_deprecated_revived_edited_and_added() {
    for (text, expected) in [
        (
            format!(r#"{{"reason":"unsafe","changes":{{"{A}":{{"status":"deprecated"}}}}}}"#),
            format!("{A} deprecated: docs/a.md (unsafe)"),
        ),
        (
            format!(r#"{{"operations":[{{"op":"delete","record_id":"{A}","reason":"unsafe"}}]}}"#),
            format!("{A} deprecated: docs/a.md (unsafe)"),
        ),
        (
            format!(r#"{{"reason":"unsafe","allocations":{{"{A}":null}}}}"#),
            format!("{A} deprecated: docs/a.md (unsafe)"),
        ),
        (
            format!(r#"{{"changes":{{"{GONE}":{{"file_path":"docs/new.md"}}}}}}"#),
            format!("{GONE} revived for docs/new.md"),
        ),
        (
            r#"[{"op":"replace","path":"/allocations/2/file_path","value":"docs/new.md"}]"#
                .to_owned(),
            format!("{GONE} revived for docs/new.md"),
        ),
        (
            format!(
                r#"[{{"op":"move","from":"/allocations/{A}/metadata/owner","path":"/allocations/{A}/metadata/team"}}]"#
            ),
            format!(
                "{A} metadata.owner removed: docs/a.md\n{A} metadata.team set to \"ann\": docs/a.md"
            ),
        ),
        (
            format!(
                r#"[{{"op":"copy","from":"/allocations/{A}/metadata/list","path":"/allocations/{B}/metadata/list"}}]"#
            ),
            format!("{B} metadata.list set to [1.50]: docs/b.md"),
        ),
    ] {
        assert_eq!(outcome(&ALL, &text).join("\n"), expected, "{text}");
    }
    for text in [
        r#"{"operations":[{"op":"add","changes":{"file_path":"docs/new.md","metadata":{"owner":1}}}]}"#,
        r#"[{"op":"add","path":"/allocations/-","value":{"file_path":"docs/new.md","metadata":{"owner":1}}}]"#,
    ] {
        let lines = outcome(&["metadata"], text);
        assert!(lines[0].ends_with(" allocated to docs/new.md"), "{lines:?}");
        assert!(lines[1].ends_with(" metadata.owner set to 1: docs/new.md"), "{lines:?}");
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
            "/extra: unknown field 'extra'; valid fields: registry_hash, source, reason, changes, operations, allocations, record_id",
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
    (
        r#"{"operations":[{"op":"add","record_id":"A","changes":{"file_path":"docs/new.md"}},
                {"op":"add","changes":{"file_path":"docs/none.md"}},
                {"op":"add","changes":{"file_path":"docs/a.md"}},
                {"op":"add","changes":{"id":"A","file_path":"docs/new.md","metadata":{"origin":1}}},
                {"op":"add","changes":{"file_path":"docs/new.md"}},
                {"op":"remove"},{"op":"update"},{"op":"delete","record_id":"A","changes":{}},7,{"op":"upsert","changes":{}}]}"#,
        &[
            "/operations/0/record_id: idhooks chooses the identity; name the file in changes.file_path",
            "/operations/1/changes/file_path: the index has no file 'docs/none.md' that the rules track",
            "/operations/2/changes/file_path: 'docs/a.md' already has an identity: A",
            "/operations/3/changes/id: idhooks sets this field; leave it out",
            "/operations/3/changes/metadata/origin: only idhooks writes 'origin'",
            "/operations/4/changes/file_path: 'docs/new.md' is added twice",
            "/operations/5/op: must be one of: add, update, delete, upsert",
            "/operations/6: 'record_id' is missing",
            "/operations/7/changes: 'delete' takes no changes",
            "/operations/8: must be an object",
            "/operations/9/changes: 'file_path' is missing",
        ],
    ),
    (
        r#"[{"op":"test","path":"/allocations/A/metadata/owner","value":"bob"},
                {"op":"replace","path":"/allocations/A/metadata/origin","value":"x"},
                {"op":"remove","path":"/allocations/A/status"},
                {"op":"replace","path":"/allocations/A","value":{}},
                {"op":"add","path":"/allocations/A/id/x","value":1},
                {"op":"add","path":"/metadata/x","value":1},
                {"op":"add","path":"/allocations/9/metadata/x","value":1},
                {"op":"add","path":"allocations","value":1},
                {"op":"add","path":"/allocations/A/metadata/x"},
                {"op":"move","path":"/allocations/A/metadata/x","from":"/allocations/A/metadata/none"},
                {"op":"replace","path":"/allocations/A/metadata","value":1},
                {"op":"add","path":"/allocations/A/metadata/~2","value":1},
                {"op":"poke"}]"#,
        &[
            "/0/path: the test failed: the registry has another value",
            "/1/path: only idhooks writes 'origin'",
            "/2/path: a record must have 'status'",
            "/3/path: add records at '/allocations/-', and change existing records field by field",
            "/4/path: path is invalid",
            "/5/path: a patch can only change records",
            "/6/path: the registry has only 4 records",
            "/7/path: not a JSON pointer: it must begin with '/'",
            "/8: 'value' is missing",
            "/9/path: \"from\" path is invalid",
            "/10/path: 'metadata' must remain an object",
        ],
    ),
    ("7", &["a patch must be an object or a list of operations"]),
    ("{}", &["a patch must have exactly one of: changes, operations, allocations"]),
    (
        r#"{"changes":{},"operations":[],"registry_hash":"abc","reason":" "}"#,
        &[
            "/reason: must be a non-empty string",
            "/registry_hash: must be 64 hexadecimal digits in lower case",
            "a patch must have exactly one of: changes, operations, allocations",
        ],
    ),
    (r#"{"record_id":"A","operations":[]}"#, &["/record_id: is only valid with 'changes'"]),
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
        // The column depends on the length of the names.
        lines.retain(|line| !line.contains("invalid character") && !line.contains("/11"));
        lines.retain(|line| !line.starts_with("/12/op"));
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
        let lines = outcome(rules, &format!(r#"{{"record_id":"{A}","changes":{text}}}"#));
        assert!(lines[0].contains(refusal), "{lines:?}");
    }
    let delete = format!(r#"[{{"op":"remove","path":"/allocations/{A}"}}]"#);
    assert!(outcome(&["metadata"], &delete)[0].contains(refusal));
}

#[test]
fn sizes_are_limited() {
    let nested = |levels: usize| {
        let value = format!("{}1{}", "[".repeat(levels), "]".repeat(levels));
        outcome(&ALL, &format!(r#"{{"record_id":"{A}","changes":{{"metadata":{{"x":{value}}}}}}}"#))
    };
    assert_eq!(nested(120).len(), 1);
    assert!(nested(125)[0].contains("nested deeper than 124"), "{:?}", nested(125));
    assert!(nested(100_000)[0].contains("nested deeper than 128"));
    // A list that is copied into itself repeatedly.
    let path = format!("/allocations/{A}/metadata/list");
    let copy = format!(r#"{{"op":"copy","from":"{path}","path":"{path}/-"}}"#);
    let lines = outcome(&ALL, &format!("[{}]", vec![copy; 60].join(",")));
    assert!(lines.len() == 1 && lines[0].contains("larger than 1 MiB"), "{lines:?}");
    let largest = vec![b' '; LARGEST + 1];
    assert!(Patch::read(&largest).expect_err("too large")[0].message.contains("64 MiB"));
    assert!(Patch::read(b"\xff{}").expect_err("no text")[0].message.contains("not UTF-8"));
}

#[test]
fn a_patch_names_identities_in_every_form() {
    let named = |text: &str| -> Vec<String> {
        let patch = Patch::read(text.as_bytes()).expect("a patch");
        patch.ids().iter().map(ToString::to_string).collect()
    };
    let id = "0110000001260118";
    for text in [
        r#"{"changes":{"ID":{"status":"deprecated"}}}"#,
        r#"{"record_id":"ID","changes":{"status":"deprecated"}}"#,
        r#"{"operations":[{"op":"set","id":"ID","field":"status","value":"active"}]}"#,
        r#"[{"op":"replace","path":"/allocations/ID/status","value":"active"}]"#,
        r#"{"allocations":{"ID":null}}"#,
    ] {
        assert_eq!(named(&text.replace("ID", id)), [id], "{text}");
    }
    assert!(named(r#"{"changes":{"0110":{}}}"#).is_empty());
}
