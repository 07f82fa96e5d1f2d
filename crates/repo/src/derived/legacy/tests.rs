//! Tests of what a legacy file has, and of the way there and back.

use super::*;
use idhooks_core::registry::{Allocation, Json, Origin, RepoPath, Timestamp, discrepancies};

/// A registry as another program wrote it.
const FOREIGN: &str = r#"{
  "schema_version": "1.0",
  "scope": "260118",
  "counters": {"100_01_260118": {"current": 7, "allocated": 2, "reserved": [9]}},
  "metadata": {"version": "2.3.1", "last_updated": "2025-11-30T08:00:00.123456",
    "total_allocated": 99, "total_active": 98, "team": "docs"},
  "allocations": [
    {"id": "0110000001260118", "file_path": "docs\\intro.md", "allocated_at": "2025-11-01T08:00:00.5",
     "allocated_by": "batch", "status": "active", "metadata": {"owner": "ann"}, "superseded_by": null},
    {"id": "0110000002260118", "file_path": "docs/old.md", "allocated_at": "2025-11-01T08:00:00Z",
     "status": "superseded", "superseded_by": "0110000001260118", "metadata": {}}
  ]
}"#;

fn scope() -> Scope {
    "260118".parse().expect("valid")
}

fn path(text: &str) -> RepoPath {
    RepoPath::new(text.as_bytes()).expect("a path")
}

fn imported() -> Registry {
    Registry::parse_foreign(FOREIGN.as_bytes()).expect("valid")
}

#[test]
fn the_spellings_of_the_other_program_stay() {
    let registry = imported();
    let stored = registry.format();
    let kept = Registry::parse(stored.as_bytes()).expect("valid");
    let text = derive(&kept, LegacyFormat::Classic);
    for part in [
        r#""version": "2.3.1""#,
        r#""last_updated": "2025-11-30T08:00:00.123456""#,
        r#""total_allocated": 2"#,
        r#""total_active": 1"#,
        r#""team": "docs""#,
        r#""file_path": "docs\\intro.md""#,
        r#""allocated_at": "2025-11-01T08:00:00.5""#,
        r#""allocated_by": "batch""#,
        r#""superseded_by": null"#,
        r#""superseded_by": "0110000001260118""#,
        r#""owner": "ann""#,
    ] {
        assert!(text.contains(part), "{part} in {text}");
    }
    assert!(!text.contains("legacy_spelling"), "{text}");
}

