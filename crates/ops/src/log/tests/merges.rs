//! An event on a branch is listed once, with its commit there; a merge only with its own changes.

use idhooks_core::config::Strategy;

use super::*;
use crate::InitOptions;
use crate::tests::text;

fn on_branch(repo: &TestRepo, name: &str, story: impl Fn()) {
    repo.run(&format!("checkout -q -b {name}"));
    story();
    repo.run("checkout -q main");
}

#[test]
fn a_clean_merge_has_no_events() {
    let repo = TestRepo::adopted();
    on_branch(&repo, "side", || {
        moved(&repo, "src/app.py", "src/main.py", "rename");
        deleted(&repo, "notes.txt", "delete");
        repo.commit_file("side.md", &text("side"));
    });
    repo.append("src/app.py", "more\n");
    repo.commit("edit");
    repo.merge("side");
    // A branch from before the merge, which does not have the rename.
    repo.run("checkout -q -b old HEAD~1");
    repo.append("README.md", "more\n");
    repo.commit("old-edit");
    repo.run("checkout -q main");
    repo.merge("old");
    let app = ["adopt: allocated src/app.py", "rename: renamed src/main.py from=src/app.py"];
    assert_eq!(told(&repo, "src/main.py"), app);
    let notes = ["adopt: allocated notes.txt", "delete: deprecated notes.txt reason=deleted"];
    assert_eq!(told(&repo, "notes.txt"), notes);
    assert_eq!(told(&repo, "side.md"), ["side.md: allocated side.md"]);
}

#[test]
fn an_event_of_both_branches_is_listed_once() {
    let repo = TestRepo::adopted();
    on_branch(&repo, "side", || {
        moved(&repo, "src/app.py", "src/main.py", "side-rename");
        repo.commit_file("new.md", &text("new"));
    });
    moved(&repo, "src/app.py", "src/main.py", "main-rename");
    repo.run("cherry-pick side");
    repo.merge("side");
    let app = ["adopt: allocated src/app.py", "side-rename: renamed src/main.py from=src/app.py"];
    assert_eq!(told(&repo, "src/main.py"), app);
    assert_eq!(told(&repo, "new.md"), ["new.md: allocated new.md"]);
}

#[test]
fn a_merge_that_decides_between_branches_is_listed() {
    let repo = TestRepo::adopted();
    on_branch(&repo, "side", || {
        repo.git_mv("src/app.py", "src/side.py");
        repo.git_mv("docs/guide.md", "docs/side.md");
        deleted(&repo, "notes.txt", "side");
    });
    repo.git_mv("src/app.py", "src/main.py");
    repo.append("notes.txt", "more\n");
    repo.commit("main");
    repo.begin_merge("side");
    repo.run("rm -q --cached src/app.py src/side.py");
    repo.run("add notes.txt src/main.py");
    repo.git_mv("docs/side.md", "docs/joined.md");
    repo.commit("join");
    assert_eq!(
        told(&repo, "src/main.py"),
        [
            "adopt: allocated src/app.py",
            "side: renamed src/side.py from=src/app.py",
            "main: renamed src/main.py from=src/app.py",
            "join: renamed src/main.py from=src/side.py",
        ]
    );
    assert_eq!(
        told(&repo, "docs/joined.md"),
        [
            "adopt: allocated docs/guide.md",
            "side: renamed docs/side.md from=docs/guide.md",
            "join: renamed docs/joined.md from=docs/side.md",
        ]
    );
    assert_eq!(
        told(&repo, "notes.txt"),
        [
            "adopt: allocated notes.txt",
            "side: deprecated notes.txt reason=deleted",
            "join: revived notes.txt",
        ]
    );
}

#[test]
fn a_merge_that_renumbers_is_listed_and_the_old_identity_finds_both_files() {
    let repo = TestRepo::empty();
    repo.stage("src/app.py", &text("src/app.py"));
    let strategy = Some(Strategy::Sequential);
    repo.adopt(&InitOptions { strategy, ..InitOptions::default() });
    on_branch(&repo, "side", || repo.commit_file("src/side.py", &text("side")));
    repo.forget();
    repo.commit_file("src/main.py", &text("main"));
    let ours = repo.id("src/main.py");
    assert_eq!(repo.id_in("side", "src/side.py"), ours, "no collision");
    repo.merge("side");
    // The records are of the same second, so that either can be the elder, which keeps the identity.
    let [elder, other, branch] = match repo.id("src/side.py") == ours {
        true => ["src/side.py", "src/main.py", "HEAD~1"],
        false => ["src/main.py", "src/side.py", "side"],
    };
    let new = repo.id(other);
    assert_eq!((repo.id(elder), new == ours), (ours, false));
    let events = [
        format!("{other}: allocated {other}"),
        format!("merge side: reassigned {other} old_id={ours}"),
    ];
    assert_eq!(told(&repo, other), events);
    assert_eq!(told(&repo, &new.to_string()), events);
    let found = logged(&repo, &ours.to_string());
    assert_eq!(lines_of(&found), [format!("{elder}: allocated {elder}")]);
    assert_eq!(found.notes, [FoundNote::AlsoAllocated(ours, vec![new])]);
    // Where it has the other identity, it is the same file.
    let then = try_log(&repo, other, Some(branch)).expect("a record");
    assert_eq!((lines_of(&then), then.record.id), (events[..1].to_vec(), ours));
}
