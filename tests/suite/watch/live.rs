//! A watcher with '--live': the index follows moves, new files get identities, generators run.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::process::Stdio;

use serde_json::json;

use super::{FAST, Watched};
use crate::common::{Repo, gits, is_long, sample_of, text};
use crate::crash_safety::Stops;

/// Rules with which a watcher changes the index.
fn staging() -> String {
    format!("{FAST}on_change = \"stage\"\n")
}

/// Returns the line of the index for a path: mode, blob, stage.
fn entry(repo: &Repo, path: &str) -> String {
    let line = repo.ask(["ls-files", "-s", "--", path]);
    line.split('\t').next().unwrap_or_default().to_owned()
}

/// Returns whether the registry in the index has an active record with this path.
fn has_record(repo: &Repo, path: &str) -> bool {
    let text = String::from_utf8(repo.registry("")).expect("UTF-8");
    let line = format!("\"file_path\":\"{path}\"");
    text.lines().any(|record| record.contains(&line) && record.contains("\"active\""))
}

fn rename(repo: &Repo, from: &str, to: &str) {
    let [from, to] = [from, to].map(|path| repo.path().join(path));
    fs::create_dir_all(to.parent().expect("a directory")).expect("made");
    fs::rename(from, to).expect("renamed");
}

#[test]
fn the_index_follows_a_move_and_the_identity_stays_whatever_is_written_then() {
    let watched = Watched::live(&staging());
    let repo = &watched.0;
    let script = repo.path().join("src/app.py");
    fs::set_permissions(&script, fs::Permissions::from_mode(0o755)).expect("changed");
    repo.run("add src/app.py");
    repo.commit("a program");
    let (id, before) = (repo.id("src/app.py"), entry(repo, "src/app.py"));
    assert!(before.starts_with("100755 "), "{before}");
    // What is not staged stays so.
    let seen = watched.settled();
    repo.append("src/app.py", "print('more')\n");
    watched.expect(seen, &["FILE_MODIFIED src/app.py"]);
    rename(repo, "src/app.py", "tools/run.py");
    watched.until("the index follows", || entry(repo, "tools/run.py") == before);
    assert_eq!(entry(repo, "src/app.py"), "");
    assert!(has_record(repo, "tools/run.py") && !has_record(repo, "src/app.py"));
    watched.until("the item is done", || {
        watched.actions().iter().any(|line| line == "FILE_MOVED src/app.py -> tools/run.py")
    });
    watched.until("its status says so", || {
        let status = watched.status();
        status["live"] == true && status["acted_total"] == 1 && status["last_acted_at"].is_string()
    });
    // Nothing of the old content is left.
    repo.write("tools/run.py", text("something else"));
    repo.run("add tools/run.py");
    repo.commit("another program");
    assert_eq!(repo.id("tools/run.py"), id);
    // A whole directory, and one of its files once more.
    let ids = ["docs/guide.md", "docs/intro.md"].map(|path| repo.id(path));
    rename(repo, "docs", "handbook");
    watched.until("both moves", || {
        has_record(repo, "handbook/guide.md") && has_record(repo, "handbook/intro.md")
    });
    rename(repo, "handbook/guide.md", "handbook/old.md");
    watched.until("another move", || has_record(repo, "handbook/old.md"));
    repo.commit("a directory");
    assert_eq!(["handbook/old.md", "handbook/intro.md"].map(|path| repo.id(path)), ids);
    repo.idhooks("check --strict").ok().done();
    // What it wrote itself led to no item.
    watched.settled();
    let own = watched.actions().split_off(seen);
    assert!(own.iter().all(|line| !line.contains("registry.json")), "{own:#?}");
}

