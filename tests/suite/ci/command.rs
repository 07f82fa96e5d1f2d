//! 'idhooks ci' by hand, and by those who are in a hurry.

use crate::common::{Repo, for_each_git, text};
use crate::judge;
use crate::reviewed::assert_text;

/// A clone with a branch 'feature' checked out, and the repository that it came from.
fn clone_of(git: &crate::common::Git) -> (Repo, Repo) {
    let origin = Repo::adopted(git);
    origin.run("branch -q -M main");
    let clone = origin.clone_as("clone");
    clone.run("switch -q -c feature");
    (origin, clone)
}

#[test]
fn what_is_not_committed_counts_for_nothing_and_nothing_is_written() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.commit_file("docs/new.md", text("new"));
        repo.stage("staged.md", text("staged"));
        repo.write("README.md", "edited");
        repo.write(".idhooks/registry.json", "not a registry");
        let before = (repo.ask("status --porcelain"), repo.ask("count-objects -v"));
        repo.idhooks("ci --base origin/main").ok().done();
        repo.idhooks("ci").ok().done();
        assert_eq!((repo.ask("status --porcelain"), repo.ask("count-objects -v")), before);
    });
}

#[test]
fn a_patch_heals_what_it_was_made_of() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "memo.txt");
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unseen");
        repo.idhooks("ci --base origin/main --patch ../fix.diff").code(1).done();
        repo.run("apply --index ../fix.diff");
        assert_eq!(repo.ask("diff --cached --name-only"), ".idhooks/registry.json");
        repo.run("commit -q --no-verify -m healed");
        assert_eq!(repo.id("memo.txt"), id);
        repo.idhooks("ci --base origin/main --patch ../fix.diff").ok().done();
        assert_eq!(repo.read("../fix.diff"), b"");
        judge::assert_status(&repo, "");
    });
}

#[test]
fn the_branch_is_healed_alone_where_that_is_enough() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unseen");
        repo.idhooks("ci --base origin/main --fix").ok().done();
        assert_eq!(repo.ask("log -1 --format=%s"), "Heal the registry");
        assert_eq!(repo.ask("rev-list --count --min-parents=2 HEAD"), "0");
        judge::assert_status(&repo, "");
    });
}

#[test]
fn where_registries_collide_the_target_is_merged_by_our_driver() {
    for_each_git(|git| {
        let origin = Repo::adopted_with(git, "--strategy sequential");
        origin.run("branch -q -M main");
        let repo = origin.clone_as("clone");
        repo.run("switch -q -c feature");
        repo.commit_file("docs/ours.md", text("ours"));
        origin.commit_file("docs/theirs.md", text("theirs"));
        repo.run("fetch -q");
        let told = repo.idhooks("ci --base origin/main").code(1).stdout();
        assert_text("ci-ci-where_registries_collide_the_target_is_merged_by_our_driver", &told);
        repo.idhooks("ci --base origin/main --fix").ok().done();
        assert_eq!(repo.ask("rev-list --count --min-parents=2 HEAD"), "1");
        repo.idhooks("ci --base origin/main").ok().done();
        assert_ne!(repo.id("docs/ours.md"), repo.id("docs/theirs.md"));
        judge::assert_status(&repo, "");
    });
}

#[test]
fn what_people_have_to_merge_is_left_to_them() {
    for_each_git(|git| {
        let origin = Repo::adopted_with(git, "--strategy sequential");
        origin.run("branch -q -M main");
        let repo = origin.clone_as("clone");
        repo.run("switch -q -c feature");
        for (repo, name) in [(&repo, "ours"), (&origin, "theirs")] {
            repo.stage("README.md", name);
            repo.commit_file(&format!("docs/{name}.md"), text(name));
        }
        repo.run("fetch -q");
        let head = repo.rev("HEAD");
        let told = repo.idhooks("ci --base origin/main --fix").refused();
        told.complains("1 file conflicts with 'origin/main': 'README.md'").done();
        assert_eq!(repo.rev("HEAD"), head);
        assert_eq!(repo.ask("status --porcelain"), "");
    });
}

#[test]
fn nobody_at_work_is_disturbed() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unseen");
        let head = repo.rev("HEAD");
        repo.write("README.md", "edited");
        repo.idhooks("ci --base origin/main --fix").refused().complains("uncommitted").done();
        repo.run("checkout -q README.md");
        repo.idhooks("ci --base origin/main --head HEAD~1 --fix").ok().done();
        repo.run("switch -q --detach origin/main");
        repo.idhooks(["ci", "--base", "origin/main", "--head", &head, "--fix"])
            .refused()
            .complains("is not checked out")
            .done();
    });
}

#[test]
fn who_is_in_a_hurry_is_told_what_to_do() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.idhooks("ci --base nope").refused().complains("cannot find a commit 'nope'").done();
        repo.idhooks("ci --head nope").refused().complains("cannot find a commit 'nope'").done();
        repo.idhooks("ci --report sarif").refused().complains("a format and a file").done();
        let told = repo.idhooks("ci --report sarif=no/such/dir.sarif").refused();
        told.complains("no directory 'no/such'").done();
        repo.idhooks("ci --patch docs").refused().complains("'docs' is a directory").done();
        repo.idhooks("ci --report x=y").refused().complains("'x' is not a format").done();
        repo.idhooks("ci --fix --patch x").refused().complains("cannot be used with").done();
        repo.idhooks("ci --baseline none.json").refused().done();
    });
}

