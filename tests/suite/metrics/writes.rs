//! What writers of the registry did, as counters of the clone.

use std::process::Stdio;

use serde_json::Value;

use crate::checks::assert_fits;
use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};

use super::grammar::prometheus;

/// The counters, as `status` shows them.
fn writes(repo: &Repo) -> Value {
    let json = repo.idhooks("status --format json").ok().json();
    assert_fits(repo, "status", &json);
    json["writes"].clone()
}

/// The names of the counters that have gone up since, each with how much.
fn more(before: &Value, after: &Value) -> Vec<String> {
    let number = |value: &Value, name: &str| value[name].as_i64().expect("a number");
    let names = after.as_object().expect("an object").keys();
    let more = names.map(|name| (name, number(after, name) - number(before, name)));
    more.filter(|(_, more)| *more != 0).map(|(name, more)| format!("{name} {more}")).collect()
}

/// Runs `work`, and returns what was counted.
fn counted(repo: &Repo, work: impl FnOnce()) -> Vec<String> {
    let before = writes(repo);
    work();
    more(&before, &writes(repo))
}

#[test]
fn commits_and_commands_are_counted() {
    on_adopted(|repo| {
        let once = ["attempted 1", "succeeded 1"];
        let new = counted(repo, || repo.commit_file("new.md", text("new")));
        assert_eq!(new, ["allocations 1", once[0], once[1]]);
        // A commit that only edits writes nothing.
        let file = repo.path().join(".git/idhooks/counters");
        let bytes = std::fs::read(&file).expect("there");
        repo.commit_file("new.md", text("other"));
        assert_eq!(std::fs::read(&file).expect("there"), bytes);
        let gone = counted(repo, || {
            repo.idhooks("deprecate new.md --reason old").ok().done();
        });
        assert_eq!(gone, once);
        repo.commit("deprecated");
        // What is pruned or rebuilt resets nothing.
        let before = writes(repo);
        std::fs::remove_dir_all(repo.path().join(".git/idhooks/cache")).expect("there");
        repo.run("gc -q --prune=now");
        assert_eq!(more(&before, &writes(repo)), [""; 0]);
        assert!(repo.idhooks("status").ok().stdout().contains("\nwrites      "));
    });
}

#[test]
fn blocked_commits_and_refused_patches_are_counted() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage(".idhooks/registry.json", "{");
        let blocked = counted(&repo, || repo.try_git("commit -q -m bad").code(1).done());
        // The records of what is staged now cannot be counted.
        assert_eq!(blocked, ["blocked_commits 1", "validation_failures 1"]);
        repo.run("reset -q --hard");
        let before = Snapshot::of(&repo);
        repo.write("../patch.json", r#"{"changes": {"9999999999999999": {"status": "x"}}}"#);
        let refused = counted(&repo, || repo.idhooks("patch apply ../patch.json").code(2).done());
        assert_eq!(refused, ["validation_failures 1"]);
        let id = repo.id("README.md");
        let stale = format!("patch apply ../patch.json --registry-hash {}", "0".repeat(64));
        repo.write(
            "../patch.json",
            format!(r#"{{"changes": {{"{id}": {{"metadata": {{"a": 1}}}}}}}}"#),
        );
        let refused = counted(&repo, || repo.idhooks(&*stale).code(1).done());
        assert_eq!(refused, ["conflicts 1", "validation_failures 1"]);
        before.assert_same(&repo);
    });
}

#[test]
fn failures_and_rollbacks_are_counted() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("config idhooks.lockTimeout 0");
        repo.write(".git/index.lock", "");
        let before = Snapshot::of(&repo);
        let failed = counted(&repo, || {
            repo.idhooks("deprecate README.md --reason old").code(2).done();
        });
        assert_eq!(failed, ["attempted 1", "failed 1", "rollbacks 1"]);
        before.assert_same(&repo);
        repo.remove(".git/index.lock");
    });
}

