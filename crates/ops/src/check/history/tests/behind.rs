//! Inconsistent commits that a later commit or a merge heals.

use idhooks_core::registry::Status;

use super::*;
use crate::tests::{REGISTRY, text};
use crate::{InitOptions, InitReport, init};

#[test]
fn commits_without_hooks_are_errors_until_the_next_commit_heals_them() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    repo.write("new.txt", &text("new"));
    repo.commit_all_unseen("add");
    repo.git_mv("notes.txt", "once.txt");
    repo.append("once.txt", "once\n");
    repo.commit_unseen("move");
    repo.git_mv("once.txt", "twice.txt");
    repo.append("twice.txt", "twice\n");
    repo.commit_unseen("move again");
    repo.run("rm -q data/table.csv");
    repo.commit_unseen("delete");
    let fault = |rev, code| (code, Severity::Error, repo.rev(rev));
    let mut expected = [
        fault("HEAD~3", Code::MissingId),
        fault("HEAD~2", Code::MissingId),
        fault("HEAD~2", Code::StalePath),
        fault("HEAD~1", Code::MissingId),
        fault("HEAD", Code::StalePath),
    ];
    let report = checked(&repo, &[]).expect("possible");
    assert_eq!(report.examined.faults[0].0.to_string(), repo.rev("HEAD~3"));
    assert!(report.findings[0].help.contains("idhooks reconcile"), "{:?}", report.findings[0]);
    let mut all = found(&repo, &[]);
    all.sort();
    expected.sort();
    assert_eq!(all, expected);
    repo.commit_file("hooked.md", &text("hooked"));
    assert_eq!(repo.id("twice.txt"), id);
    assert_behind(&repo, &["HEAD~4", "HEAD~3", "HEAD~2", "HEAD~1"]);
}

#[test]
fn edits_of_the_registry_by_hand_are_healed() {
    let repo = TestRepo::adopted();
    let ids = || ["notes.txt", "README.md"].map(|path| repo.id(path));
    let before = ids();
    swap(&repo);
    repo.commit_file("a.md", &text("a"));
    assert_eq!(ids(), before);
    repo.run("rm -q a.md");
    repo.commit("delete");
    lose(&repo, "a.md");
    repo.commit_file("b.md", &text("b"));
    assert_behind(&repo, &["HEAD~4", "HEAD~1"]);
}

#[test]
fn a_lost_record_is_no_error_once_a_later_commit_brings_it_back() {
    let repo = TestRepo::adopted();
    repo.commit_file("a.md", &text("a"));
    repo.run("rm -q a.md");
    repo.commit("delete");
    let all = repo.read(REGISTRY);
    lose(&repo, "a.md");
    settle(&repo);
    assert_bad(&repo, "HEAD~2", &[Code::RecordLost]);
    repo.stage(REGISTRY, &all);
    repo.commit_unseen("bring back");
    assert_behind(&repo, &["HEAD~3"]);
    let finding = checked(&repo, &[]).expect("possible").findings.remove(0);
    assert_eq!(finding.related[1].commit, Some(repo.rev("HEAD")));
}

#[test]
fn a_registry_that_is_damaged_or_gone_for_a_while_is_healed() {
    let repo = TestRepo::adopted();
    let good = repo.read(REGISTRY);
    let put = |text: &str, message| {
        repo.stage(REGISTRY, text);
        repo.commit_unseen(message);
    };
    put("{ nonsense", "damage");
    repo.append("README.md", "more\n");
    repo.commit_unseen("go on");
    put(&good, "repair");
    repo.run(&format!("rm -q {REGISTRY}"));
    repo.commit_unseen("remove");
    repo.git_mv("notes.txt", "moved.txt");
    repo.commit_unseen("move meanwhile");
    put(&good.replace("notes.txt", "moved.txt"), "put back");
    repo.commit_file("docs/more.md", &text("more"));
    assert_behind(&repo, &["HEAD~6", "HEAD~5", "HEAD~3", "HEAD~2"]);
}

