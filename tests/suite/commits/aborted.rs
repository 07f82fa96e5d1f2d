//! Commits that do not come about: aborted after pre-commit, then repeated; blocked.

use crate::common::{Repo, Snapshot, on_adopted, on_adopted_leaving, text, write_script};
use crate::judge;

/// Adds a hook after pre-commit that refuses every commit while a file says so.
fn refuse_messages(repo: &Repo) {
    let hook = repo.path().join(".git/hooks/commit-msg");
    write_script(&hook, "#!/bin/sh\ntest ! -e ../refuse\n");
    repo.write("../refuse", "");
}

/// Lets the commit be refused once and then repeats it; the registry must be the one that the
/// first attempt made.
fn abort_and_repeat(repo: &Repo, commit: &str) {
    refuse_messages(repo);
    let head = repo.rev("HEAD");
    repo.try_git(commit).code(1).done();
    assert_eq!(repo.rev("HEAD"), head);
    let first = repo.read(".idhooks/registry.json");
    repo.remove("../refuse");
    repo.run(commit);
    let same = repo.registry("HEAD") == first;
    assert!(same, "the repeated commit has another registry\n{}", repo.situation());
}

#[test]
fn a_plain_commit_repeated() {
    on_adopted(|repo| {
        super::stage_each_kind(repo);
        abort_and_repeat(repo, "commit -q -m again");
        super::assert_each_kind(repo, "HEAD~1");
    });
}

#[test]
fn a_commit_of_all_repeated() {
    on_adopted(|repo| {
        repo.stage("new.md", text("new"));
        repo.remove("notes.txt");
        abort_and_repeat(repo, "commit -q -a -m again");
    });
}

#[test]
fn a_partial_commit_repeated() {
    on_adopted(|repo| {
        repo.stage("new.md", text("new"));
        abort_and_repeat(repo, "commit -q -m again new.md");
    });
}

#[test]
fn a_partial_commit_repeated_beside_other_work() {
    on_adopted_leaving("A  staged.md\n", |repo| {
        repo.stage("staged.md", text("staged"));
        repo.stage("new.md", text("new"));
        refuse_messages(repo);
        repo.try_git("commit -q -m again new.md").code(1).done();
        repo.remove("../refuse");
        repo.run("commit -q -m again new.md");
    });
}

#[test]
fn an_aborted_commit_that_is_given_up() {
    on_adopted(|repo| {
        refuse_messages(repo);
        let before = repo.registry("HEAD");
        repo.stage("new.md", text("new"));
        repo.try_git("commit -q -m never").code(1).done();
        repo.remove("../refuse");
        repo.run("rm -q -f new.md");
        repo.append("notes.txt", "more\n");
        repo.run("commit -q -a -m other");
        assert_eq!(repo.registry("HEAD"), before);
    });
}

#[test]
fn an_aborted_commit_whose_file_is_renamed_before_the_next() {
    on_adopted(|repo| {
        refuse_messages(repo);
        repo.stage("new.md", text("new"));
        repo.try_git("commit -q -m never").code(1).done();
        repo.remove("../refuse");
        repo.mv("new.md", "newer.md");
        repo.commit("now");
        assert_eq!(repo.id("newer.md").len(), 16);
    });
}

/// Stages a registry with a duplicated identity beside other work.
fn stage_a_duplicate(repo: &Repo) {
    let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
    let (first, second) = (repo.id("notes.txt"), repo.id("src/app.py"));
    repo.stage("new.md", text("new"));
    repo.append("README.md", "unstaged\n");
    repo.stage(".idhooks/registry.json", registry.replace(&first, &second));
}

#[test]
fn a_blocked_commit_changes_nothing() {
    on_adopted(|repo| {
        stage_a_duplicate(repo);
        let before = Snapshot::of(repo);
        for form in
            ["commit -m no", "commit -a -m no", "commit -m no new.md", "commit --amend -m no"]
        {
            let answer = repo.try_git(form).code(1).complains("DUPLICATE_ID");
            answer.complains("IDHOOKS=0").complains("--no-verify").done();
            before.assert_same(repo);
        }
        repo.run("reset -q --hard");
    });
}

#[test]
fn the_ways_around_and_healing_after_them() {
    for (name, options) in [("IDHOOKS", "commit -q -m"), ("NOTHING", "commit -q --no-verify -m")] {
        crate::common::for_each_git(|git| {
            let repo = Repo::adopted(git);
            let (around, id) = (repo.with(name, "0"), repo.id("notes.txt"));
            repo.stage("new.md", text("new"));
            repo.mv("notes.txt", "docs/notes.txt");
            around.run(format!("{options} around").as_str());
            let bad = repo.rev("HEAD");
            assert_eq!(repo.registry("HEAD"), repo.registry("HEAD~1"));
            repo.commit_file("healing.md", text("healing"));
            assert_eq!(repo.id("docs/notes.txt"), id);
            judge::assert_consistent_except(&repo, &[&bad]);
            judge::assert_clean(&repo);
        });
    }
}

#[test]
fn a_hand_edit_in_the_working_tree_is_kept() {
    on_adopted_leaving(" M .idhooks/registry.json\n", |repo| {
        let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
        let edited = registry.replacen("\"}}", "\"},\"owner\":\"ann\"}", 1);
        repo.write(".idhooks/registry.json", edited);
        repo.commit_file("new.md", text("new"));
        let (committed, working) = (repo.registry("HEAD"), repo.read(".idhooks/registry.json"));
        let (committed, working) =
            (String::from_utf8_lossy(&committed), String::from_utf8_lossy(&working));
        assert!(!committed.contains("owner"), "{committed}");
        assert!(working.contains("\"owner\":\"ann\"") && working.contains("new.md"), "{working}");
    });
}
