//! `idhooks.toml` with mistakes.

use crate::common::{Snapshot, for_each_git, on_adopted, text};

/// The lines are refused with the words; so is a commit.
fn refused(lines: &str, words: &[&str]) {
    on_adopted(|repo| {
        repo.stage("idhooks.toml", format!("scope = \"260118\"\n{lines}\n"));
        repo.stage("new.md", text("new"));
        let before = Snapshot::of(repo);
        let check = repo.idhooks("check").code(2).explains("idhooks.toml");
        for word in words {
            assert!(check.stderr().contains(word), "{word:?} is not named\n{check}");
        }
        repo.try_git("commit -m no").code(1).complains("idhooks.toml").done();
        before.assert_same(repo);
        repo.run("reset -q --hard");
    });
}

/// Which mistakes there are, and how each is named, are tests of `idhooks_core::config`.
#[test]
fn a_mistake_in_any_table_stops_checks_and_commits() {
    for (lines, words) in [
        ("[alocation]\nstrategy = \"scattered\"", ["idhooks.toml:2", "did you mean 'allocation'?"]),
        ("[types]\npy = \"2\"", ["idhooks.toml:3", "two digits"]),
        ("[track]\nexclude = [\"[\"]", ["idhooks.toml:3", "not a glob"]),
        ("[describe]\nstore = \"py_docstring_1l\"", ["idhooks.toml:3", "expected an array"]),
        ("[[generators]]\nname = 3", ["idhooks.toml:3", "found integer"]),
        ("[watch]\nmax_actions = 0", ["idhooks.toml:3", "a number from 1"]),
    ] {
        refused(lines, &words);
    }
}

#[test]
fn a_mistake_in_the_working_tree_only() {
    on_adopted(|repo| {
        repo.write("idhooks.toml", "[alocation]\n");
        assert_eq!(repo.findings(""), [""; 0]);
        repo.commit_file("new.md", text("new"));
        repo.run("checkout -q -- idhooks.toml");
    });
}

#[test]
fn no_configuration_means_the_defaults() {
    on_adopted(|repo| {
        repo.run("rm -q idhooks.toml");
        repo.commit_file("docs/new.md", text("new"));
        assert!(repo.id("docs/new.md").starts_with("01100"));
        assert!(repo.id("docs/new.md").ends_with("260118"));
    });
}

#[test]
fn wrong_usage() {
    for_each_git(|git| {
        let repo = crate::common::Repo::adopted(git);
        let before = Snapshot::of(&repo);
        for command in [
            "nonsense",
            "check --nonsense",
            "check --format nonsense",
            "init --scope 12",
            "init --strategy nonsense",
            "explain NONSENSE",
            "show nonsense.md",
            "show 9999999999999999",
            "allocate nonsense.md",
            "hook nonsense",
        ] {
            let answer = repo.idhooks(command).code(2);
            assert!(answer.stderr().contains("error"), "{answer}");
            before.assert_same(&repo);
        }
    });
}

#[test]
fn a_link_in_the_place_of_the_rules_is_not_the_defaults() {
    on_adopted(|repo| {
        let words = "idhooks.toml:1:1: not a regular file";
        repo.mv("idhooks.toml", "rules.toml");
        std::os::unix::fs::symlink("rules.toml", repo.path().join("idhooks.toml")).expect("a link");
        repo.run("add idhooks.toml");
        repo.idhooks("check").code(2).explains(words).done();
        repo.try_git("commit -m no").code(1).complains(words).done();
        repo.run("commit -q --no-verify -m link");
        repo.stage("new.go", text("new"));
        repo.try_git("commit -m no").code(1).complains(words).done();
        repo.run("rm -q -f idhooks.toml");
        repo.mv("rules.toml", "idhooks.toml");
        repo.commit("the file again");
        assert!(repo.id("new.go").starts_with("24"), "{}", repo.id("new.go"));
        repo.run("reset -q --hard HEAD~2");
    });
}
