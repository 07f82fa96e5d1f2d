//! Deprecating, reviving and superseding identities in a repository.

use idhooks_core::check::Code;
use idhooks_core::registry::{Id, Status, key};

use crate::tests::{TestRepo, lines, refused, text};
use crate::{
    AllocateOptions, DeprecateOptions, OpsError, ReviveOptions, SupersedeOptions, Superseded,
};

const GUIDE: &str = "docs/guide.md";
const INTRO: &str = "docs/intro.md";

fn deprecate(
    repo: &TestRepo,
    subjects: &[&str],
    reason: &str,
    is_dry_run: bool,
) -> Result<Vec<String>, OpsError> {
    let (subjects, reason) = (repo.subjects(subjects), reason.to_owned());
    let options = DeprecateOptions { subjects, reason, moved_to: None, is_dry_run };
    let done = crate::deprecate(&mut repo.notices(), &repo.open(), &options)?;
    Ok(lines(&done.edits))
}

fn revive(repo: &TestRepo, subject: &str, is_dry_run: bool) -> Result<Vec<String>, OpsError> {
    let options = ReviveOptions { subjects: repo.subjects(&[subject]), is_dry_run };
    Ok(lines(&crate::revive(&mut repo.notices(), &repo.open(), &options)?.edits))
}

fn supersede(
    repo: &TestRepo,
    old: &str,
    by: Option<&str>,
    is_dry_run: bool,
) -> Result<Superseded, OpsError> {
    let typed = |subject: &str| repo.subjects(&[subject]).remove(0);
    let options = SupersedeOptions { old: typed(old), by: by.map(typed), is_dry_run };
    crate::supersede(&mut repo.notices(), &repo.open(), &options)
}

fn text_of(repo: &TestRepo, id: Id, key: &str) -> Option<String> {
    repo.record(id).text(key).map(str::to_owned)
}

#[test]
fn a_deprecated_identity_stays_with_its_file_until_it_is_revived() {
    let repo = TestRepo::adopted();
    let id = repo.id(GUIDE);
    let expected = [format!("{id} deprecated: docs/guide.md (superfluous)")];
    let dry = repo.unchanged(|_| deprecate(&repo, &[GUIDE], "superfluous", true));
    assert_eq!(dry.expect("possible"), expected);
    assert_eq!(deprecate(&repo, &[GUIDE], "superfluous", false).expect("possible"), expected);
    repo.commit("deprecate");
    assert_eq!(repo.id(GUIDE), id);
    assert_eq!(repo.findings(), [Code::DeprecatedInUse]);
    refused(deprecate(&repo, &[GUIDE], "superfluous", false), "is deprecated");
    // It follows its file, and is still deprecated.
    repo.git_mv(GUIDE, "docs/manual.md");
    repo.commit("move");
    assert_eq!(repo.record(id).path.to_string(), "docs/manual.md");
    assert_eq!(text_of(&repo, id, key::DEPRECATED_REASON).as_deref(), Some("superfluous"));
    let expected = [format!("{id} revived for docs/manual.md")];
    let typed = id.to_string();
    assert_eq!(repo.unchanged(|_| revive(&repo, &typed, true)).expect("possible"), expected);
    assert_eq!(revive(&repo, &typed, false).expect("possible"), expected);
    repo.commit("revive");
    assert!(repo.record(id).is_active());
    assert_eq!(text_of(&repo, id, key::DEPRECATED_REASON), None);
    assert!(repo.findings().is_empty());
    refused(repo.unchanged(|_| revive(&repo, &typed, false)), "is active");
    repo.assert_in_order();
}

