//! What happened to a file has one name and leads to one item.

use std::fs;
use std::io::Write;
use std::time::{Duration, Instant};

use serde_json::Value;

use super::{FAST, Watched};
use crate::common::Repo;

/// The debounce where a file is to be quiet for a moment, and is none, however busy the machine is.
const PATIENT: &str = "1s";

#[test]
fn each_change_is_one_item_with_its_name() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let before = watched.settled();
    let full = |path: &str| repo.path().join(path);
    watched.at_once(|| {
        repo.write("new.md", "one\n");
        // Still a new file.
        repo.append("new.md", "two\n");
        repo.append("notes.txt", "more\n");
        // As editors save a file.
        repo.write("docs/.guide.md.tmp", "saved\n");
        fs::rename(full("docs/.guide.md.tmp"), full("docs/guide.md")).expect("renamed");
        // Moved and edited at once.
        fs::rename(full("src/app.py"), full("src/main.py")).expect("renamed");
        repo.write("src/main.py", "other content\n");
    });
    let first = [
        "FILE_ADDED new.md",
        "FILE_MODIFIED notes.txt",
        "FILE_MODIFIED docs/guide.md",
        "FILE_MOVED src/app.py -> src/main.py",
    ];
    watched.expect(before, &first);
    watched.at_once(|| {
        fs::rename(full("new.md"), full("docs/moved.md")).expect("renamed");
        // What was created and removed before it was quiet is nothing.
        repo.write("short.md", "x\n");
        repo.remove("short.md");
        // Directories come and go with all that is in them.
        repo.write("deep/er/a.md", "a\n");
    });
    let second = ["FILE_MOVED new.md -> docs/moved.md", "FILE_ADDED deep/er/a.md"];
    watched.expect(before + 4, &second);
    watched.at_once(|| {
        repo.remove("docs/moved.md");
        fs::rename(full("deep"), full("other")).expect("renamed");
    });
    let third = ["FILE_DELETED docs/moved.md", "FILE_MOVED deep/er/a.md -> other/er/a.md"];
    watched.expect(before + 6, &third);
    watched.at_once(|| {
        repo.write("other/er/b.md", "b\n");
        ["log.1", "log.2", "log.3"].iter().for_each(|log| repo.write(log, format!("{log}\n")));
    });
    let fourth =
        ["FILE_ADDED other/er/b.md", "FILE_ADDED log.1", "FILE_ADDED log.2", "FILE_ADDED log.3"];
    watched.expect(before + 8, &fourth);
    watched.at_once(|| {
        fs::remove_dir_all(full("other")).expect("removed");
        // A rotation in which every path has a file before and afterwards.
        fs::rename(full("log.2"), full("log.3")).expect("renamed");
        fs::rename(full("log.1"), full("log.2")).expect("renamed");
        repo.write("log.1", "another\n");
    });
    let fifth = [
        "FILE_DELETED other/er/a.md",
        "FILE_DELETED other/er/b.md",
        "FILE_MODIFIED log.1",
        "FILE_MODIFIED log.2",
        "FILE_MODIFIED log.3",
    ];
    watched.expect(before + 12, &fifth);
    assert_eq!(watched.settled(), before + 17);
    let moved = item_of(repo, "src/main.py");
    assert_eq!((&moved["status"], &moved["attempts"]), (&"completed".into(), &1.into()));
    assert_eq!(moved["old_path"], "src/app.py");
}

/// Returns the item of the queue about a file.
fn item_of(repo: &Repo, path: &str) -> Value {
    let list = repo.idhooks("queue list --format json").ok().json();
    let items = list["items"].as_array().expect("items");
    items.iter().find(|item| item["path"] == path).expect("an item").clone()
}

#[test]
fn a_thousand_writes_are_one_item_and_a_growing_file_is_none() {
    let watched = Watched::new(&FAST.replace("300ms", PATIENT));
    let repo = &watched.0;
    let before = watched.settled();
    for number in 0..1_000 {
        repo.write("busy.md", format!("{number}\n"));
    }
    watched.expect(before, &["FILE_ADDED busy.md"]);
    let mut file = fs::File::create(repo.path().join("grows.md")).expect("a file");
    let begin = Instant::now();
    while begin.elapsed() < Duration::from_secs(2) {
        file.write_all(b"more\n").expect("writable");
        std::thread::sleep(Duration::from_millis(20));
        assert_eq!(watched.actions().len(), before + 1, "after {:?}", begin.elapsed());
    }
    watched.expect(before + 1, &["FILE_ADDED grows.md"]);
}

#[test]
fn what_idhooks_writes_is_no_change() {
    let watched = Watched::new(&format!("{FAST}[[embed]]\npath = \"heads/**\"\n"));
    let repo = &watched.0;
    let before = watched.settled();
    repo.stage("heads/a.py", "print(1)\n");
    watched.expect(before, &["FILE_ADDED heads/a.py"]);
    // The hook writes the registry, and the identity into the file.
    repo.commit("add a file");
    repo.idhooks("mv docs/guide.md docs/handbook.md").ok().done();
    repo.commit("move a file");
    repo.idhooks("deprecate notes.txt").done();
    // It is a marker: everything before it has been seen.
    repo.write("marker.md", "x\n");
    watched.until("the marker", || watched.actions().len() > before + 1);
    watched.settled();
    let actions = watched.actions().split_off(before + 1);
    assert_eq!(actions, ["FILE_ADDED marker.md"]);
    // Someone else's change of the registry is one.
    repo.append(".idhooks/registry.json", "\n");
    watched.expect(before + 2, &["FILE_MODIFIED .idhooks/registry.json"]);
}