#[test]
fn new_files_in_the_index_get_identities() {
    let watched = Watched::live(&staging());
    let repo = &watched.0;
    let seen = watched.settled();
    repo.stage("docs/new.md", text("new"));
    watched.until("an identity", || has_record(repo, "docs/new.md"));
    watched.expect(seen, &["FILE_ADDED docs/new.md"]);
    let before = repo.registry("");
    repo.commit("new");
    // The hook has nothing to add.
    assert_eq!(repo.registry("HEAD"), before);
    // A file that only the working tree has gets none.
    let seen = watched.settled();
    repo.write("loose.md", text("loose"));
    watched.expect(seen, &["FILE_ADDED loose.md"]);
    repo.stage("docs/last.md", text("last"));
    watched.until("an identity", || has_record(repo, "docs/last.md"));
    assert!(!has_record(repo, "loose.md"));
    let audit = repo.idhooks("audit tail").ok().stdout();
    assert!(audit.contains("command=\"watch\""), "{audit}");
}

#[test]
fn it_waits_while_git_is_at_work() {
    let watched = Watched::live(&staging());
    let repo = &watched.0;
    let git = |name: &str| repo.path().join(".git").join(name);
    let commit = repo.rev("HEAD") + "\n";
    let mut from = "notes.txt".to_owned();
    let all = [
        "index.lock",
        "MERGE_HEAD",
        "rebase-merge/x",
        "rebase-apply/x",
        "sequencer/todo",
        "CHERRY_PICK_HEAD",
        "REVERT_HEAD",
        "BISECT_LOG",
    ];
    for (number, file) in sample_of(&all).into_iter().enumerate() {
        fs::create_dir_all(git(file).parent().expect("a directory")).expect("made");
        fs::write(git(file), &commit).expect("writable");
        let to = format!("moved-{number}.txt");
        let state = || [repo.read(".git/index"), repo.read(".idhooks/registry.json")];
        let before = state();
        rename(repo, &from, &to);
        watched.until("it waits", || watched.status()["waits_for"].is_string());
        // The item is there, and stays.
        watched
            .until("an item", || repo.idhooks("queue list --status queued").stdout().contains(&to));
        watched.until("it has looked again", || {
            let status = watched.status();
            status["queue"]["queued"] == 1 && status["waits_for"].is_string()
        });
        assert!(state() == before, "{file}: something has changed");
        let dir = git(file).parent().expect("a directory").to_owned();
        match dir == git("") {
            true => fs::remove_file(git(file)).expect("removed"),
            false => fs::remove_dir_all(dir).expect("removed"),
        }
        watched.until("it goes on", || has_record(repo, &to) && entry(repo, &from).is_empty());
        watched.until("it does not wait", || watched.status()["waits_for"].is_null());
        from = to;
    }
    // Paths that are not merged, without any operation.
    let blob = repo.ask(["rev-parse", ":README.md"]);
    let lines = [1, 2, 3].map(|stage| format!("100644 {blob} {stage}\tdata/both.md\n")).concat();
    repo.try_git_with("update-index --index-info", lines.as_bytes()).ok().done();
    let before = repo.registry("");
    rename(repo, &from, "last.txt");
    watched
        .until("it waits", || watched.status()["waits_for"] == "'data/both.md' is not merged yet");
    assert!(repo.registry("") == before && !entry(repo, &from).is_empty());
    repo.run("rm -q --cached data/both.md");
    watched.until("it goes on", || has_record(repo, "last.txt"));
    assert_eq!(watched.status()["queue"]["dead_letter"], 0);
}

#[test]
fn it_waits_while_the_index_has_no_registry() {
    let watched = Watched::live(&staging());
    let repo = &watched.0;
    watched.settled();
    let id = repo.id("notes.txt");
    repo.run("rm -q --cached .idhooks/registry.json");
    rename(repo, "notes.txt", "moved.txt");
    let waits = "'.idhooks/registry.json' is in HEAD, but not in the index";
    watched.until("it waits", || watched.status()["waits_for"] == waits);
    watched.until("the item waits", || {
        repo.idhooks("queue list --status queued").stdout().contains("notes.txt -> moved.txt")
    });
    repo.run("restore --source=HEAD --staged --worktree .idhooks/registry.json");
    watched.until("the index follows", || {
        has_record(repo, "moved.txt") && entry(repo, "notes.txt").is_empty()
    });
    watched.until("it does not wait", || watched.status()["waits_for"].is_null());
    repo.commit("moved");
    assert_eq!(repo.id("moved.txt"), id);
    // A repository that gives the registry up has nothing to wait for.
    repo.run("rm -q .idhooks/registry.json");
    repo.run("commit -q --no-verify -m given-up");
    rename(repo, "moved.txt", "last.txt");
    let last = "FILE_MOVED moved.txt -> last.txt".to_owned();
    watched.until("the item is done", || watched.actions().contains(&last));
}

