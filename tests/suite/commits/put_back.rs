//! Files that commits without hooks remove and put back without changing the registry.

use crate::common::{Repo, for_each_git, sample, text};
use crate::judge;

/// Commits everything without hooks.
fn unhooked(repo: &Repo) {
    repo.run("add -A");
    repo.run("commit -q --no-verify -m unhooked");
}

/// Moves files one after the other, each in a commit without hooks.
fn moves(repo: &Repo, pairs: &[(&str, &str)]) {
    for (from, to) in pairs {
        repo.mv(from, to);
        unhooked(repo);
    }
}

const EXCHANGE: [(&str, &str); 3] =
    [("README.md", "t"), ("notes.txt", "README.md"), ("t", "notes.txt")];

/// Returns the identities of the two files that [`EXCHANGE`] exchanges.
fn both(repo: &Repo) -> [String; 2] {
    ["README.md", "notes.txt"].map(|path| repo.id(path))
}

/// Asserts that every command says that HEAD is consistent, and that nothing is lost.
fn assert_healed(repo: &Repo) {
    repo.idhooks("check").ok().done();
    repo.idhooks("check --rev HEAD").ok().done();
    let status = repo.idhooks("status").ok().stdout();
    assert!(status.contains("HEAD        its registry is consistent"), "{status}");
    let found = repo.findings("--history");
    assert!(found.iter().all(|code| code == "BEHIND"), "{found:?}");
    judge::assert_clean(repo);
}

/// Makes a branch with a commit of its own, and returns to main.
fn branch(repo: &Repo) {
    repo.run("switch -q -c topic");
    repo.commit_file("docs/topic.md", text("topic"));
    repo.run("switch -q main");
}

/// Brings a branch and main together, in shell.
const MEETINGS: [&str; 4] = [
    "git merge -q --no-edit topic",
    "git -c core.hooksPath= merge -q --no-edit topic",
    "git cherry-pick main..topic",
    "git switch -q topic && seq 40 >two.md && git add two.md && git commit -q -m two && git rebase -q main",
];

#[test]
fn healed_or_not_an_exchange_survives_merges_rebases_and_picks() {
    for n in sample(2 * MEETINGS.len()) {
        let meeting = MEETINGS[n / 2];
        let is_healed = n % 2 == 1;
        for_each_git(|git| {
            let repo = Repo::adopted(git);
            branch(&repo);
            let [readme, notes] = both(&repo);
            moves(&repo, &EXCHANGE);
            if is_healed {
                repo.commit_file("new.md", text("new"));
            }
            repo.sh(meeting).ok().done();
            repo.commit_file("newer.md", text("newer"));
            assert_eq!(both(&repo), [&*notes, &*readme], "{meeting}, {is_healed}");
            assert_healed(&repo);
        });
    }
}