#[test]
fn what_is_ignored_or_excluded_is_not_watched() {
    let watched =
        Watched::new(&format!("track.exclude = [\"out/\"]\n{FAST}exclude = [\"tmp/**\"]\n"));
    let repo = &watched.0;
    let before = watched.settled();
    let dirs = watched.status()["watched_dirs"].as_u64().expect("a number");
    repo.write(".gitignore", "node_modules\n*.log\n");
    watched.expect(before, &["FILE_ADDED .gitignore"]);
    for path in ["node_modules/a/b/c.js", "out/x.md", "tmp/y.md", "docs/z.log", ".git/info/x"] {
        repo.write(path, "x\n");
    }
    repo.write("docs/new.md", "x\n");
    watched.expect(before + 1, &["FILE_ADDED docs/new.md"]);
    assert_eq!(watched.settled(), before + 2);
    assert_eq!(watched.status()["watched_dirs"], dirs);
    // From now on it is not ignored.
    repo.write(".gitignore", "*.log\n");
    watched.expect(before + 2, &["FILE_MODIFIED .gitignore", "FILE_ADDED node_modules/a/b/c.js"]);
}

#[test]
fn a_chain_of_events_is_a_move_where_its_sum_is_one() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let rename = |from: &str, to: &str| {
        let [from, to] = [from, to].map(|path| repo.path().join(path));
        fs::rename(from, to).expect("renamed");
    };
    let mut before = watched.settled();
    let mut expect = |change: &dyn Fn(), expected: &[&str]| {
        watched.at_once(change);
        watched.expect(before, expected);
        before += expected.len();
        assert_eq!(watched.settled(), before);
    };
    // Saved by rename, then moved; and moved, then saved by rename.
    let save = |path: &str| {
        repo.write("draft.tmp", format!("saved {path}\n"));
        rename("draft.tmp", path);
    };
    let saved_first = || {
        save("notes.txt");
        rename("notes.txt", "saved.txt");
    };
    expect(&saved_first, &["FILE_MOVED notes.txt -> saved.txt"]);
    let saved_last = || {
        rename("saved.txt", "notes.txt");
        save("notes.txt");
    };
    expect(&saved_last, &["FILE_MOVED saved.txt -> notes.txt"]);
    let twice = || {
        rename("notes.txt", "one.txt");
        repo.append("one.txt", "more\n");
        rename("one.txt", "two.txt");
        save("two.txt");
    };
    expect(&twice, &["FILE_MOVED notes.txt -> two.txt"]);
    // A directory is renamed, and renamed again, and a file in it is changed.
    let directory = || {
        rename("docs", "papers");
        repo.append("papers/guide.md", "more\n");
        rename("papers", "handbook");
    };
    let moved = [
        "FILE_MOVED docs/guide.md -> handbook/guide.md",
        "FILE_MOVED docs/intro.md -> handbook/intro.md",
    ];
    expect(&directory, &moved);
    // And back: nothing has happened.
    watched.at_once(|| {
        rename("README.md", "README.x");
        rename("README.x", "README.md");
        repo.write("marker.md", "x\n");
    });
    watched.expect(before, &["FILE_ADDED marker.md"]);
    assert_eq!(watched.settled(), before + 1);
}

#[test]
fn files_that_take_the_place_of_each_other_have_moved() {
    let watched = Watched::new(FAST);
    let repo = &watched.0;
    let rename = |from: &str, to: &str| {
        let [from, to] = [from, to].map(|path| repo.path().join(path));
        fs::rename(from, to).expect("renamed");
    };
    for number in 1..=3 {
        repo.commit_file(&format!("log.{number}"), format!("{number}\n"));
    }
    watched.until("all are known", || {
        ["log.1", "log.2", "log.3"]
            .iter()
            .all(|path| watched.actions().iter().any(|a| a.ends_with(path)))
    });
    let mut before = watched.settled();
    let mut expect = |change: &dyn Fn(), expected: &[&str]| {
        watched.at_once(change);
        watched.expect(before, expected);
        before += expected.len();
        assert_eq!(watched.settled(), before);
    };
    // Each takes the place of the next one.
    let rotated = || {
        rename("log.3", "log.4");
        rename("log.2", "log.3");
        rename("log.1", "log.2");
    };
    let moved =
        ["FILE_MOVED log.3 -> log.4", "FILE_MOVED log.2 -> log.3", "FILE_MOVED log.1 -> log.2"];
    expect(&rotated, &moved);
    // What replaces a file that is still needed elsewhere is no move, and neither is an exchange.
    let kept = || {
        rename("log.4", "log.4~");
        repo.write("log.4", "new\n");
    };
    expect(&kept, &["FILE_MODIFIED log.4", "FILE_ADDED log.4~"]);
    let exchanged = || {
        rename("log.3", "log.x");
        rename("log.2", "log.3");
        rename("log.x", "log.2");
    };
    expect(&exchanged, &["FILE_MODIFIED log.2", "FILE_MODIFIED log.3"]);
    expect(&|| rename("log.2", "log.3"), &["FILE_MODIFIED log.3", "FILE_DELETED log.2"]);
}
