//! What `migrate run` does without arguments, when it waits, and what is said of a file that comes back.

use super::{LEGACY, assert_clean, phase, refuses, run_first, with_legacy};
use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git, text};

/// The time of the first step, in seconds since 1970.
const BEGIN: u32 = 1_768_000_000;
/// The seconds of a day.
const DAY: u32 = 86_400;

/// Returns the repository at this many seconds after the first step.
fn at(repo: &Repo, seconds: u32) -> Repo {
    let date = format!("{} +0000", BEGIN + seconds);
    repo.with("GIT_COMMITTER_DATE", &date).with("GIT_AUTHOR_DATE", &date)
}

/// Returns the status as a document, which fits its schema.
fn status(repo: &Repo) -> serde_json::Value {
    let status = repo.idhooks("migrate status --format json").ok().json();
    assert_fits(repo, "migrate-status", &status);
    status
}

/// Changes the owner of a record as another program does, and commits that with the hooks.
fn write_as_another_program(repo: &Repo, owner: &str) {
    let mut whole: serde_json::Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
    let records = whole["allocations"].as_array_mut().expect("records").iter_mut();
    for record in records.filter(|record| record["id"] == "0110000001250101") {
        record["metadata"]["owner"] = owner.into();
    }
    repo.stage(LEGACY, whole.to_string());
    repo.run("commit -q -m owner");
}

#[test]
fn a_phase_must_last_before_the_next_one() {
    for_each_git(|git| {
        let repo = at(&with_legacy(git), 0);
        run_first(&repo);
        repo.idhooks("install --quiet").ok().done();
        let repo = at(&repo, DAY);
        for n in 0..3 {
            repo.commit_file("docs/more.md", text(&n.to_string()));
        }
        let first = status(&repo);
        assert!(first["foreign_write"].is_null(), "{first}");
        assert_eq!((&first["quiet"]["count"], &first["ready"]), (&3.into(), &false.into()));
        let commits = repo.commits();
        let early = repo.idhooks("migrate run").code(1).complains("too early");
        early.complains("1 of 2 days and 3 of 20 commits").complains("--force").done();
        // The plan says the same.
        repo.idhooks("migrate plan").code(1).complains("too early").done();
        assert_eq!((repo.commits(), phase(&repo).as_str()), (commits, "legacy-leads"));
        assert_clean(&repo);

        // Another program writes: from then on it counts anew.
        write_as_another_program(&repo, "eve");
        let changed = status(&repo);
        let write = &changed["foreign_write"];
        assert_eq!(write["commit"], repo.rev("HEAD"));
        assert_eq!(write["subject"], "owner");
        assert_eq!(changed["in_step_since"], write["at"]);
        assert_eq!((&changed["quiet"]["days"], &changed["quiet"]["count"]), (&0.into(), &0.into()));

        let repo = at(&repo, 3 * DAY);
        for n in 0..20 {
            repo.commit_file("docs/more.md", text(&format!("again {n}")));
        }
        assert_eq!(status(&repo)["ready"], true);
        let planned = repo.idhooks("migrate plan").ok().complains("legacy-leads -> registry-leads");
        assert!(planned.stdout().contains("would commit: "));
        let said = repo.idhooks("migrate run").ok().stderr();
        assert!(said.contains("legacy-leads -> registry-leads"), "{said}");
        assert_eq!(phase(&repo), "registry-leads");
        repo.idhooks("migrate verify").ok().done();
        repo.idhooks("check --history").ok().done();
    });
}

#[test]
fn the_rule_is_in_the_configuration() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        let rule = "[dual_write]\nready = { days = 0, commits = 0 }";
        repo.commit_file("idhooks.toml", rules.replace("[dual_write]", rule));
        for phase_after in ["registry-leads", "stopped", "finished"] {
            repo.idhooks("migrate run").ok().done();
            assert_eq!(phase(&repo), phase_after);
        }
        repo.idhooks("migrate run").ok().done();
    });
}

#[test]
fn a_commit_without_hooks_that_changes_the_file_counts_in_every_phase() {
    for_each_git(|git| {
        let repo = at(&with_legacy(git), 0);
        run_first(&repo);
        repo.idhooks("install --quiet").ok().done();
        for phase_now in ["legacy-leads", "registry-leads", "stopped"] {
            assert_eq!(phase(&repo), phase_now);
            let later = at(&repo, 10 * DAY);
            later.stage(LEGACY, [&repo.read(LEGACY)[..], b"\n\n"].concat());
            later.run("commit -q --no-verify -m foreign");
            let found = status(&later);
            assert_eq!(
                found["foreign_write"]["commit"],
                repo.rev("HEAD"),
                "{phase_now}: {found:#}"
            );
            assert_eq!(found["ready"], false, "{phase_now}: {found:#}");
            repo.run("reset -q --hard HEAD~1");
            assert!(status(&later)["foreign_write"].is_null(), "{phase_now}");
            repo.idhooks("migrate run --force").ok().done();
        }
    });
}

#[test]
fn a_table_that_was_written_by_hand_begins_a_phase() {
    for_each_git(|git| {
        let repo = at(&Repo::adopted(git), 0);
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.commit_file("idhooks.toml", rules + "\n[dual_write]\nenabled = true\n");
        let repo = at(&repo, DAY);
        repo.commit_file("docs/new.md", text("new"));
        let found = status(&repo);
        assert_eq!((&found["quiet"]["days"], &found["quiet"]["count"]), (&1.into(), &1.into()));
        repo.idhooks("migrate run").code(1).complains("1 of 2 days and 1 of 20 commits").done();
    });
}