#[test]
fn a_registry_of_another_scope_starts_over_where_the_former_one_was_removed() {
    let repo = TestRepo::adopted();
    repo.run(&format!("rm -q {REGISTRY}"));
    repo.commit_unseen("remove");
    repo.stage("idhooks.toml", "scope = \"777777\"\n");
    repo.commit_unseen("another scope");
    let options = InitOptions { force: true, ..InitOptions::default() };
    let done = init(&mut repo.notices(), &repo.open(), &options).expect("possible");
    assert!(matches!(done, InitReport::Adopted(_)));
    repo.commit("adopt again");
    repo.commit_file("docs/more.md", &text("more"));
    assert_eq!(repo.registry("HEAD").scope.to_string(), "777777");
    // Nothing heals the commit that lost the former one.
    assert_bad(&repo, "HEAD~3", &[Code::RegistryCorrupt]);
}

#[test]
fn a_rename_that_was_registered_as_a_new_file_stays_an_error() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    repo.stage("extra.txt", &text("extra"));
    repo.commit_unseen("add");
    repo.git_mv("notes.txt", "moved.txt");
    repo.commit_unseen("move");
    repo.edit_registry("register as new", |registry| {
        let old = at(registry, "notes.txt");
        let like = old.clone();
        old.status = Status::Deprecated;
        old.metadata.insert("deprecated_reason".into(), Json::string("deleted"));
        for (counter, file) in [(91_111, "moved.txt"), (92_222, "extra.txt")] {
            let mut new = Allocation { path: path(file), ..like.clone() };
            renew(&mut new, counter);
            registry.allocations.push(new);
        }
    });
    repo.commit_file("docs/more.md", &text("more"));
    assert_ne!(repo.id("moved.txt"), id);
    assert_bad(&repo, "HEAD~2", &[Code::IdentityChanged]);
    let behind = (Code::Behind, Severity::Warning, repo.rev("HEAD~3"));
    assert!(found(&repo, &[]).contains(&behind));
}

#[test]
fn a_rename_to_a_path_that_the_rules_exclude_for_a_while_keeps_both_identities() {
    let repo = TestRepo::adopted();
    let [readme, notes] = ["README.md", "notes.txt"].map(|path| repo.id(path));
    let config = repo.read("idhooks.toml");
    repo.git_mv("README.md", "t.md");
    repo.commit_unseen("move");
    repo.stage("idhooks.toml", "scope = \"260118\"\n[track]\nexclude = [\"/README.md\"]\n");
    repo.commit_unseen("exclude");
    repo.git_mv("notes.txt", "README.md");
    repo.commit_unseen("move another one");
    repo.stage("idhooks.toml", &config);
    repo.commit_unseen("include");
    repo.commit_file("hooked.md", &text("hooked"));
    assert_eq!(["t.md", "README.md"].map(|path| repo.id(path)), [readme, notes]);
    assert_behind(&repo, &["HEAD~4", "HEAD~3", "HEAD~2", "HEAD~1"]);
}

/// Breaks a side branch by hand, settles it, and merges it.
fn rejoined(break_it: impl Fn(&TestRepo)) -> TestRepo {
    let repo = TestRepo::adopted();
    repo.commit_file("docs/gone.md", &text("gone"));
    repo.run("rm -q docs/gone.md");
    repo.commit("delete");
    repo.run("checkout -q -b side");
    break_it(&repo);
    settle(&repo);
    repo.run("checkout -q main");
    repo.commit_file("docs/main.md", &text("main"));
    repo.merge("side");
    repo.commit_file("docs/after.md", &text("after"));
    repo
}

#[test]
fn a_record_lost_on_a_branch_comes_back_with_the_merge() {
    let repo = rejoined(|repo| lose(repo, "docs/gone.md"));
    assert_behind(&repo, &["side~2"]);
    // On the branch itself it is lost.
    repo.run("checkout -q side");
    assert_bad(&repo, "side~2", &[Code::RecordLost]);
}

#[test]
fn identities_swapped_on_a_branch_stay_swapped() {
    assert_bad(&rejoined(swap), "side~2", &[Code::IdentityChanged]);
}

#[test]
fn a_branch_without_hooks_is_healed_by_the_merge() {
    let repo = TestRepo::adopted();
    let id = repo.id("notes.txt");
    repo.run("checkout -q -b side");
    repo.git_mv("notes.txt", "moved.txt");
    repo.commit_unseen("move");
    repo.stage("new.txt", &text("new"));
    repo.commit_unseen("add");
    repo.run("checkout -q main");
    repo.commit_file("docs/main.md", &text("main"));
    repo.merge("side");
    assert_eq!(repo.id("moved.txt"), id);
    assert_behind(&repo, &["side", "side~1"]);
}
