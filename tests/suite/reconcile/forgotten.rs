//! What a commit lost that no hook saw, and the next such commit does not miss.

use crate::common::{Repo, for_each_git, text};
use crate::judge;
use crate::reviewed::assert_text;

/// Adds a file, reverts that, and reverts an edit before it: the last commit is true over the
/// one before, which lost a record.
fn lose_and_forget(repo: &Repo) -> String {
    repo.append("README.md", "more\n");
    repo.run("commit -q -a -m edit");
    repo.commit_file("new.md", text("new"));
    let id = repo.id("new.md");
    repo.run("revert --no-edit HEAD HEAD~1");
    let (lost, after) = (repo.rev("HEAD~1"), repo.rev("HEAD"));
    judge::assert_consistent_except(repo, &[&lost]);
    assert!(!String::from_utf8_lossy(&repo.registry(&after)).contains(&id));
    id
}

#[test]
fn the_next_commit_brings_it_back() {
    for_each_git(|git| {
        for file in [Some("other.md"), None] {
            let repo = Repo::adopted_with(git, "--strategy sequential");
            let id = lose_and_forget(&repo);
            match file {
                Some(file) => repo.commit_file(file, text(file)),
                None => {
                    repo.append("README.md", "an edit\n");
                    repo.run("commit -q -a -m edit");
                }
            }
            assert_eq!(repo.record(&id)["file_path"], "new.md");
            assert_eq!(repo.record(&id)["status"], "deprecated");
            repo.commit_file("new.md", text("new"));
            assert_eq!(repo.id("new.md"), id);
            judge::assert_clean(&repo);
        }
    });
}

#[test]
fn in_a_clone_that_knows_nothing() {
    for_each_git(|git| {
        let repo = Repo::adopted_with(git, "--strategy sequential");
        let id = lose_and_forget(&repo);
        let clone = repo.clone_as("clone");
        let told = clone.idhooks("reconcile --dry-run").ok();
        assert_text("reconcile-forgotten-in_a_clone_that_knows_nothing", &told.stderr());
        told.done();
        clone.commit_file("other.md", text("other"));
        assert_eq!(clone.record(&id)["status"], "deprecated");
        assert_ne!(clone.id("other.md"), id);
    });
}
