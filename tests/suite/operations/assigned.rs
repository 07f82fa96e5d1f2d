//! Assignments and exchanges of commands that meet a rename of the file which they leave, or another registry.

use super::{assert_right, swap};
use crate::common::{Repo, for_each_git, is_dual_write, sample, sample_of, text};
use crate::judge;
use crate::merges::on_branch;

/// Adds three files; returns the identities of the first two.
fn files(repo: &Repo) -> [String; 2] {
    for name in ["a.md", "c.md", "other.md"] {
        repo.stage(name, text(name));
    }
    repo.commit("files");
    ["a.md", "c.md"].map(|path| repo.id(path))
}

/// Adds three files, assigns the identity of the first to the second on `topic`, and renames the first on
/// `main`; returns the identities of both.
fn assigned_and_renamed(repo: &Repo) -> [String; 2] {
    let ids = files(repo);
    on_branch(repo, "topic", |repo| {
        repo.idhooks(["-q", "assign", &ids[0], "c.md"]).ok().done();
        repo.commit("assign");
    });
    repo.mv("a.md", "aa.md");
    repo.commit("rename");
    ids
}

/// Asserts that the assignment was made, with an identity of its own for the renamed file.
fn assert_assigned(repo: &Repo, [one, other]: &[String; 2]) {
    assert_eq!(repo.id("c.md"), *one, "{}", repo.situation());
    assert_eq!(repo.record(other)["status"], "superseded", "{}", repo.situation());
    assert!(![one, other].contains(&&repo.id("aa.md")), "{}", repo.situation());
    assert_right(repo);
}

#[test]
fn an_assignment_follows_the_rename_of_the_file_that_it_leaves() {
    for_each_git(|git| {
        let start = Repo::adopted(git);
        let ids = assigned_and_renamed(&start);
        let ways: [&[&str]; 5] = [
            &["cherry-pick topic"],
            &["cherry-pick -n topic", "commit -q -m picked"],
            &["cherry-pick topic", "reset -q --soft HEAD~1", "commit -q -m picked"],
            &["merge -q --squash topic", "commit -q -m squashed"],
            &["merge -q --no-edit topic"],
        ];
        for (n, way) in sample_of(&ways).into_iter().enumerate() {
            let repo = start.copy_as(&format!("way-{n}"));
            way.iter().for_each(|line| repo.run(*line));
            assert_assigned(&repo, &ids);
            repo.commit_file("after.md", text("after"));
            assert_assigned(&repo, &ids);
        }
    });
}

#[test]
fn an_assignment_in_a_pick_with_another_conflict() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = assigned_and_renamed(&repo);
        repo.run("checkout -q topic");
        repo.append("other.md", "theirs\n");
        repo.run("commit -q -a --amend --no-edit");
        repo.run("checkout -q main");
        repo.append("other.md", "ours\n");
        repo.run("commit -q -a -m ours");
        repo.try_git("cherry-pick topic").code(1).done();
        repo.run("checkout -q --ours other.md");
        repo.run("add other.md");
        repo.run("-c core.editor=true cherry-pick --continue");
        assert_assigned(&repo, &ids);
    });
}

#[test]
fn an_assignment_that_was_stashed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = files(&repo);
        repo.idhooks(["-q", "assign", &ids[0], "c.md"]).ok().done();
        repo.run("stash -q");
        repo.mv("a.md", "aa.md");
        repo.commit("rename");
        repo.run("stash pop -q");
        repo.run("commit -q -a -m assign");
        assert_assigned(&repo, &ids);
    });
}

#[test]
fn a_reverted_assignment_is_made_again_after_the_rename() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = files(&repo);
        repo.idhooks(["-q", "assign", &ids[0], "c.md"]).ok().done();
        repo.commit("assign");
        repo.run("revert --no-edit HEAD");
        repo.mv("a.md", "aa.md");
        repo.commit("rename");
        assert_eq!([repo.id("aa.md"), repo.id("c.md")], ids, "{}", repo.situation());
        repo.run("cherry-pick HEAD~2");
        assert_assigned(&repo, &ids);
        repo.commit_file("after.md", text("after"));
        assert_assigned(&repo, &ids);
    });
}