/// Who revives an identity for another content says so in the record.
#[test]
fn an_identity_is_revived_for_any_content_of_its_path() {
    let repo = TestRepo::adopted();
    let id = repo.id(GUIDE);
    repo.run("rm -q docs/guide.md");
    repo.commit("delete");
    repo.stage(GUIDE, &text("another"));
    revive(&repo, &id.to_string(), false).expect("possible");
    repo.commit("revive");
    assert_eq!(repo.id(GUIDE), id);
    assert_eq!(text_of(&repo, id, key::MOVED_FROM).as_deref(), Some(GUIDE));
    repo.assert_in_order();
    // The link concerns that commit alone.
    repo.run("rm -q docs/guide.md");
    repo.commit("delete again");
    repo.commit_file(GUIDE, &text("a third one"));
    assert_ne!(repo.id(GUIDE), id);
    assert!(repo.findings().is_empty());
}

#[test]
fn an_identity_deprecated_by_command_does_not_come_back_by_itself() {
    let repo = TestRepo::adopted();
    let id = repo.id(GUIDE);
    repo.run("rm -q docs/guide.md");
    deprecate(&repo, &[&id.to_string()], "withdrawn", false).expect("possible");
    repo.commit("withdraw");
    refused(repo.unchanged(|_| revive(&repo, &id.to_string(), false)), "does not exist");
    // Elsewhere the file is another one, even with the same bytes; at its path it has its identity.
    repo.commit_file("docs/guide.txt", &text(GUIDE));
    assert_ne!(repo.id("docs/guide.txt"), id);
    repo.commit_file(GUIDE, &text(GUIDE));
    assert_eq!((repo.id(GUIDE), repo.record(id).status), (id, Status::Deprecated));
    assert_eq!(repo.findings(), [Code::DeprecatedInUse]);
    revive(&repo, &id.to_string(), false).expect("possible");
    repo.commit("revive");
    repo.assert_in_order();
}

#[test]
fn reasons_of_idhooks_itself_and_unknown_subjects_are_refused_as_a_whole() {
    let repo = TestRepo::adopted();
    let all_refused = |subjects: &[&str], reason: &str, why: &str| {
        refused(repo.unchanged(|_| deprecate(&repo, subjects, reason, false)), why);
    };
    for reason in ["deleted", "merged", "reverted", "excluded"] {
        all_refused(&["README.md"], reason, "that only idhooks itself uses");
    }
    all_refused(&["README.md"], " ", "the reason is empty");
    all_refused(&["docs/giude.md"], "x", "docs/giude.md");
    all_refused(&["9999999999999999"], "x", "9999999999999999");
    all_refused(&["../x"], "x", "outside the repository");
    all_refused(&["README.md", "docs/none.md"], "x", "docs/none.md");
}

#[test]
fn a_file_gets_a_new_identity_in_the_place_of_its_old_one() {
    let repo = TestRepo::adopted();
    let [old, withdrawn] = [GUIDE, INTRO].map(|path| repo.id(path));
    deprecate(&repo, &[INTRO], "withdrawn", false).expect("possible");
    supersede(&repo, &withdrawn.to_string(), None, false).expect("it still has its file");
    let shown = repo.unchanged(|_| supersede(&repo, GUIDE, None, true)).expect("possible");
    let done = supersede(&repo, GUIDE, None, false).expect("possible");
    assert_eq!((lines(&done.edits), done.old), (lines(&shown.edits), old));
    repo.commit("supersede");
    let new = repo.id(GUIDE);
    assert_eq!(new, done.new);
    assert!(lines(&done.edits).contains(&format!("{new} allocated to docs/guide.md")));
    assert_eq!(text_of(&repo, old, key::SUPERSEDED_BY), Some(new.to_string()));
    assert_eq!(text_of(&repo, new, key::SUPERSEDES), Some(old.to_string()));
    refused(repo.unchanged(|_| supersede(&repo, &old.to_string(), None, false)), "does not exist");
    refused(repo.unchanged(|_| revive(&repo, &old.to_string(), false)), "is superseded");
    // Twice before a commit: the identity between them stays known.
    let between = supersede(&repo, GUIDE, None, false).expect("possible").new;
    let last = supersede(&repo, GUIDE, None, false).expect("possible").new;
    repo.commit("twice");
    assert_eq!(repo.id(GUIDE), last);
    assert_eq!(text_of(&repo, new, key::SUPERSEDED_BY), Some(between.to_string()));
    assert_eq!(text_of(&repo, between, key::SUPERSEDED_BY), Some(last.to_string()));
    repo.git_mv(GUIDE, "manual.md");
    repo.commit("move");
    assert_eq!(repo.id("manual.md"), last);
    repo.assert_in_order();
}

