//! Merges that stop for a person: the files are in conflict, the registry is not.

use super::{
    assert_joined, assert_one_merge, merge_with_conflict, on_side, part_ways_in_conflict,
    unmerged_paths,
};
use crate::common::{Repo, on_adopted, text};
use crate::judge;

/// Merges two branches in conflict, resolves the file and concludes by the command.
fn conclude_by(commands: &[&str]) {
    on_adopted(|repo| {
        part_ways_in_conflict(repo);
        repo.run("tag before");
        merge_with_conflict(repo, "side", &["README.md"]).done();
        repo.write("README.md", text("resolved"));
        for command in commands {
            repo.run(*command);
        }
        assert_one_merge(repo, "before", "side");
        assert_joined(repo);
        assert_eq!(repo.id("README.md"), repo.id_in("start", "README.md"));
    });
}

#[test]
fn concluded_by_commit() {
    conclude_by(&["add README.md", "commit -q --no-edit"]);
}

#[test]
fn concluded_by_commit_all() {
    conclude_by(&["commit -q -a --no-edit"]);
}

#[test]
fn concluded_by_commit_include() {
    conclude_by(&["commit -q --no-edit -i README.md"]);
}

#[test]
fn concluded_by_continue() {
    conclude_by(&["add README.md", "merge --continue"]);
}

#[test]
fn given_up() {
    on_adopted(|repo| {
        part_ways_in_conflict(repo);
        let registry = repo.registry("HEAD");
        merge_with_conflict(repo, "side", &["README.md"]).done();
        repo.run("merge --abort");
        assert_eq!(repo.read(".idhooks/registry.json"), registry);
    });
}

#[test]
fn resolved_by_taking_theirs() {
    on_adopted(|repo| {
        part_ways_in_conflict(repo);
        repo.run("merge -q --no-edit -X theirs side");
        assert_eq!(repo.read("README.md"), text("theirs").as_bytes());
        assert_eq!(repo.id("docs/side.md"), repo.id_in("side", "docs/side.md"));
    });
}

#[test]
fn the_strategy_ours_keeps_the_records_of_theirs() {
    on_adopted(|repo| {
        part_ways_in_conflict(repo);
        repo.run("merge -q --no-edit -s ours side");
        let record = repo.record(&repo.id_in("side", "docs/side.md"));
        assert_eq!(record["status"], "deprecated");
        assert_eq!(record["metadata"]["deprecated_reason"], "merged");
        assert_eq!(repo.id("src/app.py"), repo.id_in("side", "src/main.py"));
    });
}

#[test]
fn a_file_is_added_and_another_moved_while_resolving() {
    on_adopted(|repo| {
        part_ways_in_conflict(repo);
        merge_with_conflict(repo, "side", &["README.md"]).done();
        repo.stage("README.md", text("resolved"));
        repo.stage("late.md", text("late"));
        repo.mv("docs/side.md", "docs/moved.md");
        repo.run("commit -q --no-edit");
        assert_joined_but_moved(repo);
    });
}

fn assert_joined_but_moved(repo: &Repo) {
    assert_eq!(repo.id("docs/moved.md"), repo.id_in("side", "docs/side.md"));
    assert_eq!(repo.id("src/main.py"), repo.id_in("side", "src/main.py"));
}

#[test]
fn one_path_added_with_different_content() {
    on_adopted(|repo| {
        on_side(repo, |repo| repo.commit_file("new.md", text("theirs")));
        repo.commit_file("new.md", text("ours"));
        let both = [repo.id("new.md"), repo.id_in("side", "new.md")];
        merge_with_conflict(repo, "side", &["new.md"]).done();
        repo.stage("new.md", text("resolved"));
        repo.run("commit -q --no-edit");
        let kept = repo.id("new.md");
        let other = both.iter().find(|id| **id != kept).expect("one of two is not the other");
        assert!(both.contains(&kept));
        let record = repo.record(other);
        assert_eq!(
            (&record["status"], &record["metadata"]["superseded_by"]),
            (&"superseded".into(), &kept.into())
        );
    });
}

