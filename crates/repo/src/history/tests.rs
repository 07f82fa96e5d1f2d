//! Tests on histories of a few commits, each made by git.

use idhooks_core::check::{Code, Coverage};
use idhooks_core::registry::{REGISTRY_PATH, RepoPath, Timestamp};

use super::{
    Consistency, Lineage, check_consistency, coverage_history, dropped_records::is_complete,
    find_inconsistent, loses_exact_rename,
};
use crate::git::tests::made::{MadeRepo, id, path};

/// Returns the codes and paths of what is wrong with a commit; nothing if it is consistent.
fn faults(made: &MadeRepo, rev: &str) -> Vec<(Code, String)> {
    let repo = made.open();
    let commit = repo.resolve(rev).expect("readable").expect("a commit");
    match check_consistency(&repo, commit).expect("readable") {
        Consistency::Consistent => Vec::new(),
        Consistency::NotAdopted => vec![(Code::NotInstalled, String::new())],
        Consistency::Inconsistent(findings) => {
            let place = |path: Option<&RepoPath>| path.map(ToString::to_string).unwrap_or_default();
            findings.iter().map(|found| (found.code, place(found.path.as_ref()))).collect()
        }
    }
}

#[test]
fn a_commit_is_consistent_if_its_registry_has_exactly_its_files() {
    let made = MadeRepo::adopted();
    assert_eq!(faults(&made, "HEAD"), []);
    made.write("c.md", "c\n");
    made.commit("a file without an identity");
    assert_eq!(faults(&made, "HEAD"), [(Code::MissingId, "c.md".to_owned())]);
    made.register(&[("a.md", 1), ("b.md", 2), ("c.md", 3)]);
    made.commit("its identity");
    assert_eq!(faults(&made, "HEAD"), []);
    std::fs::remove_file(made.top().join("b.md")).expect("a file");
    made.commit("a record without a file");
    assert_eq!(faults(&made, "HEAD"), [(Code::StalePath, "b.md".to_owned())]);
}

#[test]
fn a_commit_without_a_registry_is_neither_consistent_nor_inconsistent() {
    let made = MadeRepo::empty();
    made.write("a.md", "a\n");
    let commit = made.commit("before idhooks");
    let repo = made.open();
    assert_eq!(check_consistency(&repo, commit).expect("readable"), Consistency::NotAdopted);
    assert!(find_inconsistent(&repo, &[commit]).expect("readable").is_empty());
}

#[test]
fn a_file_that_stays_keeps_its_identity() {
    let made = MadeRepo::adopted();
    made.register(&[("a.md", 7), ("b.md", 2)]);
    made.commit("another identity for a file that stayed");
    let found = faults(&made, "HEAD");
    assert!(found.contains(&(Code::IdentityChanged, "a.md".to_owned())), "{found:?}");
    assert!(found.iter().any(|(code, _)| *code == Code::RecordLost), "{found:?}");
}

#[test]
fn a_renamed_file_keeps_its_identity() {
    let made = MadeRepo::adopted();
    std::fs::rename(made.top().join("a.md"), made.top().join("c.md")).expect("renamed");
    made.register(&[("b.md", 2), ("c.md", 1)]);
    let right = made.commit("renamed with its identity");
    let repo = made.open();
    assert_eq!(faults(&made, "HEAD"), []);
    assert!(!loses_exact_rename(&repo, right).expect("readable"));
    std::fs::rename(made.top().join("c.md"), made.top().join("d.md")).expect("renamed");
    made.register(&[("b.md", 2), ("c.md", 1), ("d.md", 9)]);
    let file = made.top().join(REGISTRY_PATH);
    let text = std::fs::read_to_string(&file).expect("a registry");
    let (before, after) = text.split_once("\"c.md\"").expect("its record");
    let ended = after.replacen("\"active\"", "\"deprecated\"", 1);
    std::fs::write(file, format!("{before}\"c.md\"{ended}")).expect("writable");
    let wrong = made.commit("renamed, with another one");
    assert!(loses_exact_rename(&made.open(), wrong).expect("readable"));
    assert!(!faults(&made, "HEAD").is_empty());
}

#[test]
fn the_inconsistent_commits_are_those_after_the_last_consistent_one() {
    let made = MadeRepo::adopted();
    let commit = |file: &str| {
        made.write(file, "new\n");
        made.commit(file)
    };
    commit("c.md");
    made.register(&[("a.md", 1), ("b.md", 2), ("c.md", 3)]);
    made.commit("healed");
    let unseen = [commit("d.md"), commit("e.md")];
    let repo = made.open();
    assert_eq!(find_inconsistent(&repo, &unseen[1..]).expect("readable"), unseen);
    assert!(is_complete(&repo, unseen[1]).expect("readable"));
}

#[test]
fn what_a_commit_without_hooks_leaves_out_is_healed_over_it() {
    let made = MadeRepo::adopted();
    std::fs::rename(made.top().join("a.md"), made.top().join("c.md")).expect("renamed");
    let unseen = made.commit("renamed without hooks");
    let repo = made.open();
    let mut lineage = Lineage::of(&repo, &[unseen]).expect("readable");
    lineage.heal(&repo, None, &|_| {}).expect("plannable");
    let healed = lineage.healed.get(&unseen).expect("it has to be healed");
    let held: Vec<_> = healed.allocations.iter().map(|one| one.id.to_string()).collect();
    assert_eq!(held, [id(1), id(2)]);
    assert_eq!(healed.allocations[0].path, path("c.md"));
    assert!(lineage.was_inconsistent());
}

#[test]
fn the_coverage_of_a_day_is_that_of_its_last_commit() {
    let made = MadeRepo::adopted();
    made.write("c.md", "c\n");
    let tip = made.commit("a day later");
    let repo = made.open();
    for round in ["measured", "from the cache"] {
        let mut days = 0;
        let history = coverage_history(&repo, tip, None, &mut |_| days += 1).expect("readable");
        let points: Vec<Coverage> = history.points.iter().map(|point| point.coverage).collect();
        let expected = [2, 3].map(|files| Coverage { files, covered: 2 });
        assert_eq!((points.as_slice(), days), (&expected[..], 2), "{round}");
        assert_eq!(history.points[1].commit, tip.to_string());
    }
    let since = repo.commit(tip).expect("a commit").committer_time();
    let since = Timestamp::from_unix(since).expect("a time");
    let history = coverage_history(&repo, tip, Some(since), &mut |_| {}).expect("readable");
    assert_eq!(history.points.len(), 1);
}
