//! Plain copies: the source stays as it is, and the copy's record names it all the same.

use crate::common::{Repo, for_each_git, text};

/// Returns which identity a file of HEAD is recorded as a copy of.
fn source(repo: &Repo, path: &str) -> Option<String> {
    let record = repo.record(&repo.id(path));
    record["metadata"]["copied_from"].as_str().map(str::to_owned)
}

fn copy(repo: &Repo, from: &str, to: &str) {
    repo.stage(to, repo.read(from));
}

#[test]
fn healing_and_merging_find_the_same() {
    for_each_git(|git| {
        let hooked = Repo::adopted(git);
        let unhooked = hooked.copy_as("unhooked");
        for repo in [&hooked, &unhooked] {
            copy(repo, "notes.txt", "copy.txt");
        }
        hooked.commit("copy");
        unhooked.run("commit -q --no-verify -m copy");
        unhooked.idhooks("reconcile").ok().done();
        unhooked.commit("heal");
        for repo in [&hooked, &unhooked] {
            assert_eq!(source(repo, "copy.txt"), Some(repo.id("notes.txt")));
        }
        // A copy that a merge itself brings, whichever branch is checked out.
        hooked.run("branch -q side");
        hooked.commit_file("ours.md", text("ours"));
        hooked.run("checkout -q side");
        hooked.commit_file("theirs.md", text("theirs"));
        let other = hooked.copy_as("other");
        for (repo, here, there) in [(&hooked, "side", "-"), (&other, "-", "side")] {
            if here == "-" {
                repo.run("checkout -q -");
            }
            repo.run(["merge", "-q", "--no-commit", "--no-ff", there]);
            copy(repo, "theirs.md", "both.md");
            repo.run("commit -q -m merged");
            assert_eq!(source(repo, "both.md"), Some(repo.id("theirs.md")), "on {here}");
        }
    });
}