#[test]
fn waits_for_locks_are_counted_and_free_locks_are_not() {
    on_adopted(|repo| {
        let figures = || prometheus(&repo.idhooks("metrics --no-history").ok().stdout());
        let names = ["wait_seconds_count", "wait_seconds_bucket{le=\"+Inf\"}", "timeouts_total"];
        let counts = || {
            let samples = figures();
            let value = |name| samples.get(&format!("identity_lock_{name}")).copied();
            names.map(|name| value(name).expect("a sample") as u64)
        };
        repo.idhooks("deprecate README.md --reason old").ok().done();
        assert_eq!(counts(), [0, 0, 0]);
        let state = repo.path().join(".git/idhooks");
        let lock = std::fs::File::create(state.join("writer.lock")).expect("writable");
        lock.lock().expect("free");
        repo.run("config idhooks.lockTimeout 0");
        repo.idhooks("revive README.md").code(2).done();
        assert_eq!(counts(), [1, 1, 1]);
        repo.run("config idhooks.lockTimeout 3600000");
        let mut command = repo.line("idhooks revive README.md");
        let mut waiting = command.stdout(Stdio::null()).spawn().expect("can be started");
        while std::fs::read_dir(state.join("requests")).into_iter().flatten().count() == 0 {
            std::thread::yield_now();
        }
        drop(lock);
        assert!(waiting.wait().expect("ends").success());
        assert_eq!(counts(), [2, 2, 1]);
        let samples = figures();
        let of = |le: &str| samples[&format!("identity_lock_wait_seconds_bucket{{le=\"{le}\"}}")];
        assert!(of("0.1") <= of("1") && of("1") <= of("+Inf"));
    });
}

#[test]
fn working_trees_share_the_counters_and_metrics_have_them() {
    on_adopted(|repo| {
        repo.run("worktree add -q -b side ../linked");
        let linked = repo.beside("linked");
        let more = counted(repo, || linked.commit_file("side.md", text("side")));
        assert_eq!(more, ["attempted 1", "succeeded 1"]);
        let shown = writes(repo);
        let samples = prometheus(&repo.idhooks("metrics").ok().stdout());
        for (metric, name) in [
            ("identity_writes_attempted_total", "attempted"),
            ("identity_writes_succeeded_total", "succeeded"),
            ("identity_writes_failed_total", "failed"),
            ("identity_write_conflicts_total", "conflicts"),
            ("identity_validation_failures_total", "validation_failures"),
            ("identity_rollbacks_total", "rollbacks"),
            ("identity_blocked_commits_total", "blocked_commits"),
            ("identity_allocations_total", "allocations"),
        ] {
            assert_eq!(samples.get(metric).copied(), shown[name].as_f64(), "{metric}");
        }
        let clone = repo.clone_as("clone");
        clone.idhooks("install").ok().done();
        assert_eq!(writes(&clone)["attempted"], 0);
        clone.idhooks("dashboard --output ../site").ok().done();
        let overview = std::fs::read(repo.root().join("site/api/overview.json")).expect("there");
        let overview: Value = serde_json::from_slice(&overview).expect("JSON");
        assert_eq!(overview["writes"]["attempted"], 0);
        assert_eq!(overview["writes"]["allocations"], 7);
    });
}

#[test]
fn a_damaged_file_stops_nothing() {
    on_adopted(|repo| {
        let file = ".git/idhooks/counters";
        for bytes in [&b"x"[..], &[0; 4_000]] {
            repo.write(file, bytes);
            assert_eq!(writes(repo)["attempted"], 0);
            repo.commit_file("a.md", text(&format!("{}", bytes.len())));
            repo.idhooks("deprecate a.md --reason x").ok().done();
            assert!(writes(repo)["succeeded"].as_u64() >= Some(1));
            repo.idhooks("revive a.md").ok().done();
        }
        // A directory in its place cannot be written.
        repo.remove(file);
        std::fs::create_dir(repo.path().join(file)).expect("writable");
        repo.commit_file("b.md", text("b"));
        assert_eq!(writes(repo)["attempted"], 0);
    });
}
