//! A legacy file that a commit removes, and a registry that one has removed.

use super::{LEGACY, assert_in_step, enable};
use crate::common::{Repo, for_each_git, on_adopted, text};

#[test]
fn a_commit_that_only_removes_it_is_blocked() {
    for (table, format) in [("", "classic"), ("leading = \"legacy\"\n", "csv")] {
        on_adopted(|repo| {
            enable(repo, &format!("{table}format = \"{format}\"\n"));
            let head = repo.rev("HEAD");
            repo.run(["rm", "-q", LEGACY]);
            for way in ["commit -q -m removed", "commit -q --amend --no-edit"] {
                let blocked = repo.try_git(way).code(1).stderr();
                for part in [
                    "LEGACY_MISSING",
                    "the commit would be empty",
                    &format!("git restore --source=HEAD --staged --worktree {LEGACY}"),
                    "set enabled = false in [dual_write]",
                    "nothing was changed",
                ] {
                    assert!(blocked.contains(part), "{part}: {blocked}");
                }
            }
            assert_eq!(repo.rev("HEAD"), head);
            assert!(!repo.exists(LEGACY));
            repo.run(["restore", "--source=HEAD", "--staged", "--worktree", LEGACY]);
            repo.stage("docs/next.md", text("next"));
            repo.commit("next");
            repo.idhooks("check --rev HEAD").ok().done();
        });
    }
}

/// Removes the legacy file with other changes and commits that, which puts it back.
fn assert_put_back(repo: &Repo) {
    repo.run(["rm", "-q", LEGACY]);
    let output = repo.try_git("commit -q -m removed").ok().stderr();
    assert!(
        output.contains(&format!("restored '{LEGACY}', which [dual_write] keeps in step")),
        "{output}"
    );
    assert!(output.contains("set enabled = false in [dual_write]"), "{output}");
    assert!(repo.exists(LEGACY));
    assert_in_step(repo, "HEAD");
}

#[test]
fn a_commit_with_other_changes_puts_it_back_and_says_so() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.append("README.md", "more\n");
        repo.run("add README.md");
        assert_put_back(repo);
        repo.stage("docs/new.md", text("new"));
        assert_put_back(repo);
        // Without dual write, it is a file like any other.
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.stage("idhooks.toml", rules.replace("enabled = true", "enabled = false"));
        repo.run(["rm", "-q", LEGACY]);
        assert_eq!(repo.try_git("commit -q -m removed").ok().stderr(), "");
        assert!(!repo.exists(LEGACY));
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_merge_of_a_branch_that_removed_it_puts_it_back() {
    on_adopted(|repo| {
        enable(repo, "");
        repo.run("switch -q -c side");
        repo.run(["rm", "-q", LEGACY]);
        repo.run("commit -q --no-verify -m removed");
        repo.run("switch -q main");
        repo.stage("README.md", text("other"));
        repo.commit("other");
        repo.run("merge -q --no-commit side");
        repo.try_git("commit -q -m merged").ok().complains("restored").done();
        assert_in_step(repo, "HEAD");
        repo.run("reset -q --hard HEAD~");
    });
}

#[test]
fn rules_that_prepare_an_adoption_warn_of_nothing() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.idhooks("install").ok().done();
        repo.stage("idhooks.toml", "[dual_write]\nenabled = true\n");
        let said = repo.try_git("commit -q -m rules").ok().stderr();
        assert!(!said.contains("registry"), "{said}");
    });
}
