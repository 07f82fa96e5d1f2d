//! A watcher that does not respond is down, whoever is asked, and works again when it goes on.

use std::fs;
use std::process::Stdio;
use std::time::{Duration, Instant};

use nix::sys::signal::{Signal, kill};
use nix::time::ClockId;
use nix::unistd::Pid;
use serde_json::{Value, json};

use super::{FAST, LIMIT, Watched, signal};
use crate::common::{is_long, start};

/// Returns the state of a process: T if it is suspended.
fn state(process: &str) -> Option<char> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat")).ok()?;
    stat.rsplit_once(") ")?.1.chars().next()
}

impl Watched {
    /// Suspends the process of the watcher and returns its id.
    fn suspend(&self) -> String {
        let process = self.status()["pid"].as_u64().expect("a process").to_string();
        signal(self, "STOP");
        self.until("it is suspended", || state(&process) == Some('T'));
        process
    }

    /// Changes the status that a watcher has written which is suspended or stopped.
    pub(super) fn rewrite(&self, change: impl Fn(&mut Value)) {
        let file = self.0.path().join(".git/idhooks/watch/status.json");
        let mut status = serde_json::from_slice(&fs::read(&file).expect("there")).expect("JSON");
        change(&mut status);
        fs::write(file, status.to_string()).expect("writable");
    }

    /// Has its last beat been this long ago.
    fn set_silence(&self, seconds: u64) {
        let now = Duration::from(ClockId::CLOCK_MONOTONIC.now().expect("a clock"));
        let beat = (now - Duration::from_secs(seconds)).as_millis();
        let beat = u64::try_from(beat).expect("small");
        self.rewrite(|status| status["beat"]["awake_millis"] = json!(beat));
    }

    pub(super) fn metrics(&self) -> String {
        self.0.idhooks("metrics --no-history").ok().stdout()
    }
}

#[test]
fn a_watcher_that_does_not_respond_is_down_until_it_does() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    watched.until("a check", || watched.status()["last_success_at"].is_string());
    watched.settled();
    let process = watched.suspend();
    // The machine was suspended for a year, or its clock was set.
    let written = watched.status()["written_at"].as_str().expect("a date").to_owned();
    watched.rewrite(|status| status["written_at"] = json!("2001-01-01T00:00:00.000Z"));
    assert_eq!(watched.status()["state"], "active");
    watched.rewrite(|status| status["written_at"] = json!(written));
    watched.set_silence(15);
    assert_eq!(watched.status()["state"], "active");
    assert!(watched.metrics().contains("identity_watcher_up 1\n"));
    if is_long() {
        watched.until("three beats are missed", || watched.status()["state"] == "hung");
    } else {
        watched.set_silence(31);
    }
    assert_eq!(watched.status()["pid"].to_string(), process);
    let silence = format!("has not responded since {written}");
    let (named, remedy) =
        (format!("{silence} (process {process})"), format!("kill -CONT {process}; "));
    let status = repo.idhooks("watch status").code(1).complains(&named).complains(&remedy);
    assert!(status.stdout().starts_with("state         hung\n"), "{status}");
    let health = repo.idhooks("health").code(1).stdout();
    assert!(health.contains(&format!("it {named}")) && health.contains(&remedy), "{health}");
    let line = format!("\nwatcher     {named}; ");
    let screen = repo.idhooks("status").ok().stdout();
    assert!(screen.contains(&line) && screen.contains(&remedy), "{screen}");
    let alert = repo.idhooks("alerts --format json").code(1).json()["alerts"][0].clone();
    assert_eq!(
        (&alert["name"], alert["message"].as_str()),
        (&json!("watcher_down"), Some(&*format!("the watcher {named}")),)
    );
    let metrics = watched.metrics();
    for line in ["identity_watcher_up 0\n", "identity_watcher_expected 1\n"] {
        assert!(metrics.contains(line), "{metrics}");
    }
    assert!(repo.idhooks("doctor").stdout().contains(&named));
    let start = repo.idhooks("watch start").code(2);
    start.explains(&format!(", which {silence}")).complains(&remedy).done();
    // It responds, but cannot write the queue.
    watched.set_silence(0);
    let why = "cannot write the queue 'queue.db': No space left on device";
    let problem = json!({ "at": written, "message": why });
    watched.rewrite(|status| status["queue_problem"] = problem.clone());
    let health = repo.idhooks("health").code(1).stdout();
    assert!(health.lines().any(|line| line.starts_with("warning ") && line.ends_with(why)));
    let alert = repo.idhooks("alerts --format json").code(1).json()["alerts"][0].clone();
    assert_eq!([&alert["name"], &alert["severity"]], ["queue_unusable", "warning"]);
    watched.rewrite(|status| status["queue_problem"] = Value::Null);
    watched.set_silence(31);
    signal(&watched, "CONT");
    repo.write("new.md", "x\n");
    watched.until("it responds", || watched.status()["state"] == "active");
    repo.idhooks("health").ok().done();
    repo.idhooks("alerts").ok().done();
    assert!(watched.metrics().contains("identity_watcher_up 1\n"));
}

