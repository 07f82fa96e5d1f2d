//! The units that keep a watcher running.

use std::path::Path;

use super::{Watched, signal};
use crate::common::{Repo, SCOPE, gits, text};
use crate::schedule::with_programs;

/// A systemctl that notes what it is asked.
const SYSTEMCTL: &str = "#!/bin/sh\necho \"$*\" >>\"$HOME/systemctl.calls\"\n";

/// Returns an adopted repository in a directory with a name that means something to some system.
fn adopted_in(name: &str) -> Repo {
    let repo = Repo::nowhere(&gits()[0]).beside(name);
    std::fs::create_dir_all(repo.path()).expect("a directory");
    repo.run("init -q -b main");
    repo.stage("docs/guide.md", text("guide"));
    repo.idhooks(["init", "--scope", SCOPE]).ok().done();
    repo.idhooks("install").ok().done();
    repo.commit("adopt");
    repo
}

fn only_file(dir: &Path) -> (String, String) {
    let mut files = std::fs::read_dir(dir).expect("a directory");
    let path = files.next().expect("a file").expect("readable").path();
    let text = std::fs::read_to_string(&path).expect("UTF-8");
    (path.to_string_lossy().into_owned(), text)
}

#[test]
fn a_service_of_systemd_is_valid_and_registered() {
    for name in ["a b", "$HOME ${x} `id`", "it's \"quoted\""] {
        let repo = with_programs(&adopted_in(name), &[("systemctl", SYSTEMCTL)]);
        repo.idhooks("watch install --systemd").ok().done();
        let (path, text) = only_file(&repo.root().join("home/.config/systemd/user"));
        assert!(text.contains("--quiet watch run\n") && text.contains("Restart=on-failure\n"));
        let calls =
            std::fs::read_to_string(repo.root().join("home/systemctl.calls")).expect("calls");
        assert!(calls.contains("--user daemon-reload\n--user enable --now idhooks-"), "{calls}");
        // Where systemd is installed, it takes the unit.
        let verified = repo.sh("command -v systemd-analyze >/dev/null || exit 77
             mkdir -p ../run; cd ../home/.config/systemd/user
             XDG_RUNTIME_DIR=$OLDPWD/../run systemd-analyze verify --user --man=no *.service");
        if verified.exit() != Some(77) {
            let said = verified.ok().stderr();
            assert!(!said.contains("idhooks"), "{said}");
        }
        // What it would run really watches this working tree.
        let line = text.lines().find_map(|line| line.strip_prefix("ExecStart=")).expect("a line");
        assert!(line.ends_with("--quiet watch run"), "{line}");
        repo.idhooks("watch install --systemd").ok().complains("nothing to change").done();
        std::fs::write(&path, text.replace("Nice=10", "Nice=19")).expect("writable");
        repo.idhooks("watch install --systemd").code(2).explains("was changed by hand").done();
        repo.idhooks("watch install --systemd --force").ok().done();
        let live = ["watch", "install", "--systemd", "--live", "--force"];
        repo.idhooks(live).ok().done();
        let text = std::fs::read_to_string(&path).expect("UTF-8");
        assert!(text.contains("--quiet watch run --live\n"), "{text}");
        repo.idhooks("watch install --systemd --remove").ok().done();
        assert!(!Path::new(&path).exists());
    }
}

#[test]
fn health_and_alerts_know_of_a_watcher_that_died() {
    let watched = Watched::new(super::FAST);
    let repo = &watched.0;
    let health = repo.idhooks("health").ok().stdout();
    assert!(health.contains("watcher") && health.contains("active, "), "{health}");
    let metrics = repo.idhooks("metrics --no-history").ok().stdout();
    for line in [
        "identity_watcher_up 1\n",
        "identity_watcher_expected 1\n",
        "# TYPE identity_watcher_detection_seconds histogram\n",
    ] {
        assert!(metrics.contains(line), "{metrics}");
    }
    repo.idhooks("alerts").ok().done();
    signal(&watched, "KILL");
    watched.until("it is dead", || watched.status()["state"] == "died");
    let seen = watched.status()["written_at"].as_str().expect("a date").to_owned();
    let reason = format!("has ended although no one stopped it; it was last seen at {seen}");
    let status = repo.idhooks("watch status").code(1);
    let status = status.complains(&format!("the watcher {reason}"));
    let status = status.complains("start it: idhooks watch start; ");
    assert!(status.stdout().starts_with("state         died\nprocess       -\n"), "{status}");
    let health = repo.idhooks("health").code(1).stdout();
    assert!(health.contains(&format!("it {reason}")), "{health}");
    let screen = repo.idhooks("status").ok().stdout();
    assert!(screen.contains(&format!("\nwatcher     {reason}; start it: ")), "{screen}");
    let down = repo.idhooks("status --format json").ok().json()["watcher"].clone();
    assert_eq!(down["reason"], reason);
    let alert = repo.idhooks("alerts --format json").code(1).json()["alerts"][0].clone();
    assert_eq!(alert["name"], "watcher_down");
    // Both have the same severity.
    let checks = repo.idhooks("health --format json").code(1).json()["checks"].clone();
    let checks = checks.as_array().expect("a list");
    let check = checks.iter().find(|check| check["name"] == "watcher").expect("a check");
    assert_eq!(check["state"], alert["severity"]);
    // The rule for Prometheus: identity_watcher_up == 0 unless identity_watcher_expected == 0.
    let figures = |expected: u8| {
        let metrics = repo.idhooks("metrics --no-history").ok().stdout();
        assert!(metrics.contains("identity_watcher_up 0\n"), "{metrics}");
        let line = format!("identity_watcher_expected {expected}\n");
        assert!(metrics.contains(&line), "{metrics}");
    };
    figures(1);
    // Someone who stops it does not want it to run, whether it still does or has died.
    for is_running in [false, true] {
        if is_running {
            watched.start();
        }
        repo.idhooks("watch stop").ok().done();
        repo.idhooks("watch status").code(1).done();
        assert!(!repo.idhooks("status").ok().stdout().contains("watcher"));
        repo.idhooks("health").ok().done();
        repo.idhooks("alerts").ok().done();
        figures(0);
    }
}
