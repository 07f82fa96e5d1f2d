//! The judge is judged: hand-made registries, good and bad, without the product.

mod sealed;

use std::collections::BTreeSet;

use crate::common::{Repo, Snapshot, for_each_git, text};
use crate::judge;

const HEAD: &str = "{\"schema_version\":\"1.0\",\"scope\":\"260118\",\"counters\":{},\
                    \"metadata\":{},\"allocations\":[\n";

/// Returns the line of a record.
fn line(sequence: u32, path: &str, status: &str) -> String {
    format!(
        "{{\"id\":\"02999{sequence:05}260118\",\"file_path\":\"{path}\",\
         \"allocated_at\":\"2026-02-03T10:11:12Z\",\"status\":\"{status}\",\
         \"metadata\":{{\"origin\":\"{sequence:016x}\"}}}}"
    )
}

fn registry(lines: &[String]) -> String {
    let body = lines.join(",\n");
    format!("{HEAD}{body}{}]}}\n", if lines.is_empty() { "" } else { "\n" })
}

/// Commits files and a registry made of the lines.
fn commit(repo: &Repo, files: &[&str], registry: &str) {
    for path in files {
        repo.stage(path, text(path));
    }
    repo.stage(".idhooks/registry.json", registry);
    repo.commit("step");
}

fn faults(repo: &Repo) -> Vec<String> {
    let faults = judge::judge(repo, &BTreeSet::new());
    faults.iter().map(|f| f.split_once("] ").expect("a subject is named").1.to_owned()).collect()
}

fn faults_of(files: &[&str], registry: &str) -> Vec<String> {
    let mut found = Vec::new();
    for_each_git(|git| {
        let repo = Repo::empty(git);
        commit(&repo, files, registry);
        found = faults(&repo);
    });
    found
}

#[test]
fn a_true_registry_has_no_faults() {
    let lines = [line(1, "a.txt", "active"), line(2, "b.txt", "deprecated")];
    assert_eq!(faults_of(&["a.txt"], &registry(&lines)), [""; 0]);
    assert_eq!(faults_of(&[], &registry(&[])), [""; 0]);
}

#[test]
fn drift_is_seen() {
    let lines = [line(1, "gone.txt", "active")];
    let expected = ["no identity: a.txt", "active but not tracked: gone.txt"];
    assert_eq!(faults_of(&["a.txt"], &registry(&lines)), expected);
}

#[test]
fn duplicates_are_seen() {
    let lines = [line(1, "a.txt", "active"), line(1, "a.txt", "active")];
    let expected =
        ["identity twice: 0299900001260118", "origin twice: 0000000000000001", "path twice: a.txt"];
    assert_eq!(faults_of(&["a.txt"], &registry(&lines)), expected);
}

#[test]
fn form_is_seen() {
    let lines = [line(1, "a.txt", "active"), line(2, "b.txt", "active")];
    let good = registry(&lines);
    let not_canonical = ["the registry is not in canonical form"];
    for bad in [
        good.replace("},\n{", "},{"),
        good.replace("\":", "\": "),
        good.replace('\n', "\r\n"),
        good.trim_end().to_owned(),
        good.replace("a.txt", "\\u0061.txt"),
        good.replace("\"counters\":{},\"metadata\":{}", "\"metadata\":{},\"counters\":{}"),
    ] {
        assert_eq!(faults_of(&["a.txt", "b.txt"], &bad), not_canonical, "{bad}");
    }
    let swapped = registry(&[lines[1].clone(), lines[0].clone()]);
    let expected = ["records are not sorted by id"];
    assert_eq!(faults_of(&["a.txt", "b.txt"], &swapped), expected);
    let derived =
        good.replace("\"counters\":{}", "\"counters\":{\"999_02_260118\":{\"current\":2}}");
    let expected = ["a counter stores what can be derived"];
    assert_eq!(faults_of(&["a.txt", "b.txt"], &derived), expected);
    let zero = registry(&[line(0, "a.txt", "active")]);
    assert!(faults_of(&["a.txt"], &zero)[0].starts_with("malformed record"));
    assert!(faults_of(&[], "<<<<<<< ours\n")[0].starts_with("the registry is not JSON"));
}

