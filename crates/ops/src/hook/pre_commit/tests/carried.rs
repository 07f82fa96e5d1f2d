//! Identities that files carry: a commit writes them, and follows a file by them.

use idhooks_core::registry::{Id, key};

use crate::tests::{TestRepo, text};
use crate::{AssignOptions, InjectAction, InjectOptions, assign, inject};

const APP: &str = "src/app.py";
const UTIL: &str = "src/util.py";

/// Returns a repository whose sources and documents carry their identities.
fn carrying() -> TestRepo {
    let repo = TestRepo::adopted();
    rule(&repo);
    write_ids(&repo, &[], InjectAction::Write);
    repo.commit("carry");
    repo
}

/// Commits a rule for sources and documents.
fn rule(repo: &TestRepo) {
    repo.append("idhooks.toml", "\n[[embed]]\npath = [\"src/**\", \"docs/**\"]\n");
    repo.commit("rule");
}

/// Writes identities into files, or into all that a rule names.
fn write_ids(repo: &TestRepo, files: &[&str], action: InjectAction) {
    let paths = files.iter().map(|file| repo.at(file)).collect();
    let (all, keeps_going, is_check, is_dry_run) = (files.is_empty(), false, false, false);
    let options = InjectOptions { paths, all, action, keeps_going, is_check, is_dry_run };
    let report = inject(&mut repo.notices(), &repo.open(), &options).expect("possible");
    assert!(report.refusals.is_empty(), "{report:?}");
}

/// Returns the first line of the file at a path in HEAD.
fn head(repo: &TestRepo, path: &str) -> String {
    let blob = repo.git(&["show", &format!("HEAD:{path}")]);
    blob.lines().next().unwrap_or_default().to_owned()
}

/// Returns the line with which a source carries an identity.
fn mark(id: Id) -> String {
    format!("# doc_id: {id}")
}

/// Asserts that a source carries its identity, in HEAD and in the working tree.
#[track_caller]
fn assert_carries(repo: &TestRepo, path: &str) {
    let mark = mark(repo.id(path));
    assert_eq!(head(repo, path), mark);
    assert!(repo.read(path).starts_with(&mark));
}

/// Returns content of which less than half is that of the file.
fn rewritten(repo: &TestRepo, path: &str, seed: &str) -> String {
    let before = repo.read(path);
    let kept: Vec<&str> = before.lines().take(9).collect();
    format!("{}\n{}{}", kept.join("\n"), text(seed), text(&format!("{seed} more")))
}

#[test]
fn a_new_file_is_committed_with_its_identity_if_a_rule_names_it() {
    let repo = carrying();
    for path in ["src/new.py", "docs/new.md", "other/new.py"] {
        repo.stage(path, &text("new"));
    }
    repo.commit("new");
    assert_carries(&repo, "src/new.py");
    assert_eq!(head(&repo, "docs/new.md"), format!("<!-- doc_id: {} -->", repo.id("docs/new.md")));
    assert_eq!(repo.read("other/new.py"), text("new"));
    repo.assert_in_order();
}

#[test]
fn edits_that_are_not_staged_stay_beside_the_identity() {
    let repo = TestRepo::adopted();
    rule(&repo);
    repo.stage("src/new.py", "one\ntwo\n");
    repo.write("src/new.py", "one\ntwo\nthree, not staged\n");
    repo.commit("new");
    let line = mark(repo.id("src/new.py"));
    assert_eq!(repo.read("src/new.py"), format!("{line}\none\ntwo\nthree, not staged\n"));
    assert_eq!(repo.git(&["show", "HEAD:src/new.py"]), format!("{line}\none\ntwo"));
}

#[test]
fn an_identity_that_was_written_and_not_staged_stays() {
    let repo = TestRepo::adopted();
    rule(&repo);
    repo.stage("src/new.py", "one\n");
    let other = "# doc_id: 2099900001260118\none\n";
    repo.write("src/new.py", other);
    repo.commit("new");
    assert_eq!(head(&repo, "src/new.py"), mark(repo.id("src/new.py")));
    assert_eq!(repo.read("src/new.py"), other);
}

#[test]
fn a_copy_gets_its_own_identity_and_a_pasted_file_keeps_its_own() {
    let repo = carrying();
    let [app, util] = [APP, UTIL].map(|path| repo.id(path));
    repo.stage("src/copy.py", &repo.read(APP));
    repo.commit("copy");
    let copy = repo.id("src/copy.py");
    assert_eq!((repo.id(APP), copy == app), (app, false));
    assert_carries(&repo, "src/copy.py");
    assert_eq!(repo.record(copy).text(key::COPIED_FROM), Some(&*app.to_string()));
    repo.stage(UTIL, &repo.read(APP));
    repo.commit("paste");
    assert_eq!([APP, UTIL].map(|path| repo.id(path)), [app, util]);
    assert_carries(&repo, UTIL);
    repo.assert_in_order();
}