/// The record of a file that an assignment left names no file, so the assignment cannot stand.
#[test]
fn what_an_identity_superseded_comes_back_if_it_goes() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let ids = assigned_and_renamed(&repo);
        repo.run("cherry-pick topic");
        let legacy = is_dual_write().then_some("registry/ID_REGISTRY.json");
        for file in [".idhooks/registry.json"].into_iter().chain(legacy) {
            let lines = String::from_utf8(repo.read(file)).expect("UTF-8");
            repo.write(file, lines.replace("\"aa.md\"", "\"a.md\""));
        }
        repo.run("commit -q -a --amend --no-edit --no-verify");
        repo.commit_file("after.md", text("after"));
        assert_eq!([repo.id("aa.md"), repo.id("c.md")], ids, "{}", repo.situation());
        assert!(repo.findings("").is_empty(), "{}", repo.situation());
        judge::assert_clean(&repo);
    });
}

/// The registry of a branch that knows neither the exchange nor one of its files is no revert of it.
#[test]
fn the_registry_of_another_branch_reverts_no_exchange() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("c.md", text("c"));
        repo.run("checkout -q -b topic");
        repo.commit_file("n.md", text("n"));
        let ids = ["c.md", "n.md"].map(|path| repo.id(path));
        swap(&repo, "n.md", "c.md");
        repo.commit("swap");
        let swapped = ["n.md", "c.md"].map(|path| repo.id(path));
        assert_eq!(swapped, ids, "{}", repo.situation());
        repo.run("checkout -q main -- .idhooks/registry.json");
        repo.run("commit -q --allow-empty -m registry");
        assert_eq!(["n.md", "c.md"].map(|path| repo.id(path)), ids, "{}", repo.situation());
        assert_right(&repo);
    });
}

/// Three files change places, and one of them has another identity where the commit is picked, with the files
/// as they were there.
#[test]
fn an_exchange_that_cannot_be_made_is_not_made_in_part() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let files = ["a.md", "b.md", "c.md", "d.md"];
        files.iter().for_each(|name| repo.stage(name, text(name)));
        repo.commit("files");
        let ids = files.map(|path| repo.id(path));
        on_branch(&repo, "topic", |repo| {
            repo.idhooks("-q assign d.md c.md").ok().done();
            repo.commit("assign");
            for [from, to] in
                [["b.md", "t.md"], ["c.md", "b.md"], ["a.md", "c.md"], ["t.md", "a.md"]]
            {
                repo.idhooks(["-q", "mv", from, to]).ok().done();
            }
            repo.commit("exchange");
        });
        repo.try_git("cherry-pick -n topic").done();
        repo.run(["restore", "--source=HEAD", "--staged", "--worktree", "--", ".", ":!.idhooks"]);
        repo.run("commit -q --allow-empty -m picked");
        assert_eq!(files.map(|path| repo.id(path)), ids, "{}", repo.situation());
        assert_right(&repo);
    });
}

/// The file that an assignment left was moved since, so its revert cannot bring the identity back.
#[test]
fn an_assignment_that_cannot_be_reverted_stays() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [id, _] = files(&repo);
        repo.idhooks("-q assign a.md c.md").ok().done();
        repo.commit("assign");
        repo.mv("a.md", "aa.md");
        repo.append("aa.md", "more\n");
        repo.run("commit -q -a -m rename");
        repo.run("revert -n HEAD~1");
        repo.run("commit -q --allow-empty -m revert");
        assert_eq!(repo.id("c.md"), id, "{}", repo.situation());
        assert_right(&repo);
    });
}

