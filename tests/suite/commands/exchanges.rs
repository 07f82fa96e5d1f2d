//! Files that take the paths of other files, all in one commit.

use std::collections::BTreeMap;

use super::refuses;
use crate::common::{Dice, Repo, cases, each_seed, for_each_git, on_adopted, text};
use crate::judge;

/// How many walks there are by default, and with `IDHOOKS_TEST_ALL=1`.
const SEEDS: [u64; 2] = [4, 100];
/// The paths among which files move.
const PATHS: [&str; 5] = ["a.md", "b.md", "c.md", "d.md", "e.md"];
/// The commits of a walk, and what happens before each.
const COMMITS: usize = 4;
const STEPS: usize = 7;

/// A repository with some of these files, and their identities.
fn with_files<const N: usize>(repo: &Repo, paths: [&str; N]) -> [String; N] {
    paths.iter().for_each(|path| repo.stage(path, text(path)));
    repo.commit("files");
    paths.map(|path| repo.id(path))
}

fn mv(repo: &Repo, from: &str, to: &str) {
    repo.idhooks(["-q", "mv", from, to]).ok().done();
}

fn swap(repo: &Repo) {
    mv(repo, "a.md", "t.md");
    mv(repo, "b.md", "a.md");
    mv(repo, "t.md", "b.md");
}

fn assert_good(repo: &Repo) {
    repo.idhooks("check --history").ok().done();
    judge::assert_good(repo);
}

#[test]
fn files_that_swap_places_take_their_identities_along() {
    on_adopted(|repo| {
        let [a, b] = with_files(repo, ["a.md", "b.md"]);
        swap(repo);
        repo.commit("swap");
        assert_eq!([repo.id("a.md"), repo.id("b.md")], [b.clone(), a.clone()]);
        assert_eq!(repo.read("a.md"), text("b.md").into_bytes());
        assert_good(repo);
        // Nothing is left of the old contents.
        swap(repo);
        repo.stage("a.md", text("another"));
        repo.stage("b.md", text("rewritten"));
        repo.commit("swap again and rewrite");
        assert_eq!([repo.id("a.md"), repo.id("b.md")], [a.clone(), b.clone()]);
        assert_good(repo);
        // On other commits, and in another one.
        repo.run("checkout -q -b side HEAD~2");
        repo.commit_file("side.md", text("side"));
        repo.run("cherry-pick main~1");
        assert_eq!([repo.id("a.md"), repo.id("b.md")], [b, a]);
        repo.run("commit -q --amend --no-edit --allow-empty");
        assert_good(repo);
    });
}

#[test]
fn a_swap_that_is_taken_back_leaves_nothing() {
    on_adopted(|repo| {
        with_files(repo, ["a.md", "b.md"]);
        let before = repo.registry("HEAD");
        swap(repo);
        assert_ne!(repo.registry(""), before);
        swap(repo);
        assert_eq!(repo.registry(""), before);
        judge::assert_clean(repo);
    });
}

#[test]
fn each_file_of_a_chain_takes_the_path_that_the_next_one_leaves() {
    on_adopted(|repo| {
        let [a, b] = with_files(repo, ["a.md", "b.md"]);
        mv(repo, "b.md", "c.md");
        mv(repo, "a.md", "b.md");
        repo.stage("b.md", text("rewritten"));
        // A new file takes the path that is left.
        repo.stage("a.md", text("new"));
        repo.commit("chain");
        assert_eq!([repo.id("b.md"), repo.id("c.md")], [a.clone(), b.clone()]);
        assert!(![a, b].contains(&repo.id("a.md")));
        assert_good(repo);
    });
}

#[test]
fn a_file_takes_the_path_of_a_deleted_one() {
    on_adopted(|repo| {
        let [a, b, c] = with_files(repo, ["a.md", "b.md", "c.md"]);
        repo.run("rm -q a.md");
        mv(repo, "b.md", "a.md");
        // Deleted where it was moved to.
        mv(repo, "c.md", "t.md");
        mv(repo, "a.md", "c.md");
        repo.run("rm -qf t.md");
        repo.commit("over");
        assert_eq!(repo.id("c.md"), b);
        let gone = |id: &str| repo.record(id)["metadata"]["deprecated_reason"] == "deleted";
        assert!(gone(&a) && gone(&c));
        assert_good(repo);
    });
}