#[test]
fn another_identity_takes_the_place_of_one_whose_file_is_gone() {
    let repo = TestRepo::adopted();
    let [old, new] = [GUIDE, INTRO].map(|path| repo.id(path));
    let no = |by: &str, why: &str| {
        refused(repo.unchanged(|_| supersede(&repo, GUIDE, Some(by), false)), why);
    };
    no(INTRO, "still exists");
    no(GUIDE, "cannot supersede itself");
    no("docs/none.md", "docs/none.md");
    repo.run("rm -q docs/guide.md");
    let done = supersede(&repo, GUIDE, Some(INTRO), false).expect("the file is gone");
    assert_eq!(lines(&done.edits), [format!("{old} superseded: docs/guide.md")]);
    repo.commit("supersede");
    assert_eq!(repo.record(old).status, Status::Superseded);
    // A second one, after its file was deleted in a commit.
    let other = repo.id("notes.txt");
    repo.run("rm -q notes.txt");
    repo.commit("remove");
    supersede(&repo, &other.to_string(), Some(&new.to_string()), false).expect("possible");
    repo.commit("supersede");
    let links = repo.record(new).metadata.get(key::SUPERSEDES).map(|links| links.compact());
    assert_eq!(links, Some(format!("[\"{old}\",\"{other}\"]")));
    // The file that comes back is another one.
    repo.commit_file(GUIDE, &text(GUIDE));
    assert_ne!(repo.id(GUIDE), old);
    repo.assert_in_order();
}

#[test]
fn a_staged_rename_counts_before_its_commit() {
    let repo = TestRepo::adopted();
    let id = repo.id(GUIDE);
    repo.git_mv(GUIDE, "docs/manual.md");
    let done = deprecate(&repo, &["docs/manual.md"], "superfluous", false).expect("possible");
    assert_eq!(done, [format!("{id} deprecated: docs/manual.md (superfluous)")]);
    repo.commit("move and deprecate");
    assert_eq!(repo.record(id).path.to_string(), "docs/manual.md");
    assert_eq!(text_of(&repo, id, key::DEPRECATED_REASON).as_deref(), Some("superfluous"));
    let other = repo.id(INTRO);
    repo.git_mv(INTRO, "docs/start.md");
    let by = Some("README.md");
    let done = repo.unchanged(|_| supersede(&repo, &other.to_string(), by, false));
    refused(done, "still exists");
    let new = supersede(&repo, "docs/start.md", None, false).expect("possible").new;
    repo.commit("supersede");
    assert_eq!(repo.record(other).path.to_string(), "docs/start.md");
    assert_eq!(text_of(&repo, other, key::SUPERSEDED_BY), Some(new.to_string()));
    assert_eq!(repo.id("docs/start.md"), new);
}

#[test]
fn nothing_is_changed_without_a_registry() {
    let repo = TestRepo::empty();
    repo.stage("a.md", &text("a"));
    let files = vec![repo.at("a.md")];
    let options = AllocateOptions { files, ..AllocateOptions::default() };
    refused(
        repo.unchanged(|open| crate::allocate(&mut repo.notices(), open, &options)),
        "not adopted",
    );
    refused(repo.unchanged(|_| deprecate(&repo, &["a.md"], "x", false)), "not adopted");
    refused(repo.unchanged(|_| revive(&repo, "a.md", false)), "not adopted");
    refused(repo.unchanged(|_| supersede(&repo, "a.md", None, false)), "not adopted");
}
