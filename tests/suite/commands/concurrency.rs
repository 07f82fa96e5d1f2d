//! Many writers at once.

use std::collections::{BTreeMap, BTreeSet};
use std::process::Stdio;

use serde_json::json;

use super::refuses;
use crate::common::{Repo, cases, gits, on_adopted, text};
use crate::judge;

/// How many processes want an identity at the same time by default, and with
/// `IDHOOKS_TEST_ALL=1`.
const WRITERS: [u64; 2] = [100, 1_000];

#[test]
fn each_of_many_writers_gets_an_identity_of_its_own() {
    let writers = cases("IDHOOKS_WRITERS", WRITERS) as usize;
    // Which git it is does not matter here.
    let repo = Repo::adopted(&gits()[0]);
    // The slowest machine gives everybody a turn.
    repo.run("config idhooks.lockTimeout 3600000");
    let path = |n: usize| format!("many/{n}.md");
    for n in 0..writers {
        repo.write(path(n), text(&path(n)));
    }
    repo.run("add many");
    let answers = repo.root().join("answers");
    std::fs::create_dir(&answers).expect("writable");
    let start = |n: usize| {
        // Files, for a process may not have so many pipes.
        let file = |kind: &str| {
            let file = std::fs::File::create(answers.join(format!("{n}.{kind}")));
            Stdio::from(file.expect("writable"))
        };
        let mut command = repo.line("idhooks allocate");
        command.arg(path(n)).stdin(Stdio::null()).stdout(file("out")).stderr(file("err"));
        command.spawn().expect("can be started")
    };
    let all: Vec<_> = (0..writers).map(start).collect();
    let mut given = BTreeMap::new();
    for (n, mut child) in all.into_iter().enumerate() {
        let answer = |kind: &str| {
            let text = std::fs::read_to_string(answers.join(format!("{n}.{kind}")));
            text.expect("readable")
        };
        assert!(child.wait().expect("ends").success(), "{}", answer("err"));
        let out = answer("out");
        let (id, named) = out.trim().split_once(' ').expect("an identity and a path");
        assert_eq!(named, path(n));
        given.insert(named.to_owned(), id.to_owned());
    }
    repo.commit("many");
    let registry: serde_json::Value = serde_json::from_slice(&repo.registry("HEAD")).expect("JSON");
    let records = registry["allocations"].as_array().expect("records");
    let text = |value: &serde_json::Value| value.as_str().expect("text").to_owned();
    let there: BTreeMap<String, String> = records
        .iter()
        .map(|record| (text(&record["file_path"]), text(&record["id"])))
        .filter(|(path, _)| path.starts_with("many/"))
        .collect();
    assert_eq!(there, given);
    let different: BTreeSet<&String> = given.values().collect();
    assert_eq!(different.len(), writers);
    assert!(repo.findings("").is_empty());
    judge::assert_all_consistent(&repo);
    judge::assert_status(&repo, "");
}

#[test]
fn who_holds_the_lock_is_named() {
    on_adopted(|repo| {
        repo.run("config idhooks.lockTimeout 0");
        repo.stage("a.md", text("a"));
        let lock = repo.path().join(".git/idhooks/writer.lock");
        let file = std::fs::File::create(&lock).expect("writable");
        file.lock().expect("free");
        let process = std::process::id();
        std::fs::write(&lock, format!("{process} 0 reserve\n")).expect("writable");
        refuses(repo, "allocate a.md", &format!("'idhooks reserve' (process {process}, for"));
        drop(file);
        // A process that another test starts may have it for another moment.
        repo.run("config idhooks.lockTimeout 3600000");
        repo.idhooks("allocate a.md").ok().done();
        repo.commit("a");
    });
}

