//! Commits with more files than `[rename]` allows to compare: no identity is replaced unasked.

use crate::common::{Repo, for_each_git, text};

const LIMITS: &str = "[rename]\nlimit = 1\nmax_files = 3\n";
const MOVED: [(&str, &str); 2] =
    [("docs/guide.md", "manual/first.md"), ("src/app.py", "lib/main.py")];

/// Stages moves of files to new names.
fn move_files(repo: &Repo) {
    for (from, to) in MOVED {
        repo.mv(from, to);
    }
}

/// Stages an edit of each of the moved files.
fn edit_files(repo: &Repo) {
    for (_, to) in MOVED {
        repo.append(to, "a line\n");
        repo.run(["add", to]);
    }
}

fn ids_before(repo: &Repo) -> Vec<String> {
    MOVED.iter().map(|(from, _)| repo.id(from)).collect()
}

fn ids_after(repo: &Repo) -> Vec<String> {
    MOVED.iter().map(|(_, to)| repo.id(to)).collect()
}

#[test]
fn a_commit_beyond_a_limit_is_blocked_until_it_is_raised() {
    for_each_git(|git| {
        for limits in [LIMITS, "[rename]\nlimit = 1\nmax_bytes = 100\n"] {
            let repo = Repo::adopted(git);
            repo.configure(limits);
            let (before, head) = (ids_before(&repo), repo.rev("HEAD"));
            move_files(&repo);
            edit_files(&repo);
            let answer = repo.try_git("commit -q -m move").code(1);
            answer.complains("error[RENAME_LIMIT]").complains("2 identities").done();
            let answer = repo.idhooks("reconcile").code(1);
            answer.complains("error[RENAME_LIMIT]").done();
            assert_eq!(repo.rev("HEAD"), head);
            let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
            let raised = rules.replace("max_files = 3", "max_files = 4");
            repo.stage("idhooks.toml", raised.replace("max_bytes = 100", "max_bytes = 100000"));
            repo.git("commit -q -m move").ok().done();
            assert_eq!(ids_after(&repo), before);
            repo.idhooks("check --history").ok().done();
        }
    });
}

#[test]
fn a_move_before_the_edits_needs_no_comparison() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        let before = ids_before(&repo);
        move_files(&repo);
        repo.git("commit -q -m move").ok().done();
        edit_files(&repo);
        repo.git("commit -q -m edit").ok().done();
        assert_eq!(ids_after(&repo), before);
    });
}

#[test]
fn a_commit_beyond_a_limit_passes_with_a_warning() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(&format!("[hooks]\nenforce = \"warn\"\n{LIMITS}"));
        move_files(&repo);
        edit_files(&repo);
        let printed = repo.git("commit -q -m move").ok().stderr();
        assert!(printed.contains("warning[RENAME_LIMIT]"), "{printed}");
        assert!(printed.contains("2 identities"), "{printed}");
        repo.idhooks("check").ok().done();
    });
}

#[test]
fn where_no_identity_is_at_stake_nothing_is_blocked() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        repo.run("rm -q docs/guide.md src/app.py notes.txt README.md");
        let printed = repo.git("commit -q -m delete").ok().stderr();
        assert!(!printed.contains("RENAME_LIMIT"), "{printed}");
        for n in 0..5 {
            repo.stage(format!("docs/{n}.md"), text(&format!("new {n}")));
        }
        let printed = repo.git("commit -q -m add").ok().stderr();
        assert!(!printed.contains("RENAME_LIMIT"), "{printed}");
    });
}

#[test]
fn a_merge_of_moves_that_were_followed_is_not_blocked() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(LIMITS);
        let before = ids_before(&repo);
        repo.run("checkout -q -b topic");
        for (from, to) in MOVED {
            repo.mv(from, to);
            repo.append(to, "a line\n");
            repo.run(["add", to]);
            repo.git("commit -q -m move").ok().done();
        }
        repo.run("checkout -q -");
        repo.append("README.md", "more\n");
        repo.git("commit -q -a -m own").ok().done();
        repo.git("merge -q --no-edit topic").ok().done();
        assert_eq!(ids_after(&repo), before);
        repo.idhooks("check").ok().done();
    });
}
