//! Which identity a file has, corrected.

use super::{as_shown, refuses};
use crate::common::{Repo, on_adopted, text};
use crate::judge;
use crate::reviewed::assert_text;

const GUIDE: &str = "docs/guide.md";
const INTRO: &str = "docs/intro.md";

/// Returns the identity that a path has in the index.
fn now(repo: &Repo, path: &str) -> String {
    let text = repo.git("show :.idhooks/registry.json").bytes();
    let json: serde_json::Value = serde_json::from_slice(&text).expect("JSON");
    let mut records = json["allocations"].as_array().expect("a list").iter();
    let record = records.find(|r| r["file_path"] == path && r["status"] == "active");
    record.expect("an active record")["id"].as_str().expect("text").to_owned()
}

/// Moves two files, of which each gets the content of the other, so that git takes one for the
/// other.
fn cross(repo: &Repo) -> [String; 2] {
    let ids = [GUIDE, INTRO].map(|path| repo.id(path));
    repo.run(["rm", "-q", GUIDE, INTRO]);
    repo.stage("one.md", text(INTRO));
    repo.stage("two.md", text(GUIDE));
    ids
}

fn assign(repo: &Repo, id: &str, path: &str) {
    as_shown(repo, &format!("assign {id} {path}"));
}

fn assert_in_order(repo: &Repo) {
    judge::assert_all_consistent(repo);
    assert!(repo.findings("").is_empty(), "{:?}", repo.findings(""));
    repo.idhooks("check --history").ok().done();
}

#[test]
fn renames_that_were_crossed_are_exchanged_before_the_commit() {
    on_adopted(|repo| {
        let [guide, intro] = cross(repo);
        let said = as_shown(repo, &format!("assign {guide} one.md"));
        assert!(said.contains(&format!("{guide} renamed from two.md to one.md")), "{said:?}");
        assert!(said.contains(&format!("{intro} superseded: one.md")), "{said:?}");
        assign(repo, &intro, "two.md");
        repo.commit("move");
        assert_eq!(["one.md", "two.md"].map(|path| repo.id(path)), [guide.clone(), intro]);
        assert_eq!(repo.record(&guide)["metadata"].get("supersedes"), None);
        assert_in_order(repo);
        // As many records as before: the one between two commits is forgotten.
        assert_eq!(repo.idhooks("list").ok().stdout().lines().count(), 7);
    });
}

#[test]
fn renames_that_were_crossed_are_exchanged_after_the_commit() {
    on_adopted(|repo| {
        let [guide, intro] = cross(repo);
        repo.commit("move");
        assert_eq!(repo.id("one.md"), intro);
        assign(repo, &guide, "one.md");
        assign(repo, &intro, "two.md");
        repo.commit("correct");
        assert_eq!(["one.md", "two.md"].map(|path| repo.id(path)), [guide.clone(), intro.clone()]);
        let record = repo.record(&guide);
        let origin = repo.record(&intro)["metadata"]["origin"].clone();
        assert_eq!(record["metadata"]["reassigned_from"], origin);
        let log = repo.idhooks("log one.md -n 1").ok().stdout();
        assert_text(
            "commands-assign-renames_that_were_crossed_are_exchanged_after_the_commit",
            &log,
        );
        // And from commit to commit.
        assign(repo, &guide, "two.md");
        let between = now(repo, "one.md");
        repo.commit("half back");
        assert_eq!(repo.record(&intro)["metadata"]["superseded_by"], *guide);
        assign(repo, &intro, "one.md");
        repo.commit("back");
        assert_eq!(["one.md", "two.md"].map(|path| repo.id(path)), [intro.clone(), guide.clone()]);
        assert_eq!(repo.record(&between)["metadata"]["superseded_by"], *intro);
        assert_in_order(repo);
        // All of it in one commit is as good.
        repo.run("reset -q --soft HEAD~3");
        repo.commit("at once");
        assert_in_order(repo);
        repo.run("reset -q --soft HEAD~2");
        repo.commit("with the move");
        assert_eq!(["one.md", "two.md"].map(|path| repo.id(path)), [intro, guide]);
        assert_in_order(repo);
    });
}