#[test]
fn a_shallow_clone_and_a_foreign_history_are_told() {
    for_each_git(|git| {
        let (origin, repo) = clone_of(git);
        repo.stage("docs/guide.md", "another");
        repo.commit("edit");
        origin.commit_file("docs/theirs.md", text("theirs"));
        repo.run("push -q origin feature");
        let from = format!("file://{}", origin.path().display());
        repo.run(["clone", "-q", "--depth", "1", "--no-single-branch", &from, "../shallow"]);
        let shallow = repo.beside("shallow");
        let told = shallow.idhooks("ci --base origin/main --head origin/feature").refused();
        told.complains("no commit in common").complains("--unshallow").done();
        shallow.run("fetch -q --unshallow");
        shallow.idhooks("ci --base origin/main --head origin/feature").ok().done();
        let empty = Repo::empty(git);
        empty.idhooks("ci --base HEAD --head HEAD").refused().complains("cannot find").done();
    });
}

#[test]
fn warnings_fail_where_that_is_asked_for_and_coverage_forgives() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unseen");
        repo.idhooks("ci --base origin/main --min-coverage 50%").ok().done();
        repo.idhooks("ci --base origin/main --min-coverage 99%")
            .code(1)
            .complains("less than")
            .done();
        repo.idhooks("reconcile").ok().done();
        repo.commit("heal");
        repo.idhooks("ci --base origin/main").ok().done();
        repo.idhooks("ci --base origin/main --strict").code(1).done();
        let report = repo.idhooks("ci --base origin/main --format json").ok().json();
        assert_eq!(report["findings"][0]["code"], "BEHIND");
    });
}

#[test]
fn a_branch_that_was_pushed_is_compared_with_where_it_goes() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unseen");
        repo.run("push -q -u origin feature");
        repo.idhooks("ci").code(1).complains("into 'origin/HEAD'").done();
        repo.run("remote set-head origin -d");
        repo.idhooks("ci").refused().complains("idhooks ci --base").done();
    });
}

#[test]
fn a_registry_that_is_given_up_is_an_error() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.run("rm -q .idhooks/registry.json idhooks.toml");
        repo.run("commit -q --no-verify -m away");
        let told = repo.idhooks("ci --base origin/main").code(1).stdout();
        assert_text("ci-ci-a_registry_that_is_given_up_is_an_error", &told);
    });
}

#[test]
fn what_git_refuses_to_commit_leaves_the_branch_as_it_was() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unseen");
        let head = repo.rev("HEAD");
        repo.write(
            ".git/hooks/prepare-commit-msg",
            "#!/bin/sh\necho 'ticket missing' >&2\nexit 1\n",
        );
        repo.sh("chmod +x .git/hooks/prepare-commit-msg").ok().done();
        for _ in 0..2 {
            let told = repo.idhooks("ci --base origin/main --fix").refused();
            told.complains("ticket missing").complains("nothing was changed").done();
            assert_eq!(repo.rev("HEAD"), head);
            assert_eq!(repo.ask("status --porcelain"), "");
        }
    });
}

#[test]
fn what_cannot_be_merged_takes_the_healing_back_with_it() {
    for_each_git(|git| {
        let origin = Repo::adopted_with(git, "--strategy sequential");
        origin.run("branch -q -M main");
        let repo = origin.clone_as("clone");
        repo.run("switch -q -c feature");
        for (repo, name) in [(&repo, "ours"), (&origin, "theirs")] {
            repo.stage("README.md", name);
            repo.stage(format!("docs/{name}.md"), text(name));
            repo.run("commit -q --no-verify -m unseen");
            repo.idhooks("reconcile").ok().done();
            repo.commit("healed");
        }
        repo.stage("docs/late.md", text("late"));
        repo.run("commit -q --no-verify -m late");
        repo.run("fetch -q");
        let head = repo.rev("HEAD");
        repo.idhooks("ci --base origin/main --fix").refused().complains("README.md").done();
        assert_eq!(repo.rev("HEAD"), head);
        assert_eq!(repo.ask("status --porcelain"), "");
    });
}

#[test]
fn what_no_commit_heals_is_said_to_be_so() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unseen");
        let told = repo.idhooks("ci --base origin/main --fix --strict").code(1);
        told.complains("need a manual fix").done();
        assert_eq!(repo.ask("log -1 --format=%s"), "Heal the registry");
    });
}

#[test]
fn a_push_that_replaced_history_is_checked_as_a_whole() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.write("../event.json", format!("{{\"before\":\"{}\"}}", "12".repeat(20)));
        let event = repo.root().join("event.json");
        let service = repo
            .with("GITHUB_ACTIONS", "true")
            .with("GITHUB_SHA", &repo.rev("HEAD"))
            .with("GITHUB_EVENT_PATH", event.to_str().expect("plain"));
        service.idhooks("ci").ok().complains("and its history").done();
    });
}

#[cfg(unix)]
#[test]
fn a_report_goes_through_links_and_into_pipes() {
    for_each_git(|git| {
        let (_, repo) = clone_of(git);
        repo.write("../report.json", "old");
        repo.sh("ln -s ../report.json ../link.json").ok().done();
        repo.sh("ln -s /dev/stdout ../out.json").ok().done();
        let told = repo.idhooks("ci --base origin/main --report json=../out.json").ok().stdout();
        assert_text("ci-ci-a_report_goes_through_links_and_into_pipes", &told);
        repo.sh("rm ../link.json && ln -s report.json ../link.json").ok().done();
        repo.idhooks("ci --base origin/main --report json=../link.json").ok().done();
        repo.sh("test -L ../link.json && test -L ../out.json").ok().done();
        assert!(repo.read("../report.json").starts_with(b"{\"version\":1"));
    });
}
