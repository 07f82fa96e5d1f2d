//! What is wrong is found, however often nothing was wrong before.

use crate::common::{Repo, for_each_git, text};

const CHECKS: &str = ".git/idhooks/cache/checks";

#[test]
fn a_check_that_is_remembered_says_the_same() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let first = repo.idhooks("check").ok().stderr();
        assert!(first.contains("7 files, 7 identities: no findings"), "{first}");
        assert!(repo.exists(CHECKS));
        let again = || {
            assert_eq!(repo.idhooks("check --strict").ok().stderr(), first);
            assert_eq!(repo.findings(""), [""; 0]);
        };
        again();
        // Other times of files, the same tree.
        repo.write("README.md", repo.read("README.md"));
        repo.run("update-index --refresh");
        again();
        repo.write(CHECKS, "torn 1 2");
        again();
    });
}

#[test]
fn a_check_that_found_nothing_hides_nothing_that_comes_later() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let fine = || {
            repo.idhooks("check").ok().done();
            repo.idhooks("check").ok().done();
        };
        fine();
        repo.run("update-index --force-remove README.md");
        assert_eq!(repo.findings(""), ["STALE_PATH"]);
        repo.run("reset -q");
        fine();
        repo.stage("new.md", text("new"));
        assert_eq!(repo.findings(""), ["MISSING_ID"]);
        repo.run("reset -q");
        repo.write("idhooks.toml", "[nonsense]\n");
        fine();
        repo.run("add idhooks.toml");
        repo.idhooks("check").code(2).done();
        repo.run("reset -q --hard");
        fine();
        // The same index over another commit.
        let tree = repo.ask("write-tree");
        repo.commit_file("more.md", text("more"));
        repo.run(["read-tree", tree.trim()]);
        assert!(repo.findings("").contains(&"RECORD_LOST".to_owned()));
        repo.run("reset -q --hard");
        fine();
    });
}
