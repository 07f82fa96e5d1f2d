//! The job that pushes backups to a remote, and the alarm if they do not arrive.

use serde_json::{Value, json};

use super::{CRONTAB, at, listed, report, section, timers, with_programs};
use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git};

fn refs(repo: &Repo) -> String {
    repo.ask("for-each-ref --format=%(refname):%(objectname) refs/idhooks/backups")
}

/// Returns whether there is an alarm: the same for alerts, health, metrics and the list.
fn is_overdue(repo: &Repo) -> bool {
    let alerts = repo.idhooks("alerts --format json").json();
    let alerts = alerts["alerts"].as_array().expect("alerts");
    let alert = alerts.iter().any(|alert| alert["name"] == "backup_overdue");
    let health = repo.idhooks("health --format json").json();
    assert_fits(repo, "health", &health);
    let checks = health["checks"].as_array().expect("checks");
    let check = checks.iter().find(|check| check["name"] == "backup").expect("the check");
    let metrics = repo.idhooks("metrics").ok().stdout();
    assert_eq!(alert, check["state"] == "high");
    assert_eq!(alert, metrics.contains("identity_backup_overdue 1\n"), "{metrics}");
    assert_eq!(alert, listed(repo)["backup"]["is_overdue"] == true);
    alert
}

/// Installs a timer that pushes backups to a remote `hub`.
fn install_backup(repo: &Repo) {
    let crontab = || std::fs::read_to_string(repo.root().join("home/crontab")).expect("a file");
    repo.idhooks("schedule install --cron").ok().done();
    assert!(!crontab().contains("backup"), "{}", crontab());
    assert_eq!(listed(repo)["backup"], Value::Null);
    assert!(!repo.idhooks("metrics").ok().stdout().contains("identity_backup"));
    repo.idhooks("schedule run backups").code(2).complains("schedule install").done();

    let missing = repo.idhooks("schedule install --cron --backup hub --dry-run").ok();
    missing.complains("'hub' is not a remote of this repository").done();
    repo.run("init -q --bare ../hub.git");
    repo.run("remote add hub ../hub.git");
    let first = at(repo, "2023-11-21T10:00:00Z");
    first.idhooks("schedule install --cron --backup hub --dry-run").ok().done();
    assert_eq!(listed(repo)["backup"], Value::Null);
    let installed = first.idhooks("schedule install --cron --backup hub").ok();
    assert!(!installed.stderr().contains("not a remote"), "{installed}");
    assert!(crontab().contains("0 4 * * * ") && crontab().contains("schedule run backups\n"));
    // A later installation keeps it, and when it was named.
    at(repo, "2023-11-21T11:00:00Z").idhooks("schedule install --cron").ok().done();
    assert_eq!(timers(repo), [("cron".to_owned(), "installed".to_owned())]);
    let expected = json!({"remote": "hub", "at": "2023-11-21T10:00:00Z",
        "done_at": null, "is_overdue": false});
    assert_eq!(listed(&first)["backup"], expected);
}

#[test]
fn a_timer_pushes_the_backups_and_rings_if_they_do_not_arrive() {
    for_each_git(|git| {
        let repo = with_programs(&Repo::adopted(git), &[("crontab", CRONTAB)]);
        install_backup(&repo);
        let hub = repo.beside("hub.git");

        // The first run makes a backup, since no command has, and pushes it.
        let run = at(&repo, "2023-11-22T04:00:00Z");
        run.idhooks("schedule run backups").ok().done();
        assert!(refs(&hub).contains("refs/idhooks/backups/"), "{}", refs(&hub));
        assert_eq!(refs(&hub), refs(&repo));
        let (_, json) = report(&repo, "backups-2023-11-22");
        assert_eq!(
            section(&json, "backups")["facts"],
            json!({"remote": "hub", "pushed": 1, "already_there": 0})
        );
        assert!(!is_overdue(&run));
        let metrics = run.idhooks("metrics").ok().stdout();
        assert!(
            metrics.contains("identity_backup_last_push_timestamp_seconds 1700625600\n"),
            "{metrics}"
        );

        // The remote is away: at the second time in a row, and not before, that is an alarm.
        std::fs::rename(hub.path(), repo.root().join("away.git")).expect("can be moved");
        let failed = at(&repo, "2023-11-23T04:00:00Z");
        failed.idhooks("schedule run backups").code(2).complains("cannot push the backups").done();
        let (markdown, json) = report(&repo, "backups-2023-11-23");
        assert!(markdown.contains("**The run was refused.**"), "{markdown}");
        assert_eq!(json["result"], "failed");
        assert!(!is_overdue(&at(&repo, "2023-11-23T23:59:00Z")));
        let failed = at(&repo, "2023-11-24T04:00:00Z");
        failed.idhooks("schedule run backups").code(2).done();
        assert!(is_overdue(&failed));
        failed.idhooks("health").code(1).done();
        let text = failed.idhooks("alerts").code(1).stdout();
        assert!(text.contains("last pushed to 'hub' at 2023-11-22 04:00"), "{text}");

        // A push by hand ends it, as a run does.
        std::fs::rename(repo.root().join("away.git"), hub.path()).expect("can be moved");
        failed.idhooks("backup push hub --dry-run").ok().done();
        assert!(is_overdue(&failed));
        failed.idhooks("backup push hub").ok().done();
        assert!(!is_overdue(&failed));

        // Backups that commands made are pushed even if the registry is lost since.
        repo.idhooks("deprecate --reason old notes.txt").ok().done();
        repo.run("rm -q -f --cached .idhooks/registry.json");
        let lost = at(&repo, "2023-11-25T04:00:00Z");
        lost.idhooks("schedule run backups").code(2).complains("not adopted").done();
        assert_eq!(refs(&hub), refs(&repo));
        repo.run("reset -q --hard");

        repo.idhooks("schedule remove").ok().done();
        assert_eq!(listed(&repo)["backup"], Value::Null);
    });
}

#[test]
fn a_remote_that_was_never_reached_rings_too_and_its_password_is_not_shown() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let remote = "https://ann:secret@localhost:1/backups.git";
        let first = at(&repo, "2023-11-21T10:00:00Z");
        for option in ["--systemd", "--windows"] {
            first
                .idhooks(["schedule", "install", option, "--backup", remote, "--output", "timers"])
                .ok()
                .done();
        }
        let files = std::fs::read_dir(repo.path().join("timers")).expect("a directory");
        let files: Vec<_> = files.map(|entry| entry.expect("readable").path()).collect();
        let text = |path: &std::path::PathBuf| std::fs::read_to_string(path).expect("UTF-8");
        assert!(files.iter().all(|path| !text(path).contains("secret")));
        let of_job = |end: &str| files.iter().find(|path| path.to_string_lossy().ends_with(end));
        let timer = text(of_job("-backups.timer").expect("a timer"));
        assert!(timer.contains("OnCalendar=*-*-* 04:00:00"), "{timer}");
        assert!(text(of_job("-backups.xml").expect("a task")).contains("T04:00:00"));
        assert!(!is_overdue(&at(&repo, "2023-11-22T05:00:00Z")));
        let later = at(&repo, "2023-11-23T04:00:00Z");
        assert!(is_overdue(&later));
        let shown = later.idhooks("alerts").code(1).stdout() + &listed(&later).to_string();
        assert!(shown.contains("ann:***@localhost") && !shown.contains("secret"), "{shown}");
        let github = ["schedule", "install", "--github", "--backup", "x", "--install", "make"];
        repo.idhooks(github).code(2).complains("--backup").done();
    });
}
