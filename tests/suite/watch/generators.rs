//! Generators that a watcher runs.

use std::fs;

use super::{FAST, Watched};
use crate::common::{Repo, gits, is_running, text};

/// A generator without a command.
const INDEX: &str = "[[generators]]\nname = \"index\"\ninputs.path = \"docs/**\"\nfields = [\"file_path\"]\n\
    sort = [\"file_path\"]\noutput = [\"INDEX.md\"]\nbuiltin = \"markdown-index\"\nrun = \"watch\"\n";

/// Returns a generator with a command line for the shell, which reads a file and writes another one.
pub(super) fn copier(name: &str, from: &str, to: &str) -> String {
    format!(
        "[[generators]]\nname = \"{name}\"\nfiles = [\"{from}\"]\noutput = [\"{to}\"]\nrun = \"watch\"\n\
         command = [\"sh\", \"-c\", \"cat {from}; echo {name}\"]\nprograms = []\n"
    )
}

pub(super) fn adopted(rules: &str) -> Repo {
    let repo = Repo::adopted(&gits()[0]);
    for path in ["a.txt", "b.txt"] {
        repo.stage(path, "begin\n");
    }
    repo.configure(rules);
    let hash = repo.idhooks("generate --list --format json").ok().json()["trust"]["hash"].clone();
    if let Some(hash) = hash.as_str() {
        repo.run(["config", "idhooks.trust", hash]);
    }
    repo
}

pub(super) fn staged(repo: &Repo, path: &str) -> String {
    repo.try_git(["show", &format!(":{path}")]).stdout()
}

#[test]
fn outputs_follow_the_index_without_an_item_of_their_own() {
    let watched = Watched(adopted(&format!("{FAST}{INDEX}")));
    let repo = &watched.0;
    // Not without '--live', and not in a commit.
    watched.start();
    let seen = watched.settled();
    repo.commit_file("docs/first.md", text("first"));
    watched.expect(seen, &["FILE_ADDED docs/first.md"]);
    repo.idhooks("watch stop").ok().done();
    assert!(!repo.exists("INDEX.md"));
    watched.start_with("--live");
    watched.until("an index", || staged(repo, "INDEX.md").contains("docs/first.md"));
    assert_eq!(String::from_utf8(repo.read("INDEX.md")).expect("UTF-8"), staged(repo, "INDEX.md"));
    let seen = watched.settled();
    repo.commit_file("docs/second.md", text("second"));
    watched.until("a new index", || staged(repo, "INDEX.md").contains("docs/second.md"));
    watched.expect(seen, &["FILE_ADDED docs/second.md"]);
    repo.write("marker.md", "x\n");
    watched.expect(seen + 1, &["FILE_ADDED marker.md"]);
    assert_eq!(repo.idhooks("generate --check").ok().stdout(), "");
}

#[test]
fn generators_that_depend_on_what_they_make_are_stopped() {
    let rules = [copier("one", "b.txt", "a.txt"), copier("two", "a.txt", "b.txt")].concat();
    let watched = Watched(adopted(&format!("{FAST}max_actions = 3\n{rules}")));
    let repo = &watched.0;
    watched.start_with("--live");
    let errors = repo.path().join(".git/idhooks/watch/errors.jsonl");
    let errors = || fs::read_to_string(&errors).unwrap_or_default();
    watched.until("both are stopped", || {
        ["one", "two"]
            .iter()
            .all(|name| errors().contains(&format!("generator '{name}' is stopped")))
    });
    let lines = || staged(repo, "a.txt").lines().count();
    let before = lines();
    assert!(before <= 8, "{before} lines");
    // They stay stopped, and the rest goes on.
    let seen = watched.settled();
    repo.stage("c.txt", "x\n");
    watched.expect(seen, &["FILE_ADDED c.txt"]);
    watched.settled();
    assert_eq!(lines(), before);
    assert_eq!(errors().matches("is stopped").count(), 2);
}

fn kill(signal: &str, processes: &[&str]) {
    let mut kill = std::process::Command::new("kill");
    assert!(kill.args(["-s", signal]).args(processes).status().expect("kill").success());
}