#[test]
fn in_a_merge_the_path_of_another_identity_is_refused() {
    on_adopted(|repo| {
        with_files(repo, ["a.md", "b.md"]);
        repo.run("checkout -q -b side");
        repo.commit_file("side.md", text("side"));
        repo.run("checkout -q main");
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-commit side");
        mv(repo, "a.md", "t.md");
        refuses(repo, "mv b.md a.md", "until the merge is committed");
        repo.commit("merge");
        assert_good(repo);
    });
}

/// Moves, deletes, adds and rewrites files; returns the identity of each path, where it is an old one.
fn walk(repo: &Repo, dice: &mut Dice, name: &str) -> BTreeMap<&'static str, Option<String>> {
    let head: BTreeMap<&str, String> = PATHS
        .into_iter()
        .filter(|path| repo.exists(path))
        .map(|path| (path, repo.id(path)))
        .collect();
    let mut now: BTreeMap<&str, Option<String>> =
        head.iter().map(|(path, id)| (*path, Some(id.clone()))).collect();
    for step in 0..STEPS {
        let [from, to] = [0; 2].map(|_| *dice.choose(&PATHS));
        let content = text(&format!("{name}-{step}"));
        let is_alive = |id: &String| now.values().flatten().any(|other| other == id);
        match dice.roll(6) {
            0 if now.len() > 2 && now.contains_key(from) => {
                // What is deleted must not be what a new file would continue.
                let id = now[from].clone();
                let old = head.iter().find(|(_, old)| Some(*old) == id.as_ref());
                if old.is_none_or(|(path, _)| *path == from || !now.contains_key(path)) {
                    repo.run(["rm", "-qf", from]);
                    now.remove(from);
                }
            }
            1 if !now.contains_key(to) && head.get(to).is_none_or(is_alive) => {
                repo.stage(to, content);
                now.insert(to, None);
            }
            2 if now.contains_key(from) => repo.stage(from, content),
            _ if now.contains_key(from) && !now.contains_key(to) => {
                mv(repo, from, to);
                let id = now.remove(from).expect("is there");
                now.insert(to, id);
            }
            _ => {}
        }
    }
    now
}

fn live(seed: u64) {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        with_files(&repo, ["a.md", "b.md", "c.md"]);
        let mut dice = Dice::new(seed);
        for n in 0..COMMITS {
            let expected = walk(&repo, &mut dice, &format!("{seed}-{n}"));
            repo.run(["commit", "-q", "--allow-empty", "-m", "walk"]);
            for (path, id) in &expected {
                let now = repo.id(path);
                let others = expected.values().flatten().any(|other| *other == now);
                let is_right = id.as_ref().map_or(!others, |id| *id == now);
                assert!(is_right, "{path}: {now}, of {expected:?}\n{}", repo.situation());
            }
            assert_good(&repo);
        }
    });
}

#[test]
fn every_identity_follows_its_file_wherever_it_is_moved() {
    each_seed(cases("IDHOOKS_SEEDS", SEEDS), live);
}

#[test]
fn an_identity_that_another_one_shadows_goes_with_their_file() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [_, mut other] = with_files(&repo, ["a.md", "b.md"]);
        // Both branches add one path, and the younger identity is shadowed, whichever number it has.
        for (n, path) in ["c.md", "d.md", "e.md", "f.md", "g.md", "h.md"].into_iter().enumerate() {
            repo.run("switch -q -c topic");
            repo.commit_file(path, text("topic"));
            repo.run("switch -q main");
            repo.commit_file(path, text("main"));
            repo.try_git("merge -q topic").code(1).done();
            repo.run("branch -q -D topic");
            repo.stage(path, text(&format!("both {path}")));
            repo.commit("merge");
            let id = repo.id(path);
            let pair = if n % 2 == 0 { [path, "b.md"] } else { ["b.md", path] };
            for (from, to) in [(pair[0], "t.md"), (pair[1], pair[0]), ("t.md", pair[1])] {
                mv(&repo, from, to);
            }
            repo.commit("swap");
            let now = ["b.md", path].map(|path| repo.id(path));
            assert_eq!(now, [id, other], "{path} {}", repo.situation());
            other = repo.id("b.md");
        }
        judge::assert_clean(&repo);
    });
}
