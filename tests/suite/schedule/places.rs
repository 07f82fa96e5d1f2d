//! Linked worktrees, bare repositories, and places that no timer can name.

use super::{at, section, timers};
use crate::common::{Repo, for_each_git, gits};
use crate::reviewed::assert_text;

const NIGHT: &str = "2023-11-21T02:00:00Z";

#[test]
fn linked_worktrees_share_reports_and_timers() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("worktree add -q ../linked -b other");
        let linked = at(&repo.beside("linked"), NIGHT);
        linked.idhooks("schedule run nightly").ok().done();
        assert!(repo.exists(".git/idhooks/reports/nightly-2023-11-21.md"));
        let said = repo.idhooks("schedule list").ok().stdout();
        assert_text("schedule-places-linked_worktrees_share_reports_and_timers", &said);
        linked.idhooks("schedule install --systemd --output ../a").ok().done();
        repo.idhooks("schedule install --systemd --output ../b").ok().done();
        // Whichever working tree they are installed from, they name the main one.
        repo.sh("diff -r ../a ../b && grep -q \"/work\\\" --quiet\" ../a/*-nightly.service")
            .ok()
            .done();
        linked.idhooks("schedule install --systemd").ok().done();
        assert_eq!(timers(&repo).len(), 1);
    });
}

#[test]
fn a_bare_repository_has_no_scan_and_no_workflow() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("clone -q --bare . ../server.git");
        let bare = at(&repo.beside("server.git"), NIGHT);
        for kind in ["nightly", "weekly", "monthly"] {
            bare.idhooks(["schedule", "run", kind]).ok().done();
        }
        let file = bare.path().join("idhooks/reports/nightly-2023-11-21.json");
        let json = std::fs::read_to_string(file).expect("a report");
        let json = serde_json::from_str(&json).expect("JSON");
        assert_eq!(section(&json, "scan")["facts"]["left_out"], "there is no working tree");
        assert_eq!(section(&json, "coverage")["facts"]["with_ids"], 7);
        bare.idhooks("schedule install --github --install true").code(2).explains("bare").done();
        bare.idhooks("schedule install --systemd").ok().done();
        assert_eq!(timers(&bare).len(), 1);
        bare.idhooks("schedule remove").ok().done();
        assert_eq!(timers(&bare), []);
    });
}

#[test]
fn what_no_timer_can_name_is_refused() {
    let repo = Repo::nowhere(&gits()[0]).beside("two\nlines");
    std::fs::create_dir(repo.path()).expect("a directory");
    repo.run("init -q");
    for keeper in ["--systemd", "--cron", "--github --install true", "--windows"] {
        let told = repo.idhooks(format!("schedule install {keeper} --output ../out").as_str());
        told.code(2).explains("control characters, such as a line break").done();
    }
    assert!(!repo.root().join("out").exists());
    assert_eq!(timers(&repo), []);
    let nowhere = Repo::nowhere(&gits()[0]);
    nowhere.idhooks("schedule install").refused().done();
    nowhere.idhooks("schedule install --cron --systemd").refused().done();
}