#[test]
fn one_path_added_and_one_of_the_two_moved_aside() {
    on_adopted(|repo| {
        on_side(repo, |repo| repo.commit_file("new.md", text("theirs")));
        repo.commit_file("new.md", text("ours"));
        let both = [repo.id("new.md"), repo.id_in("side", "new.md")];
        merge_with_conflict(repo, "side", &["new.md"]).done();
        repo.stage("new.md", text("ours"));
        repo.stage("other.md", text("theirs"));
        repo.run("commit -q --no-edit");
        assert!(both.contains(&repo.id("new.md")));
    });
}

#[test]
fn renamed_here_and_deleted_there_and_kept() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        rename_against_deletion(repo);
        repo.run("add docs/notes.txt");
        repo.run("commit -q --no-edit");
        assert_eq!(repo.id("docs/notes.txt"), id);
    });
}

#[test]
fn renamed_here_and_deleted_there_and_dropped() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        rename_against_deletion(repo);
        repo.run("rm -q docs/notes.txt");
        repo.run("commit -q --no-edit");
        assert_eq!(repo.record(&id)["status"], "deprecated");
    });
}

fn rename_against_deletion(repo: &Repo) {
    on_side(repo, |repo| {
        repo.mv("notes.txt", "docs/notes.txt");
        repo.stage("side.md", text("side"));
        repo.commit("rename");
    });
    repo.run("rm -q notes.txt");
    repo.stage("main.md", text("main"));
    repo.commit("delete");
    merge_with_conflict(repo, "side", &["docs/notes.txt"]).done();
}

#[test]
fn edited_here_and_deleted_there_and_kept() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        on_side(repo, |repo| {
            repo.run("rm -q notes.txt");
            repo.commit("delete");
        });
        repo.append("notes.txt", "more\n");
        repo.stage("main.md", text("main"));
        repo.run("commit -q -a -m edit");
        merge_with_conflict(repo, "side", &["notes.txt"]).done();
        repo.run("add notes.txt");
        repo.run("commit -q --no-edit");
        assert_eq!(repo.id("notes.txt"), id);
    });
}

/// One side renames the file to `docs/notes.txt`, the other to `src/notes.txt`.
fn rename_to_two_places(repo: &Repo) {
    on_side(repo, |repo| {
        repo.mv("notes.txt", "src/notes.txt");
        repo.commit("rename");
    });
    repo.mv("notes.txt", "docs/notes.txt");
    repo.commit("rename");
    let expected = ["docs/notes.txt", "notes.txt", "src/notes.txt"];
    merge_with_conflict(repo, "side", &expected).done();
    repo.run("rm -q --cached notes.txt");
}

#[test]
fn renamed_to_two_places_and_one_chosen() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        rename_to_two_places(repo);
        repo.run("rm -q -f docs/notes.txt");
        repo.run("add src/notes.txt");
        repo.run("commit -q --no-edit");
        assert_eq!(repo.id("src/notes.txt"), id);
    });
}

#[test]
fn renamed_to_two_places_and_both_kept() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        rename_to_two_places(repo);
        repo.run("add docs/notes.txt src/notes.txt");
        repo.run("commit -q --no-edit");
        assert_eq!(repo.id("docs/notes.txt"), id);
        let copy = repo.record(&repo.id("src/notes.txt"));
        assert_eq!(copy["metadata"]["copied_from"], id);
    });
}

#[test]
fn a_conflict_on_a_pull() {
    on_adopted(|repo| {
        let other = repo.clone_as("other");
        repo.commit_file("README.md", text("ours"));
        repo.commit_file("main.md", text("main"));
        other.commit_file("README.md", text("theirs"));
        other.commit_file("other.md", text("other"));
        other.try_git("pull -q --no-rebase --no-edit").code(1).done();
        assert_eq!(unmerged_paths(&other), ["README.md"]);
        other.stage("README.md", text("resolved"));
        other.run("commit -q --no-edit");
        assert_eq!(other.id("main.md"), repo.id("main.md"));
        judge::assert_good(&other);
    });
}

#[test]
fn of_an_annotated_tag() {
    on_adopted(|repo| {
        part_ways_in_conflict(repo);
        repo.run("tag before");
        repo.run("tag -a -m release v1 side");
        merge_with_conflict(repo, "--no-edit v1", &["README.md"]).done();
        repo.write("README.md", text("resolved"));
        repo.run("commit -q -a --no-edit");
        assert_one_merge(repo, "before", "side");
        assert_joined(repo);
    });
}
