//! Which commits are checked.

use super::*;
use crate::InitOptions;
use crate::tests::{REGISTRY, refused, text};

#[test]
fn a_range_is_refused_that_names_no_commits() {
    let repo = TestRepo::adopted();
    for (revisions, named) in [
        (&["nothing..HEAD"][..], "nothing..HEAD"),
        (&["HEAD", "nowhere"], "nowhere"),
        (&["--objects"], "'--objects' names no commits"),
        (&["README.md"], "README.md"),
    ] {
        refused(checked(&repo, revisions), named);
    }
    let report = checked(&repo, &["HEAD..HEAD"]).expect("possible");
    assert_eq!((report.commits, report.findings, report.is_failed), (0, vec![], false));
}

#[test]
fn a_history_without_a_registry_is_refused_unless_it_has_no_commit() {
    let repo = TestRepo::empty();
    assert_eq!(checked(&repo, &[]).expect("possible").commits, 0);
    repo.stage("a.txt", &text("a"));
    repo.commit_unseen("before");
    refused(checked(&repo, &[]), "cannot find a registry");
    repo.adopt(&InitOptions::default());
    refused(checked(&repo, &["HEAD~1"]), "cannot find a registry");
    assert_fine(&repo, &[]);
}

#[test]
fn a_range_is_checked_by_itself() {
    let repo = TestRepo::adopted();
    let first = repo.read(REGISTRY);
    repo.commit_file("docs/a.md", &text("a"));
    repo.stage(REGISTRY, &first);
    repo.commit_unseen("forget");
    repo.commit_file("docs/b.md", &text("b"));
    repo.append("README.md", "more\n");
    repo.commit("edit");
    assert_fine(&repo, &["HEAD~1..HEAD"]);
    assert_fine(&repo, &["HEAD~2..HEAD"]);
    let behind = (Code::Behind, Severity::Warning, repo.rev("HEAD~2"));
    assert_eq!(found(&repo, &["HEAD", "^HEAD~3"]), [behind]);
    // The commit that heals is not in this range.
    let codes: Vec<Code> = found(&repo, &["HEAD~4..HEAD~2"]).iter().map(|one| one.0).collect();
    assert_eq!(codes, [Code::MissingId, Code::RecordLost]);
}

#[test]
fn a_cache_that_is_lost_or_torn_is_made_again() {
    let repo = TestRepo::adopted();
    repo.commit_file("docs/a.md", &text("a"));
    repo.git_mv("docs/a.md", "docs/b.md");
    repo.commit("move");
    assert_fine(&repo, &[]);
    let cache = repo.at(".git/idhooks/cache/history");
    let whole = std::fs::read(&cache).expect("a cache");
    std::fs::write(&cache, &whole[..whole.len() / 2]).expect("writable");
    assert_fine(&repo, &[]);
    assert_eq!(std::fs::read(&cache).expect("a cache"), whole);
    std::fs::remove_file(&cache).expect("there");
    assert_fine(&repo, &[]);
    // The result of one commit is not taken for that of another.
    repo.stage("stray.txt", &text("stray"));
    repo.commit_unseen("stray");
    assert_bad(&repo, "HEAD", &[Code::MissingId]);
}
