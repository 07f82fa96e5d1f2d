//! Merges without a working driver: nothing is lost, pre-commit says so, `resolve` heals.

use super::{part_ways, unmerged_paths};
use crate::common::{Repo, Snapshot, for_each_git, text, write_script};
use crate::judge;
use crate::reviewed::assert_text;

const REGISTRY: &str = ".idhooks/registry.json";

/// Adopts a repository whose registry has one record, and lets two branches each allocate: as
/// text, two lines meet in one place.
fn meet_in_one_place(git: &crate::common::Git) -> Repo {
    let repo = Repo::empty(git);
    repo.init_and_install("");
    repo.commit("adopt");
    super::on_side(&repo, |repo| repo.commit_file("docs/side.md", text("side")));
    repo.commit_file("docs/main.md", text("main"));
    repo
}

/// The registry that the driver makes of the same branches.
fn merged_by_driver(git: &crate::common::Git) -> Vec<u8> {
    let repo = meet_in_one_place(git);
    repo.run("merge -q --no-edit side");
    judge::assert_good(&repo);
    repo.registry("HEAD")
}

fn driver(repo: &Repo, command: &str) {
    repo.run(["config", "merge.idhooks.driver", command]);
}

/// Merges with the registry left unmerged, heals and concludes.
fn resolve_and_conclude(git: &crate::common::Git, breakage: impl Fn(&Repo)) {
    let expected = merged_by_driver(git);
    let repo = meet_in_one_place(git);
    breakage(&repo);
    repo.try_git("merge --no-edit side").code(1).done();
    assert_eq!(unmerged_paths(&repo), [REGISTRY]);
    repo.idhooks("resolve").ok().done();
    assert_eq!(unmerged_paths(&repo), [""; 0]);
    assert_eq!(repo.read(REGISTRY), repo.registry(""));
    repo.run("commit -q --no-edit");
    assert_eq!(repo.registry("HEAD"), expected);
    judge::assert_good(&repo);
}

#[test]
fn the_driver_is_not_configured() {
    for_each_git(|git| {
        resolve_and_conclude(git, |repo| repo.run("config --remove-section merge.idhooks"));
    });
}

#[test]
fn the_driver_refuses() {
    for_each_git(|git| resolve_and_conclude(git, |repo| driver(repo, "exit 1")));
}

#[test]
fn the_program_is_gone() {
    for_each_git(|git| {
        resolve_and_conclude(git, |repo| {
            let command = repo.ask("config merge.idhooks.driver");
            driver(repo, &command.replace(env!("CARGO_BIN_EXE_idhooks"), "/nowhere/idhooks"));
            assert_ne!(command, repo.ask("config merge.idhooks.driver"), "the driver is ours");
        });
    });
}

#[test]
fn the_program_is_killed() {
    for_each_git(|git| {
        resolve_and_conclude(git, |repo| {
            let command = repo.ask("config merge.idhooks.driver");
            let killed = repo.root().join("killed/idhooks");
            write_script(&killed, "#!/bin/sh\nkill -9 $$\n");
            let killed = killed.to_str().expect("a plain name");
            driver(repo, &command.replace(env!("CARGO_BIN_EXE_idhooks"), killed));
            assert_ne!(command, repo.ask("config merge.idhooks.driver"), "the driver is ours");
        });
    });
}

#[test]
fn the_strategy_resolve_knows_no_driver() {
    for_each_git(|git| {
        let expected = merged_by_driver(git);
        let repo = meet_in_one_place(git);
        repo.try_git("merge -s resolve --no-edit side").code(1).done();
        repo.idhooks("resolve").ok().done();
        repo.run("commit -q --no-edit");
        assert_eq!(repo.registry("HEAD"), expected);
        judge::assert_good(&repo);
    });
}

#[test]
fn markers_are_never_committed() {
    for_each_git(|git| {
        let repo = meet_in_one_place(git);
        repo.run("config --remove-section merge.idhooks");
        repo.try_git("merge --no-edit side").code(1).done();
        let before = Snapshot::of(&repo);
        let answer = repo.try_git("commit -a --no-edit").code(1);
        answer.complains("REGISTRY_CORRUPT").complains("idhooks resolve").done();
        before.assert_same(&repo);
        repo.idhooks("resolve").ok().done();
        repo.run("commit -q --no-edit");
        judge::assert_good(&repo);
    });
}

#[test]
fn markers_that_were_added_are_never_committed() {
    for_each_git(|git| {
        let repo = meet_in_one_place(git);
        repo.run("config --remove-section merge.idhooks");
        repo.try_git("merge --no-edit side").code(1).done();
        repo.run(["add", REGISTRY]);
        let before = Snapshot::of(&repo);
        repo.try_git("commit --no-edit").code(1).complains("REGISTRY_CORRUPT").done();
        before.assert_same(&repo);
        repo.run("merge --abort");
        judge::assert_good(&repo);
    });
}

#[test]
fn a_side_that_was_dropped_by_hand_is_restored() {
    for_each_git(|git| {
        for side in ["--ours", "--theirs"] {
            let expected = merged_by_driver(git);
            let repo = meet_in_one_place(git);
            driver(&repo, "exit 1");
            repo.try_git("merge --no-edit side").code(1).done();
            repo.run(["checkout", "-q", side, "--", REGISTRY]);
            repo.run(["add", REGISTRY]);
            repo.run("commit -q --no-edit");
            assert_eq!(repo.registry("HEAD"), expected);
            judge::assert_good(&repo);
        }
    });
}

