//! Tests of [`super::locate`].

use super::*;
use idhooks_core::registry::{Allocation, Entry, Json, Mode, Timestamp};

#[test]
fn records_follow_unambiguous_evidence() {
    let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
    let blob = |n: u8| BlobId::from_bytes(&[n; 20]).expect("an id");
    let mut registry = Registry::new("260118".parse().expect("valid"));
    let mut add = |n: u64, old: &str, origin: Origin| {
        let id = format!("20999{n:05}260118").parse().expect("valid");
        registry.allocations.push(Allocation::new(id, path(old), Timestamp::EPOCH, origin));
    };
    let any = |n: u8| Origin::of_file(&path("any"), blob(n), 0);
    add(1, "old/named.py", any(1));
    add(2, "old/remembered.py", any(2));
    add(3, "old/made.py", Origin::of_file(&path("old/made.py"), blob(3), 0));
    add(4, "old/alone.py", any(4));
    add(5, "old/twice.py", any(5));
    add(6, "here.py", any(6));
    add(7, "old/here.py", any(7));
    let last = Json::string(blob(2).to_string());
    registry.allocations[1].metadata.insert(key::LAST_BLOB.to_owned(), last);
    let files = [
        ("new/2099900001260118_x.py", 11),
        ("new/y.py", 2),
        ("new/z.py", 3),
        ("new/alone.py", 14),
        ("new/a/twice.py", 15),
        ("new/b/twice.py", 16),
        ("here.py", 17),
    ];
    let file = |n| Entry { mode: Mode::Regular, blob: blob(n) };
    let tree: Tree = files.map(|(name, n)| (path(name), file(n))).into_iter().collect();
    let none = || Ok::<_, ()>(Vec::new());
    locate_files(&mut registry, &tree, &Config::default(), none).expect("no history");
    let paths: Vec<String> = registry.allocations.iter().map(|r| r.path.to_string()).collect();
    assert_eq!(
        paths,
        [
            "new/2099900001260118_x.py",
            "new/y.py",
            "new/z.py",
            "new/alone.py",
            "old/twice.py",
            "here.py",
            "old/here.py"
        ]
    );
}

/// Locates the files of records in a tree, given their numbers and paths. Returns the new paths and the ambiguous
/// candidates.
fn located(records: &[(u32, &str)], files: &[&str]) -> (Vec<String>, Vec<Vec<String>>) {
    let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
    let mut registry = Registry::new("260118".parse().expect("valid"));
    for (n, old) in records {
        let id = format!("20999{n:05}260118").parse().expect("valid");
        let origin = Origin::of_legacy(&n.to_string(), Timestamp::EPOCH);
        registry.allocations.push(Allocation::new(id, path(old), Timestamp::EPOCH, origin));
    }
    let blob = BlobId::from_bytes(&[9; 20]).expect("an id");
    let file = Entry { mode: Mode::Regular, blob };
    let tree: Tree = files.iter().map(|name| (path(name), file)).collect();
    let renames = || Ok::<_, ()>(vec![(path("old/moved.py"), path("new/moved-here.py"))]);
    let unclear = locate_files(&mut registry, &tree, &Config::default(), renames).expect("history");
    let paths = registry.allocations.iter().map(|record| record.path.to_string()).collect();
    let candidates =
        |one: &AmbiguousImport| one.candidates.iter().map(ToString::to_string).collect();
    (paths, unclear.iter().map(candidates).collect())
}

