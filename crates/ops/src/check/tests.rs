//! What a check finds, with its options.

use std::path::{Path, PathBuf};

use idhooks_core::check::Family;
use idhooks_core::config::Strategy;
use idhooks_core::registry::Id;

use super::*;
use crate::baseline::Baseline;
use crate::tests::{REGISTRY, TestRepo, refused, text};
use crate::{AllocateOptions, CheckSubject, InitOptions, allocate};

fn filter() -> FindingFilter {
    FindingFilter::new(CheckSubject::Files, None, None).expect("no baseline")
}

fn codes(findings: &[Finding]) -> Vec<Code> {
    findings.iter().map(|one| one.code).collect()
}

/// Returns the options of a check of a revision, or of the index, that previews merges.
fn against(revision: Option<&str>, branches: &[&str]) -> CheckOptions {
    let against = branches.iter().map(|&name| name.to_owned()).collect();
    let revision = Revision::from(revision.map(str::to_owned));
    CheckOptions { revision, against, ..CheckOptions::default() }
}

fn previewed(repo: &TestRepo, revision: Option<&str>, branches: &[&str]) -> Vec<Code> {
    codes(&repo.check(&against(revision, branches)).findings)
}

/// A repository in which the branches main and side parted.
fn parted() -> TestRepo {
    let repo = TestRepo::empty();
    repo.stage("README.md", &text("README.md"));
    let strategy = Some(Strategy::Sequential);
    repo.adopt(&InitOptions { strategy, ..InitOptions::default() });
    repo.run("checkout -q -b side");
    repo.commit_file("docs/side.md", &text("side"));
    repo.run("checkout -q main");
    repo.forget();
    repo
}

/// The same, where both gave one number to two files.
fn colliding() -> (TestRepo, Id) {
    let repo = parted();
    repo.commit_file("docs/main.md", &text("main"));
    let id = repo.id("docs/main.md");
    assert_eq!(repo.id_in("side", "docs/side.md"), id);
    (repo, id)
}

#[test]
fn a_collision_is_found_from_either_side_if_a_merge_is_previewed() {
    let (repo, id) = colliding();
    assert!(repo.findings().is_empty());
    let report = repo.check(&against(None, &["side"]));
    let found: Vec<_> = report.findings.iter().map(|one| (one.code, one.id.clone())).collect();
    assert_eq!(found, [(Code::Collision, Some(id.to_string()))]);
    assert_eq!(previewed(&repo, Some("HEAD"), &["side"]), [Code::Collision]);
    assert_eq!(previewed(&repo, Some("side"), &["main"]), [Code::Collision]);
}

#[test]
fn each_branch_is_previewed_alone_whatever_names_it() {
    let (repo, _) = colliding();
    repo.run("checkout -q -b release/2 side~1");
    repo.forget();
    repo.commit_file("docs/release.md", &text("release"));
    repo.run("tag -a -m old v1 side");
    repo.run("checkout -q main");
    for names in [["side", "release/2"], ["v1", "release/2"], ["refs/heads/side", "release/2"]] {
        assert_eq!(previewed(&repo, None, &names), [Code::Collision; 2], "{names:?}");
    }
    let head = repo.git(&["rev-parse", "HEAD"]);
    for names in [&["main"][..], &["HEAD"], &["HEAD~1"], &["main", "HEAD"], &[&*head]] {
        assert!(previewed(&repo, None, names).is_empty(), "{names:?}");
    }
}

#[test]
fn a_staged_identity_can_collide_that_no_commit_has() {
    let repo = parted();
    repo.stage("docs/main.md", &text("main"));
    let files = vec![repo.at("docs/main.md")];
    let options = AllocateOptions { files, ..AllocateOptions::default() };
    allocate(&mut repo.notices(), &repo.open(), &options).expect("possible");
    assert_eq!(previewed(&repo, None, &["side"]), [Code::Collision]);
    assert!(previewed(&repo, Some("HEAD"), &["side"]).is_empty());
}

#[test]
fn a_preview_needs_a_branch() {
    let repo = TestRepo::adopted();
    let blob = repo.git(&["rev-parse", "HEAD:README.md"]);
    for name in ["nowhere", "", "-x", "--all", "main..HEAD", "a b", &blob] {
        let options = against(None, &["main", name]);
        let done = check(&mut repo.notices(), &repo.open(), &options, &mut filter());
        refused(done, &format!("cannot find a branch '{name}'"));
    }
    let repo = TestRepo::empty();
    repo.stage("a.md", &text("a"));
    let options = against(None, &["main"]);
    let done = check(&mut repo.notices(), &repo.open(), &options, &mut filter());
    refused(done, "cannot find a branch 'main'");
    repo.commit_unseen("a");
    let done = check(&mut repo.notices(), &repo.open(), &options, &mut filter());
    refused(done, "cannot find a registry");
    let repo = TestRepo::adopted();
    repo.stage(REGISTRY, "torn");
    assert_eq!(previewed(&repo, None, &["main"]), [Code::RegistryCorrupt]);
}

