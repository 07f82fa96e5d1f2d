//! Records that are reduced to tombstones.

use super::*;
use crate::tests::{TestRepo, lines, text};
use crate::{DeprecateOptions, deprecate};
use idhooks_core::registry::key;

/// Deletes a file, and returns the identity that it had.
fn deleted(repo: &TestRepo, path: &str) -> Id {
    let id = repo.id(path);
    repo.git(&["rm", "-q", path]);
    repo.commit("delete");
    id
}

fn purged(repo: &TestRepo, before: &str, keep_going: bool, is_dry_run: bool) -> Purged {
    let deprecated_before = before.parse().expect("a point in time");
    let options = PurgeOptions { deprecated_before, keep_going, is_dry_run };
    purge(&mut repo.notices(), &repo.open(), &options).expect("possible")
}

fn is_purged(repo: &TestRepo, id: Id) -> bool {
    repo.record(id).metadata.contains_key(key::PURGED)
}

#[test]
fn a_purged_record_keeps_its_identity_and_its_file_never_gets_it_back() {
    let repo = TestRepo::adopted();
    let id = deleted(&repo, "docs/guide.md");
    let before = repo.record(id);
    assert!(purged(&repo, "90d", false, false).edits.is_empty());
    let expected = [format!("{id} purged: docs/guide.md")];
    let shown = repo.unchanged(|_| purged(&repo, "9999-01-01", false, true));
    assert_eq!(lines(&shown.edits), expected);
    assert_eq!(lines(&purged(&repo, "9999-01-01", false, false).edits), expected);
    repo.commit("purge");
    let record = repo.record(id);
    assert_eq!(
        (&record.path, record.allocated_at, record.status, record.origin),
        (&before.path, before.allocated_at, before.status, before.origin)
    );
    assert!(record.is_purged() && record.text(key::DEPRECATED_REASON).is_none());
    assert!(purged(&repo, "9999-01-01", false, false).edits.is_empty());
    // The same file at the same path is a new one.
    repo.commit_file("docs/guide.md", &text("docs/guide.md"));
    assert_ne!(repo.id("docs/guide.md"), id);
    assert!(repo.findings().is_empty());
}

#[test]
fn an_identity_that_a_file_mentions_is_kept_and_the_others_only_purged_if_asked() {
    let repo = TestRepo::adopted();
    let one = deleted(&repo, "docs/guide.md");
    let two = deleted(&repo, "README.md");
    repo.commit_file("notes.txt", &format!("see {one}.\n"));
    let kept = repo.unchanged(|_| purged(&repo, "9999-01-01", false, false));
    assert!(kept.edits.is_empty());
    let lines_of = |purged: &Purged| {
        let mentions = purged.mentioned[&one].iter();
        mentions.map(|one| (one.path.to_string(), one.line)).collect::<Vec<_>>()
    };
    assert_eq!(lines_of(&kept), [("notes.txt".to_owned(), 1)]);
    let others = purged(&repo, "9999-01-01", true, false);
    assert_eq!(lines(&others.edits), [format!("{two} purged: README.md")]);
    repo.commit("purge");
    assert_eq!([one, two].map(|id| is_purged(&repo, id)), [false, true]);
}

#[test]
fn a_deprecated_record_with_a_file_is_not_purged() {
    let repo = TestRepo::adopted();
    let (subjects, reason) = (repo.subjects(&["docs/guide.md"]), "superfluous".to_owned());
    let options = DeprecateOptions { subjects, reason, moved_to: None, is_dry_run: false };
    deprecate(&mut repo.notices(), &repo.open(), &options).expect("possible");
    repo.commit("deprecate");
    assert!(purged(&repo, "9999-01-01", false, false).edits.is_empty());
}
