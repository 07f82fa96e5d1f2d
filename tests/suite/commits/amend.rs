//! `git commit --amend`.

use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::judge;
use crate::reviewed::assert_text;

const AMEND: &str = "commit -q --amend --no-edit";

#[test]
fn an_edit() {
    on_adopted(|repo| {
        repo.commit_file("new.md", text("new"));
        let (id, commits) = (repo.id("new.md"), repo.commits());
        repo.append("new.md", "more\n");
        repo.run("commit -q -a --amend --no-edit");
        assert_eq!((repo.id("new.md"), repo.commits()), (id, commits));
    });
}

#[test]
fn an_added_file_is_dropped() {
    on_adopted(|repo| {
        repo.stage("other.md", text("other"));
        repo.commit_file("new.md", text("new"));
        repo.run("rm -q new.md");
        repo.run(AMEND);
        assert!(!repo.exists("new.md"));
    });
}

#[test]
fn a_file_is_added() {
    on_adopted(|repo| {
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        repo.stage("other.md", text("other"));
        repo.run(AMEND);
        assert_eq!(repo.id("new.md"), id);
    });
}

#[test]
fn a_deletion_is_taken_back() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.append("README.md", "more\n");
        repo.run("rm -q notes.txt");
        repo.run("commit -q -a -m delete");
        repo.run("checkout -q HEAD~1 -- notes.txt");
        repo.run(AMEND);
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn a_deletion_is_taken_back_with_other_content() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.run("rm -q notes.txt");
        repo.commit("delete");
        repo.stage("notes.txt", text("notes, rewritten"));
        repo.run(AMEND);
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn a_renamed_file_is_renamed_again() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "second.txt");
        repo.commit("rename");
        repo.mv("second.txt", "docs/third.txt");
        repo.run(AMEND);
        assert_eq!(repo.id("docs/third.txt"), id);
    });
}

#[test]
fn a_rename_is_taken_back() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.append("README.md", "more\n");
        repo.mv("notes.txt", "second.txt");
        repo.run("commit -q -a -m rename");
        repo.mv("second.txt", "notes.txt");
        repo.run(AMEND);
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn a_file_added_and_renamed_before_it_was_shared() {
    on_adopted(|repo| {
        repo.commit_file("new.md", text("new"));
        let id = repo.id("new.md");
        repo.mv("new.md", "newer.md");
        repo.run(AMEND);
        assert_eq!(repo.id("newer.md"), id);
    });
}

#[test]
fn only_the_message() {
    on_adopted(|repo| {
        repo.commit_file("new.md", text("new"));
        let tree = repo.rev("HEAD^{tree}");
        repo.run("commit -q --amend -m reworded");
        assert_eq!(repo.rev("HEAD^{tree}"), tree);
    });
}

#[test]
fn the_first_commit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "second.txt");
        repo.stage("new.md", text("new"));
        repo.run(AMEND);
        assert_eq!((repo.id("second.txt"), repo.commits()), (id, 1));
        judge::assert_good(&repo);
    });
}

#[test]
fn a_merge() {
    on_adopted(|repo| {
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        repo.run("checkout -q main");
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-edit side");
        let id = repo.id("side.md");
        repo.mv("side.md", "docs/side.md");
        repo.stage("new.md", text("new"));
        repo.run(AMEND);
        assert_eq!(repo.id("docs/side.md"), id);
        assert_eq!(repo.ask("rev-list --parents -n 1 HEAD").split(' ').count(), 3);
    });
}

/// Moves a file in a commit of its own, and makes the old path anew for the next one.
fn move_and_make_anew(repo: &Repo) -> String {
    let id = repo.id("notes.txt");
    repo.mv("notes.txt", "moved.txt");
    repo.commit("move");
    repo.run("notes add -m reviewed");
    repo.stage("notes.txt", text("it is in moved.txt now"));
    id
}

#[test]
fn what_was_moved_away_comes_back_beside_it() {
    on_adopted(|repo| {
        let id = move_and_make_anew(repo);
        let commits = repo.commits();
        repo.run("config notes.rewriteRef refs/notes/commits");
        let said = repo.git("commit -q --amend -m amended").stderr();
        assert_eq!((repo.id("notes.txt"), repo.commits()), (id.clone(), commits));
        assert_ne!(repo.id("moved.txt"), id);
        assert_eq!(repo.ask("log -1 --format=%s:%N"), "amended:reviewed");
        assert_text("commits-amend-what_was_moved_away_comes_back_beside_it", &said);
    });
}

#[test]
fn without_the_hook_it_is_left_to_the_next_commit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = move_and_make_anew(&repo);
        repo.run("commit -q --amend --no-edit --no-verify");
        assert_eq!(repo.ask("log -1 --format=%gs -g"), "commit (amend): move");
        repo.commit_file("new.md", text("new"));
        assert_eq!(repo.id("notes.txt"), id);
        judge::assert_clean(&repo);
    });
}

#[test]
fn within_a_rebase_it_is_put_right_at_its_end() {
    on_adopted(|repo| {
        repo.commit_file("before.md", text("before"));
        let id = move_and_make_anew(repo);
        repo.run("stash -q");
        repo.commit_file("after.md", text("after"));
        let editor = "sed -i 1s/pick/edit/";
        repo.with("GIT_SEQUENCE_EDITOR", editor).run("rebase -q -i HEAD~2");
        repo.run("stash pop -q");
        repo.run("add notes.txt");
        repo.run("commit -q --amend --no-edit");
        repo.run("rebase --continue");
        assert_eq!((repo.id("notes.txt"), repo.id_in("HEAD~1", "notes.txt")), (id.clone(), id));
    });
}

/// What the replaced commit did without hooks, pre-commit heals as a commit of its own.
#[test]
fn a_move_without_hooks_is_taken_back() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "moved.txt");
        repo.run("commit -q --no-verify -m move");
        let commits = repo.commits();
        repo.run("checkout -q HEAD~1 -- notes.txt");
        repo.run(AMEND);
        let state = (repo.id("notes.txt"), repo.commits());
        assert_eq!(state, (id.clone(), commits), "{}", repo.situation());
        assert_ne!(repo.id("moved.txt"), id);
        assert!(repo.findings("--rev HEAD").is_empty(), "{}", repo.situation());
    });
}

/// A move there and back, without hooks: the amended commit puts another file at the path between.
#[test]
fn after_a_move_without_hooks_it_follows_what_that_should_have_been() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("notes.txt");
        for (from, to) in [("notes.txt", "f.md"), ("f.md", "notes.txt")] {
            repo.mv(from, to);
            repo.run("commit -q --no-verify -m move");
        }
        repo.mv("README.md", "f.md");
        repo.run(AMEND);
        // HEAD~1 moved the file there, and a path keeps its identity.
        assert_eq!(repo.id("f.md"), id, "{}", repo.situation());
        assert!(repo.findings("--rev HEAD").is_empty(), "{}", repo.situation());
        repo.idhooks("check --history").ok().done();
    });
}
