//! Commits in a repository whose registry is so large that its blob is stored in segments.

use std::fs;

use crate::common::{Git, Repo, for_each_git, text};

/// Returns an adopted repository with a registry of more than 512 KiB.
fn large(git: &Git) -> Repo {
    let repo = Repo::empty(git);
    for n in 0..3_600 {
        repo.write(format!("docs/{}/chapter-{n}.md", n % 20), format!("chapter {n}\n"));
    }
    repo.run("add -A");
    let repo = repo.adopt("");
    repo.run("config gc.auto 0");
    assert!(repo.read(".idhooks/registry.json").len() > 512 << 10);
    repo
}

/// Adds a file, and asserts that git and idhooks read what was committed.
fn add(repo: &Repo, name: &str) {
    repo.commit_file(name, text(name));
    assert_eq!(repo.registry("HEAD"), repo.read(".idhooks/registry.json"));
    assert_eq!(repo.ask("status --porcelain"), "");
}

#[test]
fn every_version_of_a_large_registry_is_an_ordinary_object() {
    for_each_git(|git| {
        let repo = large(git);
        for n in 0..6 {
            add(&repo, &format!("notes/{n}.md"));
            repo.mv(&format!("docs/1/chapter-{}.md", 20 * n + 1), &format!("moved-{n}.md"));
            repo.commit("move");
        }
        let blob = repo.rev("HEAD:.idhooks/registry.json");
        let object = repo.path().join(format!(".git/objects/{}/{}", &blob[..2], &blob[2..]));
        let kept = repo.path().join(".git/idhooks/cache/last-registry");
        let last = || kept.join(repo.rev("HEAD:.idhooks/registry.json"));
        let stored = fs::read(&object).expect("a loose object");
        assert_eq!(fs::read(last()).expect("the last object"), stored);
        assert_eq!(fs::read_dir(&kept).expect("a directory").count(), 1);
        repo.run("fsck --strict --no-dangling");
        repo.idhooks("check --history").ok().done();
        // Without its first name, the next object is made from the other one, and without that from
        // the text.
        repo.run("gc -q --prune=now");
        assert!(!object.exists());
        repo.idhooks("doctor").ok().done();
        add(&repo, "notes/packed.md");
        fs::remove_file(last()).expect("removable");
        add(&repo, "notes/removed.md");
        // A damaged file is not used.
        let damaged = [&stored[..], &stored[..stored.len() / 2], b"", &vec![0; stored.len()]];
        for (n, damaged) in damaged.into_iter().enumerate() {
            // Not in place: it is an object. If the version was stored before, there is no file.
            let _ = fs::remove_file(last());
            fs::write(last(), damaged).expect("writable");
            add(&repo, &format!("notes/damaged-{n}.md"));
            repo.mv("notes/0.md", "notes/00.md");
            repo.commit("move");
            repo.mv("notes/00.md", "notes/0.md");
            repo.commit("move back");
        }
        repo.run("fsck --strict --no-dangling");
        repo.idhooks("check --history").ok().done();
    });
}
