//! Histories with which nothing is wrong.

use super::assert_fine;
use crate::common::{Repo, for_each_git, text};

#[test]
fn commits_of_every_kind() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.commit_file("docs/new.md", text("new"));
        repo.mv("docs/new.md", "moved/new.md");
        repo.commit("move");
        repo.mv("src", "lib");
        repo.append("lib/app.py", "more\n");
        repo.run("commit -q -a -m folder");
        repo.run("rm -q data/table.csv");
        repo.commit("retire");
        repo.commit_file("data/table.csv", text("data/table.csv"));
        repo.run("rm -q -r lib docs");
        repo.commit("retire many");
        repo.commit_file("empty", "");
        repo.configure("[track]\nexclude = [\"notes.txt\"]\n");
        repo.configure("");
        repo.run("commit -q --allow-empty -m empty");
        assert_fine(&repo, "");
        assert_fine(&repo, "=HEAD~3..HEAD");
    });
}

#[test]
fn merges_of_branches_that_parted() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for round in ["one", "two"] {
            repo.run(["checkout", "-q", "-b", round]);
            repo.commit_file(&format!("docs/{round}.md"), text(round));
            repo.mv("notes.txt", "side.txt");
            repo.commit("move");
            repo.mv("side.txt", "notes.txt");
            repo.commit("move back");
            repo.run("checkout -q main");
            repo.commit_file(&format!("src/{round}.py"), text(&format!("main {round}")));
            repo.run(["merge", "-q", "--no-edit", round]);
        }
        repo.run("checkout -q -b quiet");
        repo.append("README.md", "more\n");
        repo.run("commit -q -a -m edit");
        repo.run("checkout -q main");
        repo.append("docs/guide.md", "more\n");
        repo.run("commit -q -a -m edit");
        repo.run("merge -q --no-edit quiet");
        assert_fine(&repo, "");
        assert_fine(&repo, "=--all");
        assert_fine(&repo, "=HEAD^2...HEAD^1");
    });
}

#[test]
fn what_was_before_idhooks_came_is_left_alone() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("old.txt", text("old"));
        repo.run("branch before");
        let repo = repo.adopt("");
        repo.run("checkout -q before");
        repo.commit_file("older.txt", text("older"));
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit before");
        let answer = repo.idhooks("check --history").ok();
        assert_eq!(answer.stderr(), "2 commits of the history of HEAD: no findings\n");
        assert_fine(&repo, "");
        let same = repo.idhooks("check --since-adoption").ok();
        assert_eq!(same.stderr(), "2 commits of the history of HEAD: no findings\n");
    });
}

#[test]
fn an_identity_given_on_two_branches_is_no_error() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        repo.run("checkout -q -b side");
        repo.commit_file("side.txt", text("side"));
        // This clone remembers what it has given, another one would not.
        repo.remove(".git/idhooks/given");
        repo.run("checkout -q main");
        repo.commit_file("main.txt", text("main"));
        let id = repo.id("main.txt");
        assert_eq!(id, repo.id_in("side", "side.txt"));
        let warned = |repo: &Repo, range: &str| {
            let answer = repo.idhooks(format!("check --format json --history={range}").as_str());
            let json = answer.ok().json();
            let found = json["findings"].as_array().expect("a list").clone();
            assert_eq!(found.len(), 1, "{json}");
            assert_eq!(found[0]["code"], "ID_REUSED");
            assert_eq!(
                (&found[0]["severity"], &found[0]["id"]),
                (&"warning".into(), &id.clone().into())
            );
        };
        warned(&repo, "--all");
        assert_fine(&repo, "");
        repo.run("merge -q --no-edit side");
        warned(&repo, "HEAD");
    });
}

#[test]
fn one_allocation_that_parted_is_no_error() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("branch side");
        for (branch, place) in [("main", "here.txt"), ("side", "there.txt")] {
            repo.run(["checkout", "-q", branch]);
            repo.commit_file("same.txt", text("same"));
            repo.mv("same.txt", place);
            repo.commit("move");
        }
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit side");
        let answer = repo.idhooks("check --history --format json").ok();
        let json = answer.json();
        assert_eq!(json["findings"].as_array().map(Vec::len), Some(1), "{answer}");
        let finding = &json["findings"][0];
        assert_eq!(
            (&finding["code"], &finding["severity"]),
            (&"ID_REUSED".into(), &"warning".into())
        );
        assert_eq!(finding["related"][0]["commit"], repo.rev("HEAD"));
        let places = [&finding["path"], &finding["related"][1]["path"]];
        assert_eq!(places, [&"there.txt".into(), &serde_json::Value::from("here.txt")], "{answer}");
    });
}
