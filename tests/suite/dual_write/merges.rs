//! Merges, rebases and picks of both files.

use super::{LEGACY, assert_in_step, enable};
use crate::common::{Repo, on_adopted, text};

/// Makes a commit on `side` with these files, and one on `main`.
fn fork(repo: &Repo, names: &[&str]) {
    enable(repo, "");
    repo.run("switch -q -c side");
    for name in names {
        repo.stage(format!("docs/{name}.md"), text(name));
        repo.commit(name);
    }
    repo.run("switch -q main");
    repo.stage("docs/main.md", text("main"));
    repo.commit("main");
}

#[test]
fn a_merge_of_parallel_additions_has_both_files() {
    on_adopted(|repo| {
        fork(repo, &["side"]);
        repo.run("merge -q -m merged side");
        assert_in_step(repo, "HEAD");
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn a_rebase_has_both_files_in_every_commit() {
    on_adopted(|repo| {
        fork(repo, &["one", "two", "three"]);
        repo.run("switch -q side");
        repo.run("rebase -q main");
        for rev in ["HEAD", "HEAD~1", "HEAD~2", "HEAD~3"] {
            assert_in_step(repo, rev);
        }
    });
}

#[test]
fn the_commit_after_a_pick_and_a_revert_has_both_files() {
    on_adopted(|repo| {
        fork(repo, &["side"]);
        repo.run("cherry-pick side");
        repo.run("revert --no-edit HEAD~1");
        repo.stage("docs/next.md", text("next"));
        repo.commit("next");
        assert_in_step(repo, "HEAD");
    });
}

#[test]
fn a_merge_without_drivers_is_completed_by_the_next_commit() {
    on_adopted(|repo| {
        fork(repo, &["side"]);
        let theirs = repo.git(["show", &format!("side:{LEGACY}")]).stdout();
        // As a forge merges: with the legacy file of one side.
        repo.run("-c core.hooksPath=/dev/null merge -q --no-commit side");
        repo.stage(LEGACY, theirs);
        repo.run("-c core.hooksPath=/dev/null commit -q -m merged");
        repo.stage("docs/next.md", text("next"));
        repo.commit("next");
        assert_in_step(repo, "HEAD");
    });
}
