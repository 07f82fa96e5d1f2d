//! Histories of unusual shape: directory renames, criss-cross, adoption on one side, reverts,
//! octopus.

use super::{on_branch, on_side, part_ways};
use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};
use crate::judge::{self, View};

/// One side moves the directory `docs`, the other adds a file to it.
pub(crate) fn move_a_directory_against_an_addition(repo: &Repo) {
    on_side(repo, |repo| {
        repo.run("mv docs manual");
        repo.commit("move the directory");
    });
    repo.commit_file("docs/new.md", text("new"));
}

#[test]
fn a_file_that_git_moves_along_with_its_directory() {
    on_adopted(|repo| {
        move_a_directory_against_an_addition(repo);
        let (id, commits) = (repo.id("docs/new.md"), repo.commits());
        repo.run("tag before");
        let options = ["-c", "merge.directoryRenames=true", "merge", "-q", "side", "-m"];
        let options = options.into_iter().chain(["join\n\nwith a body"]);
        repo.run(options.map(Into::into).collect::<Vec<std::ffi::OsString>>());
        super::assert_one_merge(repo, "before", "side");
        assert_eq!(repo.id("manual/new.md"), id);
        let said = repo.ask("log -1 --format=%an|%ae|%cn|%ce|%B");
        let expected = "Ann Author|ann@example.org|Carl Committer|carl@example.org|join";
        assert_eq!(said.trim_end(), format!("{expected}\n\nwith a body"));
        let dates = repo.ask("log -1 --format=%at|%ct");
        let (author, committer) = dates.split_once('|').expect("two dates");
        assert_eq!(author, committer);
        assert_eq!(repo.commits(), commits + 2);
    });
}

#[test]
fn a_file_that_git_suggests_to_move() {
    on_adopted(|repo| {
        move_a_directory_against_an_addition(repo);
        let id = repo.id("docs/new.md");
        super::merge_with_conflict(repo, "side", &["manual/new.md"]).done();
        repo.run("add manual/new.md");
        repo.run("commit -q --no-edit");
        assert_eq!(repo.id("manual/new.md"), id);
    });
}

#[test]
fn a_directory_rename_without_detection() {
    on_adopted(|repo| {
        move_a_directory_against_an_addition(repo);
        let id = repo.id("docs/new.md");
        repo.run("-c merge.directoryRenames=false merge -q --no-edit side");
        assert_eq!(repo.id("docs/new.md"), id);
    });
}

#[test]
fn criss_cross() {
    on_adopted(|repo| {
        part_ways(repo);
        repo.run("branch main-before");
        repo.run("merge -q --no-edit side");
        repo.run("checkout -q side");
        repo.run("merge -q --no-edit main-before");
        repo.commit_file("docs/side-2.md", text("side 2"));
        repo.run("checkout -q main");
        repo.mv("docs/side.md", "docs/side-moved.md");
        repo.stage("docs/main-2.md", text("main 2"));
        repo.commit("move");
        assert_eq!(repo.ask("merge-base --all main side").lines().count(), 2);
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("docs/side-moved.md"), repo.id_in("side", "docs/side.md"));
    });
}

#[test]
fn criss_cross_over_a_path_added_on_both_sides() {
    on_adopted(|repo| {
        on_side(repo, |repo| repo.commit_file("new.md", text("theirs")));
        repo.commit_file("new.md", text("ours"));
        repo.run("branch main-before");
        join(repo, "side", &text("first"));
        repo.run("checkout -q side");
        join(repo, "main-before", &text("second"));
        repo.commit_file("docs/side-2.md", text("side 2"));
        repo.run("checkout -q main");
        repo.commit_file("docs/main-2.md", text("main 2"));
        join(repo, "side", &text("third"));
        assert_eq!(repo.id("new.md"), repo.id_in("side", "new.md"));
    });
}