/// Returns what a check finds with a minimum of coverage.
fn covered(repo: &TestRepo, share: &str, revision: Revision) -> CheckReport {
    let min_coverage = Some(share.parse().expect("a share"));
    repo.check(&CheckOptions { revision, min_coverage, ..CheckOptions::default() })
}

#[test]
fn missing_identities_are_notes_where_enough_files_have_one() {
    let repo = TestRepo::adopted();
    repo.stage("new.md", &text("new"));
    repo.commit_unseen("unseen");
    // 7 of 8 files.
    for share in ["0.875", "87.5%", "87.5 %", "0", "0.5", "0%"] {
        let report = covered(&repo, share, Revision::default());
        assert!(!report.is_failed, "{share}");
        assert_eq!(report.findings[0].severity, Severity::Info, "{share}");
        let coverage = report.floor.expect("complete").coverage.to_string();
        assert_eq!(coverage, "87.5 % (7 of 8 tracked files)");
    }
    for share in ["0.876", "87.6%", "1", "100%", "1.000"] {
        let report = covered(&repo, share, Revision::default());
        assert!(report.is_failed && report.findings[0].severity == Severity::Error, "{share}");
        let unmet = report.floor.expect("complete").unmet().expect("not enough");
        assert!(unmet.ends_with(&format!("less than {share}")), "{unmet}");
    }
    // Any other finding fails all the same.
    repo.run("rm -q -f notes.txt");
    repo.commit_unseen("unseen");
    let report = covered(&repo, "0.5", Revision::default());
    assert_eq!(codes(&report.findings), [Code::MissingId, Code::StalePath]);
    assert_eq!(report.findings[0].severity, Severity::Info);
    assert!(report.is_failed);
}

#[test]
fn an_index_and_a_commit_without_findings_are_covered() {
    let repo = TestRepo::adopted();
    for revision in [Revision::default(), Revision::named("HEAD"), Revision::default()] {
        let report = covered(&repo, "100%", revision);
        assert!(!report.is_failed);
        let coverage = report.floor.expect("complete").coverage.to_string();
        assert_eq!(coverage, "100.0 % (7 of 7 tracked files)");
    }
}

/// Returns what a check finds with a filter.
fn filtered(repo: &TestRepo, options: &CheckOptions, filter: &mut FindingFilter) -> CheckReport {
    check(&mut repo.notices(), &repo.open(), options, filter).expect("possible")
}

/// Writes the findings of the index as a baseline.
fn baseline(repo: &TestRepo) -> PathBuf {
    let file = repo.at("known.json");
    let mut filter = FindingFilter::new(CheckSubject::Files, None, Some(&file)).expect("free");
    filtered(repo, &CheckOptions::default(), &mut filter);
    std::fs::write(&file, Baseline::of(filter.hidden()).format()).expect("writable");
    file
}

/// A repository with two files that have no identity, and a baseline that knows of them.
fn known() -> (TestRepo, PathBuf) {
    let repo = TestRepo::adopted();
    for path in ["one.md", "two.md"] {
        repo.stage(path, &text(path));
    }
    repo.commit_unseen("unseen");
    let file = baseline(&repo);
    (repo, file)
}

fn read(file: &Path) -> Result<FindingFilter, OpsError> {
    FindingFilter::new(CheckSubject::Files, Some(file), None)
}

#[test]
fn a_baseline_hides_what_it_knows_and_nothing_new() {
    let (repo, file) = known();
    let mut filter = read(&file).expect("a baseline");
    let report = filtered(&repo, &CheckOptions::default(), &mut filter);
    assert!(report.findings.is_empty() && !report.is_failed);
    assert_eq!(codes(filter.hidden()), [Code::MissingId; 2]);
    repo.stage("three.md", &text("three"));
    repo.commit_unseen("unseen");
    let mut filter = read(&file).expect("a baseline");
    let report = filtered(&repo, &CheckOptions::default(), &mut filter);
    let paths: Vec<_> = report.findings.iter().filter_map(|f| f.path.clone()).collect();
    assert_eq!((paths, report.is_failed), (vec![crate::tests::path("three.md")], true));
    let before = std::fs::read_to_string(&file).expect("readable");
    baseline(&repo);
    let after = std::fs::read_to_string(&file).expect("readable");
    assert_eq!(after.lines().filter(|line| !before.contains(line)).count(), 1, "{after}");
}

