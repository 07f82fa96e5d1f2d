//! Identities that are given to other files.

use super::*;
use crate::tests::{TestRepo, lines, refused, text};
use crate::{DeprecateOptions, PurgeOptions, SupersedeOptions, deprecate, list, purge, supersede};
use idhooks_core::registry::key;

const GUIDE: &str = "docs/guide.md";
const INTRO: &str = "docs/intro.md";
const README: &str = "README.md";

/// Gives an identity, or the one of a path, to a file.
fn give(repo: &TestRepo, identity: &str, file: &str) -> Result<Assigned, OpsError> {
    let identity = repo.subjects(&[identity]).remove(0);
    let options = AssignOptions { identity, file: repo.at(file), is_dry_run: false };
    let dry = AssignOptions { is_dry_run: true, ..options.clone() };
    let shown = repo.unchanged(|open| assign(&mut repo.notices(), open, &dry));
    let done = assign(&mut repo.notices(), &repo.open(), &options);
    if let (Ok(shown), Ok(done)) = (&shown, &done) {
        assert_eq!(lines(&shown.edits), lines(&done.edits), "the dry run");
    }
    done
}

fn given(repo: &TestRepo, identity: Id, file: &str) -> Vec<String> {
    lines(&give(repo, &identity.to_string(), file).expect("possible").edits)
}

/// Gives a second identity to a file.
fn second(
    repo: &TestRepo,
    doc_id: &str,
    file: &str,
    is_forced: bool,
) -> Result<AssignedSecond, OpsError> {
    let (doc_id, file) = (doc_id.to_owned(), repo.at(file));
    let options = AssignSecondOptions { doc_id, file, is_forced, is_dry_run: false };
    assign_second(&mut repo.notices(), &repo.open(), &options)
}

fn doc_id(repo: &TestRepo, path: &str) -> Option<String> {
    repo.record(repo.id(path)).text(key::DOC_ID).map(str::to_owned)
}

fn link(repo: &TestRepo, id: Id, key: &str) -> Option<String> {
    repo.record(id).text(key).map(str::to_owned)
}

/// Moves two files so that each has the content of the other, as git sees it.
fn cross(repo: &TestRepo) -> [Id; 2] {
    let ids = [GUIDE, INTRO].map(|path| repo.id(path));
    repo.git(&["rm", "-q", GUIDE, INTRO]);
    repo.stage("one.md", &text(INTRO));
    repo.stage("two.md", &text(GUIDE));
    ids
}

#[test]
fn crossed_renames_are_exchanged_before_the_commit() {
    let repo = TestRepo::adopted();
    let [guide, intro] = cross(&repo);
    let edits = given(&repo, guide, "one.md");
    assert!(edits.contains(&format!("{guide} renamed from two.md to one.md")), "{edits:?}");
    assert!(edits.contains(&format!("{intro} superseded: one.md")), "{edits:?}");
    given(&repo, intro, "two.md");
    repo.commit("move");
    assert_eq!(["one.md", "two.md"].map(|path| repo.id(path)), [guide, intro]);
    assert_eq!(link(&repo, guide, key::SUPERSEDES), None);
    repo.assert_in_order();
    // As many records as before: the identity between the two commands is forgotten.
    let listed = list(&repo.open(), &Default::default(), &Default::default());
    assert_eq!(listed.expect("readable").len(), 7);
}

#[test]
fn crossed_renames_are_exchanged_after_the_commit() {
    let repo = TestRepo::adopted();
    let [guide, intro] = cross(&repo);
    repo.commit("move");
    assert_eq!(repo.id("one.md"), intro);
    given(&repo, guide, "one.md");
    given(&repo, intro, "two.md");
    repo.commit("correct");
    let ids = || ["one.md", "two.md"].map(|path| repo.id(path));
    assert_eq!(ids(), [guide, intro]);
    let origin = repo.record(intro).origin.to_string();
    assert_eq!(link(&repo, guide, key::REASSIGNED_FROM), Some(origin));
    // One at a time, from commit to commit.
    given(&repo, guide, "two.md");
    let between = repo.id_in("", "one.md");
    repo.commit("half back");
    assert_eq!(link(&repo, intro, key::SUPERSEDED_BY), Some(guide.to_string()));
    given(&repo, intro, "one.md");
    repo.commit("back");
    assert_eq!(ids(), [intro, guide]);
    assert_eq!(link(&repo, between, key::SUPERSEDED_BY), Some(intro.to_string()));
    repo.assert_in_order();
    // All of it in one commit is as good.
    for (back, message) in [("HEAD~3", "at once"), ("HEAD~2", "with the move")] {
        repo.git(&["reset", "-q", "--soft", back]);
        repo.commit(message);
        repo.assert_in_order();
    }
    assert_eq!(ids(), [intro, guide]);
}