/// Merges a branch that conflicts in `new.md` and writes that file.
fn join(repo: &Repo, branch: &str, content: &str) {
    super::merge_with_conflict(repo, branch, &["new.md"]).done();
    repo.stage("new.md", content);
    repo.run("commit -q --no-edit");
}

#[test]
fn a_branch_from_before_the_adoption() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("old.md", text("old"));
        on_branch(&repo, "early", |repo| {
            repo.commit_file("early.md", text("early"));
            repo.append("old.md", "more\n");
            repo.run("commit -q -a -m edit");
        });
        let repo = repo.adopt("");
        let id = repo.id("old.md");
        repo.run("merge -q --no-edit early");
        assert_eq!(repo.id("early.md").len(), 16);
        assert_eq!(repo.id("old.md"), id);
        judge::assert_good(&repo);
    });
}

#[test]
fn a_branch_from_before_the_adoption_merges_main() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("old.md", text("old"));
        on_branch(&repo, "early", |repo| repo.commit_file("early.md", text("early")));
        let repo = repo.adopt("");
        let id = repo.id("old.md");
        repo.run("checkout -q early");
        repo.run("merge -q --no-edit main");
        assert_eq!(repo.id("early.md").len(), 16);
        assert_eq!(repo.id("old.md"), id);
        judge::assert_good(&repo);
    });
}

#[test]
fn a_second_adoption_is_refused() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("old.md", text("old"));
        on_branch(&repo, "early", |repo| repo.commit_file("early.md", text("early")));
        let repo = repo.adopt("");
        repo.run("checkout -q early");
        let before = Snapshot::of(&repo);
        repo.idhooks("init").code(2).explains("main").done();
        before.assert_same(&repo);
    });
}

#[test]
fn a_reverted_addition_keeps_its_record() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        repo.run("revert --no-edit HEAD");
        let reverted = repo.rev("HEAD");
        repo.commit_file("later.md", text("later"));
        let record = repo.record(&id);
        assert_eq!(record["status"], "deprecated");
        assert_eq!(record["metadata"]["deprecated_reason"], "reverted");
        judge::assert_consistent_except(&repo, &[&reverted]);
        assert!(View::of(&repo, "HEAD").origins().values().any(|known| *known == id));
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_reverted_addition_that_is_merged() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        on_side(&repo, |repo| repo.commit_file("side.md", text("side")));
        repo.run("revert --no-edit HEAD");
        let reverted = repo.rev("HEAD");
        repo.run("merge -q --no-edit side");
        let record = repo.record(&id);
        assert_eq!(record["status"], "deprecated");
        assert_eq!(record["metadata"]["deprecated_reason"], "reverted");
        judge::assert_consistent_except(&repo, &[&reverted]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_file_at_the_path_of_a_reverted_addition_is_another_one() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("new.md", text("new"));
        let added = repo.rev("HEAD");
        // The file gets a second identity, which the reverted commit does not have.
        let id = repo.id("new.md");
        repo.idhooks(["assign", &id, "notes.txt"]).ok().done();
        repo.commit("assign");
        let second = repo.id("new.md");
        assert_ne!(second, id);
        repo.run(["revert", "--no-edit", &added]);
        let reverted = repo.rev("HEAD");
        repo.commit_file("new.md", text("quite another file"));
        let third = repo.id("new.md");
        assert!(third != id && third != second, "{third}");
        judge::assert_consistent_except(&repo, &[&reverted]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_revert_of_a_revert_brings_the_identity_back() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        repo.run("revert --no-edit HEAD");
        let reverted = repo.rev("HEAD");
        repo.run("revert --no-edit HEAD");
        assert_eq!(repo.id("new.md"), id);
        judge::assert_consistent_except(&repo, &[&reverted]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn an_octopus_is_refused_by_git() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.init_and_install("");
        repo.commit("adopt");
        for name in ["one", "two"] {
            on_branch(&repo, name, |repo| repo.commit_file(&format!("{name}.md"), text(name)));
        }
        repo.commit_file("main.md", text("main"));
        let registry = repo.registry("HEAD");
        repo.try_git("merge --no-edit one two").refused().complains("octopus").done();
        repo.run("reset -q --merge");
        assert_eq!(repo.registry("HEAD"), registry);
        for name in ["one", "two"] {
            repo.run(["merge", "-q", "--no-edit", name]);
        }
        judge::assert_good(&repo);
    });
}