/// Exchanges two files in one commit.
fn exchange(repo: &Repo) {
    swap(repo, "a.md", "c.md");
    repo.commit("exchange");
}

/// Exchanges two files with three renames, each in its own commit.
fn exchange_by_renames(repo: &Repo) {
    for (from, to) in [("a.md", "n.md"), ("c.md", "a.md"), ("n.md", "c.md")] {
        repo.mv(from, to);
        repo.commit("rename");
    }
}

/// One side gives files the identities of others, the other side exchanges the files: each identity goes with the
/// file that it was given to.
#[test]
fn an_assignment_goes_with_the_files_that_the_other_side_exchanges() {
    let works: [fn(&Repo); 2] = [exchange, exchange_by_renames];
    let assignments: [&[[&str; 2]]; 2] =
        [&[["a.md", "c.md"]], &[["a.md", "c.md"], ["other.md", "a.md"]]];
    let ways = [
        ("main", "merge -q --no-edit topic"),
        ("main", "merge -q --squash topic"),
        ("main", "cherry-pick main..topic"),
        ("topic", "merge -q --no-edit main"),
        ("topic", "cherry-pick topic..main"),
        ("topic", "rebase -q main"),
    ];
    for_each_git(|git| {
        let combinations = sample(works.len() * assignments.len() * ways.len());
        for (n, (work, assigned)) in
            works.iter().flat_map(|work| assignments.map(|assigned| (work, assigned))).enumerate()
        {
            let start = Repo::adopted(git);
            let ids = files(&start);
            start.run("checkout -q -b topic");
            for [from, to] in assigned {
                start.idhooks(["-q", "assign", from, to]).ok().done();
                start.commit("assign");
            }
            let [c, a, other] = ["c.md", "a.md", "other.md"].map(|path| start.id(path));
            assert_eq!(c, ids[0]);
            start.run("checkout -q main");
            work(&start);
            for (m, (branch, line)) in ways.into_iter().enumerate() {
                if !combinations.contains(&(n * ways.len() + m)) {
                    continue;
                }
                let repo = start.copy_as(&format!("way-{n}-{m}"));
                repo.run(["checkout", "-q", branch]);
                repo.run(line);
                if line.contains("squash") {
                    repo.commit("squash");
                }
                let now = ["a.md", "c.md", "other.md"].map(|path| repo.id(path));
                let exchanged = [c.clone(), a.clone(), other.clone()];
                assert_eq!(now, exchanged, "{n}, {line}: {}", repo.situation());
                assert_eq!(repo.record(&ids[1])["status"], "superseded", "{n}, {line}");
                assert_right(&repo);
            }
        }
    });
}

/// An exchange that a commit no longer searches is left to a person; an assignment settles it for good.
#[test]
fn an_exchange_of_long_ago_is_put_right_by_assignments() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [a, c] = files(&repo);
        let unhooked = repo.with("IDHOOKS", "0");
        for (from, to) in [("a.md", "t.md"), ("c.md", "a.md"), ("t.md", "c.md")] {
            unhooked.mv(from, to);
            unhooked.commit("exchange");
        }
        unhooked.commit_nothing(200);
        repo.commit_file("after.md", text("after"));
        repo.idhooks("reconcile").ok().done();
        assert_eq!([repo.id("a.md"), repo.id("c.md")], [a.clone(), c.clone()]);
        let said = repo.idhooks("check --history").code(1).stdout();
        let remedy = "if that finds nothing because it is too long ago: idhooks assign <ID> <path>";
        assert!(said.contains(remedy), "{said}");
        repo.idhooks(["-q", "assign", &a, "c.md"]).ok().done();
        repo.idhooks(["-q", "assign", &c, "a.md"]).ok().done();
        repo.commit("assign");
        repo.commit_file("after.md", text("another"));
        assert_eq!([repo.id("c.md"), repo.id("a.md")], [a, c], "{}", repo.situation());
        assert_right(&repo);
    });
}
