//! Files and directories that are moved with their identities.

use super::*;
use crate::tests::{TestRepo, lines, path, refused, text};
use crate::{AllocateOptions, Notice, allocate};

const GUIDE: &str = "docs/guide.md";

fn moved(repo: &TestRepo, from: &str, to: &str) -> Result<MovedRecords, OpsError> {
    let options = MoveOptions { from: repo.at(from), to: repo.at(to), is_dry_run: false };
    let dry = MoveOptions { is_dry_run: true, ..options.clone() };
    let shown = repo.unchanged(|open| mv(&mut repo.notices(), open, &dry));
    let done = mv(&mut repo.notices(), &repo.open(), &options);
    if let (Ok(shown), Ok(done)) = (&shown, &done) {
        assert_eq!(lines(&shown.edits), lines(&done.edits), "the dry run");
    }
    done
}

fn edits(repo: &TestRepo, from: &str, to: &str) -> Vec<String> {
    lines(&moved(repo, from, to).expect("possible").edits)
}

fn allocated(repo: &TestRepo, file: &str) -> Id {
    let options = AllocateOptions { files: vec![repo.at(file)], ..AllocateOptions::default() };
    let done = allocate(&mut repo.notices(), &repo.open(), &options).expect("possible");
    done.ids[&path(file)]
}

#[test]
fn a_file_that_is_moved_and_then_rewritten_keeps_its_identity() {
    let repo = TestRepo::adopted();
    let id = repo.id(GUIDE);
    let expected = [format!("{id} renamed from docs/guide.md to docs/manual.md")];
    assert_eq!(edits(&repo, GUIDE, "docs/manual.md"), expected);
    assert!(!repo.at(GUIDE).exists());
    // Nothing of the old content is left, so that git itself sees no rename.
    repo.stage("docs/manual.md", &"something else altogether\n".repeat(30));
    repo.commit("move and rewrite");
    assert_eq!(repo.id("docs/manual.md"), id);
    assert!(repo.findings().is_empty());
}

#[test]
fn a_directory_goes_with_all_its_files_also_into_another_one() {
    let repo = TestRepo::adopted();
    repo.stage("docs/deep/one.md", &text("one"));
    repo.stage("docs/deep/two.md", &text("two"));
    repo.commit("more");
    let ids = [GUIDE, "docs/deep/one.md", "docs/deep/two.md"].map(|path| repo.id(path));
    assert_eq!(edits(&repo, "docs", "handbook").len(), 4);
    repo.commit("move");
    let now = ["handbook/guide.md", "handbook/deep/one.md", "handbook/deep/two.md"];
    assert_eq!(now.map(|path| repo.id(path)), ids);
    assert_eq!(edits(&repo, "handbook", "src").len(), 4);
    repo.commit("into");
    assert_eq!(repo.id("src/handbook/deep/two.md"), ids[2]);
    repo.assert_in_order();
}

#[test]
fn lines_that_name_the_old_file_and_no_other_are_reported() {
    let repo = TestRepo::adopted();
    repo.commit_file("notes.txt", "see docs/guide.md, not docs/my-guide.md\n\nguide.md\n");
    let mentions = moved(&repo, GUIDE, "docs/manual.md").expect("possible").mentions;
    let others = mentions.iter().filter(|one| one.path != path("docs/manual.md"));
    let lines: Vec<_> = others.map(|one| (one.path.to_string(), one.line)).collect();
    assert_eq!(lines, [("notes.txt".to_owned(), 1), ("notes.txt".to_owned(), 3)]);
}

#[test]
fn only_tracked_files_are_moved_and_only_to_free_paths_in_the_repository() {
    let repo = TestRepo::adopted();
    repo.write("loose.txt", "not added\n");
    for (from, to, why) in [
        ("loose.txt", "x.txt", "not in the index"),
        ("docs/giude.md", "x.md", "docs/giude.md"),
        (GUIDE, "README.md", "docs/guide.md"),
        (GUIDE, "none/x.md", "docs/guide.md"),
        (GUIDE, "../x.md", "outside the repository"),
        (".idhooks/registry.json", "x.json", ".idhooks/registry.json"),
        (".idhooks", "x", ".idhooks"),
        ("docs", "docs/inner", "docs"),
    ] {
        refused(repo.unchanged(|_| moved(&repo, from, to)), why);
    }
}

