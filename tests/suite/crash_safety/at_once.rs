//! Two at once: in two working trees, in one, beside `git add`, beside `git gc`.

use std::ffi::OsString;
use std::sync::atomic::{AtomicBool, Ordering};

use super::stops::Stops;
use crate::common::{Repo, for_each_git, is_dual_write, on_adopted, text};
use crate::judge;

/// Where a commit has written the working file and not yet the index.
const BEFORE_STAGING: &str = "a file is replaced";
/// Where it has made the new index, and does not yet have the lock of git.
pub(super) const BEFORE_LOCKING: &str = "a new index is written";

#[test]
fn two_commits_in_two_worktrees() {
    for strategy in ["scattered", "sequential"] {
        for_each_git(|git| {
            let repo = Repo::adopted_with(git, &format!("--strategy {strategy}"));
            repo.run("worktree add -q -b side ../linked");
            let linked = repo.beside("linked");
            for (tree, own) in [(&repo, "main"), (&linked, "side")] {
                tree.stage("docs/same.md", text("same"));
                tree.stage(format!("docs/{own}.md"), text(own));
                tree.mv("notes.txt", &format!("docs/{own}.txt"));
            }
            let mut commits = [&repo, &linked].map(|tree| Stops::start(tree, "commit -q -m both"));
            // Both have planned, and neither knows what the other gives.
            for commit in &mut commits {
                commit.until(BEFORE_STAGING);
            }
            for commit in &commits {
                commit.go_on();
            }
            for commit in commits {
                let ended = commit.end();
                assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            }
            judge::assert_good(&repo);
            judge::assert_good(&linked);
            let same = repo.id("docs/same.md") == linked.id("docs/same.md");
            assert!(same || strategy == "sequential");
            let id = repo.id("docs/main.md");
            repo.run("checkout -q -b joined");
            // Both have moved the same file: git asks, and keeps both.
            repo.try_git("merge -q --no-edit side").code(1).done();
            repo.run("add -A");
            repo.run("commit -q --no-edit");
            judge::assert_good(&repo);
            if strategy == "scattered" {
                assert_eq!(repo.id("docs/main.md"), id);
                assert_eq!(repo.id("docs/side.md"), linked.id("docs/side.md"));
            }
        });
    }
}

#[test]
fn two_commits_in_one_worktree() {
    on_adopted(|repo| {
        repo.stage("docs/slow.md", text("slow"));
        let mut slow = Stops::start(repo, "commit -q -m slow");
        slow.until(BEFORE_STAGING);
        repo.stage("docs/fast.md", text("fast"));
        repo.commit("fast");
        let ids = ["docs/slow.md", "docs/fast.md"].map(|path| repo.id(path));
        slow.go_on();
        let ended = slow.end();
        // git itself sees that HEAD has moved.
        assert_eq!(ended.code, Some(128), "{}", ended.stderr);
        judge::assert_good(repo);
        assert_eq!(ids, ["docs/slow.md", "docs/fast.md"].map(|path| repo.id(path)));
    });
}

#[test]
fn an_edit_of_the_registry_while_a_commit_runs() {
    for point in ["a temporary file is made", "a blob is stored", "a copy is kept"] {
        on_adopted(|repo| {
            repo.stage("docs/new.md", text("new"));
            let mut commit = Stops::start(repo, "commit -q -m new");
            commit.until(point);
            let registry = repo.read(".idhooks/registry.json");
            let registry = String::from_utf8(registry).expect("text");
            let edited = registry.replacen("\"}}", "\",\"note\":\"x\"}}", 1);
            assert_ne!(edited, registry);
            repo.write(".idhooks/registry.json", &edited);
            commit.go_on();
            let ended = commit.end();
            assert_eq!(ended.code, Some(0), "{}", ended.stderr);
            let left = repo.read(".idhooks/registry.json");
            assert!(String::from_utf8_lossy(&left).contains("\"note\":\"x\""), "{point}");
            judge::assert_status(repo, " M .idhooks/registry.json\n");
            repo.run("checkout -q -- .idhooks/registry.json");
            assert!(!repo.id("docs/new.md").is_empty());
        });
    }
}

#[test]
fn a_registry_that_is_cut_off_while_a_commit_runs() {
    on_adopted(|repo| {
        repo.stage("docs/new.md", text("new"));
        let mut commit = Stops::start(repo, "commit -q -m new");
        commit.until("a temporary file is made");
        repo.write(".idhooks/registry.json", "");
        commit.go_on();
        let ended = commit.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        judge::assert_status(repo, " M .idhooks/registry.json\n");
        repo.run("checkout -q -- .idhooks/registry.json");
        assert!(!repo.id("docs/new.md").is_empty());
    });
}