#[test]
fn a_text_merge_that_comes_out_clean_is_true_too() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        part_ways(&repo);
        repo.run("checkout -q -b other");
        repo.run("merge -q --no-edit side");
        let expected = repo.registry("HEAD");
        repo.run("checkout -q main");
        repo.run("config --remove-section merge.idhooks");
        if !repo.try_git("merge -q --no-edit side").succeeded() {
            repo.idhooks("resolve").ok().done();
            repo.run("commit -q --no-edit");
        }
        assert_eq!(repo.registry("HEAD"), expected);
        judge::assert_good(&repo);
    });
}

#[test]
fn a_side_that_cannot_be_read_is_a_conflict() {
    for_each_git(|git| {
        let repo = meet_in_one_place(git);
        repo.run("checkout -q side");
        let bad = repo.registry("HEAD");
        let bad = String::from_utf8(bad).expect("a registry is text").replace("\"1.0\"", "\"9.0\"");
        repo.stage(REGISTRY, bad);
        repo.run("commit -q --no-verify -m newer");
        repo.run("checkout -q main");
        let answer = repo.try_git("merge --no-edit side").code(1);
        assert_text("merges-broken-a_side_that_cannot_be_read_is_a_conflict", &answer.stderr());
        assert_eq!(unmerged_paths(&repo), [REGISTRY]);
        let text = String::from_utf8(repo.read(REGISTRY)).expect("a registry is text");
        for marker in ["<<<<<<<", "=======", ">>>>>>>"] {
            assert!(text.lines().any(|line| line.starts_with(marker)), "{text}");
        }
        assert_text("merges-broken-a_side_that_cannot_be_read_is_a_conflict-2", &text);
        repo.run("merge --abort");
        judge::assert_clean(&repo);
    });
}

#[test]
fn the_attribute_comes_from_the_git_directory_too() {
    for_each_git(|git| {
        let expected = merged_by_driver(git);
        let repo = meet_in_one_place(git);
        repo.run("update-index --assume-unchanged .gitattributes");
        repo.remove(".gitattributes");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.registry("HEAD"), expected);
        judge::assert_all_consistent(&repo);
    });
}

#[test]
fn nothing_to_resolve_is_fine() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let before = Snapshot::of(&repo);
        repo.idhooks("resolve").ok().done();
        before.assert_same(&repo);
    });
}

/// On `main` a commit that no hook saw; on `side` idhooks is given up.
fn give_up_beside_an_untrue_commit(repo: &Repo) {
    super::on_side(repo, |repo| {
        repo.commit_file("docs/side.md", text("side"));
        repo.run(["rm", "-q", REGISTRY, "idhooks.toml"]);
        repo.commit("give up");
        repo.commit_file("docs/free.md", text("free"));
    });
    repo.stage("docs/late.md", text("late"));
    repo.run("commit -q --no-verify -m late");
}

fn assert_given_up(repo: &Repo) {
    let files = ["README.md", "docs/free.md", "docs/late.md", "docs/side.md"];
    for file in files {
        repo.rev(&format!("HEAD:{file}"));
    }
    assert_eq!(repo.ask(["ls-tree", "HEAD", REGISTRY, "idhooks.toml"]), "");
    judge::assert_clean(repo);
}

#[test]
fn given_up_on_the_other_branch() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        give_up_beside_an_untrue_commit(&repo);
        let said = repo.git("merge -q --no-edit side").stderr();
        assert_text("merges-broken-given_up_on_the_other_branch", &said);
        super::assert_one_merge(&repo, "main^", "side");
        assert_given_up(&repo);
    });
}

#[test]
fn given_up_in_a_rebased_commit() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        give_up_beside_an_untrue_commit(&repo);
        repo.run("rebase -q main side");
        assert_eq!(
            repo.ask("log --format=%s main..side"),
            "write docs/free.md\ngive up\nwrite docs/side.md"
        );
        assert_eq!(repo.id_in("HEAD~2", "docs/late.md").len(), 16);
        assert_given_up(&repo);
    });
}

/// Merges a branch that gave idhooks up, where `main` went on; returns the hints of `resolve`.
fn hints_against_giving_up(repo: &Repo) -> Vec<String> {
    super::on_side(repo, |repo| {
        repo.run(["rm", "-q", REGISTRY, "idhooks.toml"]);
        repo.commit("give up");
    });
    repo.commit_file("docs/main.md", text("main"));
    repo.try_git("merge -q side").code(1).done();
    let said = repo.idhooks("resolve").code(2).stderr();
    let command = |line: &str| Some(line.strip_prefix("hint: ")?.split_once(": ")?.1.to_owned());
    said.lines().filter_map(command).collect()
}

#[test]
fn kept_though_the_other_branch_gave_up() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let hints = hints_against_giving_up(&repo);
        repo.sh(&hints[0]).ok().done();
        repo.run("commit -q --no-edit");
        assert!(repo.exists("idhooks.toml"));
        judge::assert_consistent_except(&repo, &["side"]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn given_up_as_the_other_branch_did() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let hints = hints_against_giving_up(&repo);
        repo.sh(&hints[1]).ok().done();
        repo.run("commit -q --no-edit");
        assert_eq!(repo.ask(["ls-tree", "HEAD", REGISTRY, "idhooks.toml"]), "");
        judge::assert_clean(&repo);
    });
}
