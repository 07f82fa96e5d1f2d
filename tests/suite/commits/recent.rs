//! What the last commits deprecated or moved comes back, with and without the cache of it.

use std::fs;
use std::path::PathBuf;

use crate::common::{Dice, Repo, gits, is_long, on_adopted, text};

const PATHS: [&str; 6] =
    ["notes.txt", "docs/guide.md", "src/app.py", "one.md", "docs/two.md", "three.txt"];

/// Returns the cache of what the last commits deprecated or moved.
fn cache(repo: &Repo) -> PathBuf {
    repo.path().join(".git/idhooks/cache/recent")
}

/// Changes some files at random, with few different contents, and commits or amends.
fn commit_some(repo: &Repo, dice: &mut Dice) {
    for _ in 0..1 + dice.roll(3) {
        let path = dice.choose(&PATHS);
        match dice.roll(3) {
            0 if repo.exists(path) => repo.remove(path),
            0 => {}
            n => repo.write(path, text(&format!("content {n} {}", dice.roll(2)))),
        }
    }
    let amend = if dice.roll(4) == 0 { " --amend" } else { "" };
    repo.run("add -A");
    repo.run(format!("commit -q --allow-empty -m change{amend}").as_str());
}

/// How many commits there are by default, and with `IDHOOKS_TEST_ALL=1`.
const COMMITS: [u64; 2] = [10, 30];

#[test]
fn the_same_comes_back_without_the_cache() {
    let date = "1700000000 +0000";
    let dated = |repo: Repo| repo.with("GIT_AUTHOR_DATE", date).with("GIT_COMMITTER_DATE", date);
    let repo = dated(Repo::adopted(&gits()[0]));
    let (without, damaged) = (dated(repo.copy_as("without")), dated(repo.copy_as("damaged")));
    for seed in 0..COMMITS[usize::from(is_long())] {
        for repo in [&repo, &without, &damaged] {
            commit_some(repo, &mut Dice::new(seed));
        }
        let registry = repo.registry("HEAD");
        for other in [&without, &damaged] {
            assert_eq!(
                String::from_utf8_lossy(&other.registry("HEAD")),
                String::from_utf8_lossy(&registry),
                "after commit {seed}"
            );
        }
        let _ = fs::remove_dir_all(without.path().join(".git/idhooks/cache"));
        if let Ok(mut bytes) = fs::read(cache(&damaged)) {
            let at = Dice::new(seed).roll(bytes.len());
            bytes[at] ^= 1;
            fs::write(cache(&damaged), bytes).expect("writable");
        }
    }
    assert!(cache(&repo).exists());
}

#[test]
fn no_earlier_registry_is_read() {
    on_adopted(|repo| {
        let paths = ["first/one.md", "second/two.txt", "third/three.py", "fourth/four.json"];
        repo.commit_file(paths[0], text("moved"));
        let id = repo.id(paths[0]);
        for pair in paths.windows(2) {
            repo.run(format!("rm -q {}", pair[0]).as_str());
            repo.commit("delete");
            let blob = repo.rev("HEAD~1:.idhooks/registry.json");
            let object = repo.path().join(".git/objects").join(&blob[..2]).join(&blob[2..]);
            let hidden = object.with_extension("hidden");
            fs::rename(&object, &hidden).expect("a loose object");
            fs::write(&object, "not an object").expect("writable");
            repo.commit_file(pair[1], text("moved"));
            fs::rename(&hidden, &object).expect("writable");
            assert_eq!(repo.id(pair[1]), id);
        }
    });
}