#[test]
fn history_is_seen() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let (first, second) = (line(1, "a.txt", "active"), line(2, "b.txt", "active"));
        commit(&repo, &["a.txt", "b.txt"], &registry(&[first.clone(), second]));
        repo.mv("b.txt", "c.txt");
        commit(&repo, &[], &registry(&[first, line(3, "c.txt", "active")]));
        let expected = ["record lost: 0299900002260118 b.txt", "exact rename lost: b.txt -> c.txt"];
        assert_eq!(faults(&repo), expected);
        commit(&repo, &[], &registry(&[line(3, "c.txt", "active"), line(4, "a.txt", "active")]));
        let expected = [
            "record lost: 0299900001260118 a.txt",
            "identity of a.txt changed: 0299900001260118 -> 0299900004260118",
        ];
        assert_eq!(faults(&repo)[2..], expected);
        repo.run("rm -q -r .idhooks");
        repo.commit("gone");
        assert_eq!(faults(&repo)[4..], ["the registry is gone"]);
    });
}

#[test]
fn a_merge_takes_its_identities_from_its_parents() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let (first, second) = (line(1, "a.txt", "active"), line(2, "b.txt", "active"));
        commit(&repo, &["a.txt"], &registry(std::slice::from_ref(&first)));
        repo.run("checkout -q -b side");
        commit(&repo, &["b.txt"], &registry(&[first.clone(), second]));
        repo.run("checkout -q main");
        repo.run("merge -q --no-ff --no-edit side");
        assert_eq!(faults(&repo), [""; 0]);
        let stranger =
            registry(&[first, line(2, "b.txt", "deprecated"), line(3, "b.txt", "active")]);
        repo.stage(".idhooks/registry.json", stranger);
        repo.run("commit -q --amend --no-edit");
        let expected = "identity of b.txt is 0299900003260118, was [\"0299900002260118\"]";
        assert_eq!(faults(&repo), [expected]);
    });
}

#[test]
fn leaks_are_seen() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let (first, second) = (line(1, "a.txt", "active"), line(2, "b.txt", "active"));
        commit(&repo, &["a.txt", "b.txt"], &registry(&[first.clone(), second.clone()]));
        let touched = first.replace("2026-02", "2025-02");
        let came_along = line(3, "elsewhere.txt", "deprecated")
            .replace("\"metadata\":{", "\"metadata\":{\"deprecated_reason\":\"reverted\",");
        let left = line(4, "gone.txt", "deprecated");
        repo.stage("b.txt", text("edited"));
        let third = second.replace("2026-02", "2025-02");
        commit(&repo, &[], &registry(&[touched, third, came_along, left]));
        let leaks = |healing: &[&str]| {
            let healing = healing.iter().map(|rev| repo.rev(rev)).collect();
            let faults = judge::judge_with_leaks(&repo, &BTreeSet::new(), Some(&healing));
            let leaked =
                faults.iter().filter_map(|fault| fault.split("leaked into this commit: ").nth(1));
            leaked.map(|leak| leak[..5].to_owned()).collect::<Vec<_>>()
        };
        assert_eq!(leaks(&[]), ["a.txt", "gone."]);
        assert_eq!(leaks(&["HEAD"]), [""; 0]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn known_bad_commits_are_passed_over() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        let lines = [line(1, "a.txt", "active")];
        commit(&repo, &["a.txt"], &registry(&lines));
        repo.commit_file("b.txt", text("b"));
        repo.run("rm -q b.txt");
        repo.commit("healed");
        judge::assert_consistent_except(&repo, &["HEAD~1"]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn snapshots_see_index_flags_and_files() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("a.txt", text("a"));
        let before = Snapshot::of(&repo);
        before.assert_same(&repo);
        repo.write("new.txt", "x");
        assert_ne!(Snapshot::of(&repo), before);
        repo.remove("new.txt");
        repo.run("update-index --assume-unchanged a.txt");
        assert_ne!(Snapshot::of(&repo), before);
        repo.run("update-index --no-assume-unchanged a.txt");
        repo.run("tag t");
        assert_ne!(Snapshot::of(&repo), before);
        repo.run("tag -d t");
        before.assert_same(&repo);
    });
}

#[test]
fn texts_of_different_seeds_share_no_line() {
    let (one, two) = (text("one"), text("two"));
    assert_eq!((one.lines().count(), text("one") == one), (24, true));
    assert!(one.lines().all(|line| !two.contains(line)));
}