#[test]
fn totals_are_counted_wherever_they_stand() {
    let totals = r#""total": 9, "total_files": 9, "total_active": 9, "totals": {"a": 9}, "version": "1", "scope""#;
    let foreign = FOREIGN.replace(r#""scope""#, totals);
    let registry = Registry::parse_foreign(foreign.as_bytes()).expect("valid");
    let kept = Registry::parse(registry.format().as_bytes()).expect("valid");
    assert_eq!(kept.format(), registry.format());
    assert!(!registry.format().contains(r#""total":"#), "{}", registry.format());
    let text = derive(&kept, LegacyFormat::Classic);
    for part in [
        r#"  "total": 2,"#,
        r#"  "total_files": 2,"#,
        r#"  "total_active": 1,"#,
        "  \"totals\": {\n    \"a\": 9\n  },\n  \"version\": \"1\",",
    ] {
        assert!(text.contains(&format!("\n{part}")), "{part} in {text}");
    }
    let again = read(text.as_bytes(), LegacyFormat::Classic, scope()).expect("valid");
    assert_eq!(again.format(), registry.format());
    assert_eq!(derive(&again, LegacyFormat::Classic), text);
}

#[test]
fn every_format_with_records_goes_there_and_back() {
    let registry = imported();
    for format in [LegacyFormat::Classic, LegacyFormat::Csv, LegacyFormat::Jsonl] {
        let text = derive(&registry, format);
        let again = read(text.as_bytes(), format, scope()).expect("valid");
        assert_eq!(discrepancies(&registry, &again), Vec::new(), "{format}");
        let rewritten = derive(&again, format);
        let third = read(rewritten.as_bytes(), format, scope()).expect("valid");
        assert_eq!(derive(&third, format), rewritten, "{format}");
    }
    let classic = derive(&registry, LegacyFormat::Classic);
    let again = read(classic.as_bytes(), LegacyFormat::Classic, scope()).expect("valid");
    assert_eq!(derive(&again, LegacyFormat::Classic), classic);
    assert_eq!(again.format(), registry.format());
}

#[test]
fn a_renamed_file_has_its_new_path() {
    let mut registry = imported();
    registry.allocations[0].path = path("docs/start.md");
    let text = derive(&registry, LegacyFormat::Jsonl);
    assert!(text.contains(r#""file_path":"docs/start.md""#), "{text}");
    assert!(text.contains(r#""allocated_at":"2025-11-01T08:00:00.5""#), "{text}");
}

#[test]
fn columns_of_another_table_keep_their_order() {
    let table = "owner,file_path,id,allocated_at,note\n\
                 ann,docs/a.md,0110000001260118,2025-11-01T08:00:00Z,\"two\nlines\"\n\
                 ben,docs/b.md,0110000002260118,2025-11-02T08:00:00Z,\n";
    let registry = read(table.as_bytes(), LegacyFormat::Csv, scope()).expect("valid");
    let text = derive(&registry, LegacyFormat::Csv);
    assert!(text.starts_with("owner,file_path,id,allocated_at,note,status,type,"), "{text}");
    assert!(
        text.contains("ann,docs/a.md,0110000001260118,2025-11-01T08:00:00Z,\"two\nlines\",active")
    );
    let again = read(text.as_bytes(), LegacyFormat::Csv, scope()).expect("valid");
    assert_eq!(derive(&again, LegacyFormat::Csv), text);
    assert_eq!(discrepancies(&registry, &again), Vec::new());
}

#[test]
fn second_identities_of_other_programs_are_read_where_they_stand() {
    let lines = concat!(
        r#"{"id":"0110000001260118","file_path":"a","allocated_at":"2025-11-01T08:00:00Z","status":"active","metadata":{"origin":"000000000000000a"},"doc_id":"DOC-1"}"#,
        "\n",
        r#"{"id":"0110000002260118","file_path":"b","allocated_at":"2025-11-01T08:00:00Z","status":"active","metadata":{"origin":"000000000000000b"},"doc_id":null}"#,
        "\n",
        r#"{"id":"0110000003260118","file_path":"c","allocated_at":"2025-11-01T08:00:00Z","status":"active","metadata":{"origin":"000000000000000c","doc_id":"DOC-3"},"doc_id":"DOC-9"}"#,
        "\n",
        r#"{"id":"0110000004260118","file_path":"d","allocated_at":"2025-11-01T08:00:00Z","status":"active","metadata":{"origin":"000000000000000d"},"doc_id":""}"#,
        "\n",
    );
    let table = "doc_id,id,path,status,allocated_at,origin,type,ns,scope,claim,aliases,shadowed,\
         deprecated_at,deprecated_reason,last_blob,superseded_by,supersedes,copied_from,\
         reassigned_from,path_hex,purged,metadata,other\n\
         DOC-1,0110000001260118,a,active,2025-11-01T08:00:00Z,000000000000000a,01,100,260118,,,,,,,,,,,,,\
         \"{\"\"owner\"\":\"\"ann\"\"}\",\n\
         ,0110000002260118,b,active,2025-11-01T08:00:00Z,000000000000000b,01,100,260118,,,,,,,,,,,,,,\n\
         DOC-9,0110000003260118,c,active,2025-11-01T08:00:00Z,000000000000000c,01,100,260118,,,,,,,,,,,,,\
         \"{\"\"doc_id\"\":\"\"DOC-3\"\"}\",\n";
    for (text, format) in [(lines, LegacyFormat::Jsonl), (table, LegacyFormat::Csv)] {
        let mut registry = read(text.as_bytes(), format, scope()).expect("valid");
        let held = |registry: &Registry, n: usize| {
            registry.allocations[n].text("doc_id").map(str::to_owned)
        };
        let all = [0, 1, 2].map(|n| held(&registry, n).unwrap_or_default());
        assert_eq!(all, ["DOC-1", "", "DOC-3"], "{format}");
        let kept = Registry::parse(registry.format().as_bytes()).expect("valid");
        assert_eq!(derive(&kept, format), text, "{format}");
        // What they get and lose is seen where the other program looks.
        registry.allocations[0].metadata.remove("doc_id");
        registry.allocations[1].set_text("doc_id", "DOC-2");
        let again = read(derive(&registry, format).as_bytes(), format, scope()).expect("valid");
        assert_eq!(discrepancies(&registry, &again), Vec::new(), "{format}");
        let derived = derive(&registry, format);
        let place = match format {
            LegacyFormat::Csv => "\nDOC-2,0110000002260118,",
            _ => r#""metadata":{"origin":"000000000000000b"},"doc_id":"DOC-2"}"#,
        };
        assert!(derived.contains(place) && derived.matches("DOC-2").count() == 1, "{derived}");
    }
}

#[test]
fn differences_are_named_by_field() {
    let registry = imported();
    let mut legacy = registry.clone();
    legacy.allocations[0].path = path("docs/other.md");
    legacy.allocations[0].metadata.remove("owner");
    legacy.allocations.remove(1);
    let found: Vec<String> =
        discrepancies(&registry, &legacy).iter().map(ToString::to_string).collect();
    assert_eq!(
        found,
        [
            "0110000001260118: file_path: 'docs/intro.md' != 'docs/other.md'",
            "0110000001260118: metadata.owner: 'ann' != nothing",
            "0110000002260118: only the registry has it, for 'docs/old.md'",
        ]
    );
}

#[test]
fn what_cannot_be_read_has_its_place() {
    let refusal = |bytes: &[u8], format| read(bytes, format, scope()).expect_err("bad").to_string();
    let line = r#"{"id":"0110000001260118","file_path":"a","allocated_at":"2025-11-01T08:00:00Z","status":"active"}"#;
    let two = format!("{line}\n\n{{\"id\":1}}\n");
    assert!(refusal(two.as_bytes(), LegacyFormat::Jsonl).starts_with("line 3, "));
    let table = "id,path,allocated_at\n0110000001260118,../a,2025-11-01T08:00:00Z\n";
    let message = refusal(table.as_bytes(), LegacyFormat::Csv);
    assert!(message.starts_with("line 2, ") && message.contains("'../a'"), "{message}");
    let message = refusal(b"id,path\n1,2\n", LegacyFormat::Csv);
    assert_eq!(message, "line 1: there is no column 'allocated_at'");
    let table = "id,path,allocated_at,metadata\n0110000001260118,a,2025-11-01T08:00:00Z,[1\n";
    assert_eq!(
        refusal(table.as_bytes(), LegacyFormat::Csv),
        "line 2: 'metadata' is not a JSON object"
    );
    assert!(refusal(b"\xff", LegacyFormat::Csv).contains("UTF-8"));
    assert!(refusal(b"DOC-1 a\n", LegacyFormat::IdsMap).contains("no records"));
}

#[test]
fn a_map_has_the_second_identities_of_files() {
    let mut registry = imported();
    registry.allocations[0].set_text("doc_id", "DOC-0001");
    registry.allocations[1].set_text("doc_id", "DOC-0002");
    assert_eq!(derive(&registry, LegacyFormat::IdsMap), "DOC-0001 docs/intro.md\n");
}

/// Returns base, ours and theirs, in which both sides gave the same identity to a new file.
fn sides() -> [Registry; 3] {
    let base = imported();
    let side = |name: &str, origin: &str| {
        let mut side = base.clone();
        let id = "0110000003260118".parse().expect("an identity");
        let origin = origin.parse().expect("an origin");
        side.allocations.push(Allocation::new(id, path(name), Timestamp::EPOCH, origin));
        side
    };
    let [ours, theirs] = [("a.md", "00000000000000aa"), ("b.md", "00000000000000bb")]
        .map(|(name, origin)| side(name, origin));
    [base, ours, theirs]
}

#[test]
fn a_merge_of_legacy_files_is_derived_from_the_merged_registry() {
    let [base, ours, theirs] = sides();
    let merged = idhooks_core::merge::merge(&base, &ours, &theirs).expect("one scope");
    for format in [LegacyFormat::Classic, LegacyFormat::Jsonl, LegacyFormat::Csv] {
        let [base, ours, theirs] = [&base, &ours, &theirs].map(|side| derive(side, format));
        let [base, ours, theirs] = [&base, &ours, &theirs].map(|text| text.as_bytes());
        let text = merge_files([base, ours, theirs], None).expect("records").expect("one scope");
        assert_eq!(text, derive(&merged, format), "{format}");
        assert_eq!(merge_files([base, theirs, ours], None), Some(Ok(text)), "{format}");
        assert!(merge_files([b"", ours, theirs], None).is_some_and(|merged| merged.is_ok()));
        assert_eq!(merge_files([base, &ours[..ours.len() / 2], theirs], None), None);
    }
    let maps = [&base, &ours, &theirs].map(|side| derive(side, LegacyFormat::IdsMap));
    assert_eq!(merge_files(maps.each_ref().map(|text| text.as_bytes()), None), None);
    assert_eq!(merge_files([b"", b"", b""], None), None);
}

/// Where both branches have added a record at the end, none changes its place, although those of the base are in the
/// order of their identities.
#[test]
fn a_merge_keeps_the_order_of_a_file_that_a_branch_appends_to() {
    let line = |n: u32| {
        format!(
            "{{\"id\": \"01100{n:05}260118\", \"file_path\": \"{n}.md\", \"allocated_at\": \"2026-01-{n:02}T00:00:00\", \"status\": \"active\"}}\n"
        )
    };
    let text = |numbers: &[u32]| numbers.iter().map(|n| line(*n)).collect::<String>();
    let order = |text: &str| -> Vec<u32> {
        let number = |line: &str| line.split("01100").nth(1)?.get(..5)?.parse().ok();
        text.lines().filter_map(number).collect()
    };
    for (ours, theirs, expected) in [
        (vec![2, 4, 6, 3], vec![2, 4, 6, 5], vec![2, 4, 6, 3, 5]),
        (vec![2, 4, 6, 3], vec![2, 4, 6], vec![2, 4, 6, 3]),
        (vec![2, 3, 4, 6], vec![2, 4, 5, 6], vec![2, 3, 4, 5, 6]),
    ] {
        let [base, ours, theirs] = [vec![2, 4, 6], ours, theirs].map(|numbers| text(&numbers));
        let versions = [&base, &ours, &theirs].map(|text| text.as_bytes());
        let merged = merge_files(versions, None).expect("records").expect("one scope");
        assert_eq!(order(&merged), expected);
    }
}

#[test]
fn two_branches_that_count_add_two_records() {
    let base = imported();
    let added = |owner: &str, name: &str| {
        let mut side = base.clone();
        let id = "0110000003260118".parse().expect("an identity");
        let mut record = Allocation::new(
            id,
            path(name),
            Timestamp::EPOCH,
            Origin::of_legacy("any", Timestamp::EPOCH),
        );
        record.extra.insert("owner".to_owned(), Json::string(owner));
        side.allocations.push(record);
        // As a program writes that does not know origins.
        let text = derive(&side, LegacyFormat::Jsonl);
        text.replace(&format!("\"origin\":\"{}\"", side.allocations[2].origin), "")
    };
    let (ours, theirs) = (added("ann", "a.md"), added("bob", "b.md"));
    let base = derive(&base, LegacyFormat::Jsonl);
    let [base, ours, theirs] = [&base, &ours, &theirs].map(|text| text.as_bytes());
    let text = merge_files([base, ours, theirs], None).expect("records").expect("one scope");
    assert_eq!(merge_files([base, theirs, ours], None), Some(Ok(text.clone())));
    let merged = read(text.as_bytes(), LegacyFormat::Jsonl, Scope::SMALLEST).expect("valid");
    let owner = |name: &str| {
        let record = merged.allocations.iter().find(|record| record.path == path(name));
        record.and_then(|record| record.extra["owner"].as_str())
    };
    assert_eq!((owner("a.md"), owner("b.md")), (Some("ann"), Some("bob")));
    // The same record on both sides is one, also where one side knows its origin.
    assert_eq!(
        merge_files([base, ours, ours], None).map(|text| text.expect("one scope").lines().count()),
        Some(3)
    );
}
