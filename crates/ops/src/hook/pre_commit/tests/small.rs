//! Files with hardly any content: a commit recognises a moved one if no other file has its content.

use idhooks_core::check::Code;
use idhooks_core::registry::Id;

use crate::tests::{TestRepo, text};
use crate::{AssignOptions, assign};

/// Commits small files, two of them with the same content, and returns their identities.
fn commit_small(repo: &TestRepo) -> [Id; 4] {
    repo.stage("version", "1.2\n");
    repo.stage("one/flag", "on\n");
    repo.stage("two/flag", "on\n");
    repo.stage("blank", " \n\n");
    repo.commit("small files");
    ["version", "one/flag", "two/flag", "blank"].map(|path| repo.id(path))
}

fn move_small(repo: &TestRepo) {
    repo.git_mv("version", "docs/release.txt");
    repo.git_mv("one/flag", "docs/switch.txt");
    repo.git_mv("blank", "docs/nothing.txt");
}

#[track_caller]
fn assert_moved(repo: &TestRepo, ids: [Id; 4]) {
    let [version, flag, other, blank] = ids;
    assert_eq!(["docs/release.txt", "two/flag"].map(|path| repo.id(path)), [version, other]);
    assert_ne!(repo.id("docs/switch.txt"), flag);
    assert_ne!(repo.id("docs/nothing.txt"), blank);
}

#[test]
fn the_only_file_with_its_content_keeps_its_identity() {
    let repo = TestRepo::adopted();
    let ids = commit_small(&repo);
    move_small(&repo);
    repo.commit("move");
    assert_moved(&repo, ids);
    repo.assert_in_order();
}

#[test]
fn a_commit_that_reads_all_paths_decides_like_one_that_reads_the_changed_ones() {
    let repo = TestRepo::adopted();
    let ids = commit_small(&repo);
    move_small(&repo);
    // All paths are read if the rules change.
    repo.commit_file("idhooks.toml", "scope = \"260118\"\n[rename]\nsimilarity = 60\n");
    assert_moved(&repo, ids);
    repo.assert_in_order();
}

#[test]
fn healing_decides_like_a_commit_with_hooks() {
    let repo = TestRepo::adopted();
    let ids = commit_small(&repo);
    move_small(&repo);
    repo.commit_unseen("move");
    repo.commit_file("new.md", &text("new"));
    assert_moved(&repo, ids);
    let found = repo.check_history();
    assert!(found.iter().all(|one| one.code == Code::Behind), "{found:#?}");
}

#[test]
fn a_content_of_several_new_files_is_no_evidence() {
    let repo = TestRepo::adopted();
    let [id, ..] = commit_small(&repo);
    repo.git_mv("version", "docs/release.txt");
    repo.stage("docs/second.txt", "1.2\n");
    repo.commit("move and copy");
    assert_ne!(repo.id("docs/release.txt"), id);
    assert_ne!(repo.id("docs/second.txt"), id);
}

#[test]
fn a_check_of_squashed_commits_names_the_identity_that_a_small_file_lost() {
    let repo = TestRepo::adopted();
    let [id, ..] = commit_small(&repo);
    repo.run("rm -q version");
    repo.commit("delete");
    repo.commit_file("other.txt", &text("meanwhile"));
    repo.commit_file("more.txt", &text("and more"));
    repo.commit_file("docs/release.txt", "1.2\n");
    let tree = repo.git(&["rev-parse", "HEAD^{tree}"]);
    let squashed = repo.git(&["commit-tree", "-p", "HEAD~4", "-m", "squashed", &tree]);
    repo.git(&["reset", "-q", "--hard", &squashed]);
    assert_ne!(repo.id("docs/release.txt"), id);
    let found = repo.check_history();
    let command = format!("idhooks assign {id} docs/release.txt");
    let is_it = |code, help: &str| code == Code::IdentityChanged && help.contains(&command);
    assert!(found.iter().any(|one| is_it(one.code, &one.help)), "{found:#?}");
    let (identity, file) = (id.to_string().into(), repo.at("docs/release.txt"));
    let options = AssignOptions { identity, file, is_dry_run: false };
    assign(&mut repo.notices(), &repo.open(), &options).expect("possible");
    repo.commit("assign");
    assert_eq!(repo.id("docs/release.txt"), id);
}
