//! Files with hardly any content: which of them a commit recognises when they move.

use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::judge;

/// Commits three small files, two of them with the same content, and returns their identities.
fn commit_small(repo: &Repo) -> [String; 4] {
    repo.stage("version", "1.2\n");
    repo.stage("one/flag", "on\n");
    repo.stage("two/flag", "on\n");
    repo.stage("blank", " \n\n");
    repo.commit("small files");
    ["version", "one/flag", "two/flag", "blank"].map(|path| repo.id(path))
}

fn move_small(repo: &Repo) {
    repo.mv("version", "docs/release.txt");
    repo.mv("one/flag", "docs/switch.txt");
    repo.mv("blank", "docs/nothing.txt");
}

fn assert_moved(repo: &Repo, [version, flag, other, blank]: [String; 4]) {
    assert_eq!(repo.id("docs/release.txt"), version);
    assert_eq!(repo.id("two/flag"), other);
    assert_ne!(repo.id("docs/switch.txt"), flag);
    assert_ne!(repo.id("docs/nothing.txt"), blank);
    assert_eq!(repo.findings("--history"), [""; 0]);
}

#[test]
fn the_only_file_with_its_content_keeps_its_identity() {
    on_adopted(|repo| {
        let ids = commit_small(repo);
        move_small(repo);
        repo.commit("move");
        assert_moved(repo, ids);
    });
}

#[test]
fn all_paths_decide_as_the_changed_ones_do() {
    on_adopted(|repo| {
        let ids = commit_small(repo);
        move_small(repo);
        // With the rules, everything is read.
        repo.configure("[rename]\nsimilarity = 60\n");
        assert_moved(repo, ids);
    });
}

#[test]
fn healing_decides_as_the_hook_does() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = commit_small(&repo);
        move_small(&repo);
        repo.run("commit -q --no-verify -m move");
        let moved = repo.rev("HEAD");
        repo.commit_file("new.md", text("new"));
        let [version, flag, other, blank] = ids;
        assert_eq!((repo.id("docs/release.txt"), repo.id("two/flag")), (version, other));
        assert_ne!(repo.id("docs/switch.txt"), flag);
        assert_ne!(repo.id("docs/nothing.txt"), blank);
        judge::assert_consistent_except(&repo, &[&moved]);
    });
}

#[test]
fn a_content_that_another_new_file_has_is_no_evidence() {
    on_adopted(|repo| {
        let [id, ..] = commit_small(repo);
        repo.mv("version", "docs/release.txt");
        repo.stage("docs/second.txt", "1.2\n");
        repo.commit("move and copy");
        assert_ne!(repo.id("docs/release.txt"), id);
        assert_ne!(repo.id("docs/second.txt"), id);
    });
}

#[test]
fn check_names_a_small_file_that_lost_its_identity() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [id, ..] = commit_small(&repo);
        // As two steps are one: delete, create, and the commits made one.
        repo.run("rm -q version");
        repo.commit("delete");
        repo.commit_file("other.txt", text("meanwhile"));
        repo.commit_file("more.txt", text("and more"));
        repo.commit_file("docs/release.txt", "1.2\n");
        let tree = repo.rev("HEAD^{tree}");
        let squashed = repo.ask(["commit-tree", "-p", "HEAD~4", "-m", "squashed", &tree]);
        repo.run(["reset", "-q", "--hard", &squashed]);
        let new = repo.id("docs/release.txt");
        assert_ne!(new, id);
        let found = repo.findings("--history");
        assert!(found.iter().any(|line| line.contains("IDENTITY_CHANGED")), "{found:?}");
        let shown = repo.idhooks("check --history").stdout();
        assert!(shown.contains(&format!("idhooks assign {id} docs/release.txt")), "{shown}");
        repo.idhooks(["assign", &id, "docs/release.txt"]).done();
        repo.commit("assign");
        assert_eq!(repo.id("docs/release.txt"), id);
    });
}
