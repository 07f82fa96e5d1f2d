//! The phase off beside the registry of another program: before the first step, and after all were undone.

use super::{LEGACY, refuses, run_first, with_legacy};
use crate::common::{Git, Repo, for_each_git, gits, text};

/// What names the way to begin.
const PLAN: &str = "idhooks migrate plan";

/// Returns a repository whose idhooks.toml, with a bound alone, is there before the first step.
fn with_bound(git: &Git) -> Repo {
    let repo = with_legacy(git);
    repo.commit_file("idhooks.toml", "[dual_write]\nbound = 30000\n");
    repo
}

#[test]
fn a_registry_that_a_rollback_removed_is_no_damage() {
    for_each_git(|git| {
        for repo in [with_legacy(git), with_bound(git)] {
            run_first(&repo);
            repo.idhooks("install --quiet").ok().done();
            repo.idhooks("migrate rollback").ok().done();
            for line in ["check", "check --rev HEAD"] {
                refuses(repo.idhooks(line), 2, &["cannot find a registry", PLAN]);
            }
            let said = repo.idhooks("doctor").ok().stdout();
            assert!(said.contains("not adopted") && said.contains(PLAN), "{said}");
            assert!(!said.contains("REGISTRY_CORRUPT") && !said.contains("restore"), "{said}");
            let status = repo.idhooks("status").ok().stdout();
            assert!(status.contains("not adopted") && status.contains(PLAN), "{status}");
            repo.stage("docs/more.md", text("more"));
            let commit = repo.try_git("commit -m more").ok();
            assert!(!commit.stderr().contains("idhooks"), "{}", commit.stderr());
            repo.idhooks("check --history").ok().done();
            // It is damage again if a registry that came later is lost.
            repo.idhooks("migrate run").ok().done();
            repo.run("rm -q .idhooks/registry.json");
            repo.run("commit -q --no-verify -m lost");
            refuses(repo.idhooks("check"), 1, &["REGISTRY_CORRUPT", "idhooks reconcile"]);
        }
    });
}

#[test]
fn a_branch_that_the_rollback_includes_is_no_other_adoption() {
    let repo = with_legacy(&gits()[0]);
    run_first(&repo);
    repo.idhooks("install --quiet").ok().done();
    repo.run("branch old");
    repo.idhooks("migrate rollback").ok().complains("1 file restored, 3 removed\n").done();
    for line in ["check", "status", "doctor"] {
        let answer = repo.idhooks(line);
        let said = answer.stdout() + &answer.stderr();
        assert!(said.contains(PLAN) && !said.contains("git merge refs"), "{line}: {said}");
    }
    // One that went on with the registry is.
    let ahead = repo.copy_as("ahead");
    ahead.run("checkout -q old");
    ahead.commit_file("docs/own.md", text("own"));
    ahead.run("checkout -q main");
    let status = ahead.idhooks("status").ok().stdout();
    assert!(status.contains("'refs/heads/old' has a registry"), "{status}");
    let there = "the migration was rolled back here, but not there: merge this branch there";
    assert!(status.contains(there), "{status}");
    refuses(ahead.idhooks("migrate run"), 2, &["'old' already has a registry", there]);
    repo.idhooks("migrate run").ok().done();
}

#[test]
fn hints_name_the_plan_where_another_program_has_a_registry() {
    for_each_git(|git| {
        for repo in [with_legacy(git), with_bound(git)] {
            repo.idhooks("install").ok().complains(PLAN).done();
            for line in ["check", "migrate verify", "resolve", "reconcile"] {
                let answer = repo.idhooks(line);
                let said = answer.stdout() + &answer.stderr();
                assert!(said.contains(PLAN) && !said.contains("idhooks init"), "{line}: {said}");
            }
        }
        // Any other repository is to be adopted.
        let other = Repo::empty(git);
        other.commit_file("data.json", r#"[{"id":"1","file_path":"a"}]"#);
        other.idhooks("install").ok().complains("idhooks init").done();
        refuses(other.idhooks("check"), 2, &["idhooks init"]);
        other.idhooks("init").ok().done();
    });
}

#[test]
fn a_plain_adoption_is_refused_beside_another_registry() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        for line in ["init", "init --dry-run"] {
            let named = ["4 records", LEGACY, PLAN, "idhooks import", "--force"];
            refuses(repo.idhooks(line), 2, &named);
            assert_eq!(repo.ask("status --porcelain"), "");
        }
        let copy = repo.copy_as("forced");
        copy.idhooks("init --force").ok().done();
        repo.idhooks(["import", LEGACY]).ok().done();
    });
}
