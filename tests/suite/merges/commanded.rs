//! Commands that move identities on one branch, and renames or other commands for the same files on the other.

use super::on_branch;
use crate::common::{Repo, for_each_git, sample_of, text};
use crate::judge;

const FILES: [&str; 4] = ["f1.md", "f2.md", "f3.md", "f4.md"];

/// Runs `idhooks mv` for each pair.
fn mv(repo: &Repo, pairs: &[[&str; 2]]) {
    for [from, to] in pairs {
        repo.idhooks(["-q", "mv", from, to]).ok().done();
    }
}

fn exchange(repo: &Repo) {
    mv(repo, &[["f1.md", "t"], ["f2.md", "f1.md"], ["t", "f2.md"]]);
}

fn rotate(repo: &Repo) {
    mv(repo, &[["f1.md", "t"], ["f2.md", "f1.md"], ["f3.md", "f2.md"], ["t", "f3.md"]]);
}

fn rename_both(repo: &Repo) {
    repo.mv("f1.md", "h1.md");
    repo.mv("f2.md", "h2.md");
}

fn assign(repo: &Repo, from: &str, to: &str) {
    repo.idhooks(["-q", "assign", from, to]).ok().done();
}

/// Which identity a path must have: that of a file at the start, or one that no file had.
type Expected<'a> = (&'a str, Option<usize>);

fn assert_ids(repo: &Repo, ids: &[String; 4], expected: &[Expected<'_>]) {
    let now = judge::View::of(repo, "HEAD").ids();
    for (path, whose) in expected {
        let id = &now[path.as_bytes()];
        match whose {
            Some(whose) => assert_eq!(*id, ids[*whose], "{path}\n{}", repo.situation()),
            None => assert!(!ids.contains(id), "{path}\n{}", repo.situation()),
        }
    }
    assert!(repo.findings("--rev HEAD").is_empty(), "{}", repo.situation());
    repo.idhooks("check --history").ok().done();
}

/// Makes both changes on branches of their own and brings them together in some ways, or every way in the long
/// form; each time, the paths have these identities, and a server accepts them.
fn assert_together(ours: fn(&Repo), theirs: fn(&Repo), expected: &[Expected<'_>]) {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        FILES.iter().for_each(|name| start.stage(name, text(name)));
        start.commit("files");
        let ids = FILES.map(|path| start.id(path));
        start.run("tag start");
        for (branch, change) in [("ours", ours), ("theirs", theirs)] {
            start.run("checkout -q start");
            on_branch(&start, branch, |repo| {
                change(repo);
                repo.commit(branch);
            });
        }
        let ways = [
            ("ours", "merge -q --no-edit theirs"),
            ("theirs", "merge -q --no-edit ours"),
            ("ours", "rebase -q theirs"),
            ("ours", "cherry-pick theirs"),
            ("theirs", "cherry-pick ours"),
        ];
        for (n, (at, way)) in sample_of(&ways).into_iter().enumerate() {
            let repo = start.copy_as(&format!("way-{n}"));
            repo.run(["checkout", "-q", at]);
            repo.run(*way);
            assert_ids(&repo, &ids, expected);
            repo.idhooks("ci --base start --head HEAD").ok().done();
            repo.commit_file("after.md", text("after"));
            assert_ids(&repo, &ids, expected);
            judge::assert_clean(&repo);
        }
    });
}

#[test]
fn an_exchange_of_files_that_are_both_renamed() {
    let expected = [("h1.md", Some(1)), ("h2.md", Some(0)), ("f3.md", Some(2))];
    assert_together(exchange, rename_both, &expected);
}

#[test]
fn a_rotation_of_files_of_which_two_are_renamed() {
    let expected = [("h1.md", Some(1)), ("h2.md", Some(2)), ("f3.md", Some(0))];
    assert_together(rotate, rename_both, &expected);
}

#[test]
fn an_assignment_between_files_that_are_both_renamed() {
    let expected = [("h1.md", None), ("h2.md", Some(0)), ("f3.md", Some(2))];
    assert_together(|repo| assign(repo, "f1.md", "f2.md"), rename_both, &expected);
}

#[test]
fn an_assignment_of_a_file_that_is_exchanged() {
    let expected = [("f1.md", Some(1)), ("f2.md", None), ("f3.md", Some(0))];
    assert_together(|repo| assign(repo, "f1.md", "f3.md"), exchange, &expected);
}

/// Both sides have the identity at one path, but of different files.
#[test]
fn an_assignment_of_one_file_of_a_rotation() {
    let expected = [("f1.md", Some(1)), ("f2.md", Some(0)), ("f3.md", None)];
    assert_together(|repo| assign(repo, "f1.md", "f3.md"), rotate, &expected);
}

#[test]
fn an_assignment_between_files_that_git_exchanges() {
    let swap = |repo: &Repo| {
        for (from, to) in [("f1.md", "t"), ("f2.md", "f1.md"), ("t", "f2.md")] {
            repo.mv(from, to);
        }
    };
    let expected = [("f1.md", None), ("f2.md", Some(0)), ("f3.md", Some(2))];
    assert_together(|repo| assign(repo, "f1.md", "f2.md"), swap, &expected);
}

/// Two commands for one path, each in a commit of its own, are explained by both.
#[test]
fn two_commands_for_a_path_in_one_push() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        FILES.iter().for_each(|name| repo.stage(name, text(name)));
        repo.commit("files");
        repo.run("tag start");
        assign(&repo, "f1.md", "f2.md");
        repo.commit("assign");
        repo.idhooks("-q supersede f1.md --with-new").ok().done();
        repo.commit("supersede");
        repo.idhooks("ci --base start --head HEAD").ok().done();
    });
}

#[test]
fn a_file_that_a_merge_has_from_one_side_keeps_the_identity_of_that_side() {
    let edits: [fn(&Repo); 3] =
        [|_| {}, |repo| repo.stage("f3.md", "edited"), |repo| repo.append("f2.md", "edited\n")];
    for_each_git(|git| {
        let start = Repo::adopted(git);
        FILES.iter().for_each(|name| start.stage(name, text(name)));
        start.commit("files");
        let ids = FILES.map(|path| start.id(path));
        start.run("checkout -q -b theirs");
        exchange(&start);
        start.commit("exchange");
        start.run("checkout -q main");
        for (n, edit) in edits.iter().enumerate() {
            let repo = start.copy_as(&format!("edit{n}"));
            edit(&repo);
            repo.run("commit -q -a --allow-empty -m edit");
            repo.run("tag ours");
            // Our files, and then those of the other side, whichever is merged into which.
            for (merged, into) in [("theirs", "ours"), ("ours", "theirs")] {
                repo.run(["checkout", "-q", "--detach", into]);
                repo.try_git(["merge", "-q", "--no-commit", "--no-ff", merged]).done();
                repo.run(["checkout", "-q", "ours", "--", "f1.md", "f2.md"]);
                repo.run("commit -q -m merge");
                assert_ids(&repo, &ids, &[("f1.md", Some(0)), ("f2.md", Some(1))]);
            }
        }
    });
}