#[test]
fn a_rename_without_any_likeness_is_made_up_for_before_and_after_the_commit() {
    let repo = TestRepo::adopted();
    let [guide, intro] = [GUIDE, INTRO].map(|path| repo.id(path));
    repo.git(&["rm", "-q", GUIDE, INTRO]);
    repo.stage("manual.md", &"nothing of it is left\n".repeat(20));
    repo.stage("start.md", &"here neither, and at more length\n".repeat(20));
    assert_eq!(given(&repo, guide, "manual.md"), [format!("{guide} revived for manual.md")]);
    repo.commit("rewrite");
    let new = repo.id("start.md");
    assert_eq!((repo.id("manual.md"), new == intro), (guide, false));
    give(&repo, INTRO, "start.md").expect("the path of the old file names its identity");
    repo.commit("correct");
    assert_eq!(repo.id("start.md"), intro);
    assert_eq!(link(&repo, new, key::SUPERSEDED_BY), Some(intro.to_string()));
    assert_eq!(link(&repo, intro, key::SUPERSEDES), Some(new.to_string()));
    repo.assert_in_order();
}

#[test]
fn a_correction_that_is_taken_back_before_the_commit_leaves_no_trace() {
    let repo = TestRepo::adopted();
    let registry = || repo.git(&["show", ":.idhooks/registry.json"]);
    let before = registry();
    let [guide, intro, readme] = [GUIDE, INTRO, README].map(|path| repo.id(path));
    given(&repo, intro, GUIDE);
    assert_ne!(repo.id_in("", INTRO), intro);
    given(&repo, readme, GUIDE);
    assert_eq!(repo.id_in("", INTRO), intro);
    given(&repo, guide, GUIDE);
    assert_eq!(registry(), before);
    given(&repo, readme, GUIDE);
    given(&repo, readme, INTRO);
    assert_eq!(repo.id_in("", GUIDE), guide);
    given(&repo, readme, README);
    assert_eq!(registry(), before);
    assert!(give(&repo, &guide.to_string(), GUIDE).expect("possible").was_held);
    // One commit carries any number of steps.
    given(&repo, intro, GUIDE);
    given(&repo, readme, GUIDE);
    given(&repo, guide, INTRO);
    repo.commit("all round");
    assert_eq!([GUIDE, INTRO].map(|path| repo.id(path)), [readme, guide]);
    repo.assert_in_order();
}

#[test]
fn an_identity_that_no_commit_has_is_discarded_when_another_one_takes_its_file() {
    let repo = TestRepo::adopted();
    let guide = repo.id(GUIDE);
    let old = repo.at(GUIDE).into_os_string();
    let options = SupersedeOptions { old, by: None, is_dry_run: false };
    let new = supersede(&mut repo.notices(), &repo.open(), &options).expect("possible").new;
    let done = give(&repo, "notes.txt", GUIDE).expect("possible");
    let is_discarded = |one: &DisplacedId| matches!(one, DisplacedId::Discarded(id) if *id == new);
    assert!(done.displaced.iter().any(is_discarded), "{:?}", done.displaced);
    let notes = repo.id_in("", GUIDE);
    repo.commit("correct");
    assert_eq!(link(&repo, guide, key::SUPERSEDED_BY), Some(notes.to_string()));
    assert!(repo.registry("").allocations.iter().all(|record| record.id != new));
    repo.assert_in_order();
}

