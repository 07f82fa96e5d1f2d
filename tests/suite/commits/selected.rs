//! Commits that choose what goes in: `-a`, `-i`, `-p`.

use super::{assert_each_kind, stage_each_kind};
use crate::common::{on_adopted, on_adopted_leaving, text, without_legacy};

#[test]
fn all_takes_modifications_and_deletions() {
    on_adopted(|repo| {
        let id = repo.id("docs/guide.md");
        repo.append("notes.txt", "more\n");
        repo.remove("docs/guide.md");
        repo.run("commit -q -a -m all");
        assert_eq!(repo.record(&id)["status"], "deprecated");
    });
}

#[test]
fn all_with_each_kind_of_change_staged() {
    on_adopted(|repo| {
        stage_each_kind(repo);
        repo.append("src/new.py", "edited after it was added\n");
        repo.run("commit -q -a -m all");
        assert_each_kind(repo, "HEAD~1");
    });
}

#[test]
fn all_takes_the_edit_of_a_renamed_file() {
    on_adopted(|repo| {
        let id = repo.id("src/app.py");
        repo.mv("src/app.py", "src/main.py");
        repo.append("src/main.py", "more\n");
        repo.run("commit -q -a -m rename");
        assert_eq!(repo.id("src/main.py"), id);
    });
}

#[test]
fn all_leaves_untracked_files_alone() {
    on_adopted_leaving("?? untracked.txt\n", |repo| {
        repo.write("untracked.txt", text("untracked"));
        repo.remove("notes.txt");
        repo.run("commit -q -a -m all");
    });
}

#[test]
fn include_adds_to_what_is_staged() {
    on_adopted_leaving(" M README.md\n", |repo| {
        let id = repo.id("src/util.py");
        repo.stage("new.md", text("new"));
        repo.append("README.md", "not now\n");
        repo.remove("src/util.py");
        repo.run("commit -q -i src/util.py -m include");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        assert_eq!(repo.id("new.md").len(), 16);
    });
}

#[test]
fn patch_takes_what_is_answered_with_yes() {
    on_adopted_leaving(" M notes.txt\n", |repo| {
        repo.stage("new.md", text("new"));
        repo.append("README.md", "now\n");
        repo.append("notes.txt", "not now\n");
        repo.try_git_with("commit -q -p -m patch", b"y\nn\n").ok().done();
        let named = repo.ask("diff-tree --no-commit-id --name-only -r HEAD");
        assert_eq!(without_legacy(&named).trim_end(), ".idhooks/registry.json\nREADME.md\nnew.md");
    });
}

#[test]
fn patch_takes_a_deletion() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.remove("notes.txt");
        repo.try_git_with("commit -q -p -m patch", b"y\n").ok().done();
        assert_eq!(repo.record(&id)["status"], "deprecated");
    });
}

#[test]
fn an_intended_addition_does_not_count() {
    on_adopted_leaving(" A later.md\n", |repo| {
        repo.write("later.md", text("later"));
        repo.run("add -N later.md");
        repo.commit_file("now.md", text("now"));
        repo.run("rm -q notes.txt");
        repo.commit("delete");
    });
}

#[test]
fn an_intended_addition_counts_once_it_is_added() {
    on_adopted(|repo| {
        repo.write("later.md", text("later"));
        repo.run("add -N later.md");
        repo.commit_file("now.md", text("now"));
        repo.run("commit -q -a -m later");
        assert_eq!(repo.id("later.md").len(), 16);
    });
}