#[test]
fn a_line_that_was_removed_is_written_again() {
    let repo = carrying();
    let id = repo.id(APP);
    repo.stage(APP, &text("without"));
    repo.commit("edit");
    assert_eq!(repo.id(APP), id);
    assert_carries(&repo, APP);
}

#[test]
fn a_file_that_is_renamed_and_rewritten_keeps_its_identity() {
    let repo = carrying();
    let id = repo.id(APP);
    let new = rewritten(&repo, APP, "rewritten");
    repo.git(&["rm", "-q", APP]);
    repo.stage("src/main.py", &new);
    repo.commit("rename and rewrite");
    let renames = repo.git(&["log", "-1", "-M", "--name-status", "--format="]);
    assert!(!renames.contains('R'), "git sees a rename: {renames}");
    assert_eq!(repo.id("src/main.py"), id);
    assert_carries(&repo, "src/main.py");
    repo.assert_in_order();
}

#[test]
fn an_identity_follows_its_file_if_another_file_is_at_the_old_path() {
    let repo = carrying();
    let id = repo.id(APP);
    repo.stage("src/core.py", &rewritten(&repo, APP, "core"));
    repo.stage(APP, "from core import *\n");
    repo.commit("split");
    let stub = repo.id(APP);
    assert_eq!((repo.id("src/core.py"), stub == id), (id, false));
    assert_carries(&repo, APP);
    repo.commit_file("src/more.py", &text("more"));
    assert_eq!(["src/core.py", APP].map(|path| repo.id(path)), [id, stub]);
    repo.assert_in_order();
}

#[test]
fn files_that_change_places_take_their_identities_along() {
    let repo = carrying();
    let before = [APP, UTIL].map(|path| repo.id(path));
    let [app, util] = [APP, UTIL].map(|path| repo.read(path));
    repo.stage(APP, &util);
    repo.stage(UTIL, &app);
    repo.commit("swap");
    assert_eq!([UTIL, APP].map(|path| repo.id(path)), before);
    repo.assert_in_order();
}

#[test]
fn a_commit_without_hooks_is_healed_by_the_identity_that_the_file_carries() {
    let repo = carrying();
    let id = repo.id(APP);
    let new = rewritten(&repo, APP, "rewritten");
    repo.git(&["rm", "-q", APP]);
    repo.stage("src/main.py", &new);
    repo.commit_unseen("rename");
    repo.commit_file("src/other.py", &text("other"));
    assert_eq!(repo.id("src/main.py"), id);
}

#[test]
fn one_side_of_a_merge_rewrites_while_the_other_adds() {
    let repo = carrying();
    let id = repo.id(APP);
    repo.run("checkout -q -b side");
    let new = rewritten(&repo, APP, "rewritten");
    repo.git(&["rm", "-q", APP]);
    repo.stage("src/main.py", &new);
    repo.commit("rename and rewrite");
    repo.run("checkout -q main");
    repo.commit_file("src/new.py", &text("new"));
    let added = repo.id("src/new.py");
    repo.merge("side");
    assert_eq!(["src/main.py", "src/new.py"].map(|path| repo.id(path)), [id, added]);
    // A file that was taken from another branch is the same allocation.
    repo.run("checkout -q -b third HEAD~1");
    repo.commit_file("docs/fresh.md", &text("fresh"));
    let fresh = repo.id("docs/fresh.md");
    repo.run("checkout -q main");
    repo.run("checkout -q third -- docs/fresh.md");
    repo.commit("brought over");
    assert_eq!(repo.id("docs/fresh.md"), fresh);
    assert_eq!(head(&repo, "docs/fresh.md"), format!("<!-- doc_id: {fresh} -->"));
    repo.merge("third");
    assert_eq!(repo.id("docs/fresh.md"), fresh);
    repo.assert_in_order();
}

#[test]
fn an_assignment_is_not_undone_by_the_identity_that_a_file_carries() {
    let repo = carrying();
    let [app, util] = [APP, UTIL].map(|path| repo.id(path));
    for (id, file) in [(app, UTIL), (util, APP)] {
        let identity = id.to_string().into();
        let options = AssignOptions { identity, file: repo.at(file), is_dry_run: false };
        assign(&mut repo.notices(), &repo.open(), &options).expect("possible");
    }
    // Edited as well, so that the commit reads the identity that it carries.
    repo.append(APP, "x = 1\n");
    repo.commit("assign");
    assert_eq!([UTIL, APP].map(|path| repo.id(path)), [app, util]);
    [UTIL, APP].iter().for_each(|path| assert_carries(&repo, path));
    // They change places as files, and back.
    for ids in [[util, app], [app, util]] {
        let [one, two] = [APP, UTIL].map(|path| repo.read(path));
        repo.stage(APP, &two);
        repo.stage(UTIL, &one);
        repo.commit("swap");
        assert_eq!([UTIL, APP].map(|path| repo.id(path)), ids);
    }
    repo.assert_in_order();
}