#[test]
fn findings_that_are_gone_are_named_by_the_checks_that_look_for_them() {
    let (repo, file) = known();
    let gone = |family: Option<Family>| {
        let mut filter = read(&file).expect("a baseline");
        filter.family = family;
        filtered(&repo, &CheckOptions::default(), &mut filter);
        filter.gone().iter().map(|one| one.label()).collect::<Vec<_>>()
    };
    repo.run("rm -q -f one.md");
    assert_eq!(gone(None), ["MISSING_ID 'one.md'"]);
    repo.run("rm -q -f two.md");
    assert_eq!(gone(Some(Family::Coverage)).len(), 2);
    assert_eq!(gone(Some(Family::Uniqueness)), [""; 0]);
}

#[test]
fn a_damaged_baseline_is_refused_with_its_line() {
    let (repo, file) = known();
    let good = std::fs::read_to_string(&file).expect("readable");
    for (text, line) in [
        (String::new(), 1),
        ("not JSON\n".to_owned(), 1),
        (good.replace("two.md\"", "two.md"), 3),
        (good.replace("\n]}", ",\n]}"), 4),
        (format!("{good}<<<<<<< HEAD\n"), 5),
        (good.replace("\"version\":1", "\"version\":9"), 1),
    ] {
        std::fs::write(&file, text).expect("writable");
        refused(read(&file), &format!("known.json' is not a baseline: line {line}"));
    }
    std::fs::write(&file, [&good.as_bytes()[..40], b"\xff"].concat()).expect("writable");
    refused(read(&file), "known.json' is not a baseline: line 2");
    // White space is no damage, nor is the byte order mark of an editor.
    let loose = format!("\u{feff}{}", good.replace(',', ", ").replace('\n', "\r\n"));
    std::fs::write(&file, loose).expect("writable");
    read(&file).expect("a baseline");
    std::fs::remove_file(&file).expect("writable");
    refused(read(&file), "cannot find the baseline");
    repo.write("known.json/x", "");
    refused(read(&file), "is a directory, not a baseline");
}

#[test]
fn nothing_but_a_baseline_is_replaced_by_one() {
    let (repo, _) = known();
    for file in ["README.md", REGISTRY, "idhooks.toml", "docs"] {
        let file = repo.at(file);
        let done = FindingFilter::new(CheckSubject::Files, None, Some(&file));
        assert!(done.is_err(), "{file:?}");
    }
}

/// Returns what a check finds in one family.
fn of_family(repo: &TestRepo, family: Option<Family>) -> Vec<Code> {
    let mut filter = filter();
    filter.family = family;
    codes(&filtered(repo, &CheckOptions::default(), &mut filter).findings)
}

const FAMILIES: [Family; 4] = [Family::Uniqueness, Family::Sync, Family::Format, Family::Coverage];

#[test]
fn each_finding_is_one_of_exactly_one_family() {
    let repo = TestRepo::adopted();
    let [readme, guide] = ["README.md", "docs/guide.md"].map(|path| repo.id(path).to_string());
    repo.stage(REGISTRY, &format!("\n{}", repo.read(REGISTRY).replace(&readme, &guide)));
    repo.stage("new.md", &text("new"));
    repo.run("rm -q -f notes.txt");
    let mut all = Vec::new();
    let expected = [Code::DuplicateId, Code::StalePath, Code::NotCanonical, Code::MissingId];
    for (family, code) in FAMILIES.into_iter().zip(expected) {
        let found = of_family(&repo, Some(family));
        assert!(found.contains(&code), "{family:?}: {found:?}");
        all.extend(found);
    }
    let mut everything = of_family(&repo, None);
    all.sort();
    everything.sort();
    assert_eq!(all, everything);
}

#[test]
fn an_unreadable_registry_is_found_by_every_family_and_hidden_by_no_baseline() {
    let (repo, file) = known();
    repo.stage(REGISTRY, "<<<<<<< HEAD\n");
    for family in FAMILIES {
        assert_eq!(of_family(&repo, Some(family)), [Code::RegistryCorrupt]);
    }
    let mut filter = read(&file).expect("a baseline");
    let report = filtered(&repo, &CheckOptions::default(), &mut filter);
    assert_eq!((codes(&report.findings), report.is_failed), (vec![Code::RegistryCorrupt], true));
    let mut written = FindingFilter::new(CheckSubject::Files, None, Some(&file)).expect("free");
    filtered(&repo, &CheckOptions::default(), &mut written);
    assert!(written.hidden().is_empty(), "{:?}", written.hidden());
}
