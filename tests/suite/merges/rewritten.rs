//! Rebases after which commits are not true: they are made again, or a commit follows them.

use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::judge;

/// On `topic` three commits that add, edit and add; on `main` their directory is renamed.
fn rename_the_directory_below(repo: &Repo) {
    repo.run("config merge.directoryRenames true");
    super::on_branch(repo, "topic", |repo| {
        repo.commit_file("docs/new.md", text("new"));
        repo.append("docs/new.md", "more\n");
        repo.run("commit -q -a -m more");
        repo.commit_file("other.txt", text("other"));
    });
    repo.run("mv docs papers");
    repo.commit("move");
    repo.run("checkout -q topic");
    repo.run("tag before");
}

fn assert_identities_kept(repo: &Repo) {
    assert_eq!(repo.id("papers/new.md"), repo.id_in("before", "docs/new.md"));
    assert_eq!(repo.id("papers/guide.md"), repo.id_in("before", "docs/guide.md"));
    assert_eq!(repo.id("other.txt"), repo.id_in("before", "other.txt"));
}

#[test]
fn every_commit_after_a_directory_rename() {
    on_adopted(|repo| {
        rename_the_directory_below(repo);
        repo.run(["notes", "add", "-m", "remember", "topic~1"]);
        repo.run("config notes.rewriteRef refs/notes/commits");
        let said = repo.git("rebase main").stderr();
        assert!(said.contains("repaired the registry in 3 rebased commits"), "{said}");
        assert!(said.contains("renamed from docs/new.md to papers/new.md"), "{said}");
        assert_eq!(repo.ask("rev-list --count main..topic"), "3");
        assert_eq!(repo.ask("rev-parse --abbrev-ref HEAD"), "topic");
        assert_identities_kept(repo);
        assert_eq!(repo.id_in("HEAD~2", "papers/new.md"), repo.id("papers/new.md"));
        assert_eq!(repo.ask("notes show HEAD~1"), "remember");
        for format in ["%an %ae %ad", "%s"] {
            let log = |range| repo.ask(["log", &format!("--format={format}"), range]);
            assert_eq!(log("main..topic"), log("main..before"));
        }
        // A commit without a change has its registry already.
        repo.run("rebase -q --force-rebase main");
    });
}

/// The backend that makes patches notes less of what it does.
#[test]
fn commits_made_from_patches() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        super::on_branch(&repo, "topic", |repo| repo.commit_file("docs/new.md", text("new")));
        repo.stage("docs/other.md", text("other"));
        repo.run("commit -q --no-verify -m unhooked");
        repo.run("checkout -q topic");
        let said = repo.git("rebase --apply main").stderr();
        assert!(said.contains("repaired the registry in 1 rebased commit"), "{said}");
        assert_eq!(repo.ask("rev-parse --abbrev-ref HEAD"), "topic");
        judge::assert_consistent_except(&repo, &["main"]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn what_an_untrue_commit_lost_comes_back_with_the_first_commit_put_on_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        super::on_branch(&repo, "topic", |repo| repo.append("notes.txt", "more\n"));
        repo.run("checkout -q topic");
        repo.run("commit -q -a -m more");
        repo.run("checkout -q main");
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        repo.run("revert --no-edit HEAD");
        repo.run("checkout -q topic");
        repo.run("rebase -q main");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        judge::assert_consistent_except(&repo, &["main"]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_detached_head() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        rename_the_directory_below(&repo);
        repo.run("checkout -q --detach");
        repo.run("rebase -q main");
        assert_eq!(repo.ask("rev-list --count main..HEAD"), "3");
        assert_identities_kept(&repo);
        judge::assert_good(&repo);
    });
}

#[test]
fn commits_that_another_branch_has_stay() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        rename_the_directory_below(&repo);
        let said = repo.git(["rebase", "--exec", "git branch -f copy", "main"]).stderr();
        assert!(said.contains("other branches or tags already contain them"), "{said}");
        assert_eq!(repo.ask("rev-list --count main..topic"), "4");
        assert_eq!(repo.rev("copy"), repo.rev("topic^"));
        assert_identities_kept(&repo);
        judge::assert_consistent_except(&repo, &["copy", "copy~1", "copy~2"]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn branches_that_git_moves_along() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        rename_the_directory_below(&repo);
        repo.run("branch middle topic~1");
        let answer = repo.try_git("rebase --update-refs main");
        let said = answer.stderr();
        answer.ok().done();
        assert!(said.contains("git also moves other branches to them: middle"), "{said}");
        assert_eq!(repo.rev("middle"), repo.rev("topic~2"));
        assert_identities_kept(&repo);
        judge::assert_consistent_except(&repo, &["topic^", "topic~2", "topic~3", "before"]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn what_a_person_resolved_by_hand() {
    on_adopted(|repo| {
        super::on_branch(repo, "topic", |repo| {
            repo.mv("notes.txt", "theirs.txt");
            repo.commit("move");
            repo.commit_file("added.txt", text("added"));
        });
        repo.mv("notes.txt", "ours.txt");
        repo.commit("move");
        let id = repo.id("ours.txt");
        repo.run("checkout -q topic");
        let added = repo.id("added.txt");
        repo.try_git("rebase main").code(1).done();
        repo.run("add -A");
        repo.run(["-c", "core.editor=:", "rebase", "--continue"]);
        assert_eq!(repo.commits(), 4);
        assert_eq!(repo.id("added.txt"), added);
        let kept = ["ours.txt", "theirs.txt"].map(|path| repo.exists(path) && repo.id(path) == id);
        assert_eq!(kept.iter().filter(|kept| **kept).count(), 1);
    });
}

#[test]
fn markers_that_a_person_staged() {
    on_adopted(|repo| {
        super::on_branch(repo, "topic", |repo| repo.commit_file("theirs.txt", text("theirs")));
        repo.commit_file("ours.txt", text("ours"));
        repo.run("checkout -q topic");
        let id = repo.id("theirs.txt");
        repo.run("config --unset merge.idhooks.driver");
        repo.run("config merge.idhooks.driver false");
        repo.try_git("rebase main").code(1).done();
        repo.write(".idhooks/registry.json", "<<<<<<< ours\n=======\n>>>>>>> theirs\n");
        repo.run("add -A");
        repo.idhooks("install").ok().done();
        repo.run(["-c", "core.editor=:", "rebase", "--continue"]);
        assert_eq!(repo.id("theirs.txt"), id);
    });
}