#[test]
fn git_is_waited_for() {
    on_adopted(|repo| {
        repo.stage("a.md", text("a"));
        let lock = repo.path().join(".git/index.lock");
        std::fs::write(&lock, "").expect("writable");
        repo.run("config idhooks.lockTimeout 0");
        refuses(repo, "allocate a.md", "index.lock");
        repo.run("config idhooks.lockTimeout 3600000");
        let mut command = repo.line("idhooks allocate a.md");
        let child = command.stdout(Stdio::piped()).spawn().expect("can be started");
        // It has the turn as soon as its name is in the lock; git is done after that.
        let turn = repo.path().join(".git/idhooks/writer.lock");
        let name = format!("{} ", child.id());
        while !std::fs::read_to_string(&turn).is_ok_and(|text| text.starts_with(&name)) {
            std::thread::yield_now();
        }
        std::fs::remove_file(&lock).expect("there");
        assert!(child.wait_with_output().expect("ends").status.success());
        repo.commit("a");
    });
}

#[test]
fn those_who_wait_are_served_together() {
    on_adopted(|repo| {
        repo.run("config idhooks.lockTimeout 3600000");
        let paths = ["a.md", "b.md", "c.md", "d.md", "killed.md"];
        for path in paths {
            repo.stage(path, text(path));
        }
        let state = repo.path().join(".git/idhooks");
        let lock = std::fs::File::create(state.join("writer.lock")).expect("writable");
        lock.lock().expect("free");
        let start = |path: &str| {
            let mut command = repo.line("idhooks allocate");
            let command = command.arg(path).stdout(Stdio::piped()).stderr(Stdio::piped());
            command.spawn().expect("can be started")
        };
        let mut waiting: Vec<_> = paths.iter().map(|path| start(path)).collect();
        let requests = || std::fs::read_dir(state.join("requests")).into_iter().flatten().flatten();
        let is_whole = |entry: std::fs::DirEntry| {
            std::fs::read(entry.path()).is_ok_and(|text| text.ends_with(b"\0\n"))
        };
        while requests().map(is_whole).filter(|whole| *whole).count() < 5 {
            std::thread::yield_now();
        }
        let status = repo.idhooks("status --locks --format json").ok().json();
        assert_eq!((&status["waiting"], &status["files"]), (&json!(5), &json!([])));
        let mut killed = waiting.pop().expect("five");
        killed.kill().expect("alive");
        killed.wait().expect("ends");
        drop(lock);
        for (path, child) in paths.iter().zip(waiting) {
            let done = child.wait_with_output().expect("ends");
            assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
            let out = String::from_utf8(done.stdout).expect("UTF-8");
            let (id, named) = out.trim().split_once(' ').expect("an identity and a path");
            assert_eq!((named, id.len()), (*path, 16));
            assert_eq!(repo.idhooks(&*format!("id {path}")).ok().stdout().trim(), id);
        }
        // One change of the registry, by the first of them; nothing is left of the others.
        let log = std::fs::read_to_string(state.join("audit.jsonl")).expect("readable");
        let events = log.lines().map(|line| serde_json::from_str(line).expect("JSON"));
        let mut runs: Vec<String> = Vec::new();
        for event in events.filter(|event: &serde_json::Value| event["event"] == "allocated") {
            runs.push(event["run_id"].to_string());
        }
        assert!(runs.len() >= 4);
        let last: BTreeSet<&String> = runs.iter().rev().take(4).collect();
        assert_eq!(last.len(), 1, "{log}");
        assert_eq!(requests().count(), 0);
        repo.idhooks("id killed.md").refused().done();
        repo.commit("all");
        judge::assert_all_consistent(repo);
    });
}

/// Waits until a process has a lock file of identities open, as the list of the system says where there is one.
fn wait_until_waiting(repo: &Repo, process: u32) {
    let locks = repo.path().join(".git/idhooks/locks/id");
    let is_lock = |one: std::fs::DirEntry| {
        std::fs::read_link(one.path()).is_ok_and(|target| target.starts_with(&locks))
    };
    while let Ok(opened) = std::fs::read_dir(format!("/proc/{process}/fd")) {
        if opened.flatten().any(is_lock) {
            return;
        }
        std::thread::yield_now();
    }
}