#[test]
fn it_waits_for_other_commands() {
    let watched = Watched::live(&staging());
    let repo = &watched.0;
    // Nothing but the lock comes before the first stop.
    repo.idhooks("audit tail").ok().done();
    let mut stops = Stops::start(repo, "idhooks reserve --ns 100 --type 01");
    let _held = stops.next().expect("it stops while it has the lock");
    rename(repo, "notes.txt", "moved.txt");
    watched.until("it waits", || {
        watched.status()["waits_for"].as_str().is_some_and(|why| why.contains("reserve"))
    });
    assert_eq!(entry(repo, "moved.txt"), "");
    stops.go_on();
    assert_eq!(stops.end().code, Some(0));
    watched.until("it goes on", || has_record(repo, "moved.txt"));
    assert_eq!(repo.idhooks("queue list --status dead_letter").ok().stdout(), "");
}

#[test]
fn without_live_nothing_changes_and_with_check_only_generators_run() {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure(&staging());
    let watched = Watched(repo);
    let repo = &watched.0;
    repo.stage("new.md", text("new"));
    for (options, rules) in [("", staging()), ("--live", FAST.to_owned())] {
        repo.write("idhooks.toml", format!("scope = \"{}\"\n{rules}", crate::common::SCOPE));
        repo.run("add idhooks.toml");
        let state = || [repo.read(".git/index"), repo.read(".idhooks/registry.json")];
        let before = state();
        watched.start_with(options);
        let seen = watched.settled();
        let to = format!("moved{}.txt", options.len());
        let from = if options.is_empty() { "notes.txt" } else { "moved0.txt" };
        rename(repo, from, &to);
        watched.expect(seen, &[&format!("FILE_MOVED {from} -> {to}")]);
        watched.settled();
        repo.idhooks("watch stop").ok().done();
        assert!(state() == before, "'{options}' has changed something");
    }
}

#[test]
fn a_cycle_changes_no_more_than_it_may() {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure(&format!("{}max_actions = 2\n", staging()));
    for number in 0..5 {
        repo.commit_file(&format!("old{number}.md"), text(&format!("old{number}")));
    }
    repo.idhooks("watch run --once").ok().done();
    let moves: Vec<[Vec<u8>; 2]> = (0..5)
        .map(|number| ["old", "new"].map(|name| format!("{name}{number}.md").into_bytes()))
        .collect();
    for number in 0..5 {
        rename(&repo, &format!("old{number}.md"), &format!("new{number}.md"));
        repo.stage(format!("added{number}.md"), text(&format!("added{number}")));
    }
    let program = crate::common::binary();
    let ask =
        |input: &str| repo.sh(&format!("printf '{input}' | '{}' watch work", program.display()));
    let act = |moves: &[[Vec<u8>; 2]]| {
        ask(&json!({"moves": moves, "stages": 2, "checks": false}).to_string()).ok().json()
    };
    // Moves come first; what they leave is for new files.
    let moved = act(&moves);
    assert_eq!(
        (moved["done"].as_array().map(Vec::len), &moved["has_more"]),
        (Some(2), &true.into())
    );
    assert!(has_record(&repo, "new1.md") && !has_record(&repo, "new2.md"), "{moved}");
    let added = act(&[]);
    assert_eq!(
        (added["done"].as_array().map(Vec::len), &added["has_more"]),
        (Some(2), &true.into())
    );
    // The watcher does the rest, two at a time.
    let output = repo.idhooks("watch run --once --live").ok().stdout();
    assert_eq!(output.matches(" renamed from old").count(), 3, "{output}");
    assert_eq!(output.matches(" allocated to added").count(), 3, "{output}");
    let actions = repo.idhooks("watch run --once --live").ok().stdout();
    assert_eq!(actions, "");
    repo.run("add -A");
    repo.commit("all");
    repo.idhooks("check --strict").ok().done();
    assert_eq!(act(&[])["done"], json!([]));
    ask("a").code(2).explains("cannot read the request").done();
}

