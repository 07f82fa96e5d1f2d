//! Changing branches, or single files, while there is work that is not committed.

use super::{fork, on_adopted};
use crate::common::{Repo, text};
use crate::merges::unmerged_paths;

#[test]
fn staged_work_goes_along() {
    on_adopted(|repo| {
        repo.run("tag start");
        repo.stage("docs/new.md", text("new"));
        repo.mv("notes.txt", "docs/notes.txt");
        repo.run("switch -q -c side");
        repo.commit("on side");
        assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
        repo.run("switch -q main");
        repo.stage("docs/more.md", text("more"));
        repo.mv("src/app.py", "src/main.py");
        repo.run("switch -q side");
        repo.commit("also on side");
        assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
        assert_eq!(repo.id("docs/new.md"), repo.id_in("HEAD~1", "docs/new.md"));
    });
}

#[test]
fn work_that_is_merged_into_the_other_branch() {
    on_adopted(|repo| {
        fork(repo);
        for command in ["switch -q -m side", "checkout -q -m side"] {
            repo.write("src/app.py", "merged\n".to_owned() + &text("src/app.py"));
            repo.write("docs/late.md", text(command));
            repo.run(command);
            assert_eq!(unmerged_paths(repo), [""; 0]);
            repo.run("add -A");
            repo.commit("carried");
            assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
            assert_eq!(repo.id("docs/side.md"), repo.id_in("theirs", "docs/side.md"));
            repo.run("reset -q --hard theirs");
            repo.run("switch -q main");
        }
    });
}

#[test]
fn work_that_conflicts_with_the_other_branch() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("switch -q side");
        repo.commit_file("README.md", text("theirs"));
        repo.run("switch -q main");
        // What a commit that was given up leaves in the working tree goes along, too.
        repo.write("README.md", text("ours"));
        repo.write("docs/late.md", text("late"));
        repo.run("add -N docs/late.md");
        repo.try_git(["commit", "-q", "-a", "-m", ""]).refused().done();
        repo.run("reset -q");
        repo.run("switch -q -m side");
        assert_eq!(unmerged_paths(repo), ["README.md"]);
        repo.write("README.md", text("resolved"));
        repo.run("add -A");
        repo.commit("carried");
        assert_eq!(repo.id("README.md"), repo.id_in("start", "README.md"));
        assert_eq!(repo.id("docs/side.md"), repo.id_in("theirs", "docs/side.md"));
    });
}

#[test]
fn files_taken_from_another_branch() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("checkout theirs -- docs/side.md");
        repo.run("restore --source theirs --staged --worktree src/main.py");
        repo.run("rm -q src/app.py");
        repo.commit("taken over");
        assert_eq!(repo.id("docs/side.md"), repo.id_in("theirs", "docs/side.md"));
        assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
        repo.run("merge -q --no-edit side");
        super::assert_joined(repo, "HEAD");
    });
}

/// Nothing says where the file comes from; the merge tells that it is one.
#[test]
fn a_file_taken_from_another_branch_where_it_was_edited() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("checkout -q side");
        repo.append("docs/side.md", "more\n");
        repo.run("commit -q -a -m edit");
        repo.run("checkout -q main");
        repo.run("checkout side -- docs/side.md");
        repo.commit("taken over");
        let taken = repo.id("docs/side.md");
        assert_ne!(taken, repo.id_in("theirs", "docs/side.md"));
        repo.run("merge -q --no-edit side");
        assert_eq!(repo.id("docs/side.md"), repo.id_in("theirs", "docs/side.md"));
        assert_eq!(repo.record(&taken)["status"], "superseded");
    });
}

#[test]
fn everything_taken_from_another_branch() {
    on_adopted(|repo| {
        fork(repo);
        // The registry of the other branch comes along and is no reason to lose one's own.
        repo.run("checkout theirs -- .");
        repo.run("rm -q src/app.py data/table.csv");
        repo.run("rm -q --cached notes.txt");
        repo.remove("notes.txt");
        repo.commit("taken over");
        super::assert_joined(repo, "HEAD");
    });
}

#[test]
fn the_index_put_back() {
    on_adopted(|repo| {
        let start = repo.rev("HEAD");
        repo.stage("docs/new.md", text("new"));
        repo.mv("notes.txt", "docs/notes.txt");
        repo.try_git(["commit", "-q", "-m", ""]).refused().done();
        let again = |repo: &Repo| {
            repo.run("add -A");
            repo.commit("again");
            assert_eq!(repo.id("docs/notes.txt"), repo.id_in(&start, "notes.txt"));
            let id = repo.id("docs/new.md");
            repo.run(["reset", "-q", "--hard", &start]);
            id
        };
        for command in ["restore --staged .", "restore --staged .idhooks/registry.json", "reset -q"]
        {
            repo.stage("docs/new.md", text("new"));
            if repo.exists("notes.txt") {
                repo.mv("notes.txt", "docs/notes.txt");
            }
            repo.try_git(["commit", "-q", "-m", ""]).refused().done();
            repo.run(command);
            let first = again(repo);
            repo.run("checkout -q -B main");
            assert_eq!(first.len(), 16);
        }
    });
}