#[test]
fn identities_that_a_command_names_are_locked_until_it_is_killed() {
    on_adopted(|repo| {
        let [guide, intro] = ["docs/guide.md", "docs/intro.md"].map(|path| repo.id(path));
        // It waits for git, with the locks of what it names.
        let index = repo.path().join(".git/index.lock");
        std::fs::write(&index, "").expect("writable");
        repo.run("config idhooks.lockTimeout 3600000");
        let start = |line: &str| {
            let mut command = repo.line(line);
            command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("can be started")
        };
        let mut holder = start(&format!("idhooks deprecate {guide} docs/intro.md --reason old"));
        let status = || repo.idhooks("status --locks --format json").ok().json();
        while status()["writer"] == json!(null) {
            std::thread::yield_now();
        }
        let now = status();
        let process = holder.id();
        assert_eq!((&now["identities"][0]["id"], &now["registry"]), (&json!(guide), &json!(null)));
        assert_eq!(now["identities"][0]["holder"]["process"], json!(process));
        assert_eq!(now["files"][0]["path"], "docs/intro.md");
        // Whoever names them cannot even wait for the registry.
        repo.run("config idhooks.lockTimeout.id 0");
        let who = format!("'idhooks deprecate' (process {process}, for");
        refuses(repo, &format!("revive {guide}"), &format!("{who} "));
        repo.idhooks(&*format!("supersede {intro} --by {guide}"))
            .code(2)
            .complains(&format!("holds the lock of {guide}"))
            .done();
        repo.run("config idhooks.lockTimeout.path 0");
        refuses(repo, "assign 0110099999260118 docs/intro.md", "holds the lock of 'docs/intro.md'");
        repo.write(
            "../patch.json",
            format!("{{\"changes\":{{\"{guide}\":{{\"metadata\":{{}}}}}}}}"),
        );
        refuses(repo, "patch apply ../patch.json", &format!("holds the lock of {guide}"));
        // The beginning of an identity may be any of them.
        repo.run("config idhooks.lockTimeout.registry 0");
        refuses(repo, &format!("revive {}", &guide[..10]), "holds the lock of the registry");
        repo.run("config --unset idhooks.lockTimeout.id");
        repo.run("config --unset idhooks.lockTimeout.registry");
        // The lock is free at once when its holder is killed.
        let mut next = start(&format!("idhooks deprecate {guide} --reason older"));
        wait_until_waiting(repo, next.id());
        assert!(next.try_wait().expect("a child").is_none());
        holder.kill().expect("alive");
        holder.wait().expect("ends");
        while status()["writer"]["process"] != json!(next.id()) {
            std::thread::yield_now();
        }
        std::fs::remove_file(&index).expect("there");
        assert!(next.wait().expect("ends").success());
        repo.commit("deprecated");
        judge::assert_all_consistent(repo);
    });
}

