//! Histories in which idhooks was removed, for good or for a while.

use idhooks_core::config::Strategy;

use super::*;
use crate::tests::{REGISTRY, refused, text};
use crate::{CheckOptions, InitOptions, InitReport, Revision, check, init};

/// Removes idhooks as the documentation says, with hooks.
fn give_up(repo: &TestRepo) {
    repo.run(&format!("rm -q {REGISTRY} idhooks.toml"));
    repo.commit("give up");
}

/// Takes the identities up again.
fn resume(repo: &TestRepo) {
    let done = init(&mut repo.notices(), &repo.open(), &InitOptions::default());
    assert!(matches!(done, Ok(InitReport::Resumed(_))), "{done:?}");
    repo.commit("resume");
}

/// Makes two commits without a registry.
fn go_on(repo: &TestRepo) {
    repo.commit_file("free.md", &text("free"));
    repo.git_mv("notes.txt", "moved.txt");
    repo.commit("move");
}

/// Gives idhooks up on a branch beside `main`, which goes on; ends on `main`.
fn given_up_on_a_branch() -> TestRepo {
    let repo = TestRepo::adopted();
    repo.run("checkout -q -b side");
    give_up(&repo);
    repo.commit_file("free.md", &text("free"));
    repo.run("checkout -q main");
    repo.append("README.md", "more\n");
    repo.commit("edit");
    repo
}

#[test]
fn identities_are_resumed_over_the_commits_without_idhooks() {
    for strategy in [Strategy::Scattered, Strategy::Sequential] {
        let repo = TestRepo::empty();
        let options = InitOptions { strategy: Some(strategy), ..InitOptions::default() };
        for file in ["data/table.csv", "notes.txt"] {
            repo.stage(file, &text(file));
        }
        repo.adopt(&options);
        let [id, moved] = ["data/table.csv", "notes.txt"].map(|path| repo.id(path));
        give_up(&repo);
        assert_fine(&repo, &[]);
        go_on(&repo);
        assert_fine(&repo, &[]);
        let revision = Revision::named("HEAD");
        let at_head = CheckOptions { revision, ..CheckOptions::default() };
        let mut filter = FindingFilter::new(CheckSubject::Files, None, None).expect("no baseline");
        let done = check(&mut repo.notices(), &repo.open(), &at_head, &mut filter);
        refused(done, "cannot find a registry");
        refused(checked(&repo, &["HEAD~2.."]), "cannot find a registry");
        repo.run("rm -q data/table.csv");
        repo.stage("data/more.csv", &text("more"));
        resume(&repo);
        assert_ne!(repo.id("data/more.csv"), id);
        assert_eq!(repo.id("moved.txt"), moved);
        assert_fine(&repo, &[]);
        repo.git_mv("moved.txt", "notes.txt");
        repo.commit("move back");
        repo.commit_file("docs/after.md", &text("after"));
        assert_fine(&repo, &[]);
    }
}

#[test]
fn a_revert_of_the_removal_brings_the_identities_back() {
    let repo = TestRepo::adopted();
    let id = repo.id("README.md");
    give_up(&repo);
    go_on(&repo);
    repo.run("revert --no-commit HEAD~2");
    repo.commit("back");
    assert_eq!(repo.id("README.md"), id);
    assert_fine(&repo, &[]);
}

#[test]
fn commits_after_the_identities_were_resumed_are_checked() {
    let repo = TestRepo::adopted();
    give_up(&repo);
    go_on(&repo);
    resume(&repo);
    repo.run("rm -q README.md");
    lose(&repo, "README.md");
    settle(&repo);
    assert_bad(&repo, "HEAD~2", &[Code::RecordLost]);
}

#[test]
fn removing_the_registry_without_its_configuration_is_an_error() {
    let repo = TestRepo::adopted();
    repo.run(&format!("rm -q {REGISTRY}"));
    repo.commit_unseen("remove");
    repo.append("README.md", "more\n");
    repo.commit_unseen("go on");
    assert_bad(&repo, "HEAD~1", &[Code::RegistryCorrupt]);
    let revision = Revision::named("HEAD");
    let report = repo.check(&CheckOptions { revision, ..CheckOptions::default() });
    assert_eq!(report.findings[0].code, Code::RegistryCorrupt);
    repo.run("rm -q idhooks.toml");
    repo.commit("give up");
    go_on(&repo);
    assert_bad(&repo, "HEAD~4", &[Code::RegistryCorrupt]);
}

#[test]
fn a_record_that_came_back_before_the_removal_is_not_lost() {
    let repo = TestRepo::adopted();
    let all = repo.read(REGISTRY);
    repo.run("rm -q README.md");
    lose(&repo, "README.md");
    settle(&repo);
    repo.run("checkout -q HEAD~3 -- README.md");
    repo.stage(REGISTRY, &all);
    repo.commit_unseen("put back");
    settle(&repo);
    let before = found(&repo, &[]);
    assert!(before.iter().all(|(_, severity, _)| *severity != Severity::Error), "{before:?}");
    give_up(&repo);
    go_on(&repo);
    assert_eq!(found(&repo, &[]), before);
}

#[test]
fn a_merge_may_give_up_with_the_branch() {
    let repo = given_up_on_a_branch();
    // Only one side changed the registry: to git it is a deletion like any other.
    repo.merge("side");
    assert!(![REGISTRY, "idhooks.toml"].iter().any(|file| repo.at(file).exists()));
    assert_fine(&repo, &[]);
    repo.append("README.md", "and more\n");
    repo.commit("after");
    assert_fine(&repo, &[]);
}

#[test]
fn a_merge_may_keep_the_registry_that_the_branch_removed() {
    let repo = given_up_on_a_branch();
    let id = repo.id("README.md");
    repo.begin_merge("side");
    repo.run(&format!("checkout -q HEAD -- {REGISTRY} idhooks.toml"));
    repo.commit("merge");
    assert_eq!(repo.id("README.md"), id);
    repo.id("free.md");
    assert_fine(&repo, &[]);
    repo.commit_file("docs/after.md", &text("after"));
    assert_fine(&repo, &[]);
}

#[test]
fn a_merge_into_the_branch_that_gave_up_stays_without_or_comes_back() {
    let repo = given_up_on_a_branch();
    repo.commit_file("docs/main.md", &text("main"));
    repo.run("checkout -q side");
    repo.begin_merge("main");
    repo.run(&format!("rm -q {REGISTRY}"));
    repo.commit("stay without");
    assert!(!repo.at("idhooks.toml").exists());
    assert_fine(&repo, &[]);
    repo.run("reset -q --hard HEAD~1");
    repo.begin_merge("main");
    repo.run(&format!("checkout -q main -- {REGISTRY} idhooks.toml"));
    repo.commit("come back");
    assert_eq!(repo.id("docs/main.md"), repo.id_in("main", "docs/main.md"));
    assert_fine(&repo, &[]);
}

#[test]
fn a_merge_that_loses_the_registry_alone_is_an_error() {
    let repo = given_up_on_a_branch();
    repo.begin_merge("side");
    repo.run("checkout -q HEAD -- idhooks.toml");
    repo.commit_unseen("merge");
    assert_bad(&repo, "HEAD", &[Code::RegistryCorrupt]);
}
