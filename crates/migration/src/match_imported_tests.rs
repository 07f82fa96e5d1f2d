//! Tests of [`ImportTarget`].

use super::*;

fn registry(records: &[(&str, &str, &str, &str)]) -> Registry {
    let record = |(id, path, status, metadata): &(&str, &str, &str, &str)| {
        format!(
            "{{\"id\":\"{id}\",\"file_path\":\"{path}\",\"allocated_at\":\"2025-01-01T00:00:00Z\",\
             \"status\":\"{status}\",\"metadata\":{{{metadata}}}}}"
        )
    };
    let records: Vec<String> = records.iter().map(record).collect();
    let text = format!(
        "{{\"schema_version\":\"1.0\",\"scope\":\"250101\",\"allocations\":[{}]}}",
        records.join(",")
    );
    Registry::parse_foreign(text.as_bytes()).expect("valid")
}

fn matched(own: &Registry, read: &Registry) -> (MatchedImport, Vec<String>) {
    let is_tracked = |path: &RepoPath| path.to_string().ends_with(".md");
    let target = ImportTarget::new(own, &[], &is_tracked);
    let found = target.match_records(read, &|| {});
    let conflicts = target.conflicts(&found).iter().map(ToString::to_string).collect();
    (found, conflicts)
}

const A: &str = "0110000001250101";
const B: &str = "0110000002250101";

#[test]
fn what_the_tree_decides_is_no_difference() {
    let read = registry(&[(A, "old.txt", "active", ""), (B, "b.md", "active", "")]);
    let mut own = read;
    own.allocations[0].path = RepoPath::new("a.md".as_bytes()).expect("valid");
    own.allocations[1].retire("deleted", None, Some("00".to_owned()));
    own.allocations[1].path = RepoPath::new("gone.txt".as_bytes()).expect("valid");
    own.allocations[0].set_text("note", "only here");
    let mut there = registry(&[(A, "old.txt", "active", ""), (B, "gone.txt", "active", "")]);
    let (found, conflicts) = matched(&own, &there);
    assert_eq!((found.new.len(), found.known, found.changed.len()), (0, 2, 0), "{found:?}");
    assert!(conflicts.is_empty() && found.notes.is_empty());
    // A tracked file of another name is a remark, and changes nothing.
    there.allocations[0].path = RepoPath::new("other.md".as_bytes()).expect("valid");
    let (found, conflicts) = matched(&own, &there);
    assert_eq!((found.changed.len(), found.notes.len(), conflicts.len()), (0, 1, 0));
}

#[test]
fn differences_are_told_by_field_and_taken_as_a_whole() {
    let own = registry(&[(A, "a.md", "active", "\"owner\":\"ann\",\"kept\":\"x\"")]);
    let reason = "\"owner\":\"bob\",\"deprecated_reason\":\"obsolete\"";
    let (found, conflicts) = matched(&own, &registry(&[(A, "a.md", "deprecated", reason)]));
    assert!(conflicts.is_empty());
    assert_eq!(found.changed.len(), 1, "{found:?}");
    let (after, differences) = &found.changed[0];
    let lines: Vec<String> = differences.iter().map(Discrepancy::as_change).collect();
    assert_eq!(
        lines,
        [
            "0110000001250101: metadata.deprecated_reason: nothing -> 'obsolete'",
            "0110000001250101: metadata.owner: 'ann' -> 'bob'",
            "0110000001250101: status: 'active' -> 'deprecated'",
        ]
    );
    assert_eq!((after.status, after.text("kept")), (Status::Deprecated, Some("x")));
    let (again, _) = matched(
        &Registry { allocations: vec![after.clone()], ..own },
        &registry(&[(A, "a.md", "deprecated", reason)]),
    );
    assert!(again.changed.is_empty(), "{again:?}");
}

#[test]
fn what_belongs_to_another_allocation_conflicts() {
    let mut own = registry(&[(A, "a.md", "active", "\"doc_id\":\"DOC-1\"")]);
    let other = "\"origin\":\"00000000000000aa\"";
    let (_, conflicts) = matched(&own, &registry(&[(A, "c.md", "active", other)]));
    assert_eq!(
        conflicts,
        [format!("{A} is the identity of 'a.md' here, and of 'c.md' in the import")]
    );
    let (found, conflicts) = matched(&own, &registry(&[(B, "a.md", "active", "")]));
    assert_eq!(conflicts, [format!("{B} belongs to 'a.md', which has {A} here")]);
    assert_eq!(found.joinable, 1);
    // If that is wanted, it becomes an alias.
    let is_tracked = |path: &RepoPath| path.to_string().ends_with(".md");
    let target = ImportTarget::new(&own, &[], &is_tracked).joining(true);
    let found = target.match_records(&registry(&[(B, "a.md", "active", "")]), &|| {});
    assert!(target.conflicts(&found).is_empty() && found.new.is_empty());
    assert!(found.changed[0].0.aliases.contains(&B.parse().expect("valid")));
    assert_eq!((found.known, found.notes.len()), (1, 1));
    let doc_id = "\"doc_id\":\"DOC-1\"";
    let (_, conflicts) = matched(&own, &registry(&[(B, "b.md", "active", doc_id)]));
    assert_eq!(conflicts, [format!("DOC-1 of {B} belongs to 'a.md' here ({A})")]);
    own.allocations[0].aliases.insert(B.parse().expect("valid"));
    let mut read = registry(&[(B, "a.md", "active", "")]);
    read.allocations[0].origin = own.allocations[0].origin;
    let (found, conflicts) = matched(&own, &read);
    assert_eq!((found.known, conflicts.len()), (1, 0), "its number here is another one");
}