#[test]
fn a_lock_names_its_file_and_its_holder_until_that_is_killed() {
    on_adopted(|repo| {
        repo.stage("a.md", text("a"));
        repo.commit("a");
        // It waits for git, with the locks of the files that it is going to move.
        let index = repo.path().join(".git/index.lock");
        std::fs::write(&index, "").expect("writable");
        repo.run("config idhooks.lockTimeout 3600000");
        let mut command = repo.line("idhooks mv a.md b.md");
        let mut holder = command.stderr(Stdio::null()).spawn().expect("can be started");
        let status = || repo.idhooks("status --locks --format json").ok().json();
        while status()["writer"] == json!(null) {
            std::thread::yield_now();
        }
        let now = status();
        let process = holder.id();
        assert_eq!((&now["writer"]["command"], &now["registry"]), (&json!("mv"), &json!(null)));
        assert_eq!(now["writer"]["process"], json!(process));
        for (n, path) in ["a.md", "b.md"].iter().enumerate() {
            let held = &now["files"][n];
            assert_eq!(
                (&held["path"], &held["holder"]["process"]),
                (&json!(path), &json!(process))
            );
        }
        let shown = repo.idhooks("status --locks").ok().stdout();
        let lines: Vec<&str> = shown.lines().collect();
        let who = format!(": 'idhooks mv' (process {process}, for ");
        assert!(lines.len() == 3 && lines.iter().all(|line| line.contains(&who)), "{shown}");
        repo.run("config idhooks.lockTimeout.path 0");
        refuses(repo, "mv b.md c.md", &format!("'idhooks mv' (process {process}, for"));
        // Whoever needs everything waits for those who need a part.
        repo.run("config idhooks.lockTimeout.registry 0");
        refuses(repo, "inject --rollback", "holds the lock of the registry");
        holder.kill().expect("alive");
        holder.wait().expect("ends");
        std::fs::remove_file(&index).expect("there");
        assert_eq!(repo.idhooks("status --locks").ok().stdout(), "no locks are held\n");
        repo.idhooks("mv a.md b.md").ok().done();
        repo.commit("moved");
        judge::assert_all_consistent(repo);
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_lock_that_another_program_holds_is_listed_with_its_name() {
    on_adopted(|repo| {
        let state = repo.path().join(".git/idhooks");
        // Of a command that has ended, nothing is left that could be taken for the holder.
        repo.idhooks("deprecate README.md --reason old").ok().done();
        repo.run("config idhooks.lockTimeout 0");
        let hold = |lock: &std::path::Path| {
            let mut command = std::process::Command::new("flock");
            let command = command.arg(lock).args(["sh", "-c", "echo held; read line"]);
            let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn();
            let child = child.as_mut().expect("can be started");
            let mut line = String::new();
            let out = child.stdout.take().expect("a pipe");
            std::io::BufRead::read_line(&mut std::io::BufReader::new(out), &mut line)
                .expect("a line");
            (child.id(), child.stdin.take().expect("a pipe"))
        };
        let status = || repo.idhooks("status --locks --format json").ok().json();
        let (process, end) = hold(&state.join("writer.lock"));
        let holder = json!({ "process": process, "command": null, "program": "flock", "at": null });
        assert_eq!(status()["writer"], holder);
        let who = format!("'flock' (process {process})");
        assert!(repo.idhooks("status --locks").ok().stdout().contains(&format!("writer: {who}\n")));
        refuses(repo, "revive README.md", &format!("{who} holds the writer lock"));
        drop(end);
        let path = |number: u32| format!("locks/path/{number:02x}");
        std::fs::create_dir_all(state.join("locks/path")).expect("made");
        let free = (0..256).map(path).find(|path| !state.join(path).exists()).expect("one is free");
        let (_, end) = hold(&state.join(&free));
        assert_eq!(status()["others"][0]["lock"], free);
        assert_eq!(status()["others"][0]["holder"]["program"], "flock");
        drop(end);
        while status()["writer"] != json!(null) || status()["others"] != json!([]) {
            std::thread::yield_now();
        }
        repo.commit("old");
    });
}

#[test]
fn installing_several_times_at_once_is_the_same_as_once() {
    let source = Repo::adopted(&gits()[0]);
    source.run(["clone", "-q", ".", "../part"]);
    let part = source.beside("part");
    let start = |_| {
        let mut command = part.line("idhooks install");
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        command.spawn().expect("can be started")
    };
    let all: Vec<_> = (0..4).map(start).collect();
    for one in all {
        let done = one.wait_with_output().expect("it ends");
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    }
    let settings = part.ask("config --local --get-regexp ^merge[.]idhooks");
    assert_eq!(settings.lines().count(), 6, "{settings}");
    assert!(
        part.idhooks("install --dry-run")
            .ok()
            .stdout()
            .lines()
            .all(|line| line.contains("already"))
    );
}
