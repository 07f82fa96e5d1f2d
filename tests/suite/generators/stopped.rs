//! SIGKILL while outputs are written: each is the old or the new one.

use std::os::unix::process::ExitStatusExt;
use std::process::Stdio;
use std::time::{Duration, Instant};

use super::{INDEX, scripted, stage_rules, stage_script, states, trust};
use crate::common::{Repo, gits, is_running, text};
use crate::crash_safety::{Stops, Victim, kill_at, kill_points};

/// Kills a command line at its stops.
fn kill_everywhere(start: &Repo, line: &str, least: usize) {
    let clone = start.copy_as("undisturbed");
    let ended = Stops::start(&clone, line).end();
    assert_eq!(ended.code, Some(0), "{}", clone.situation());
    let known = [start.read("docs/INDEX.md"), clone.read("docs/INDEX.md")];
    assert_ne!(known[0], known[1]);
    let staged = |repo: &Repo| repo.git("show :docs/INDEX.md").bytes();
    kill_at(&kill_points(&ended, least), start, line, Victim::Everything, |repo, point| {
        assert!(known.contains(&repo.read("docs/INDEX.md")), "working file, at {point}");
        assert!(known.contains(&staged(repo)), "index, at {point}");
        for lock in ["index.lock", "next-index.lock"] {
            let _ = std::fs::remove_file(repo.path().join(".git").join(lock));
        }
        repo.idhooks("generate").ok().done();
        assert_eq!(staged(repo), known[1], "at {point}");
    });
    assert_eq!(states(&clone), ["docs/INDEX.md fresh"]);
}

fn prepared() -> Repo {
    let repo = Repo::adopted(gits().first().expect("there is a git"));
    stage_rules(&repo, INDEX);
    repo.commit("rules");
    repo
}

#[test]
fn killed_while_it_generates() {
    let repo = prepared();
    repo.mv("docs/guide.md", "docs/handbook.md");
    kill_everywhere(&repo, "idhooks generate", 3);
}

#[test]
fn killed_while_it_commits() {
    let repo = prepared();
    repo.stage("docs/new.md", text("new"));
    let clone = repo.copy_as("clone");
    let line = "commit -q -m new";
    let ended = Stops::start(&clone, line).end();
    assert_eq!(ended.code, Some(0), "{}", ended.stderr);
    // The new document has its identity only after the commit.
    let known = [repo.read("docs/INDEX.md"), clone.read("docs/INDEX.md")];
    kill_at(&kill_points(&ended, 4), &repo, line, Victim::Everything, |copy, point| {
        assert!(known.contains(&copy.read("docs/INDEX.md")), "at {point}");
        let lock = copy.path().join(".git/index.lock");
        let _ = std::fs::remove_file(lock);
        copy.git("commit -q --allow-empty -m again").done();
        assert_eq!(copy.git("show HEAD:docs/INDEX.md").bytes(), known[1], "at {point}");
        copy.idhooks("check --strict").ok().done();
    });
}

/// Returns whether this process ignores a signal, and with it every process that it starts.
fn is_ignored(signal: i32) -> bool {
    let status = std::fs::read_to_string("/proc/self/status").expect("readable");
    let ignored = status.lines().find_map(|line| line.strip_prefix("SigIgn:")).expect("a mask");
    u64::from_str_radix(ignored.trim(), 16).expect("a mask") >> (signal - 1) & 1 == 1
}

#[test]
fn a_signal_ends_the_program_first_and_removes_its_directory() {
    let repo = Repo::adopted(gits().first().expect("there is a git"));
    let [pids, temp] = ["pids", "temp"].map(|name| repo.root().join(name));
    std::fs::create_dir(&temp).expect("made");
    let plain = |path: &std::path::Path| path.to_str().expect("a plain name").to_owned();
    let repo = &repo.with("PIDS", &plain(&pids)).with("TMPDIR", &plain(&temp));
    let script = r#"sleep 600 & echo $$ $! > "$PIDS.new"; mv "$PIDS.new" "$PIDS"; wait"#;
    stage_script(repo, "slow", script);
    stage_rules(repo, &scripted("slow", "slow.txt", "run = \"manual\"\ntimeout = \"10m\""));
    trust(repo);
    for (signal, number) in [("TERM", 15), ("INT", 2), ("HUP", 1)] {
        if is_ignored(number) {
            // Under 'nohup', the tests and what they start go on after SIGHUP, as they should.
            continue;
        }
        let _ = std::fs::remove_file(&pids);
        let mut line = repo.line("idhooks generate");
        let mut child = line.stdout(Stdio::null()).spawn().expect("it can be started");
        while !pids.exists() {
            assert!(child.try_wait().expect("a child").is_none(), "it has ended");
            std::thread::yield_now();
        }
        let started = std::fs::read_to_string(&pids).expect("readable");
        let mut kill = std::process::Command::new("kill");
        assert!(
            kill.args(["-s", signal, &child.id().to_string()]).status().expect("kill").success()
        );
        // Whoever started it sees the signal.
        assert_eq!(child.wait().expect("a child").signal(), Some(number));
        let deadline = Instant::now() + Duration::from_secs(20);
        while started.split_whitespace().any(is_running) {
            assert!(Instant::now() < deadline, "they survived: {started}");
            std::thread::yield_now();
        }
        assert_eq!(std::fs::read_dir(&temp).expect("readable").count(), 0);
        assert!(!repo.exists("slow.txt"));
    }
    // After SIGKILL they are left until someone looks.
    let _ = std::fs::remove_file(&pids);
    let mut child = repo.line("idhooks generate").stdout(Stdio::null()).spawn().expect("starts");
    while !pids.exists() {
        assert!(child.try_wait().expect("a child").is_none(), "it has ended");
        std::thread::yield_now();
    }
    let doctor = |options: &str| repo.idhooks(format!("doctor {options}").as_str()).stdout();
    assert!(!doctor("").contains("left by generators"));
    child.kill().expect("killed");
    child.wait().expect("a child");
    let started = std::fs::read_to_string(&pids).expect("readable");
    assert!(doctor("").contains("was left by generators"), "{}", doctor(""));
    assert!(doctor("--fix --dry-run").contains("': removed"));
    assert!(started.split_whitespace().all(is_running));
    assert!(doctor("--fix").contains("': removed"));
    assert!(!doctor("").contains("left by generators"));
    let deadline = Instant::now() + Duration::from_secs(20);
    while started.split_whitespace().any(is_running) {
        assert!(Instant::now() < deadline, "they survived: {started}");
        std::thread::yield_now();
    }
    assert_eq!(std::fs::read_dir(&temp).expect("readable").count(), 0);
}
