//! Registries that were broken by hand.

use idhooks_core::registry::Status;

use super::*;
use crate::tests::{REGISTRY, text};

/// Returns a repository with a deprecated record and a new one.
fn repo() -> TestRepo {
    let repo = TestRepo::adopted();
    repo.commit_file("docs/gone.md", &text("gone"));
    repo.run("rm -q docs/gone.md");
    repo.commit("delete");
    repo.commit_file("docs/new.md", &text("new"));
    repo
}

/// Asserts that the last commit is found in these ways, once others followed that change nothing.
#[track_caller]
fn assert_settled(repo: &TestRepo, codes: &[Code]) {
    settle(repo);
    assert_bad(repo, "HEAD~2", codes);
}

#[test]
fn identities_swapped_between_two_files_are_found() {
    let repo = repo();
    swap(&repo);
    assert_settled(&repo, &[Code::IdentityChanged]);
}

#[test]
fn an_identity_changed_in_its_record_is_found() {
    let repo = repo();
    repo.edit_registry("renumber", |registry| {
        let id = at(registry, "notes.txt").id.to_string();
        let other = format!("{}00007{}", &id[..5], &id[10..]);
        renumber(at(registry, "notes.txt"), &other);
    });
    assert_settled(&repo, &[Code::IdentityChanged]);
}

#[test]
fn an_origin_changed_in_its_record_is_found() {
    let repo = repo();
    repo.edit_registry("another origin", |registry| {
        at(registry, "notes.txt").origin = origin("1234567890abcdef");
    });
    assert_settled(&repo, &[Code::IdentityChanged, Code::RecordLost]);
}

#[test]
fn a_record_removed_by_hand_is_found() {
    let repo = repo();
    lose(&repo, "docs/gone.md");
    assert_settled(&repo, &[Code::RecordLost]);
}

#[test]
fn an_older_registry_put_back_is_found() {
    let repo = repo();
    repo.commit_file("docs/newer.md", &text("newer"));
    repo.run(&format!("checkout -q HEAD~3 -- {REGISTRY}"));
    repo.commit_unseen("take back");
    assert_bad(&repo, "HEAD", &[Code::MissingId, Code::RecordLost, Code::StalePath]);
}

#[test]
fn an_identity_given_again_to_another_file_is_found() {
    let repo = repo();
    let old = repo.registry("HEAD");
    let is_gone = |record: &&Allocation| record.path == path("docs/gone.md");
    let id = old.allocations.iter().find(is_gone).expect("a record").id.to_string();
    lose(&repo, "docs/gone.md");
    settle(&repo);
    repo.stage("docs/other.md", &text("other"));
    repo.edit_registry("give again", |registry| {
        let like = at(registry, "docs/new.md").clone();
        let path = path("docs/other.md");
        let mut again = Allocation { path, origin: origin("1234567890abcdef"), ..like };
        renumber(&mut again, &id);
        registry.allocations.push(again);
    });
    repo.append("README.md", "last\n");
    repo.commit_unseen("go on");
    let error = |code, rev| (code, Severity::Error, repo.rev(rev));
    let expected = [error(Code::RecordLost, "HEAD~4"), error(Code::IdReused, "HEAD~1")];
    assert_eq!(found(&repo, &[]), expected);
    let report = checked(&repo, &[]).expect("possible");
    assert_eq!(report.examined.faults[0].0.to_string(), repo.rev("HEAD~4"));
    let reused = &report.findings[1];
    let places = [reused.path.clone(), reused.related[1].path.clone()];
    assert_eq!(places, ["docs/other.md", "docs/gone.md"].map(|file| Some(path(file))));
}

#[test]
fn an_identity_on_two_records_after_a_merge_as_text_is_found() {
    let repo = repo();
    repo.run("checkout -q -b side HEAD~1");
    repo.commit_file("docs/side.md", &text("side"));
    repo.run("checkout -q main");
    repo.begin_merge("side");
    let ours = repo.id("docs/new.md").to_string();
    repo.edit_registry("merge as text", |registry| {
        renumber(at(registry, "docs/side.md"), &ours);
    });
    repo.append("README.md", "more\n");
    repo.commit_unseen("go on");
    assert_bad(&repo, "HEAD~1", &[Code::DuplicateId, Code::IdentityChanged]);
}

#[test]
fn a_merge_that_took_our_registry_as_a_whole_is_found() {
    let repo = repo();
    repo.run("checkout -q -b side HEAD~1");
    repo.commit_file("docs/side.md", &text("side"));
    repo.run("rm -q docs/side.md");
    repo.commit("delete on the side");
    repo.run("checkout -q main");
    repo.begin_merge("side");
    repo.run(&format!("checkout -q HEAD -- {REGISTRY}"));
    repo.commit_unseen("take ours");
    assert_settled(&repo, &[Code::RecordLost]);
}

#[test]
fn an_exact_rename_registered_as_a_new_file_is_found() {
    let repo = repo();
    repo.git_mv("notes.txt", "docs/notes.txt");
    repo.edit_registry("move as new", |registry| {
        let old = at(registry, "notes.txt");
        let mut new = Allocation { path: path("docs/notes.txt"), ..old.clone() };
        renew(&mut new, 7);
        old.status = Status::Deprecated;
        old.metadata.insert("deprecated_reason".into(), Json::string("deleted"));
        registry.allocations.push(new);
    });
    repo.commit_file("docs/later.md", &text("later"));
    assert_bad(&repo, "HEAD~1", &[Code::IdentityChanged]);
}

#[test]
fn a_registry_removed_for_good_is_found() {
    let repo = repo();
    repo.run(&format!("rm -q {REGISTRY}"));
    repo.commit_unseen("remove");
    repo.append("README.md", "more\n");
    repo.commit_unseen("go on");
    assert_bad(&repo, "HEAD~1", &[Code::RegistryCorrupt]);
}

#[test]
fn a_registry_without_form_is_found() {
    let repo = repo();
    repo.stage(REGISTRY, "{\"schema_version\":");
    repo.commit_unseen("tear");
    repo.append("README.md", "more\n");
    repo.commit_unseen("go on");
    assert_bad(&repo, "HEAD~1", &[Code::RegistryCorrupt]);
}

#[test]
fn conflict_markers_in_the_registry_are_found() {
    let repo = repo();
    let markers = "\n<<<<<<< ours\n=======\n>>>>>>> theirs\n";
    repo.stage(REGISTRY, &repo.read(REGISTRY).replacen('\n', markers, 1));
    repo.commit_unseen("markers");
    assert_bad(&repo, "HEAD", &[Code::RegistryCorrupt]);
}

#[test]
fn a_break_that_was_rebased_is_found_in_the_new_commit() {
    let repo = repo();
    lose(&repo, "docs/gone.md");
    repo.append("README.md", "settled\n");
    repo.commit_unseen("settle");
    let before = repo.rev("HEAD~1");
    repo.run("checkout -q -b onto HEAD~3");
    repo.append("docs/guide.md", "more\n");
    repo.commit("edit");
    repo.run("rebase -q onto main");
    assert_ne!(repo.rev("HEAD~1"), before);
    assert_bad(&repo, "HEAD~1", &[Code::RecordLost]);
}
