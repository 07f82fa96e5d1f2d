//! Histories that are consistent, and the commit that is named in those that are not.

mod behind;
mod broken;
mod given_up;
mod healthy;
mod ranges;

use idhooks_core::check::Code;
use idhooks_core::registry::{Allocation, Id, Json, Origin, Registry};

use super::*;
use crate::CheckSubject;
use crate::tests::{TestRepo, path};

fn checked(repo: &TestRepo, revisions: &[&str]) -> Result<CheckHistoryReport, OpsError> {
    let revisions = revisions.iter().map(|&word| word.to_owned()).collect();
    let options = CheckHistoryOptions { revisions, least: Severity::Error, repair_times: false };
    let mut filter = FindingFilter::new(CheckSubject::Files, None, None).expect("no baseline");
    check_history(&mut repo.notices(), &repo.open(), &options, &mut filter)
}

/// Returns the code, the severity and the commit of each finding.
fn found(repo: &TestRepo, revisions: &[&str]) -> Vec<(Code, Severity, String)> {
    let report = checked(repo, revisions).expect("possible");
    let commit = |finding: &Finding| finding.related[0].commit.clone().expect("a commit");
    let findings = report.findings.iter();
    findings.map(|finding| (finding.code, finding.severity, commit(finding))).collect()
}

/// Asserts that there are no findings, the second time as the cache has it.
#[track_caller]
fn assert_fine(repo: &TestRepo, revisions: &[&str]) {
    for _ in 0..2 {
        assert_eq!(found(repo, revisions), []);
    }
}

/// Asserts that all errors are about this commit and have these codes, also as the cache has it.
#[track_caller]
fn assert_bad(repo: &TestRepo, rev: &str, codes: &[Code]) {
    let (commit, findings) = (repo.rev(rev), found(repo, &[]));
    let errors = findings.iter().filter(|(_, severity, _)| *severity == Severity::Error);
    let mut errors: Vec<_> = errors.map(|(code, _, about)| (about, code)).collect();
    errors.sort();
    errors.dedup();
    assert_eq!(errors, codes.iter().map(|code| (&commit, code)).collect::<Vec<_>>());
    let report = checked(repo, &[]).expect("possible");
    let is_bad = |(_, all): &&(_, Vec<Finding>)| Severity::Error.count(all) > 0;
    let first = report.examined.faults.iter().find(is_bad).expect("a bad commit").0;
    assert_eq!((first.to_string(), report.is_failed), (commit, true));
    assert!(report.titles.iter().any(|title| title.id == first));
    assert_eq!(found(repo, &[]), findings);
}

/// Asserts that the only findings are warnings that these commits were healed by later ones.
#[track_caller]
fn assert_behind(repo: &TestRepo, revs: &[&str]) {
    let mut findings = found(repo, &[]);
    let behind = |rev: &&str| (Code::Behind, Severity::Warning, repo.rev(rev));
    let mut expected: Vec<_> = revs.iter().map(behind).collect();
    findings.sort();
    expected.sort();
    assert_eq!(findings, expected);
    assert!(!checked(repo, &[]).expect("possible").is_failed);
}

/// Makes two commits without hooks whose registry is as consistent as that of their parent.
fn settle(repo: &TestRepo) {
    for message in ["settle", "go on"] {
        repo.append("docs/guide.md", "settled\n");
        repo.commit_unseen(message);
    }
}

/// Returns the record at a path.
#[track_caller]
fn at<'r>(registry: &'r mut Registry, file: &str) -> &'r mut Allocation {
    let mut records = registry.allocations.iter_mut();
    records.find(|record| record.path == path(file)).expect("a record")
}

/// Removes the record at a path by hand, and commits that.
fn lose(repo: &TestRepo, file: &str) {
    repo.edit_registry("lose", |registry| {
        registry.allocations.retain(|record| record.path != path(file));
    });
}

/// Exchanges the identities of two files by hand, and commits that.
fn swap(repo: &TestRepo) {
    repo.edit_registry("swap", |registry| {
        at(registry, "notes.txt").path = path("swap");
        at(registry, "README.md").path = path("notes.txt");
        at(registry, "swap").path = path("README.md");
    });
}

/// Gives a record another identity and origin, as a new file has them.
fn renew(record: &mut Allocation, counter: u64) {
    let id = record.id.to_string();
    renumber(record, &format!("{}{counter:05}{}", &id[..5], &id[10..]));
    record.origin = origin(&format!("{counter:016}"));
}

/// Gives a record another identity.
fn renumber(record: &mut Allocation, id: &str) {
    let id: Id = id.parse().expect("an identity");
    (record.id, record.claim) = (id, id);
}

fn origin(text: &str) -> Origin {
    text.parse().expect("an origin")
}
