//! `git rebase` without a conflict, with either backend.

use super::{assert_joined, fork, on_adopted};
use crate::common::{Repo, sample_of, text};

/// Rebases a copy of `side` onto `main`.
fn rebase(repo: &Repo, options: &str) {
    repo.run("checkout -q -B try theirs");
    repo.run(format!("rebase -q {options} main").as_str());
}

#[test]
fn by_either_backend() {
    on_adopted(|repo| {
        fork(repo);
        let all = ["", "--apply", "--force-rebase", "--no-ff --signoff", "-X theirs"];
        for options in sample_of(&all) {
            rebase(repo, options);
            assert_joined(repo, "try");
            assert_eq!(repo.ask("rev-list --count main..try"), "3", "{options}");
            assert_eq!(repo.ask("rev-list --merges main..try"), "");
        }
    });
}

#[test]
fn only_a_part_of_the_branch() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("rebase -q --onto main side~1 side");
        assert_eq!(repo.ask("rev-list --count main..side"), "1");
        assert_eq!(repo.id("src/app.py"), repo.id_in("start", "src/app.py"));
        assert_eq!(repo.id("docs/notes.txt"), repo.id_in("start", "notes.txt"));
        // What was left behind is known, and lives again with its file.
        let left = repo.id_in("theirs", "docs/side.md");
        assert_eq!(repo.record(&left)["status"], "deprecated");
        repo.run("cherry-pick theirs~2");
        assert_eq!(repo.id("docs/side.md"), left);
    });
}

#[test]
fn with_work_that_is_put_aside() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("checkout -q side");
        repo.append("README.md", "unstaged\n");
        repo.stage("docs/new.md", text("new"));
        repo.run("rebase -q --autostash main");
        assert_joined(repo, "side");
        repo.run("commit -q -a -m work");
        assert_eq!(repo.id("README.md"), repo.id_in("start", "README.md"));
    });
}

#[test]
fn with_a_command_after_each_commit() {
    on_adopted(|repo| {
        fork(repo);
        repo.run("checkout -q side");
        let add = "n=$(git rev-list --count HEAD); echo $n >made-$n.txt; git add -A";
        repo.run([
            "rebase",
            "-q",
            "--exec",
            &format!("{add}; git commit -q --amend --no-edit"),
            "main",
        ]);
        assert_eq!(repo.ask("rev-list --count main..side"), "3");
        assert_eq!(repo.id("docs/side.md"), repo.id_in("theirs", "docs/side.md"));
        assert_eq!(repo.id("src/main.py"), repo.id_in("start", "src/app.py"));
        assert_eq!(repo.ask("ls-files made-*").lines().count(), 3);
    });
}
