//! Histories without findings.

use idhooks_core::config::Strategy;

use super::*;
use crate::InitOptions;
use crate::tests::text;

#[test]
fn commits_of_every_kind_are_consistent() {
    let repo = TestRepo::adopted();
    let config = repo.read("idhooks.toml");
    repo.commit_file("docs/new.md", &text("new"));
    repo.git_mv("docs/new.md", "moved/new.md");
    repo.commit("move");
    repo.git_mv("src", "lib");
    repo.append("lib/app.py", "more\n");
    repo.commit("directory");
    repo.run("rm -q data/table.csv");
    repo.commit("delete");
    repo.commit_file("data/table.csv", &text("data/table.csv"));
    repo.run("rm -q -r lib docs");
    repo.commit("delete many");
    repo.commit_file("empty", "");
    let rules = "scope = \"260118\"\n[track]\nexclude = [\"notes.txt\"]\n";
    repo.commit_file("idhooks.toml", rules);
    repo.commit_file("idhooks.toml", &config);
    repo.commit("empty");
    assert_fine(&repo, &[]);
    assert_fine(&repo, &["HEAD~3..HEAD"]);
}

#[test]
fn merges_of_branches_that_parted_are_consistent() {
    let repo = TestRepo::adopted();
    for round in ["one", "two"] {
        repo.run(&format!("checkout -q -b {round}"));
        repo.commit_file(&format!("docs/{round}.md"), &text(round));
        repo.git_mv("notes.txt", "side.txt");
        repo.commit("move");
        repo.git_mv("side.txt", "notes.txt");
        repo.commit("move back");
        repo.run("checkout -q main");
        repo.commit_file(&format!("src/{round}.py"), &text(&format!("main {round}")));
        repo.merge(round);
    }
    repo.run("checkout -q -b quiet");
    repo.append("README.md", "more\n");
    repo.commit("edit");
    repo.run("checkout -q main");
    repo.append("docs/guide.md", "more\n");
    repo.commit("edit");
    repo.merge("quiet");
    assert_fine(&repo, &[]);
    assert_fine(&repo, &["--all"]);
    assert_fine(&repo, &["HEAD^2...HEAD^1"]);
}

#[test]
fn commits_before_the_adoption_are_not_checked() {
    let repo = TestRepo::empty();
    repo.stage("old.txt", &text("old"));
    repo.commit_unseen("before");
    repo.run("branch before");
    repo.adopt(&InitOptions::default());
    repo.run("checkout -q before");
    repo.stage("older.txt", &text("older"));
    repo.commit_unseen("before, too");
    repo.run("checkout -q main");
    repo.merge("before");
    assert_eq!(checked(&repo, &[]).expect("possible").examined.judged, 2);
    assert_fine(&repo, &[]);
}

#[test]
fn an_identity_given_on_two_branches_is_a_warning() {
    let repo = TestRepo::empty();
    let strategy = Some(Strategy::Sequential);
    repo.adopt(&InitOptions { strategy, ..InitOptions::default() });
    repo.run("checkout -q -b side");
    repo.commit_file("side.txt", &text("side"));
    repo.forget();
    repo.run("checkout -q main");
    repo.commit_file("main.txt", &text("main"));
    let id = repo.id("main.txt");
    assert_eq!(id, repo.id_in("side", "side.txt"));
    let assert_warned = |revision| {
        let report = checked(&repo, &[revision]).expect("possible");
        let found = report.findings.iter().map(|one| (one.code, one.severity, one.id.as_deref()));
        let reused = (Code::IdReused, Severity::Warning, Some(&*id.to_string()));
        assert_eq!(found.collect::<Vec<_>>(), [reused]);
        assert!(!report.is_failed);
    };
    assert_warned("--all");
    assert_fine(&repo, &[]);
    repo.merge("side");
    assert_warned("HEAD");
}

#[test]
fn one_allocation_that_two_branches_moved_apart_is_a_warning() {
    let repo = TestRepo::adopted();
    repo.run("branch side");
    for (branch, place) in [("main", "here.txt"), ("side", "there.txt")] {
        repo.run(&format!("checkout -q {branch}"));
        repo.commit_file("same.txt", &text("same"));
        repo.git_mv("same.txt", place);
        repo.commit("move");
    }
    repo.run("checkout -q main");
    repo.merge("side");
    let head = repo.rev("HEAD");
    assert_eq!(found(&repo, &[]), [(Code::IdReused, Severity::Warning, head)]);
    let finding = checked(&repo, &[]).expect("possible").findings.remove(0);
    let places = [finding.path, finding.related[1].path.clone()];
    assert_eq!(places, ["there.txt", "here.txt"].map(|file| Some(path(file))));
}
