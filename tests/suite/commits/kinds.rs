//! What a plain commit does with each kind of change, and when it must do nothing.

use super::{assert_each_kind, stage_each_kind};
use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::judge;

#[test]
fn each_kind_of_change_in_one_commit() {
    on_adopted(|repo| {
        let commits = repo.commits();
        stage_each_kind(repo);
        repo.commit("each kind");
        assert_each_kind(repo, "HEAD~1");
        assert_eq!(repo.commits(), commits + 1);
    });
}

#[test]
fn each_kind_of_change_in_a_commit_of_its_own() {
    on_adopted(|repo| {
        let ids = ["docs/guide.md", "src/app.py"].map(|path| repo.id(path));
        repo.commit_file("src/new.py", text("new"));
        repo.commit_file("notes.txt", text("notes, rewritten"));
        repo.run("rm -q data/table.csv");
        repo.commit("delete");
        repo.mv("docs/guide.md", "guide.txt");
        repo.commit("rename");
        repo.mv("src/app.py", "src/main.py");
        repo.append("src/main.py", "more\n");
        repo.run("add -A");
        repo.commit("rename and edit");
        assert_eq!(["guide.txt", "src/main.py"].map(|path| repo.id(path)), ids);
    });
}

#[test]
fn identities_are_those_of_the_specification() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.stage("docs/intro.md", "hello\n");
        repo.init_and_install("");
        repo.commit("adopt");
        repo.commit_file("src/a b.py", "");
        assert_eq!(repo.id("docs/intro.md"), "0110073814260118");
        assert_eq!(repo.id("src/a b.py"), "2099969654260118");
        let origin = &repo.record("0110073814260118")["metadata"]["origin"];
        assert_eq!(origin, "c122650e81a52c85");
        judge::assert_good(&repo);
    });
}

#[test]
fn an_allocation_is_dated_by_the_author() {
    on_adopted(|repo| {
        repo.stage("new.md", text("new"));
        repo.run(["commit", "-q", "-m", "dated", "--date", "2031-05-06T07:08:09+0200"]);
        assert_eq!(repo.record(&repo.id("new.md"))["allocated_at"], "2031-05-06T05:08:09Z");
    });
}

#[test]
fn a_commit_without_fixed_dates() {
    on_adopted(|repo| {
        repo.stage("new.md", text("new"));
        repo.without_dates().commit("today");
    });
}

#[test]
fn an_edit_leaves_the_registry_alone() {
    on_adopted(|repo| {
        let before = repo.registry("HEAD");
        repo.append("notes.txt", "more\n");
        repo.run("commit -q -a -m edit");
        assert_eq!(repo.registry("HEAD"), before);
        let named = repo.ask("diff-tree --no-commit-id --name-only -r HEAD");
        assert_eq!(named, "notes.txt");
    });
}

#[test]
fn an_empty_commit_writes_nothing() {
    on_adopted(|repo| {
        let tree = repo.rev("HEAD^{tree}");
        repo.run("commit -q --allow-empty -m empty");
        assert_eq!(repo.rev("HEAD^{tree}"), tree);
    });
}

#[test]
fn nothing_staged_is_nothing_written() {
    on_adopted(|repo| {
        let (head, index) = (repo.rev("HEAD"), repo.ask("ls-files --stage"));
        repo.try_git("commit -q -m nothing").code(1).done();
        assert_eq!((repo.rev("HEAD"), repo.ask("ls-files --stage")), (head, index));
    });
}

#[test]
fn a_swap_of_two_files_changes_no_identity() {
    on_adopted(|repo| {
        let ids = ["src/app.py", "src/util.py"].map(|path| repo.id(path));
        repo.mv("src/app.py", "swap");
        repo.mv("src/util.py", "src/app.py");
        repo.mv("swap", "src/util.py");
        repo.commit("swap");
        // Both paths stayed: git, too, sees two modifications.
        assert_eq!(["src/app.py", "src/util.py"].map(|path| repo.id(path)), ids);
    });
}

#[test]
fn a_deleted_file_that_comes_back_gets_its_identity_back() {
    on_adopted(|repo| {
        let (id, bytes) = (repo.id("docs/intro.md"), repo.read("docs/intro.md"));
        repo.run("rm -q docs/intro.md");
        repo.commit("delete");
        repo.commit_file("notes.txt", text("meanwhile"));
        repo.stage("docs/intro.md", [bytes.as_slice(), b"more\n"].concat());
        repo.commit("bring back");
        let record = repo.record(&id);
        assert_eq!((repo.id("docs/intro.md"), &record["status"]), (id, &"active".into()));
        assert!(record["metadata"].get("deprecated_reason").is_none(), "{record}");
    });
}

#[test]
fn a_move_spread_over_two_commits_keeps_the_identity() {
    on_adopted(|repo| {
        let (id, bytes) = (repo.id("docs/intro.md"), repo.read("docs/intro.md"));
        repo.run("rm -q docs/intro.md");
        repo.commit("first half");
        repo.commit_file("elsewhere/start.md", bytes);
        assert_eq!(repo.id("elsewhere/start.md"), id);
    });
}

#[test]
fn an_unrelated_file_at_the_place_of_a_deleted_one_is_new() {
    on_adopted(|repo| {
        let id = repo.id("docs/intro.md");
        repo.run("rm -q docs/intro.md");
        repo.commit("delete");
        repo.commit_file("notes.txt", text("meanwhile"));
        repo.commit_file("docs/intro.md", text("something else entirely"));
        assert_ne!(repo.id("docs/intro.md"), id);
    });
}

#[test]
fn the_same_change_after_a_reset_is_the_same_allocation() {
    on_adopted(|repo| {
        repo.commit_file("new.md", text("new"));
        let first = repo.registry("HEAD");
        repo.run("reset -q --hard HEAD~1");
        repo.commit_file("new.md", text("new"));
        assert_eq!(repo.registry("HEAD"), first);
    });
}

#[test]
fn metadata_that_somebody_stages_is_kept() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        let text = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
        let owned = text.replace(
            "\"file_path\":\"notes.txt\"",
            "\"file_path\":\"notes.txt\",\"owner\":\"ann\"",
        );
        repo.stage(".idhooks/registry.json", owned);
        repo.stage("more.txt", crate::common::text("more"));
        repo.commit("owner");
        assert_eq!(repo.record(&id)["owner"], "ann");
    });
}