#[test]
fn an_index_that_is_locked_moves_nothing() {
    let repo = TestRepo::adopted();
    repo.run("config idhooks.lockTimeout 0");
    repo.write(".git/index.lock", "");
    let options =
        MoveOptions { from: repo.at(GUIDE), to: repo.at("docs/manual.md"), is_dry_run: false };
    refused(mv(&mut repo.notices(), &repo.open(), &options), GUIDE);
    assert!(repo.at(GUIDE).exists() && !repo.at("docs/manual.md").exists());
    std::fs::remove_file(repo.at(".git/index.lock")).expect("writable");
    assert_eq!(repo.git(&["status", "--porcelain"]), "");
}

/// The identity of a file that was removed again was in no commit.
#[test]
fn a_moved_file_keeps_its_identity_at_the_path_of_a_file_that_no_commit_has() {
    let repo = TestRepo::adopted();
    for (source, target) in [(GUIDE, "w.md"), ("README.md", "x.md"), ("src/app.py", "y.md")] {
        let id = repo.id(source);
        edits(&repo, source, "moved.md");
        repo.stage(target, &text(target));
        let never = allocated(&repo, target);
        repo.git(&["rm", "-qf", "--", target]);
        edits(&repo, "moved.md", target);
        repo.commit("moved twice");
        assert_eq!((repo.id(target), never == id), (id, false));
    }
    repo.assert_in_order();
}

#[test]
fn a_new_file_at_a_path_that_is_left_keeps_the_identity_that_it_got_there() {
    let repo = TestRepo::adopted();
    let old = repo.id(GUIDE);
    edits(&repo, GUIDE, "docs/manual.md");
    repo.stage(GUIDE, &text("another"));
    let new = allocated(&repo, GUIDE);
    assert_ne!(new, old);
    assert!(repo.findings().is_empty());
    assert_eq!(edits(&repo, GUIDE, "docs/third.md").len(), 1);
    repo.commit("moved");
    assert_eq!(["docs/third.md", "docs/manual.md"].map(|path| repo.id(path)), [new, old]);
}

#[test]
fn an_identity_that_a_rename_makes_superfluous_is_reported_by_the_commit() {
    let repo = TestRepo::adopted();
    let id = repo.id(GUIDE);
    let is_unused = |notice: &Notice| match notice {
        Notice::UnusedId { id, .. } => Some(*id),
        _ => None,
    };
    repo.stage("copy.md", &text(GUIDE));
    let unused = allocated(&repo, "copy.md");
    repo.run("rm -q docs/guide.md");
    let notices = repo.commit("renamed");
    assert_eq!(notices.iter().filter_map(is_unused).collect::<Vec<_>>(), [unused]);
    assert_eq!(repo.id("copy.md"), id);
    repo.stage("new.md", &text("new"));
    allocated(&repo, "new.md");
    assert_eq!(repo.commit("new").iter().find_map(is_unused), None);
}

/// Git writes a split index again although it only checks a move, and a sparse checkout leaves out the
/// working file of the registry.
#[test]
fn a_move_works_with_a_split_index_and_a_sparse_checkout() {
    for form in ["update-index --split-index", "sparse-checkout set docs"] {
        let repo = TestRepo::adopted();
        let id = repo.id(GUIDE);
        repo.run("config core.splitIndex false");
        repo.run(form);
        if form.contains("split") {
            repo.run("config core.splitIndex true");
        }
        repo.run("rm -q docs/intro.md");
        edits(&repo, GUIDE, "docs/intro.md");
        repo.commit("moved");
        assert_eq!(repo.id("docs/intro.md"), id);
        assert_eq!(repo.git(&["status", "--porcelain"]), "");
    }
}