#[test]
fn an_identity_is_not_given_to_anything_but_a_tracked_file_nor_during_a_merge() {
    let repo = TestRepo::adopted();
    let guide = repo.id(GUIDE).to_string();
    repo.write("loose.md", "not added\n");
    for (identity, file, why) in [
        (&*guide, "loose.md", "is not in the index"),
        (&guide, "docs", "is a directory"),
        (&guide, "../x", "outside the repository"),
        // A directory as well, but nothing in it can have an identity.
        (&guide, "..", "outside the repository"),
        (&guide, "idhooks.toml", "not tracked by the rules"),
        ("9999999999999999", README, "9999999999999999"),
        ("docs/giude.md", README, "'docs/giude.md' has no identity"),
    ] {
        refused(repo.unchanged(|_| give(&repo, identity, file)), why);
    }
    std::fs::remove_file(repo.at("loose.md")).expect("writable");
    repo.run("rm -q docs/guide.md");
    let (subjects, reason) = (repo.subjects(&[&guide]), "withdrawn".to_owned());
    let options = DeprecateOptions { subjects, reason, moved_to: None, is_dry_run: false };
    deprecate(&mut repo.notices(), &repo.open(), &options).expect("possible");
    repo.commit("withdraw");
    let deprecated_before = "9999-12-31".parse().expect("a day");
    let options = PurgeOptions { deprecated_before, keep_going: false, is_dry_run: false };
    purge(&mut repo.notices(), &repo.open(), &options).expect("possible");
    refused(repo.unchanged(|_| give(&repo, &guide, README)), "is deprecated");
    repo.commit("purge");
    repo.run("checkout -q -b side");
    repo.commit_file("side.md", &text("side"));
    repo.run("checkout -q -");
    repo.write(".git/MERGE_HEAD", &format!("{}\n", repo.git(&["rev-parse", "side"])));
    refused(repo.unchanged(|_| give(&repo, README, INTRO)), "a merge is in progress");
}

#[test]
fn a_second_identity_is_given_and_moved_alone() {
    let repo = TestRepo::adopted();
    let ids = ["notes.txt", README].map(|path| repo.id(path));
    second(&repo, "DOC-7", "notes.txt", false).expect("possible");
    repo.commit("given");
    assert_eq!(doc_id(&repo, "notes.txt").as_deref(), Some("DOC-7"));
    repo.unchanged(|_| {
        assert!(second(&repo, "DOC-7", "notes.txt", false).expect("possible").was_held);
        refused(second(&repo, "7", README, false), "'7'");
        refused(second(&repo, "DOC-8", "notes.txt", false), "already has DOC-7");
    });
    let mut notices = repo.notices();
    let (doc_id_7, file) = ("DOC-7".to_owned(), repo.at(README));
    let options =
        AssignSecondOptions { doc_id: doc_id_7, file, is_forced: false, is_dry_run: false };
    assign_second(&mut notices, &repo.open(), &options).expect("possible");
    let from = notices.iter().find_map(|notice| match notice {
        Notice::SecondIdTaken { path, .. } => Some(path.to_string()),
        _ => None,
    });
    assert_eq!(from.as_deref(), Some("notes.txt"));
    repo.commit("moved");
    let both = ["notes.txt", README].map(|path| doc_id(&repo, path));
    assert_eq!(both, [None, Some("DOC-7".to_owned())]);
    assert_eq!(["notes.txt", README].map(|path| repo.id(path)), ids, "the digits stay");
    second(&repo, "DOC-8", README, true).expect("forced");
    repo.commit("replaced");
    assert_eq!(doc_id(&repo, README).as_deref(), Some("DOC-8"));
    repo.assert_in_order();
}

#[test]
fn the_second_identity_of_a_deprecated_record_is_taken_only_if_forced() {
    let repo = TestRepo::adopted();
    second(&repo, "DOC-1", "notes.txt", false).expect("possible");
    repo.commit("second");
    let id = repo.id("notes.txt");
    repo.run("rm -q notes.txt");
    repo.commit("gone");
    let holder = format!("{id}, which is deprecated: 'notes.txt'");
    refused(repo.unchanged(|_| second(&repo, "DOC-1", README, false)), &holder);
    second(&repo, "DOC-1", README, true).expect("forced");
    repo.commit("taken");
    repo.stage("notes.txt", &text("notes.txt"));
    repo.commit("back");
    assert_eq!(repo.id("notes.txt"), id);
    assert_eq!(link(&repo, id, key::DISPLACED_DOC_ID).as_deref(), Some("DOC-1"));
    assert_eq!(doc_id(&repo, README).as_deref(), Some("DOC-1"));
    assert!(repo.findings().is_empty());
}
