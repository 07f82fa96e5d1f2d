//! `git reset` in its modes, and the commit that follows: the same change is the same allocation.

use super::{fork, on_adopted};
use crate::common::{Repo, text};

/// One commit that adds, moves and retires; returns nothing, but tags it `done` and its parent
/// `start`.
fn one_commit(repo: &Repo) {
    repo.run("tag start");
    repo.stage("docs/new.md", text("new"));
    repo.mv("notes.txt", "docs/notes.txt");
    repo.run("rm -q data/table.csv");
    repo.commit("work");
    repo.run("tag done");
}

fn assert_as_done(repo: &Repo) {
    assert_eq!(repo.id("docs/new.md"), repo.id_in("done", "docs/new.md"));
    assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
    super::assert_known(repo, "HEAD", &["done"]);
}

#[test]
fn the_same_work_again() {
    on_adopted(|repo| {
        one_commit(repo);
        let each: [(&str, &[&str]); 5] = [
            ("--soft", &[]),
            ("--mixed -q", &["add -A"]),
            ("--mixed -q", &["add docs", "rm -q notes.txt data/table.csv"]),
            ("-q -N", &["add -A"]),
            ("--hard -q", &["checkout -q done -- docs", "rm -q notes.txt data/table.csv"]),
        ];
        for (mode, commands) in each {
            repo.run(format!("reset {mode} start").as_str());
            commands.iter().for_each(|command| repo.run(*command));
            repo.commit("again");
            assert_as_done(repo);
            super::super::judge::assert_clean(repo);
        }
    });
}

#[test]
fn other_work_is_kept() {
    on_adopted(|repo| {
        one_commit(repo);
        for mode in ["--keep", "--merge"] {
            repo.run("reset -q --hard done");
            repo.append("README.md", "unstaged\n");
            repo.run(format!("reset -q {mode} start").as_str());
            assert_eq!(repo.ask("status --porcelain"), " M README.md", "{mode}");
            repo.run("commit -q -a -m edit");
            assert_eq!(repo.id("notes.txt"), repo.id_in("start", "notes.txt"));
            assert_eq!(repo.id("data/table.csv"), repo.id_in("start", "data/table.csv"));
        }
    });
}

#[test]
fn several_commits_become_one() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("checkout -q side");
        repo.run("reset -q --soft start");
        repo.commit("all at once");
        assert_eq!(repo.id("docs/side.md"), repo.id_in("theirs", "docs/side.md"));
        assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
        super::assert_known(repo, "HEAD", &["theirs"]);
        repo.run("merge -q --no-edit ours");
        super::assert_joined(repo, "HEAD");
    });
}

#[test]
fn a_merge_is_taken_back() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("merge -q --no-edit side");
        repo.run("reset -q --hard ORIG_HEAD");
        repo.run("merge -q --no-commit side");
        repo.run("reset -q --merge");
        repo.run("merge -q --squash side");
        repo.run("reset -q --mixed");
        repo.run("add -A");
        repo.commit("as if squashed");
        super::assert_joined(repo, "HEAD");
    });
}
