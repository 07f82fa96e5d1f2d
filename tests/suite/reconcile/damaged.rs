//! Registries that HEAD has damaged or deleted.

use crate::common::{Repo, for_each_git, text};
use crate::judge;

#[test]
fn a_deleted_registry_is_restored_from_the_commit_that_has_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let last = repo.rev("HEAD");
        let registry = repo.registry("HEAD");
        // In the index alone, HEAD has it.
        repo.run("rm -q --cached .idhooks/registry.json");
        let shown = |command: &str| {
            let answer = repo.idhooks(command);
            answer.stdout() + &answer.stderr()
        };
        assert!(shown("check").contains("git restore --source=HEAD "), "{}", shown("check"));
        repo.run("commit -q --no-verify -m deleted");
        repo.with("IDHOOKS", "0").commit_file("later.md", text("later"));
        let source = format!("git restore --source={} --staged --worktree", &last[..10]);
        for command in ["reconcile", "reconcile --commit", "reconcile --enqueue"] {
            repo.idhooks(command).refused().complains(&source).done();
        }
        for command in ["check", "check --rev HEAD", "doctor", "status"] {
            assert!(shown(command).contains(&source), "{}", shown(command));
        }
        let from = format!("--source={}", &last[..10]);
        repo.run(["restore", &from, "--staged", "--worktree", ".idhooks/registry.json"]);
        assert_eq!(repo.read(".idhooks/registry.json"), registry);
        repo.commit("restore");
        judge::assert_clean(&repo);
        assert_eq!(repo.findings("--rev HEAD"), Vec::<String>::new());
    });
}
