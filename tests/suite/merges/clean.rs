//! Merges that git concludes by itself.

use super::{assert_joined, assert_one_merge, on_side, part_ways};
use crate::common::{on_adopted, text};
use crate::judge;

#[test]
fn parallel_work() {
    on_adopted(|repo| {
        part_ways(repo);
        repo.run("tag before");
        repo.run("merge -q --no-edit side");
        assert_joined(repo);
        assert_one_merge(repo, "before", "side");
    });
}

#[test]
fn the_result_is_the_same_from_either_branch() {
    on_adopted(|repo| {
        part_ways(repo);
        repo.run("branch other");
        repo.run("merge -q --no-edit side");
        repo.run("checkout -q side");
        repo.run("merge -q --no-edit other");
        assert_eq!(repo.registry("side"), repo.registry("main"));
    });
}

#[test]
fn only_one_side_changed() {
    on_adopted(|repo| {
        on_side(repo, |repo| repo.commit_file("side.md", text("side")));
        let registry = repo.registry("side");
        repo.run("merge -q --no-ff --no-edit side");
        assert_eq!(repo.registry("HEAD"), registry);
    });
}

#[test]
fn a_fast_forward_changes_nothing() {
    on_adopted(|repo| {
        on_side(repo, |repo| repo.commit_file("side.md", text("side")));
        repo.run("merge -q --ff-only side");
        assert_eq!(repo.rev("HEAD"), repo.rev("side"));
    });
}

#[test]
fn a_merge_without_commit_is_concluded_by_commit() {
    on_adopted(|repo| {
        part_ways(repo);
        repo.run("tag before");
        repo.run("merge -q --no-commit side");
        repo.stage("late.md", text("late"));
        repo.commit("merge");
        assert_joined(repo);
        assert_one_merge(repo, "before", "side");
    });
}

#[test]
fn a_merge_without_commit_is_concluded_by_continue() {
    on_adopted(|repo| {
        part_ways(repo);
        repo.run("merge -q --no-commit side");
        repo.run("merge --continue");
        assert_joined(repo);
    });
}

#[test]
fn a_merge_without_commit_is_given_up() {
    on_adopted(|repo| {
        part_ways(repo);
        let registry = repo.registry("HEAD");
        repo.run("merge -q --no-commit side");
        repo.run("merge --abort");
        assert_eq!(repo.read(".idhooks/registry.json"), registry);
    });
}

#[test]
fn a_squash() {
    on_adopted(|repo| {
        part_ways(repo);
        repo.git("merge --squash side").done();
        repo.commit("squashed");
        assert_joined(repo);
        assert_eq!(repo.ask("log -1 --format=%P"), repo.rev("HEAD~1"));
    });
}

#[test]
fn a_squash_and_later_the_branch_itself() {
    on_adopted(|repo| {
        part_ways(repo);
        repo.git("merge --squash side").done();
        repo.commit("squashed");
        repo.run("checkout -q side");
        repo.commit_file("docs/later.md", text("later"));
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("docs/side.md"), repo.id_in("side", "docs/side.md"));
        assert_eq!(repo.id("docs/later.md"), repo.id_in("side", "docs/later.md"));
    });
}

#[test]
fn a_pull_that_merges() {
    on_adopted(|repo| {
        let other = repo.clone_as("other");
        repo.commit_file("main.md", text("main"));
        other.commit_file("other.md", text("other"));
        let id = other.id("other.md");
        other.run("pull -q --no-rebase --no-edit");
        assert_eq!(other.id("main.md"), repo.id("main.md"));
        assert_eq!(other.id("other.md"), id);
        judge::assert_good(&other);
        repo.run("pull -q --ff-only ../other main");
        assert_eq!(repo.rev("HEAD"), other.rev("HEAD"));
    });
}

#[test]
fn the_same_file_added_on_both_sides() {
    on_adopted(|repo| {
        on_side(repo, |repo| repo.commit_file("same.md", text("same")));
        repo.commit_file("same.md", text("same"));
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("same.md"), repo.id_in("HEAD~1", "same.md"));
        assert_eq!(repo.id("same.md"), repo.id_in("side", "same.md"));
    });
}

#[test]
fn the_same_file_added_at_different_places() {
    on_adopted(|repo| {
        on_side(repo, |repo| repo.commit_file("side.md", text("same")));
        repo.commit_file("main.md", text("same"));
        repo.run("merge -q --no-edit side");
        assert_ne!(repo.id("side.md"), repo.id("main.md"));
    });
}

#[test]
fn renamed_here_and_edited_there() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.mv("notes.txt", "docs/notes.txt");
            repo.commit("rename");
        });
        repo.append("notes.txt", "more\n");
        repo.stage("main.md", text("main"));
        repo.run("commit -q -a -m edit");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("docs/notes.txt"), id);
    });
}

#[test]
fn edited_here_and_renamed_there_with_an_edit() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.append("notes.txt", "at the end\n");
            repo.commit_file("side.md", text("side"));
            repo.run("commit -q -a -m edit");
        });
        repo.mv("notes.txt", "docs/notes.txt");
        let text = String::from_utf8(repo.read("docs/notes.txt")).expect("plain text");
        repo.write("docs/notes.txt", format!("at the start\n{text}"));
        repo.run("commit -q -a -m rename");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("docs/notes.txt"), id);
    });
}

#[test]
fn renamed_the_same_way_on_both_sides() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.mv("notes.txt", "docs/notes.txt");
            repo.stage("side.md", text("side"));
            repo.commit("rename");
        });
        repo.mv("notes.txt", "docs/notes.txt");
        repo.commit("rename");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("docs/notes.txt"), id);
    });
}

#[test]
fn retired_on_both_sides() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.run("rm -q notes.txt");
            repo.commit("delete");
        });
        repo.run("rm -q notes.txt src/util.py");
        repo.commit("delete");
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.record(&id)["status"], "deprecated");
    });
}

#[test]
fn renamed_twice_on_one_side() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.mv("notes.txt", "docs/notes.txt");
            repo.commit("rename");
            repo.mv("docs/notes.txt", "docs/old.txt");
            repo.commit("rename again");
        });
        repo.commit_file("notes.md", text("main"));
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("docs/old.txt"), id);
    });
}

#[test]
fn moved_away_and_replaced_in_one_commit() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.mv("notes.txt", "docs/notes.txt");
            repo.commit_file("notes.txt", text("a new file in the old place"));
        });
        repo.commit_file("main.md", text("main"));
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("docs/notes.txt"), repo.id_in("side", "docs/notes.txt"));
        assert_eq!(repo.id("notes.txt"), repo.id_in("side", "notes.txt"));
        assert!([repo.id("notes.txt"), repo.id("docs/notes.txt")].contains(&id));
    });
}

#[test]
fn an_annotated_tag() {
    on_adopted(|repo| {
        super::shapes::move_a_directory_against_an_addition(repo);
        repo.run("config merge.directoryRenames true");
        repo.run("tag before");
        repo.run("tag -a -m release v1 side");
        repo.run("merge -q --no-edit v1");
        assert_one_merge(repo, "before", "side");
    });
}