#[test]
fn a_shallow_clone_does_not_know_how_long_it_has_been() {
    for_each_git(|git| {
        let repo = at(&with_legacy(git), 0);
        run_first(&repo);
        repo.idhooks("install --quiet").ok().done();
        let repo = at(&repo, DAY);
        write_as_another_program(&repo, "eve");
        repo.commit_file("docs/new.md", text("new"));
        let from = format!("file://{}", repo.path().to_str().expect("UTF-8"));
        repo.run(["clone", "-q", "--depth", "1", &from, "../shallow"]);
        let shallow = at(&repo.beside("shallow"), 9 * DAY);
        let found = status(&shallow);
        assert!(found["quiet"].is_null() && found["ready"].is_null(), "{found:#}");
        assert!(found["foreign_write"]["commit"].is_null(), "{found:#}");
        shallow.idhooks("migrate run").code(1).complains("git fetch --unshallow").done();
    });
}

#[test]
fn a_merge_keeps_the_later_note_and_a_clone_sees_it() {
    for_each_git(|git| {
        let repo = at(&with_legacy(git), 0);
        run_first(&repo);
        repo.idhooks("install --quiet").ok().done();
        repo.run("branch topic");
        let repo = at(&repo, DAY);
        write_as_another_program(&repo, "eve");
        let earlier = status(&repo)["foreign_write"].clone();
        let repo = at(&repo, 2 * DAY);
        repo.run("switch -q topic");
        repo.commit_file("docs/topic.md", text("topic"));
        write_as_another_program(&repo, "eve");
        let later = status(&repo)["foreign_write"]["at"].clone();
        repo.run("merge -q --no-edit main");
        assert_eq!(status(&repo)["foreign_write"]["at"], later);
        assert_ne!(earlier["at"], later);
        repo.idhooks("migrate verify").ok().done();
        repo.run("clone -q --branch topic . ../clone");
        assert_eq!(status(&repo.beside("clone"))["foreign_write"], status(&repo)["foreign_write"]);
    });
}

#[test]
fn a_legacy_file_that_comes_back_is_named() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        let content = repo.read(LEGACY);
        for _ in 0..3 {
            repo.idhooks("migrate run --force").ok().done();
        }
        assert_eq!(phase(&repo), "finished");
        repo.idhooks("install --quiet").ok().done();
        let names_it = |line: &str| {
            let answer = repo.idhooks(line);
            (answer.stdout() + &answer.stderr()).contains("exists again")
        };
        // The second check finds the result of the first in the cache.
        assert!(!names_it("check") && !names_it("check"));
        repo.write(LEGACY, &content);
        assert!(names_it("doctor") && names_it("check") && !names_it("check --rev HEAD"));
        refuses(repo.idhooks("check"), 0, &["then: rm registry/ID_REGISTRY.json"]);
        repo.idhooks("migrate rollback").code(2).complains("rm registry/ID_REGISTRY.json").done();
        repo.stage(LEGACY, &content);
        repo.run("commit -q -m back");
        let doctor = repo.idhooks("doctor").stdout();
        assert!(doctor.contains("then: git rm registry/ID_REGISTRY.json"), "{doctor}");
        assert!(!doctor.contains("the next commit repairs"), "{doctor}");
        for line in ["check", "check --rev HEAD"] {
            assert!(names_it(line));
            repo.idhooks(line).ok().done();
        }
        repo.idhooks("check --history").ok().done();
        let back = repo.idhooks("migrate rollback").code(2).complains("came back");
        back.complains("git rm registry/ID_REGISTRY.json").done();
        repo.run(["rm", "-q", LEGACY]);
        repo.run("commit -q -m gone");
        repo.idhooks("migrate rollback").ok().done();
        assert_eq!(repo.read(LEGACY), content);
        assert_clean(&repo);
    });
}

#[test]
fn older_commits_of_a_merged_branch_do_not_count() {
    for_each_git(|git| {
        let repo = at(&with_legacy(git), 0);
        run_first(&repo);
        repo.idhooks("install --quiet").ok().done();
        let repo = at(&repo, DAY);
        repo.run("switch -q -c topic");
        for n in 0..3 {
            repo.commit_file(&format!("docs/topic{n}.md"), text(&n.to_string()));
        }
        let repo = at(&repo, 2 * DAY);
        repo.run("switch -q main");
        write_as_another_program(&repo, "eve");
        let repo = at(&repo, 3 * DAY);
        repo.run("merge -q --no-edit topic");
        assert_eq!(status(&repo)["quiet"]["count"], 0);
        repo.commit_file("docs/more.md", text("more"));
        assert_eq!(status(&repo)["quiet"]["count"], 1);
    });
}

#[test]
fn it_is_in_step_only_since_a_commit_that_was_not() {
    for_each_git(|git| {
        let repo = at(&with_legacy(git), 0);
        run_first(&repo);
        repo.idhooks("install --quiet").ok().done();
        let began = status(&repo)["in_step_since"].clone();
        let repo = at(&repo, DAY);
        repo.idhooks("migrate run --force").ok().done();
        let phase_began = status(&repo)["in_step_since"].clone();
        assert!(phase_began.as_str() > began.as_str(), "{phase_began}");
        let repo = at(&repo, 2 * DAY);
        repo.stage(LEGACY, [&repo.read(LEGACY)[..], b"\n\n"].concat());
        repo.run("commit -q --no-verify -m foreign");
        let repo = at(&repo, 4 * DAY);
        repo.idhooks("resolve").ok().done();
        repo.commit("dropped");
        let found = status(&repo);
        let since = found["in_step_since"].as_str();
        assert!(since > found["foreign_write"]["at"].as_str(), "{found:#}");
    });
}