#[test]
fn an_addition_while_a_commit_runs() {
    on_adopted(|repo| {
        repo.stage("docs/new.md", text("new"));
        let mut commit = Stops::start(repo, "commit -q -m new");
        commit.until(BEFORE_STAGING);
        repo.stage("docs/late.md", text("late"));
        repo.mv("notes.txt", "docs/notes.txt");
        commit.go_on();
        let ended = commit.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(repo.id("docs/notes.txt"), repo.id_in("HEAD~1", "notes.txt"));
    });
}

#[test]
fn an_addition_while_an_index_is_written() {
    on_adopted(|repo| {
        repo.stage("docs/new.md", text("new"));
        let mut commit = Stops::start(repo, "commit -q -m new");
        commit.until(BEFORE_LOCKING);
        repo.stage("docs/late.md", text("late"));
        commit.go_on();
        let ended = commit.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        // The index that was made without it is not put in place, and the commit planned anew.
        assert_eq!(repo.ask("ls-tree --name-only HEAD docs/late.md"), "docs/late.md");
        judge::assert_good(repo);
    });
}

#[test]
fn an_index_that_somebody_locks() {
    on_adopted(|repo| {
        let before = repo.read(".idhooks/registry.json");
        repo.stage("docs/new.md", text("new"));
        let mut commit = Stops::start(repo, "commit -q -m new");
        commit.until(BEFORE_LOCKING);
        repo.write(".git/index.lock", "");
        commit.go_on();
        let ended = commit.end();
        assert_eq!(ended.code, Some(1), "{}", ended.stderr);
        assert!(ended.stderr.contains("index.lock"), "{}", ended.stderr);
        assert_eq!(repo.read(".idhooks/registry.json"), before);
        assert!(repo.exists(".git/index.lock"));
        repo.remove(".git/index.lock");
        judge::assert_status(repo, "A  docs/new.md\n");
        repo.commit("new");
    });
}

#[test]
fn an_addition_while_the_message_is_written() {
    on_adopted(|repo| {
        let editor = "git add docs/late.md && echo new >";
        let slow = repo.with("GIT_EDITOR", editor);
        repo.stage("docs/new.md", text("new"));
        repo.write("docs/late.md", text("late"));
        slow.run("commit -q");
        // The commit was written down before; what came later is for the next one.
        assert_eq!(repo.ask("log -1 --format=%s"), "new");
        judge::assert_status(repo, "A  docs/late.md\n");
        repo.commit("late");
    });
}

#[test]
fn an_addition_while_all_is_committed_waits() {
    on_adopted(|repo| {
        repo.append("README.md", "more\n");
        repo.stage("docs/new.md", text("new"));
        let mut commit = Stops::start(repo, "commit -q -a -m new");
        commit.until(BEFORE_STAGING);
        repo.write("docs/late.md", text("late"));
        repo.try_git("add docs/late.md").refused().complains("index.lock").done();
        commit.go_on();
        assert_eq!(commit.end().code, Some(0));
        repo.run("add docs/late.md");
        repo.commit("late");
    });
}

#[test]
fn an_addition_while_a_merge_is_completed() {
    on_adopted(|repo| {
        crate::merges::shapes::move_a_directory_against_an_addition(repo);
        let id = repo.id("docs/new.md");
        let line = "-c merge.directoryRenames=true merge -q --no-edit side";
        let mut merge = Stops::start(repo, line);
        // The driver replaces our version, post-merge the working file.
        merge.until(BEFORE_STAGING);
        merge.go_on();
        if is_dual_write() {
            // There are two of each.
            merge.until(BEFORE_STAGING);
            merge.go_on();
            merge.until(BEFORE_STAGING);
            merge.go_on();
        }
        merge.until(BEFORE_STAGING);
        repo.stage("late.md", text("late"));
        merge.go_on();
        let ended = merge.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        let bad = repo.rev("HEAD");
        repo.commit("late");
        assert_eq!(repo.id("manual/new.md"), id);
        judge::assert_consistent_except(repo, &[&bad]);
        judge::assert_clean(repo);
        // What follows is judged as a whole.
        repo.run("reset -q --hard side");
    });
}

