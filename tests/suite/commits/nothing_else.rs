//! Commits that change nothing but the registry, which the hook completes.

use crate::common::{Repo, for_each_git, on_adopted, text};

const ADVICE: &str = "run the same command again";

/// Commits a file without hooks.
fn unhooked(repo: &Repo, path: &str) {
    repo.stage(path, text(path));
    repo.run("commit -q --no-verify -m unhooked");
}

#[test]
fn a_commit_that_succeeds_is_not_to_be_repeated() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        unhooked(repo, "one.md");
        let answer = repo.git("commit --allow-empty -m healed");
        assert!(!answer.stderr().contains(ADVICE), "{answer}");
        unhooked(repo, "two.md");
        let answer = repo.git("commit --amend --no-edit");
        assert!(!answer.stderr().contains(ADVICE), "{answer}");
        repo.idhooks("check --rev HEAD").ok().done();
    });
}

#[test]
fn a_commit_that_finds_nothing_succeeds_the_second_time() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        unhooked(repo, "one.md");
        repo.try_git("commit -m healed").refused().complains(ADVICE).done();
        repo.git("commit -m healed").done();
    });
}

#[test]
fn a_namespace_for_what_is_fetched_changes_nothing_here() {
    on_adopted(|repo| {
        let named = repo.with("GIT_NAMESPACE", "elsewhere");
        named.commit_file("one.md", text("one"));
        for command in ["check", "check --rev HEAD", "check --history", "status"] {
            named.idhooks(command).ok().done();
        }
        assert_eq!(named.id("one.md"), repo.id("one.md"));
    });
}

#[test]
fn a_merge_that_was_completed_is_undone_from_orig_head() {
    on_adopted(|repo| {
        let before = repo.rev("HEAD");
        repo.run("switch -q -c topic");
        repo.commit_file("one.md", text("one"));
        repo.run("switch -q main");
        let merge = repo.git("merge -s ours --no-edit topic");
        assert!(
            merge.stderr().contains("the registry of the merge commit was completed"),
            "{merge}"
        );
        assert_eq!(repo.rev("ORIG_HEAD"), before);
        assert_ne!(repo.rev("HEAD@{1}"), before);
        repo.run("reset -q --merge ORIG_HEAD");
        assert_eq!(repo.rev("HEAD"), before);
    });
}