#[test]
fn reconcile_can_go_on_until_it_is_stopped() {
    let repo = Repo::adopted(&gits()[0]);
    repo.configure(FAST);
    for other in ["--dry-run", "--enqueue", "--commit", "--paths docs/"] {
        repo.idhooks(format!("reconcile --watch {other}").as_str()).code(2).done();
    }
    let mut line = repo.line("idhooks reconcile --watch");
    let line = line.stdout(Stdio::null()).stderr(Stdio::null());
    let mut child = line.spawn().expect("it can be started");
    let watched = Watched(repo);
    watched.until("it is active", || watched.status()["state"] == "active");
    let repo = &watched.0;
    repo.stage("new.md", text("new"));
    watched.until("an identity", || has_record(repo, "new.md"));
    rename(repo, "notes.txt", "moved.txt");
    watched.until("the index follows", || has_record(repo, "moved.txt"));
    repo.idhooks("watch stop").ok().done();
    assert!(child.wait().is_ok_and(|status| status.success()));
}

#[test]
fn what_git_does_at_the_same_time_stays_consistent() {
    let watched = Watched::live(&staging());
    let repo = &watched.0;
    // A command of git may meet the index while it is replaced; then it is repeated, as people do.
    let again = |line: &str| {
        watched.until(line, || {
            let is_done = repo.try_git(line).succeeded();
            if !is_done {
                repo.try_git("rebase --abort").done();
            }
            is_done
        });
    };
    for round in 0..if is_long() { 5 } else { 2 } {
        for file in 0..5 {
            repo.write(format!("storm/{round}/{file}.md"), text(&format!("{round} {file}")));
        }
        again("add -A");
        again("commit -q -m files");
        // It follows what it has seen before.
        let last = format!("FILE_ADDED storm/{round}/4.md");
        watched.until(&last, || watched.actions().contains(&last));
        watched.settled();
        rename(repo, &format!("storm/{round}"), &format!("moved/{round}"));
        again(&format!("checkout -q -B topic{round}"));
        watched.until("the index follows", || has_record(repo, &format!("moved/{round}/4.md")));
        again("add -A");
        again("commit -q -m moved");
        again("checkout -q main");
        repo.write(format!("main{round}.md"), text(&format!("main {round}")));
        again("add -A");
        again("commit -q -m main");
        again(&format!("rebase -q main topic{round}"));
        again("checkout -q main");
        again(&format!("merge -q --ff-only topic{round}"));
    }
    watched.settled();
    assert_eq!(repo.ask("status --porcelain"), "");
    crate::judge::assert_all_consistent(repo);
    assert_eq!(watched.status()["queue"]["dead_letter"], 0);
}