#[test]
fn a_suspended_watcher_that_is_stopped_says_how_to_end_it() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    for last in ["CONT", "KILL"] {
        let process = watched.suspend();
        let pending = "was asked to stop, and will end as soon as it runs again";
        let remedy = format!("kill -{last} {process}");
        let mut line = repo.line("idhooks watch stop");
        let stop = start(line.stdout(Stdio::null()).stderr(Stdio::piped())).expect("it starts");
        let said = || repo.idhooks("watch status").stderr();
        watched.until("it is asked to stop", || said().contains(pending));
        let mut stop = Some(stop);
        if is_long() {
            // It waits for ten seconds.
            let stop = stop.take().expect("it runs").wait_with_output().expect("it ends");
            let said = String::from_utf8_lossy(&stop.stderr).into_owned();
            let who = format!("does not end: 'idhooks watch' (process {process}, ");
            assert_eq!(stop.status.code(), Some(2), "{said}");
            assert!(
                [&who, pending, &remedy, "hint: "].iter().all(|words| said.contains(*words)),
                "{said}"
            );
        }
        // Others know of the request, and none advises to start another one.
        for silence in [0, 31] {
            watched.set_silence(silence);
            let status = repo.idhooks("watch status").code(i32::from(silence > 0));
            let start = repo.idhooks("watch start").code(2);
            for answer in [&status, &start] {
                let text = answer.stderr();
                assert!(text.contains(pending) && text.contains(&remedy), "{text}");
                assert!(!text.contains("watch start"), "{text}");
            }
            assert!(watched.metrics().contains("identity_watcher_expected 0\n"));
        }
        for line in ["alerts", "health"] {
            let text = repo.idhooks(line).code(1).stdout();
            assert!(text.contains(pending) && text.contains(&remedy), "{text}");
            assert!(!text.contains("watch start"), "{text}");
        }
        // Whether it ends itself or is killed: no one expects it to run.
        signal(&watched, last);
        watched.until("it has ended", || watched.status()["state"] == "stopped");
        if let Some(mut stop) = stop {
            assert!(stop.wait().is_ok_and(|stop| stop.success()));
        }
        repo.idhooks("alerts").ok().done();
        assert!(watched.metrics().contains("identity_watcher_expected 0\n"));
        watched.start();
    }
}

#[test]
fn a_watcher_that_waits_for_a_long_check_responds() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    watched.until("a check", || watched.status()["last_success_at"].is_string());
    let process = watched.status()["pid"].as_u64().expect("a process");
    let children = format!("/proc/{process}/task/{process}/children");
    let check = || {
        let children = fs::read_to_string(&children).expect("it runs");
        let is_check = |child: &&str| {
            let line = fs::read_to_string(format!("/proc/{child}/cmdline")).unwrap_or_default();
            line.contains("\0work\0")
        };
        children.split_whitespace().find(is_check).map(str::to_owned)
    };
    // Without a process of its own: on a busy machine a check ends before that has begun.
    let send = |signal: Signal, child: &str| {
        kill(Pid::from_raw(child.parse().expect("a number")), signal).is_ok()
    };
    // A check is short: one is caught at some time.
    let begin = Instant::now();
    let mut rounds = 0;
    let child = loop {
        assert!(begin.elapsed() < LIMIT, "no check is caught");
        if rounds % 1_000 == 0 {
            repo.append("notes.txt", "more\n");
        }
        rounds += 1;
        if let Some(child) = check()
            && send(Signal::SIGSTOP, &child)
        {
            // It stops, if it still runs, when it has the processor next.
            let pending = || state(&child).filter(|state| !"TZX".contains(*state));
            watched.until("a check is suspended or has ended", || pending().is_none());
            if state(&child) == Some('T') {
                break child;
            }
        }
        std::thread::sleep(Duration::from_millis(1));
    };
    let file = repo.path().join(".git/idhooks/watch/status.json");
    let beat = || {
        let status: Value = serde_json::from_slice(&fs::read(&file).expect("there")).expect("JSON");
        status["beat"]["awake_millis"].as_u64().expect("a time")
    };
    let first = beat();
    watched.until("another beat", || beat() > first);
    assert_eq!(state(&child), Some('T'));
    assert_eq!(watched.status()["state"], "active");
    assert!(send(Signal::SIGCONT, &child));
}

#[test]
fn a_watcher_that_cannot_write_its_last_status_was_stopped_nevertheless() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    watched.until("a check", || watched.status()["last_success_at"].is_string());
    watched.suspend();
    let file = repo.path().join(".git/idhooks/watch/status.json");
    let (active, process) = (fs::read(&file).expect("there"), watched.status()["pid"].clone());
    fs::remove_file(&file).expect("removed");
    fs::create_dir_all(file.join("in the way")).expect("made");
    repo.sh(&format!("kill -s CONT {process}")).ok().done();
    repo.idhooks("watch stop").ok().done();
    fs::remove_dir_all(&file).expect("removed");
    fs::write(&file, active).expect("writable");
    assert_eq!(watched.status()["state"], "stopped");
    repo.idhooks("alerts").ok().done();
    watched.start();
}
