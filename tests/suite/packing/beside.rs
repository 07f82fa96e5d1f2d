//! Packing beside other working trees, clones and commands of git.

use std::sync::atomic::{AtomicBool, Ordering};

use super::{
    VERSIONS, assert_whole, bounded, bounds, commit_files, common_dir, due, loose, pack, packs,
    until, versions,
};
use crate::common::{Repo, for_each_git, sealed};

#[test]
fn working_trees_share_the_list() {
    for_each_git(|git| {
        let repo = bounded(git);
        repo.run("worktree add -q -b side ../side");
        let side = repo.beside("side");
        for round in 0..6 {
            commit_files(&repo, &format!("main{round}"), 1);
            commit_files(&side, &format!("side{round}"), 1);
        }
        // Each may have started packing while the other made a commit.
        until_few_are_loose(&repo);
        assert!(!packs(&repo, "pack").is_empty());
        assert!(common_dir(&repo).join("idhooks/loose-versions").exists());
        assert!(!side.path().join("idhooks").exists());
        assert_whole(&repo);
        assert_whole(&side);
    });
}

#[test]
fn directories_stay_for_a_commit_that_is_about_to_write_there() {
    for_each_git(|git| {
        let repo = due(bounded(git));
        let directories = || {
            let entries = std::fs::read_dir(common_dir(&repo).join("objects")).expect("readable");
            let mut names: Vec<_> = entries.flatten().map(|entry| entry.file_name()).collect();
            names.sort();
            names
        };
        let before = directories();
        pack(&repo);
        assert_eq!(loose(&repo), [""; 0]);
        assert_eq!(directories(), before);
    });
}

#[test]
fn a_clone_that_borrows_objects_packs_its_own_only() {
    for_each_git(|git| {
        let repo = bounded(git);
        commit_files(&repo, "source", 3);
        let before = loose(&repo);
        // Both names have the character that separates paths in variables.
        let source = repo.beside("a:b");
        std::fs::rename(repo.path(), source.path()).expect("renamable");
        source.run("clone -q --shared . ../c:d\"e");
        let clone = bounds(repo.beside("c:d\"e"));
        clone.idhooks("install").ok().done();
        clone.run("config maintenance.auto false");
        commit_files(&clone, "clone", 8);
        clone.run("config maintenance.auto true");
        pack(&clone);
        assert_eq!(loose(&clone), [""; 0]);
        let packed = packs(&clone, "idx");
        assert_eq!(packed.len(), 1);
        let objects = clone.sh(&format!("git show-index <'{}'", packed[0].display())).ok().stdout();
        assert!(before.iter().all(|version| !objects.contains(version)), "{objects}");
        assert_eq!(loose(&source), before);
        assert_whole(&clone);
        assert_whole(&source);
    });
}

#[test]
fn a_partial_clone_fetches_nothing_and_promises_nothing() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        commit_files(&repo, "source", 3);
        repo.run("config uploadpack.allowFilter true");
        repo.run("config uploadpack.allowAnySHA1InWant true");
        let url = format!("file://{}", repo.path().display());
        repo.run(["clone", "-q", "--filter=blob:none", &url, "../part"]);
        let part = bounds(repo.beside("part"));
        part.idhooks("install").ok().done();
        part.run("remote set-url origin file:///nowhere");
        part.run("config maintenance.auto false");
        commit_files(&part, "part", 8);
        part.run("config maintenance.auto true");
        let [promised, own] = [packs(&part, "promisor"), packs(&part, "pack")];
        pack(&part);
        assert_eq!(loose(&part), [""; 0]);
        assert_eq!(packs(&part, "promisor"), promised);
        assert_eq!(packs(&part, "pack").len(), own.len() + 1);
        part.run("fsck --strict --no-dangling --no-progress");
        part.run(["remote", "set-url", "origin", &url]);
        part.run("push -q origin HEAD:refs/heads/part");
        part.run("gc -q --prune=now");
        part.run("fsck --strict --no-dangling --no-progress");
        crate::judge::assert_all_consistent(&part);
    });
}

/// Ends the reading when it is dropped, also if the scenario fails.
struct EndReading<'a>(&'a AtomicBool);

impl Drop for EndReading<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// Waits until few versions are loose. On a busy machine, the last commits may have found a process
/// that was still packing, and it is for the next commit to start another one.
fn until_few_are_loose(repo: &Repo) {
    until(repo, "few are loose", || {
        pack(repo);
        loose(repo).len() <= 2 * VERSIONS
    });
}

#[test]
fn clones_read_while_versions_are_packed() {
    for_each_git(|git| {
        let repo = bounded(git);
        let is_over = AtomicBool::new(false);
        let url = format!("file://{}", repo.path().display());
        let borrower = repo.beside("borrower");
        repo.run("clone -q --shared . ../borrower");
        let root = repo.root().to_owned();
        let git = git.path.clone();
        std::thread::scope(|scope| {
            let over = &is_over;
            // A repository cannot be shared by threads.
            let reading = scope.spawn(move || {
                let mut number = 0;
                while !over.load(Ordering::SeqCst) || number == 0 {
                    let dir = root.join(format!("reader/{number}"));
                    let run = |args: &[&str]| {
                        let mut command = sealed(&git, &root, &root);
                        let answer = command.args(args).output().expect("git runs");
                        let said = String::from_utf8_lossy(&answer.stderr).into_owned();
                        assert!(answer.status.success(), "{args:?}: {said}");
                    };
                    let shown = dir.to_str().expect("plain");
                    run(&["clone", "-q", &url, shown]);
                    run(&["-C", shown, "fsck", "--strict", "--no-dangling", "--no-progress"]);
                    std::fs::remove_dir_all(&dir).expect("removable");
                    number += 1;
                }
            });
            let end = EndReading(&is_over);
            commit_files(&repo, "read", 30);
            borrower.run("fsck --strict --no-dangling --no-progress");
            until_few_are_loose(&repo);
            drop(end);
            reading.join().expect("every clone is whole");
        });
        borrower.run("pull -q");
        assert_whole(&borrower);
        assert_whole(&repo);
    });
}

#[test]
fn git_collects_garbage_at_the_same_time() {
    for_each_git(|git| {
        let repo = bounded(git);
        let all: usize = 16;
        for round in 0..all {
            commit_files(&repo, &format!("round{round}"), 1);
            match round % 4 {
                0 => repo.run("repack -q -a -d"),
                1 => repo.run("gc -q --prune=now"),
                2 => repo.run("prune --expire=now"),
                _ => pack(&repo),
            }
            assert_eq!(repo.findings(""), [""; 0]);
        }
        until_few_are_loose(&repo);
        assert!(versions(&repo).len() > all);
        assert_whole(&repo);
    });
}
