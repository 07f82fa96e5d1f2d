//! `idhooks.toml` decides what a commit does: `on_new`, strategy, rules, tracking.

use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};
use crate::judge;

const REQUIRE: &str = "[allocation]\non_new = \"require\"\n";

#[test]
fn a_required_identity_blocks_until_it_is_given() {
    on_adopted(|repo| {
        repo.configure(REQUIRE);
        repo.stage("docs/new.md", text("new"));
        repo.append("README.md", "unstaged\n");
        let before = Snapshot::of(repo);
        let answer = repo.try_git("commit -m no").code(1).complains("MISSING_ID");
        answer.complains("idhooks allocate docs/new.md").done();
        before.assert_same(repo);
        repo.idhooks("allocate docs/new.md").ok().done();
        assert_eq!(repo.registry(""), repo.read(".idhooks/registry.json"));
        repo.run("commit -q -a -m yes");
        assert!(repo.id("docs/new.md").starts_with("01100"));
    });
}

#[test]
fn a_required_identity_in_a_partial_commit() {
    on_adopted(|repo| {
        repo.configure(REQUIRE);
        repo.stage("new.md", text("new"));
        repo.stage("other.md", text("other"));
        let before = Snapshot::of(repo);
        repo.try_git("commit -m no new.md").code(1).complains("idhooks allocate new.md").done();
        before.assert_same(repo);
        repo.idhooks("allocate new.md other.md").ok().done();
        repo.commit("yes");
    });
}

#[test]
fn renames_and_edits_need_no_permission() {
    on_adopted(|repo| {
        repo.configure(REQUIRE);
        let id = repo.id("notes.txt");
        repo.mv("notes.txt", "docs/notes.txt");
        repo.append("README.md", "more\n");
        repo.run("rm -q src/app.py");
        repo.run("commit -q -a -m fine");
        assert_eq!(repo.id("docs/notes.txt"), id);
    });
}

#[test]
fn a_sequential_strategy_counts() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        repo.commit_file("docs/one.md", text("one"));
        repo.commit_file("docs/two.md", text("two"));
        assert_eq!(repo.id("docs/one.md"), "0110000003260118");
        assert_eq!(repo.id("docs/two.md"), "0110000004260118");
        judge::assert_good(&repo);
    });
}

#[test]
fn a_newly_excluded_file_is_retired() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let id = repo.id("data/table.csv");
        repo.configure("[track]\nexclude = [\"data/**\"]\n");
        let record = repo.record(&id);
        assert_eq!(record["status"], "deprecated");
        assert_eq!(record["metadata"]["deprecated_reason"], "excluded");
        repo.commit_file("data/more.csv", text("more"));
        assert_eq!(repo.findings(""), [""; 0]);
        judge::assert_clean(&repo);
        repo.configure("");
        assert_eq!(repo.id("data/table.csv"), id);
        assert_eq!(repo.findings(""), [""; 0]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn the_configuration_of_the_same_commit_counts() {
    on_adopted(|repo| {
        repo.stage("idhooks.toml", "scope = \"260118\"\n[types]\nmd = \"77\"\n");
        repo.stage("new.md", text("new"));
        repo.write("idhooks.toml", "scope = \"260118\"\n[types]\nmd = \"88\"\n");
        repo.commit("types");
        assert!(repo.id("new.md").starts_with("77"));
        repo.run("checkout -q -- idhooks.toml");
    });
}

#[test]
fn a_rename_to_another_kind_keeps_the_identity() {
    on_adopted(|repo| {
        let id = repo.id("docs/intro.md");
        repo.mv("docs/intro.md", "src/intro.py");
        repo.commit("another kind");
        assert_eq!(repo.id("src/intro.py"), id);
    });
}

#[test]
fn a_registry_taken_out_of_the_index_blocks() {
    on_adopted(|repo| {
        repo.run("rm -q --cached .idhooks/registry.json");
        repo.append("notes.txt", "more\n");
        let before = Snapshot::of(repo);
        repo.try_git("commit -m no").code(1).complains("registry").done();
        before.assert_same(repo);
        repo.run("reset -q --hard");
    });
}

#[test]
fn a_repository_may_be_abandoned() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("rm -q --cached .idhooks/registry.json idhooks.toml");
        repo.commit("without idhooks");
        repo.commit_file("free.md", text("free"));
        assert!(!repo.ask("ls-tree -r --name-only HEAD").contains("registry.json"));
    });
}

#[test]
fn without_adoption_a_hook_has_nothing_to_do() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.idhooks("install").done();
        repo.commit_file("a.md", text("a"));
        assert_eq!(repo.ask("ls-tree -r --name-only HEAD"), "a.md");
    });
}
