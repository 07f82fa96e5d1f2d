//! What branches bring is told once, where it happened; of a merge only what it did itself.

use super::{commit_all, log, told};
use crate::common::{Repo, for_each_git, on_adopted, text};
use crate::reviewed::assert_text;

fn on_branch(repo: &Repo, name: &str, story: impl Fn()) {
    repo.run(["checkout", "-q", "-b", name]);
    story();
    repo.run("checkout -q main");
}

#[test]
fn a_clean_merge_has_nothing_to_tell() {
    on_adopted(|repo| {
        on_branch(repo, "side", || {
            repo.mv("src/app.py", "src/main.py");
            commit_all(repo, "rename");
            repo.run("rm -q notes.txt");
            commit_all(repo, "delete");
            repo.commit_file("side.md", text("side"));
        });
        repo.append("src/app.py", "more\n");
        commit_all(repo, "edit");
        repo.run("merge -q --no-edit side");
        // A branch from before the merge, that knows nothing of the rename.
        repo.run("checkout -q -b old HEAD~1");
        repo.append("README.md", "more\n");
        commit_all(repo, "old-edit");
        repo.run("checkout -q main");
        repo.run("merge -q --no-edit old");
        let app = ["adopt: allocated src/app.py", "rename: renamed src/main.py from=src/app.py"];
        assert_eq!(told(repo, "src/main.py"), app);
        let notes = ["adopt: allocated notes.txt", "delete: deprecated notes.txt reason=deleted"];
        assert_eq!(told(repo, "notes.txt"), notes);
        assert_eq!(told(repo, "side.md"), ["write side.md: allocated side.md"]);
    });
}

#[test]
fn branches_that_merged_each_other() {
    on_adopted(|repo| {
        on_branch(repo, "side", || {
            repo.mv("src/app.py", "src/main.py");
            commit_all(repo, "side-rename");
        });
        repo.mv("notes.txt", "docs/notes.txt");
        commit_all(repo, "main-rename");
        repo.run("branch before");
        repo.run("merge -q --no-edit side");
        repo.run("checkout -q side");
        repo.run("merge -q --no-edit before");
        repo.mv("src/main.py", "src/start.py");
        commit_all(repo, "side-again");
        repo.run("checkout -q main");
        repo.commit_file("new.md", text("new"));
        repo.run("merge -q --no-edit side");
        let app = [
            "adopt: allocated src/app.py",
            "side-rename: renamed src/main.py from=src/app.py",
            "side-again: renamed src/start.py from=src/main.py",
        ];
        assert_eq!(told(repo, "src/start.py"), app);
        let notes =
            ["adopt: allocated notes.txt", "main-rename: renamed docs/notes.txt from=notes.txt"];
        assert_eq!(told(repo, "docs/notes.txt"), notes);
    });
}

#[test]
fn what_both_branches_did_is_told_once() {
    on_adopted(|repo| {
        on_branch(repo, "side", || {
            repo.mv("src/app.py", "src/main.py");
            commit_all(repo, "side-rename");
            repo.commit_file("new.md", text("new"));
        });
        repo.mv("src/app.py", "src/main.py");
        commit_all(repo, "main-rename");
        repo.run("cherry-pick side");
        repo.run("merge -q --no-edit side");
        let app =
            ["adopt: allocated src/app.py", "side-rename: renamed src/main.py from=src/app.py"];
        assert_eq!(told(repo, "src/main.py"), app);
        assert_eq!(told(repo, "new.md"), ["write new.md: allocated new.md"]);
    });
}

#[test]
fn a_merge_that_decides_between_branches_is_told_of() {
    on_adopted(|repo| {
        on_branch(repo, "side", || {
            repo.mv("src/app.py", "src/side.py");
            repo.mv("docs/guide.md", "docs/side.md");
            repo.run("rm -q notes.txt");
            commit_all(repo, "side");
        });
        repo.mv("src/app.py", "src/main.py");
        repo.append("notes.txt", "more\n");
        commit_all(repo, "main");
        repo.try_git("merge -q --no-edit side").code(1).done();
        repo.run("rm -q --cached src/app.py src/side.py");
        repo.remove("src/side.py");
        repo.mv("docs/side.md", "docs/joined.md");
        commit_all(repo, "join");
        assert_eq!(
            told(repo, "src/main.py"),
            [
                "adopt: allocated src/app.py",
                "side: renamed src/side.py from=src/app.py",
                "main: renamed src/main.py from=src/app.py",
                "join: renamed src/main.py from=src/side.py",
            ]
        );
        assert_eq!(
            told(repo, "docs/joined.md"),
            [
                "adopt: allocated docs/guide.md",
                "side: renamed docs/side.md from=docs/guide.md",
                "join: renamed docs/joined.md from=docs/side.md",
            ]
        );
        assert_eq!(
            told(repo, "notes.txt"),
            [
                "adopt: allocated notes.txt",
                "side: deprecated notes.txt reason=deleted",
                "join: revived notes.txt",
            ]
        );
    });
}

#[test]
fn a_merge_that_renumbers() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        on_branch(&repo, "side", || repo.commit_file("src/side.py", text("side")));
        // As in another clone, which does not know what this one gave.
        repo.remove(".git/idhooks/given");
        repo.commit_file("src/main.py", text("main"));
        let ours = repo.id("src/main.py");
        assert_eq!(repo.id_in("side", "src/side.py"), ours, "no collision");
        repo.run("merge -q -m join side");
        // The elder keeps the number: the side branch was first.
        let new = repo.id("src/main.py");
        assert_eq!(repo.id("src/side.py"), ours);
        assert_ne!(new, ours);
        let events = [
            "write src/main.py: allocated src/main.py".to_owned(),
            format!("join: reassigned src/main.py old_id={ours}"),
        ];
        assert_eq!(told(&repo, "src/main.py"), events);
        assert_eq!(told(&repo, [new.as_str()]), events);
        let side = ["write src/side.py: allocated src/side.py"];
        assert_eq!(told(&repo, [ours.as_str()]), side);
        let note = format!("{ours} was also allocated to the file that is now {new}");
        assert_eq!(log(&repo, [ours.as_str()])["note"], note);
        // Where it has another number, it is the same file by that one, too.
        assert_eq!(told(&repo, ["src/main.py", "--rev", "HEAD~1"]), events[..1]);
        let then = repo.idhooks(["show", &new, "--at", "HEAD~1"]).ok().stdout();
        assert_text("show_log-merges-a_merge_that_renumbers", &then);
    });
}