#[test]
fn no_program_and_no_directory_outlives_a_watcher() {
    let repo = Repo::adopted(&gits()[0]);
    let [pids, temp] = ["pids", "temp"].map(|name| repo.root().join(name));
    fs::create_dir(&temp).expect("made");
    let plain = |path: &std::path::Path| path.to_str().expect("a plain name").to_owned();
    let repo = repo.with("PIDS", &plain(&pids)).with("TMPDIR", &plain(&temp));
    let script = r#"echo $PPID > \"$PIDS.new\"; sleep 600 & echo $$ $! >> \"$PIDS.new\"; mv \"$PIDS.new\" \"$PIDS\"; wait"#;
    let rule = format!(
        "[[generators]]\nname = \"slow\"\noutput = [\"slow.txt\"]\nrun = \"watch\"\n\
         command = [\"sh\", \"-c\", \"{script}\"]\nprograms = []\ntimeout = \"10m\"\n"
    );
    repo.configure(&format!("{FAST}{rule}"));
    let hash = repo.idhooks("generate --list --format json").ok().json()["trust"]["hash"].clone();
    repo.run(["config", "idhooks.trust", hash.as_str().expect("a hash")]);
    let watched = Watched(repo);
    let repo = &watched.0;
    let left = || fs::read_dir(&temp).expect("readable").count();
    for end in ["stop", "TERM", "KILL", "KILL both", "KILL both, stop", "KILL worker"] {
        let _ = fs::remove_file(&pids);
        watched.start_with("--live");
        watched.until("the program runs", || pids.exists());
        let started = fs::read_to_string(&pids).expect("readable");
        let programs: Vec<&str> = started.split_whitespace().collect();
        assert_eq!((programs.len(), left()), (3, 1), "{started}");
        let watcher = watched.status()["pid"].to_string();
        let begin = std::time::Instant::now();
        match end {
            "stop" => repo.idhooks("watch stop").ok().done(),
            "KILL both" | "KILL both, stop" => kill("KILL", &[&watcher, programs[0]]),
            // It goes on, and ends what its worker has left.
            "KILL worker" => kill("KILL", &[programs[0]]),
            signal => kill(signal, &[&watcher]),
        }
        watched.until("it has ended", || end == "KILL worker" || !is_running(&watcher));
        // The directory of a worker that was killed is removed only once the worker is dead.
        watched.until("its worker has ended", || {
            !end.starts_with("KILL both") || !is_running(programs[0])
        });
        if end == "KILL both, stop" {
            repo.idhooks("watch stop").ok().done();
        }
        if end == "KILL both" {
            // Nothing ends them but the next watcher.
            assert!(is_running(programs[1]) && left() == 1);
            watched.start();
            repo.idhooks("watch stop").ok().done();
        }
        watched.until("no program is left", || programs.iter().all(|one| !is_running(one)));
        watched.until("no directory is left", || left() == 0);
        // At once, and not when the program would have ended.
        assert!(begin.elapsed() < std::time::Duration::from_secs(30), "{end}");
        assert!(!repo.exists("slow.txt") && staged(repo, "slow.txt").is_empty());
    }
    let problem = || watched.status()["last_error"].as_str().unwrap_or_default().to_owned();
    watched.until("a problem", || problem().starts_with("cannot run the generators: "));
    assert_eq!(watched.status()["state"], "active");
}

#[test]
fn the_watcher_goes_on_while_a_generator_runs() {
    let repo = Repo::adopted(&gits()[0]);
    let [runs, go] = ["runs", "go"].map(|name| repo.root().join(name));
    let plain = |path: &std::path::Path| path.to_str().expect("a plain name").to_owned();
    let repo = repo.with("RUNS", &plain(&runs)).with("GO", &plain(&go));
    let script = r#"echo $$ >> \"$RUNS\"; until [ -e \"$GO\" ]; do sleep 0.05; done; echo made"#;
    let rule = format!(
        "on_change = \"stage\"\n[[generators]]\nname = \"slow\"\noutput = [\"slow.txt\"]\n\
         run = \"watch\"\ncommand = [\"sh\", \"-c\", \"{script}\"]\nprograms = []\ntimeout = \"10m\"\n"
    );
    repo.configure(&format!("{FAST}{rule}"));
    let hash = repo.idhooks("generate --list --format json").ok().json()["trust"]["hash"].clone();
    repo.run(["config", "idhooks.trust", hash.as_str().expect("a hash")]);
    let watched = Watched(repo);
    let repo = &watched.0;
    watched.start_with("--live");
    let generating = || watched.status()["generating"].clone();
    let is_slow = || generating()["generators"] == serde_json::json!(["slow"]);
    watched.until("the generator is named", is_slow);
    let since = generating()["since"].as_str().expect("a time").to_owned();
    let shown = repo.idhooks("watch status").ok().stdout();
    assert!(shown.contains(&format!("slow, since {since}")), "{shown}");
    // Changes are processed and checked, identities are given, and moves are staged.
    let seen = watched.settled();
    repo.stage("new.md", text("new"));
    watched.expect(seen, &["FILE_ADDED new.md"]);
    fs::rename(repo.path().join("new.md"), repo.path().join("other.md")).expect("renamed");
    watched.until("the index follows", || {
        staged(repo, ".idhooks/registry.json").contains("\"file_path\":\"other.md\"")
    });
    assert_eq!(generating()["since"], *since);
    let programs = || fs::read_to_string(&runs).expect("it runs");
    assert_eq!(programs().lines().count(), 1, "one at a time");
    // A pause ends the generator, and it runs again after that.
    repo.idhooks("watch pause").ok().done();
    watched.until("it pauses", || {
        let status = watched.status();
        status["state"] == "paused" && status["generating"].is_null()
    });
    let first = programs().lines().next().expect("one").to_owned();
    watched.until("its program has ended", || !is_running(&first));
    repo.idhooks("watch resume").ok().done();
    watched.until("it runs again", is_slow);
    assert!(staged(repo, "slow.txt").is_empty());
    fs::write(&go, "").expect("written");
    watched.until("an output", || staged(repo, "slow.txt") == "made\n");
    watched.until("none runs", || generating().is_null());
    let seen = watched.settled();
    repo.write("marker.md", "x\n");
    watched.expect(seen, &["FILE_ADDED marker.md"]);
    let own = watched.actions();
    assert!(own.iter().all(|line| !line.contains("slow.txt")), "{own:#?}");
    assert_eq!(watched.status()["errors"], 0, "{:#}", watched.status());
}
