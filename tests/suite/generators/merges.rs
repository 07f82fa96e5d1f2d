//! Merges of branches that both change what outputs are made of.

use super::{INDEX, shown, stage_rules, states};
use crate::common::{Repo, on_adopted, text};

/// Makes two branches with a document each.
fn fork(repo: &Repo) {
    stage_rules(repo, INDEX);
    repo.commit("rules");
    repo.run("checkout -q -b side");
    repo.commit_file("docs/side.md", text("side"));
    repo.run("checkout -q main");
    repo.commit_file("docs/main.md", text("main"));
}

fn assert_both(repo: &Repo) {
    let index = shown(repo, "HEAD", "docs/INDEX.md");
    assert!(index.contains("docs/side.md") && index.contains("docs/main.md"), "{index}");
    assert_eq!(repo.read("docs/INDEX.md"), index.as_bytes());
    assert_eq!(states(repo), ["docs/INDEX.md fresh"]);
}

#[test]
fn an_output_is_no_conflict_and_the_next_commit_makes_it_again() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("merge -q --no-edit side");
        // The side of the driver: ours.
        assert!(!shown(repo, "HEAD", "docs/INDEX.md").contains("docs/side.md"));
        repo.idhooks("generate --check").code(1).done();
        repo.append("README.md", "more\n");
        repo.run("commit -q -a -m next");
        assert_both(repo);
    });
}

#[test]
fn another_conflict_ends_with_outputs_of_both_sides() {
    on_adopted(|repo| {
        stage_rules(repo, INDEX);
        repo.commit("rules");
        repo.run("checkout -q -b side");
        repo.stage("notes.txt", "side\n");
        repo.commit_file("docs/side.md", text("side"));
        repo.run("checkout -q main");
        repo.stage("notes.txt", "main\n");
        repo.commit_file("docs/main.md", text("main"));
        repo.try_git("merge side").code(1).done();
        assert_eq!(repo.ask("diff --name-only --diff-filter=U"), "notes.txt");
        repo.stage("notes.txt", "both\n");
        repo.run("commit -q --no-edit");
        assert_both(repo);
    });
}

#[test]
fn without_the_driver_generating_resolves_the_conflict() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("config --remove-section merge.idhooks-generated");
        repo.try_git("merge side").code(1).done();
        assert_eq!(repo.ask("diff --name-only --diff-filter=U"), "docs/INDEX.md");
        repo.run("checkout -q --ours docs/INDEX.md");
        repo.run("add docs/INDEX.md");
        repo.run("commit -q --no-edit");
        assert_both(repo);
        // Installing again restores the driver.
        let answer = repo.idhooks("install").ok();
        assert!(answer.stderr().contains("merge driver: updated"), "{answer}");
        assert_eq!(repo.ask("config merge.idhooks-generated.driver"), "true");
    });
}
