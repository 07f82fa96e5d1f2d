//! The legacy file of a repository that migrates.

use super::attributes::named;
use super::numbers::record;
use super::second_ids::{give_twice, stage_edited};
use super::{LEGACY, REGISTRY, assert_in_step, change, enable};
use crate::common::{Git, Repo, for_each_git, on_adopted, text};

/// Returns a repository whose legacy file two branches have edited: 'old' before the first step of the
/// migration, and 'main' with it.
fn with_an_old_branch(git: &Git) -> Repo {
    let repo = Repo::empty(git);
    let record = |n: u8, owner: &str| {
        format!(
            r#"{{"id":"011000000{n}250101","file_path":"docs/{n}.md","allocated_at":"2025-01-01T10:00:00Z","status":"active","owner":"{owner}","metadata":{{}}}}"#
        )
    };
    let whole = |owner: &str| {
        let records = [record(1, owner), record(2, "none")].join(",\n");
        format!(
            r#"{{"schema_version":"1.0","scope":"250101","counters":{{}},"metadata":{{}},"allocations":[{records}]}}"#
        )
    };
    for n in 1..=2 {
        repo.stage(format!("docs/{n}.md"), text(&n.to_string()));
    }
    repo.stage(LEGACY, whole("none"));
    repo.commit("files");
    repo.run("switch -q -c old");
    repo.stage(LEGACY, whole("ann"));
    repo.commit("by another program");
    repo.run("switch -q main");
    repo
}

#[test]
fn a_branch_from_before_the_first_step_is_merged_by_the_driver() {
    for install_first in [true, false] {
        for way in ["merge -q -m merged main", "rebase -q main"] {
            for_each_git(|git| {
                let repo = &with_an_old_branch(git);
                if install_first {
                    repo.idhooks("install").ok().done();
                }
                repo.idhooks(["migrate", "run", "--from", LEGACY]).ok().done();
                if !install_first {
                    repo.idhooks("install").ok().done();
                }
                assert_eq!(named(repo), [format!("/{LEGACY}")], "{install_first}");
                repo.run("switch -q old");
                assert_eq!(named(repo), [format!("/{LEGACY}")], "{way}");
                repo.idhooks("install").ok().done();
                repo.run(way);
                assert!(repo.ask(["show", &format!("HEAD:{LEGACY}")]).contains("ann"), "{way}");
                repo.stage("docs/next.md", text("next"));
                repo.commit("next");
                assert_in_step(repo, "HEAD");
            });
        }
    }
}

#[test]
fn a_merge_of_many_such_files_is_short_and_the_log_has_all_of_them() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        let many = |repo: &Repo, name: &str, at: &str| {
            for n in 0..30 {
                repo.write(format!("{name}{n}.md"), text(&format!("{name}{n}")));
            }
            change(repo, |records| {
                records.extend((0..30).map(|n| {
                    let mut record = record(&format!("{name}{n}.md"), at);
                    record["id"] = format!("01999007{n:02}260118").into();
                    record
                }));
            });
            repo.run("add -A");
            repo.commit(name);
        };
        repo.run("checkout -q -b topic");
        many(repo, "t", "2026-02-01T00:00:00Z");
        repo.run("checkout -q -b other HEAD^");
        many(repo, "x", "2026-02-02T00:00:00Z");
        let merge = repo.try_git("merge -q --no-edit topic").ok();
        let said = merge.stderr().lines().filter(|line| line.starts_with("idhooks:")).count();
        assert!(said <= 10, "{said}");
        let log = repo.idhooks("migrate log").ok();
        assert_eq!(log.stdout().matches(" reassigned to ").count(), 30);
    });
}

#[test]
fn a_registry_that_was_lost_without_the_hooks_comes_back_in_step() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        enable(&repo, "leading = \"legacy\"\n");
        let id = repo.id("notes.txt");
        repo.run(["rm", "-q", REGISTRY]);
        repo.run("commit -q --no-verify -m lost");
        repo.stage("docs/next.md", text("next"));
        repo.commit("next");
        assert_eq!(repo.id("notes.txt"), id);
        assert_in_step(&repo, "HEAD");
    });
}

#[test]
fn the_registry_does_not_begin_to_lead_with_contradictions() {
    on_adopted(|repo| {
        enable(repo, "leading = \"legacy\"\n");
        stage_edited(repo, REGISTRY, |all| give_twice(all));
        repo.commit("by hand");
        let answer = repo.idhooks("migrate run --to registry-leads --force").code(1);
        answer
            .complains("DUPLICATE_ID")
            .complains("doc_id DOC-9")
            .explains("registry-leads")
            .done();
        repo.idhooks("assign --second --force DOC-8 README.md").ok().done();
        repo.commit("corrected");
        repo.idhooks("migrate run --to registry-leads --force").ok().done();
    });
}
