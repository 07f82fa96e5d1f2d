//! The order of merges must not matter.

use std::collections::BTreeMap;

use super::on_branch;
use crate::common::{Git, Repo, for_each_git, text};
use crate::judge::{self, View};
use crate::reviewed::assert_text;

const ORDERS: [[&str; 3]; 6] = [
    ["one", "two", "three"],
    ["one", "three", "two"],
    ["two", "one", "three"],
    ["two", "three", "one"],
    ["three", "one", "two"],
    ["three", "two", "one"],
];

/// Three branches that allocate in the same counter; one moves what another edits.
fn three_branches(git: &Git, options: &str) -> Repo {
    let repo = Repo::adopted_with(git, options);
    for name in ["one", "two", "three"] {
        on_branch(&repo, name, |repo| {
            for number in 1..=3 {
                repo.stage(format!("docs/{name}-{number}.md"), text(&format!("{name} {number}")));
            }
            repo.commit(name);
            match name {
                "one" => repo.mv("docs/guide.md", "docs/handbook.md"),
                "two" => repo.append("docs/guide.md", "more\n"),
                _ => repo.run("rm -q src/util.py"),
            }
            repo.run(["commit", "-q", "-a", "-m", name]);
        });
    }
    repo
}

/// Returns identities by origin and by path after merging in the order.
fn merged(repo: &Repo, order: [&str; 3]) -> (BTreeMap<String, String>, BTreeMap<Vec<u8>, String>) {
    repo.run(["checkout", "-q", "-b", &order.join("-"), "main"]);
    for branch in order {
        repo.run(["merge", "-q", "--no-ff", "--no-edit", branch]);
    }
    let view = View::of(repo, "HEAD");
    (view.origins(), view.ids())
}

fn every_order_agrees(options: &str) {
    for_each_git(|git| {
        let repo = three_branches(git, options);
        let guide = repo.id("docs/guide.md");
        let expected = merged(&repo, ORDERS[0]);
        let registry = repo.registry("HEAD");
        assert_eq!(repo.id("docs/handbook.md"), guide);
        for order in &ORDERS[1..] {
            assert_eq!(merged(&repo, *order), expected, "{order:?}\n{}", repo.situation());
            assert_eq!(repo.registry("HEAD"), registry, "{order:?}");
        }
        judge::assert_good(&repo);
    });
}

#[test]
fn every_order_of_three_merges_agrees() {
    every_order_agrees("");
}

#[test]
fn every_order_of_three_merges_agrees_where_identities_collide() {
    every_order_agrees("--strategy sequential");
}

#[test]
fn a_merge_of_merges_agrees_with_merges_one_by_one() {
    for options in ["", "--strategy sequential"] {
        for_each_git(|git| {
            let repo = three_branches(git, options);
            let expected = merged(&repo, ORDERS[0]);
            repo.run("checkout -q two");
            repo.run("merge -q --no-edit three");
            repo.run("checkout -q one");
            repo.run("merge -q --no-edit two");
            let view = View::of(&repo, "HEAD");
            assert_eq!((view.origins(), view.ids()), expected);
            judge::assert_good(&repo);
        });
    }
}

#[test]
fn two_clones_that_merge_each_other_agree() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        let other = repo.clone_as("other");
        repo.commit_file("docs/here.md", text("here"));
        other.commit_file("docs/there.md", text("there"));
        repo.run("branch before");
        repo.run("pull -q --no-rebase --no-edit ../other main");
        other.run("pull -q --no-rebase --no-edit ../work before");
        assert_eq!(repo.registry("HEAD"), other.registry("HEAD"));
        judge::assert_good(&repo);
        judge::assert_good(&other);
    });
}

#[test]
fn a_merge_that_renumbers_says_so() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        on_branch(&repo, "side", |repo| repo.commit_file("docs/side.md", text("side")));
        // As in another clone, which does not know what this one gave.
        repo.remove(".git/idhooks/given");
        repo.commit_file("docs/main.md", text("main"));
        let taken = repo.id("docs/main.md");
        assert_eq!(repo.id_in("side", "docs/side.md"), taken);
        let said = repo.git("merge --no-edit side").stderr();
        let moved = ["docs/main.md", "docs/side.md"].into_iter().find(|p| repo.id(p) != taken);
        let moved = moved.expect("one of them has another identity");
        assert_text("merges-orders-a_merge_that_renumbers_says_so", &said);
        assert!(View::of(&repo, "HEAD").aliases_of(&repo.id(moved)).contains(&taken));
        repo.commit_file("docs/later.md", text("later"));
        judge::assert_good(&repo);
    });
}
