//! Commits that travel as patches: `git format-patch`, `git am`, `git apply`.

use super::{assert_joined, fork, heal, on_adopted, on_adopted_but};
use crate::common::{Output, Repo, Snapshot, text};
use crate::merges::{on_side, unmerged_paths};

/// Writes the patches of a range into one file beside the repository; returns its relative path.
fn patches(repo: &Repo, range: &str) -> &'static str {
    let mails = repo.git(["format-patch", "--stdout", range]).bytes();
    repo.write("../patches", mails);
    "../patches"
}

/// Applies the patches of such a file.
fn am<'r>(repo: &'r Repo, options: &str, file: &str) -> Output<'r> {
    repo.try_git(format!("am -q {options} {file}").as_str())
}

#[test]
fn there_and_back() {
    on_adopted(|repo| {
        fork(repo);
        let file = patches(repo, "start..theirs");
        repo.run("checkout -q -B back start");
        am(repo, "", file).ok().done();
        assert_eq!(repo.registry("HEAD"), repo.registry("theirs"));
        repo.run("checkout -q main");
        am(repo, "-3", file).ok().done();
        assert_joined(repo, "HEAD");
        assert_eq!(repo.ask("rev-list --count ours..HEAD"), "3");
    });
}

#[test]
fn where_the_registry_moved_on() {
    on_adopted(|repo| {
        on_side(repo, |repo| {
            repo.mv("notes.txt", "docs/notes.txt");
            repo.commit("move");
            repo.commit_file("docs/side.md", text("side"));
        });
        let file = patches(repo, "main..side");
        // The registry's lines around that of the moved file are other ones by now.
        repo.run("rm -q -r src data docs README.md");
        repo.commit("delete");
        let before = Snapshot::of(repo);
        am(repo, "", file)
            .code(128)
            .complains(".idhooks/registry.json: patch does not apply")
            .done();
        repo.run("am --abort");
        before.assert_same(repo);
        am(repo, "--3way", file).ok().done();
        assert_eq!(repo.id("docs/notes.txt"), repo.id_in("side~2", "notes.txt"));
        assert_eq!(repo.id("docs/side.md"), repo.id_in("side", "docs/side.md"));
    });
}

#[test]
fn skipped_and_given_up() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("checkout -q -b other theirs");
        repo.commit_file("README.md", text("theirs"));
        repo.run("checkout -q main");
        repo.commit_file("README.md", text("ours"));
        let file = patches(repo, "start..other");
        let before = Snapshot::of(repo);
        am(repo, "-3", file).refused().done();
        assert_eq!(unmerged_paths(repo), ["README.md"]);
        repo.run("am --abort");
        before.assert_same(repo);
        am(repo, "-3", file).refused().done();
        repo.run("am --skip");
        assert_joined(repo, "HEAD");
    });
}

#[test]
fn a_conflict_resolved_by_hand() {
    on_adopted_but(|repo| {
        repo.run("tag start");
        on_side(repo, |repo| {
            repo.stage("docs/side.md", text("side"));
            repo.commit_file("README.md", text("theirs"));
        });
        repo.commit_file("docs/main.md", text("main"));
        repo.commit_file("README.md", text("ours"));
        let file = patches(repo, "start..side");
        am(repo, "-3", file).refused().done();
        repo.stage("README.md", text("resolved"));
        repo.mv("docs/side.md", "data/side.md");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.run("am --continue");
        let known = heal(repo);
        assert_eq!(repo.id("data/side.md"), repo.id_in("side", "docs/side.md"));
        assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
        assert_eq!(repo.id("docs/main.md"), repo.id_in("HEAD~3", "docs/main.md"));
        known
    });
}

#[test]
fn a_patch_from_somebody_without_idhooks() {
    on_adopted_but(|repo| {
        let id = repo.id("notes.txt");
        repo.run("checkout -q -b side");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unseen");
        let file = patches(repo, "main..side");
        repo.run("checkout -q main");
        repo.run("branch -D side");
        am(repo, "", file).ok().done();
        let known = heal(repo);
        assert_eq!(repo.id("docs/notes.txt"), id);
        known
    });
}

#[test]
fn a_diff_that_is_applied_and_committed() {
    on_adopted(|repo| {
        fork(repo);
        let diff = repo.git("diff start theirs -- . :!.idhooks :!registry").bytes();
        repo.try_git_with("apply --index", &diff).ok().done();
        repo.commit("applied");
        assert_joined(repo, "HEAD");
    });
}