#[test]
fn a_move_that_waits_goes_on() {
    let watched = Watched::live(&staging());
    let repo = &watched.0;
    let merge = repo.path().join(".git/MERGE_HEAD");
    let wait = || fs::write(&merge, repo.rev("HEAD") + "\n").expect("writable");
    let item = |path: &str| repo.idhooks("queue list --status queued").stdout().contains(path);
    watched.settled();
    let id = repo.id("notes.txt");
    wait();
    rename(repo, "notes.txt", "b.txt");
    watched.until("an item", || item("notes.txt -> b.txt") || item("b.txt"));
    watched.until("it waits", || watched.status()["waits_for"].is_string());
    // Other content, as another file, at another path.
    repo.write("new.tmp", text("something else"));
    rename(repo, "new.tmp", "b.txt");
    watched.until("it is quiet", || watched.status()["pending"] == 0);
    rename(repo, "b.txt", "c.txt");
    watched.until("an item", || item("c.txt"));
    watched.until("no other item", || !item("b.txt"));
    assert!(!entry(repo, "notes.txt").is_empty());
    fs::remove_file(&merge).expect("removed");
    watched.until("the index follows", || {
        has_record(repo, "c.txt") && entry(repo, "notes.txt").is_empty()
    });
    watched.until("the item is done", || {
        watched.actions().contains(&"FILE_MOVED notes.txt -> c.txt".to_owned())
    });
    repo.run("add -A");
    repo.commit("moved twice");
    assert_eq!(repo.id("c.txt"), id);
    // A move that waits and is removed is a deletion.
    wait();
    rename(repo, "c.txt", "d.txt");
    watched.until("an item", || item("d.txt"));
    repo.remove("d.txt");
    watched.until("a deletion", || item("FILE_DELETED") && !item("d.txt"));
    fs::remove_file(&merge).expect("removed");
    watched.until("it is done", || watched.actions().contains(&"FILE_DELETED c.txt".to_owned()));
}

#[test]
fn paths_that_still_exist_keep_their_identities() {
    let watched = Watched::live(&staging());
    let repo = &watched.0;
    for number in 1..=3 {
        repo.commit_file(&format!("log.{number}"), text(&format!("log {number}")));
    }
    watched.until("all are known", || {
        (1..=3).all(|number| watched.actions().contains(&format!("FILE_ADDED log.{number}")))
    });
    let seen = watched.settled();
    let [_, second, third] = [1, 2, 3].map(|number| repo.id(&format!("log.{number}")));
    for number in [3, 2, 1] {
        rename(repo, &format!("log.{number}"), &format!("log.{}", number + 1));
    }
    let moved = [1, 2, 3].map(|number| format!("FILE_MOVED log.{number} -> log.{}", number + 1));
    watched.expect(seen, &moved.each_ref().map(String::as_str));
    watched.settled();
    // The index has them with other content, as the commit hook would see it.
    repo.run("add -A");
    repo.commit("rotated");
    assert_eq!(["log.2", "log.3"].map(|path| repo.id(path)), [second, third]);
    repo.idhooks("check --strict").ok().done();
    assert_eq!(watched.status()["queue"]["dead_letter"], 0);
}

#[test]
fn a_stash_of_a_staged_move_and_its_pop_leave_one_record() {
    let watched = Watched::live(&staging());
    let repo = &watched.0;
    let id = repo.id("src/app.py");
    let is_moved = || {
        entry(repo, "src/app.py").is_empty()
            && has_record(repo, "tools/run.py")
            && !has_record(repo, "src/app.py")
    };
    for &more in sample_of(&[None, Some("print('edited')\n")]) {
        let seen = watched.actions().len();
        rename(repo, "src/app.py", "tools/run.py");
        watched.until("the index follows", || is_moved() && watched.actions().len() > seen);
        let seen = watched.settled();
        if let Some(more) = more {
            repo.append("tools/run.py", more);
            watched.expect(seen, &["FILE_MODIFIED tools/run.py"]);
        }
        let seen = watched.settled();
        repo.run("stash -q");
        watched.until("the file is back", || watched.actions().len() > seen);
        let seen = watched.settled();
        repo.run("stash pop -q");
        watched.until("the index follows again", || is_moved() && watched.actions().len() > seen);
        watched.settled();
        let staged = String::from_utf8(repo.registry("")).expect("UTF-8");
        assert_eq!(repo.read(".idhooks/registry.json"), staged.as_bytes());
        assert!(!staged.contains("superseded") && !staged.contains("shadowed"), "{staged}");
        assert_eq!(repo.idhooks("id tools/run.py").ok().stdout().trim(), id);
        let seen = watched.settled();
        rename(repo, "tools/run.py", "src/app.py");
        let goes_back = || has_record(repo, "src/app.py") && watched.actions().len() > seen;
        watched.until("the index goes back", goes_back);
        repo.run("reset -q --hard");
        watched.settled();
    }
}