#[test]
fn commits_beside_garbage_collection() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let mut cleaner = repo.line("gc -q");
        let done = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let rounds = scope.spawn(|| {
                let mut rounds = 0;
                while !done.load(Ordering::Relaxed) {
                    cleaner.status().expect("git can be started");
                    rounds += 1;
                }
                rounds
            });
            // Set however this ends, since the scope waits for the thread.
            let until_here = Done(&done);
            for number in 0..20 {
                let path = format!("docs/{number}.md");
                repo.write(&path, text(&number.to_string()));
                in_the_end(&repo, &["add", &path]);
                in_the_end(&repo, &["commit", "-q", "-m", &path]);
            }
            drop(until_here);
            assert!(rounds.join().expect("git was waited for") > 0);
        });
        judge::assert_good(&repo);
        repo.run("fsck --no-dangling --no-progress");
    });
}

/// The directory of an object is removed before the object is in it, a few times.
#[test]
fn a_commit_whose_object_directory_is_removed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("docs/new.md", text("new"));
        let mut commit = Stops::start(&repo, "commit -q -m new");
        let mut removed = 0;
        while let Some(stop) = commit.next() {
            if stop.point == "an object directory is made" && removed < 3 {
                let objects = repo.path().join(".git/objects");
                let dirs = std::fs::read_dir(objects).expect("readable").flatten();
                // Those with objects stay.
                let gone = dirs.filter(|dir| std::fs::remove_dir(dir.path()).is_ok()).count();
                removed += usize::from(gone > 0);
            }
            commit.go_on();
        }
        let ended = commit.end();
        assert_eq!(ended.code, Some(0), "{}", ended.stderr);
        assert_eq!(removed, 3);
        judge::assert_good(&repo);
        repo.run("fsck --no-dangling --no-progress");
    });
}

/// A git whose first attempt to store something finds no directory: while it runs, all that are missing are
/// links to nowhere, in which git cannot make a file. The second attempt is as usual.
const LATE: &str = r#"#!/bin/sh
for word in "$@"; do
    case $word in
    write-tree | hash-object | commit-tree | merge-tree | notes | commit)
        break ;;
    esac
    word=
done
seen=$LATE/$word
if [ -z "$word" ] || [ -e "$seen" ]; then exec "$GIT" "$@"; fi
objects=$LATE/../work/.git/objects
mkdir "$LATE/aside"
for number in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
    for digit in 0 1 2 3 4 5 6 7 8 9 a b c d e f; do
        [ -d "$objects/$number$digit" ] || ln -s nowhere "$objects/$number$digit"
    done
done
"$GIT" "$@" 2>"$LATE/error"
code=$?
find "$objects" -type l -delete
rmdir "$LATE/aside"
cat "$LATE/error" >&2
if grep -q "unable to create temporary file: No such file" "$LATE/error"; then : >"$seen"; fi
exit $code
"#;

#[test]
fn children_whose_object_directory_is_removed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let late = repo.root().join("late");
        std::fs::create_dir(&late).expect("a directory can be made");
        let plain = |path: &std::path::Path| path.to_str().expect("a plain name").to_owned();
        let program = late.join("git");
        repo.beside("late").write("git", LATE);
        let mode = std::os::unix::fs::PermissionsExt::from_mode(0o755);
        std::fs::set_permissions(&program, mode).expect("own file");
        let search = std::env::join_paths(
            std::iter::once(late.clone()).chain(std::env::split_paths(&repo.search_path())),
        );
        let search = search.expect("plain names");
        let slow = repo
            .with("PATH", search.to_str().expect("plain names"))
            .with("LATE", &plain(&late))
            .with("GIT", &plain(&git.path));
        repo.mv("notes.txt", "docs/notes.txt");
        repo.run("commit -q --no-verify -m unseen");
        slow.idhooks("reconcile --rewrite HEAD~1..HEAD").ok().done();
        assert!(late.join("hash-object").exists(), "'git hash-object' did not fail first");
        judge::assert_clean(&repo);
        repo.idhooks("check --rev HEAD").ok().done();
        repo.run("fsck --no-dangling --no-progress");
    });
}

struct Done<'a>(&'a AtomicBool);

impl Drop for Done<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// Runs git until it succeeds: `git gc` takes away empty directories of objects, sometimes just
/// when git wants to write there. It must never be idhooks that fails.
fn in_the_end(repo: &Repo, line: &[&str]) {
    for _ in 0..5 {
        let answer = repo.try_git(line.iter().map(Into::into).collect::<Vec<OsString>>());
        if answer.succeeded() {
            return;
        }
        assert!(!answer.stderr().contains("idhooks"), "{answer}");
    }
    let answer = repo.try_git(line.iter().map(Into::into).collect::<Vec<OsString>>());
    answer.ok().done();
}
