//! `idhooks resolve` with two commits: what a forge could not merge.

use super::{assert_joined, part_ways};
use crate::common::{Repo, for_each_git, on_adopted};
use crate::judge;
use crate::reviewed::assert_text;

#[test]
fn what_is_printed_is_what_the_driver_makes() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        part_ways(&repo);
        let print = "resolve --rev-ours main --rev-theirs side --print";
        let printed = repo.idhooks(print).ok().bytes();
        let other_way = "resolve --rev-ours side --rev-theirs main --print";
        assert_eq!(repo.idhooks(other_way).ok().bytes(), printed);
        judge::assert_clean(&repo);
        repo.run("clone -q --bare . ../bare");
        assert_eq!(repo.beside("bare").idhooks(print).ok().bytes(), printed);
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.registry("HEAD"), printed);
    });
}

#[test]
fn in_the_middle_of_a_merge_without_a_driver() {
    on_adopted(|repo| {
        part_ways(repo);
        repo.run("config merge.idhooks.driver false");
        repo.try_git("merge side").code(1).done();
        let answer = repo.idhooks("resolve --rev-ours HEAD --rev-theirs MERGE_HEAD").ok();
        assert_text("merges-resolved-in_the_middle_of_a_merge_without_a_driver", &answer.stderr());
        answer.done();
        repo.idhooks("install").ok().done();
        repo.run("commit -q --no-edit");
        assert_joined(repo);
    });
}

#[test]
fn what_cannot_be_named() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        for (options, code, said) in [
            ("--rev-ours main", 2, "--rev-theirs"),
            ("--rev-theirs main", 2, "--rev-ours"),
            ("--print", 2, "--rev-ours"),
            ("--rev-ours main --rev-theirs nowhere", 2, "cannot find a commit 'nowhere'"),
        ] {
            let answer = repo.idhooks(format!("resolve {options}").as_str()).code(code);
            assert!(answer.stderr().contains(said), "{options}\n{}", answer.stderr());
        }
        repo.run("checkout -q --orphan other");
        repo.run("rm -q -r -f --cached .");
        repo.remove(".idhooks/registry.json");
        repo.remove("idhooks.toml");
        repo.idhooks("init --force --scope 991231").ok().done();
        repo.run("add -A");
        repo.commit("adopt once more");
        let print = "resolve --rev-ours main --rev-theirs other --print";
        let answer = repo.idhooks(print).code(2);
        assert_eq!(answer.stdout(), "");
        assert_text("merges-resolved-what_cannot_be_named-2", &answer.stderr());
        answer.done();
        let empty = Repo::empty(git);
        empty.commit_file("a", "a");
        let answer = empty.idhooks("resolve --rev-ours HEAD --rev-theirs HEAD").code(2);
        assert_text("merges-resolved-what_cannot_be_named-3", &answer.stderr());
        answer.done();
    });
}

#[test]
fn the_markers_of_a_merge_that_was_given_up() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("README.md");
        repo.write(".idhooks/registry.json", "<<<<<<< ours\n=======\n>>>>>>> theirs\n");
        repo.append("README.md", "more\n");
        let said = repo.try_git("commit -q -a -m edit").code(1).stderr();
        assert!(said.contains("idhooks resolve"), "{said}");
        let answer = repo.idhooks("resolve").code(2);
        let said = answer.stderr();
        assert!(said.contains("git restore .idhooks/registry.json"), "{said}");
        answer.done();
        repo.run("restore .idhooks/registry.json");
        repo.run("commit -q -a -m edit");
        assert_eq!(repo.id("README.md"), id);
    });
}