#[test]
fn a_path_that_could_not_be_read_is_that_of_the_only_file_that_fits() {
    let (paths, unclear) = located(
        &[
            (1, "docs/\u{fffd}ber\u{fffd}.md"),
            (2, "docs/caf\u{fffd}.md"),
            (3, "docs/x\u{fffd}.md"),
            (4, "docs/gone\u{fffd}.md"),
        ],
        &["docs/überß.md", "docs/café.md", "docs/cafè.md", "docs/xo.md"],
    );
    assert_eq!(
        paths,
        ["docs/überß.md", "docs/caf\u{fffd}.md", "docs/xo.md", "docs/gone\u{fffd}.md"]
    );
    assert_eq!(unclear, [["docs/cafè.md", "docs/café.md"]]);
    // Each byte of a character was read as one.
    let (paths, unclear) = located(
        &[
            (1, "Pr\u{fffd}\u{fffd}fix.md"),
            (2, "\u{fffd}\u{fffd}\u{fffd}\u{fffd}.md"),
            (3, "o\u{fffd}\u{fffd}.md"),
        ],
        &["Präfix.md", "äß.md", "öß.md", "oder.md"],
    );
    assert_eq!(paths, ["Präfix.md", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}.md", "o\u{fffd}\u{fffd}.md"]);
    assert_eq!(unclear, [["oder.md", "äß.md", "öß.md"]]);
    // One file for two records.
    let (paths, unclear) =
        located(&[(1, "\u{fffd}a.md"), (2, "ä\u{fffd}.md")], &["äa.md", "äß.md"]);
    assert_eq!(paths, ["\u{fffd}a.md", "ä\u{fffd}.md"]);
    assert_eq!(unclear, [vec!["äa.md"], vec!["äa.md", "äß.md"]]);
    // The program has registered the file again.
    let (paths, unclear) = located(&[(1, "\u{fffd}a.md"), (2, "äa.md")], &["äa.md"]);
    assert_eq!(paths, ["\u{fffd}a.md", "äa.md"]);
    assert_eq!(unclear, [[""; 0]; 0]);
    let (paths, unclear) = located(&[(1, "\u{fffd}ß.md"), (2, "ä\u{fffd}.md")], &["äß.md"]);
    assert_eq!(paths, ["\u{fffd}ß.md", "ä\u{fffd}.md"]);
    assert_eq!(unclear, [["äß.md"], ["äß.md"]]);
}

#[test]
fn a_number_in_an_unrelated_name_is_no_proof_beside_other_evidence() {
    let numbered = |n: u32, name: &str| format!("docs/20999{n:05}260118{name}");
    let files = [
        numbered(1, "_unrelated.py"),
        numbered(2, "_plan-b.py"),
        numbered(3, "_.py"),
        numbered(4, "_other.py"),
        numbered(5, "_alone.py"),
    ];
    let mut all: Vec<&str> = files.iter().map(String::as_str).collect();
    all.extend(["new/moved-here.py", "a/twice.py", "b/twice.py"]);
    let records = [
        (1, "old/moved.py"),
        (2, "old/Plan.py"),
        (3, "old/any.py"),
        (4, "old/twice.py"),
        (5, "old/x.py"),
    ];
    let (paths, unclear) = located(&records, &all);
    assert_eq!(paths, ["old/moved.py", &files[1], &files[2], "old/twice.py", &files[4]]);
    assert_eq!(unclear[0], [&files[0], "new/moved-here.py"]);
    assert_eq!(unclear[1], ["a/twice.py", "b/twice.py", &files[3]]);
    assert_eq!(unclear.len(), 2);
}

#[test]
fn chains_of_renames_are_followed_to_their_end() {
    let path = |text: &str| RepoPath::new(text.as_bytes()).expect("valid");
    let file = Entry { mode: Mode::Regular, blob: BlobId::from_bytes(&[1; 20]).expect("an id") };
    let tree: Tree = ["c", "d", "x", "y"].map(|name| (path(name), file)).into_iter().collect();
    let renames = [
        ("b", "c"),
        ("a", "b"),
        // Back and forth.
        ("d2", "d"),
        ("d1", "d2"),
        ("d2", "d1"),
        // Two targets, and one that no longer exists.
        ("two", "x"),
        ("two", "y"),
        ("first", "two"),
        ("none", "gone"),
    ];
    let renames = renames.map(|(from, to)| (path(from), path(to)));
    let targets = rename_targets(&renames, &tree);
    let target = |from: &str| targets.get(&path(from)).map(|to| to.map(ToString::to_string));
    assert_eq!(target("a"), Some(Some("c".to_owned())));
    assert_eq!(target("b"), Some(Some("c".to_owned())));
    assert_eq!(target("d1"), Some(Some("d".to_owned())));
    assert_eq!(target("d2"), Some(Some("d".to_owned())));
    assert_eq!((target("two"), target("first"), target("none")), (Some(None), Some(None), None));
}