#[test]
fn a_rename_that_nobody_could_see_is_made_up_for() {
    on_adopted(|repo| {
        let (guide, intro) = (repo.id(GUIDE), repo.id(INTRO));
        for path in [GUIDE, INTRO] {
            repo.run(["rm", "-q", path]);
        }
        repo.stage("manual.md", "nothing of it is left\n".repeat(20));
        repo.stage("start.md", "here neither, and at more length\n".repeat(20));
        assert_eq!(
            as_shown(repo, &format!("assign {guide} manual.md")),
            [format!("{guide} revived for manual.md")]
        );
        repo.commit("rewrite");
        assert_eq!(repo.id("manual.md"), guide);
        let new = repo.id("start.md");
        assert_ne!(new, intro);
        // The path of the old file will do, and it is never too late.
        as_shown(repo, "assign docs/intro.md start.md");
        repo.commit("correct");
        assert_eq!(repo.id("start.md"), intro);
        assert_eq!(repo.record(&new)["metadata"]["superseded_by"], *intro);
        assert_eq!(repo.record(&intro)["metadata"]["supersedes"], *new);
        assert_in_order(repo);
    });
}

#[test]
fn what_is_taken_back_before_the_commit_was_never_there() {
    on_adopted(|repo| {
        let before = repo.ask("show HEAD:.idhooks/registry.json");
        let [guide, intro, readme] = [GUIDE, INTRO, "README.md"].map(|path| repo.id(path));
        assign(repo, &intro, GUIDE);
        assert_ne!(now(repo, INTRO), intro);
        assign(repo, &readme, GUIDE);
        assert_eq!(now(repo, INTRO), intro);
        assign(repo, &guide, GUIDE);
        assert_eq!(repo.ask("show :.idhooks/registry.json"), before);
        assign(repo, &readme, GUIDE);
        assign(repo, &readme, INTRO);
        assert_eq!(now(repo, GUIDE), guide);
        assign(repo, &readme, "README.md");
        assert_eq!(repo.ask("show :.idhooks/registry.json"), before);
        // What has it already keeps it.
        let answer = repo.idhooks(["assign", &guide, GUIDE]).ok();
        answer.complains("has").done();
        // One commit carries any number of steps.
        assign(repo, &intro, GUIDE);
        assign(repo, &readme, GUIDE);
        assign(repo, &guide, INTRO);
        repo.commit("all round");
        assert_eq!([GUIDE, INTRO].map(|path| repo.id(path)), [readme, guide]);
        assert_in_order(repo);
    });
}

#[test]
fn identities_given_since_the_commit_are_forgotten() {
    on_adopted(|repo| {
        let guide = repo.id(GUIDE);
        repo.idhooks(["supersede", GUIDE, "--with-new"]).ok().done();
        let new = now(repo, GUIDE);
        repo.idhooks(["assign", "notes.txt", GUIDE])
            .ok()
            .complains(&format!("{new} was discarded"))
            .done();
        let notes = now(repo, GUIDE);
        repo.commit("correct");
        assert_eq!(repo.record(&guide)["metadata"]["superseded_by"], *notes);
        assert!(!repo.idhooks("list").ok().stdout().contains(&new));
        assert_in_order(repo);
    });
}

#[test]
fn what_cannot_be_assigned() {
    on_adopted(|repo| {
        let guide = repo.id(GUIDE);
        repo.write("loose.md", "not added\n");
        refuses(repo, &format!("assign {guide} loose.md"), "is not in the index");
        refuses(repo, &format!("assign {guide} docs"), "is a directory");
        refuses(repo, &format!("assign {guide} ../x"), "outside the repository");
        refuses(repo, &format!("assign {guide} idhooks.toml"), "not tracked by the rules");
        refuses(repo, "assign 9999999999999999 README.md", "9999999999999999");
        refuses(repo, "assign docs/giude.md README.md", "'docs/giude.md' has no identity");
        repo.run("rm -q docs/guide.md");
        repo.idhooks(["deprecate", &guide, "--reason", "withdrawn"]).ok().done();
        repo.commit("withdraw");
        repo.idhooks("purge --deprecated-before 9999-12-31").ok().done();
        refuses(repo, &format!("assign {guide} README.md"), "is deprecated");
        repo.commit("purge");
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        repo.run("checkout -q -");
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-commit side");
        refuses(repo, "assign README.md main.md", "a merge is in progress");
        repo.run("merge --abort");
        repo.remove("loose.md");
    });
}