#[test]
fn an_octopus_in_which_one_branch_alone_changes_the_registry() {
    on_adopted(|repo| {
        let edits = [("one", "README.md"), ("two", "docs/guide.md")];
        for (name, path) in edits {
            on_branch(repo, name, |repo| repo.commit_file(path, text(name)));
        }
        on_branch(repo, "three", |repo| {
            repo.mv("notes.txt", "docs/notes.txt");
            repo.commit_file("docs/new.md", text("new"));
        });
        let id = repo.id("notes.txt");
        repo.run("merge -q --no-edit one two three");
        assert_eq!(repo.ask("log -1 --format=%P").split(' ').count(), 3);
        assert_eq!(repo.id("docs/notes.txt"), id);
        assert_eq!(repo.id("docs/new.md"), repo.id_in("three", "docs/new.md"));
    });
}

#[test]
fn a_replaced_merge_leaves_unstaged_work_alone() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        move_a_directory_against_an_addition(&repo);
        repo.append("README.md", "unstaged\n");
        repo.write("untracked.txt", "untracked\n");
        repo.run("-c merge.directoryRenames=true merge -q --no-edit side");
        judge::assert_all_consistent(&repo);
        judge::assert_status(&repo, " M README.md\n?? untracked.txt\n");
    });
}

/// Exchanges two files of a branch, each with its identity: by commands, or by renames that no hook sees and
/// the next commit heals.
fn exchanged_on_a_branch(repo: &Repo, by_command: bool) {
    on_side(repo, |repo| {
        for (from, to) in [("README.md", "t"), ("notes.txt", "README.md"), ("t", "notes.txt")] {
            match by_command {
                true => repo.idhooks(["mv", from, to]).ok().done(),
                false => {
                    repo.mv(from, to);
                    repo.run("commit -q --no-verify -m move");
                }
            }
        }
        repo.commit_file("side.md", text("side"));
    });
}

#[test]
fn identities_do_not_come_without_the_files_that_a_merge_leaves_out() {
    for_each_git(|git| {
        for by_command in [true, false] {
            let repo = Repo::adopted(git);
            let before = ["README.md", "notes.txt"].map(|path| repo.id(path));
            exchanged_on_a_branch(&repo, by_command);
            repo.run("merge -q -s ours --no-edit side");
            let now = ["README.md", "notes.txt"].map(|path| repo.id(path));
            assert_eq!(now, before, "{by_command}");
            repo.idhooks("check --rev HEAD").ok().done();
            repo.commit_file("later.md", text("later"));
            let now = ["README.md", "notes.txt"].map(|path| repo.id(path));
            assert_eq!(now, before, "{by_command}");
            repo.idhooks("check").ok().done();
            judge::assert_clean(&repo);
        }
    });
}

#[test]
fn an_assignment_stays_where_the_other_side_edits_the_file() {
    for_each_git(|git| {
        for into in ["side", "main"] {
            let repo = Repo::adopted(git);
            let id = repo.id("README.md");
            on_side(&repo, |repo| {
                repo.idhooks(["assign", &id, "notes.txt"]).ok().done();
                repo.commit("assign");
            });
            repo.append("notes.txt", "more\n");
            repo.run("commit -q -a -m edit");
            let other = if into == "main" { "side" } else { "main" };
            repo.run(["switch", "-q", into]);
            repo.run(["merge", "-q", "--no-edit", other]);
            assert_eq!(repo.id("notes.txt"), id, "{into}");
            judge::assert_clean(&repo);
        }
    });
}
