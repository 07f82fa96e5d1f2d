//! How many records and decisions a plan and a step count, and what they say about them.

use super::{LEGACY, RECORDS, classic, run_first, with_file};
use crate::common::{Git, Repo, for_each_git, text};

/// Returns a repository whose legacy file has a record that may be one of two files, and with two files that have
/// the same number in their names.
fn undecided(git: &Git) -> Repo {
    let path = "old\u{fffd}/x.md";
    let unclear = format!(r#""status":"active","metadata":{{"canonical_path":"{path}"}}"#);
    let sure = r#""status":"active","metadata":{"canonical_path":"docs/guide.md"}"#;
    let gone = r#""status":"active","metadata":{"canonical_path":"docs/gone.md"}"#;
    let records = [
        (RECORDS[0].0, "docs/guide.md", sure),
        ("0110000002250101", path, &unclear),
        ("0110000003250101", "docs/gone.md", gone),
    ];
    let repo = with_file(git, LEGACY, &classic(&records));
    let two = ["docs/0110000099250101_n.md", "0110000099250101_n.md"];
    for path in ["old1/x.md", "old2/x.md"].iter().chain(&two) {
        repo.stage(path, text(path));
    }
    repo.commit("files about which someone must decide");
    repo
}

#[test]
fn a_plan_counts_records_and_decisions_apart() {
    for_each_git(|git| {
        let repo = undecided(git);
        let plan = repo.idhooks("migrate plan").code(1).stdout();
        let summary = format!("3 records in '{LEGACY}': 1 convert, 1 deprecate, 1 skip\n");
        assert!(plan.contains(&summary), "{plan}");
        assert!(
            plan.contains("2 decisions are needed first, on 1 record and 1 other: for each line"),
            "{plan}"
        );
        assert!(!plan.contains("0110000002250101: status"), "{plan}");
        let document = repo.idhooks("migrate plan --report json").code(1).json();
        crate::checks::assert_fits(&repo, "migrate-plan", &document);
        assert_eq!(document["records"].as_array().map(Vec::len), Some(3));
        assert_eq!(
            (&document["skip"], document["questions"].as_array().map(Vec::len)),
            (&1.into(), Some(1))
        );
        // Both places of the path are named.
        assert!(plan.contains("also into 'metadata.canonical_path'"), "{plan}");
        let said = repo.idhooks("migrate run").code(1);
        let said = said.stdout() + &said.stderr();
        assert!(said.contains("3 records: none taken; 2 decisions are needed first"), "{said}");
        assert!(
            said.contains("the name of the file") && !said.contains("in the registry"),
            "{said}"
        );
    });
}

#[test]
fn a_step_counts_as_its_plan_does() {
    for_each_git(|git| {
        let repo = super::with_legacy(git);
        let plan = repo.idhooks("migrate plan").ok().stdout();
        assert!(plan.contains("3 convert, 1 deprecate"), "{plan}");
        let said = repo.idhooks("migrate run").ok().stdout();
        assert!(said.contains("4 records: 3 converted, 1 deprecated, 0 unchanged"), "{said}");
        let status = repo.idhooks("migrate status --format json").ok().json();
        assert_eq!(status["last_step"]["deprecated"], 1);
    });
}

#[test]
fn a_later_plan_names_only_the_counters_that_change() {
    for_each_git(|git| {
        let repo = super::with_legacy(git);
        assert!(repo.idhooks("migrate plan").ok().stdout().contains("\ncounter "));
        run_first(&repo);
        let again = repo.idhooks(["migrate", "plan", "--from", super::LEGACY]).ok().stdout();
        assert!(!again.contains("counter "), "{again}");
    });
}
