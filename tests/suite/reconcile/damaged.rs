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
        for command in ["check", "check --rev HEAD", "doctor"] {
            let said = shown(command);
            assert!(said.contains(&last[..10]) && said.contains("idhooks reconcile"), "{said}");
        }
        repo.idhooks("-q reconcile").ok().done();
        assert!(registry.len() < repo.read(".idhooks/registry.json").len());
        repo.commit("restore");
        judge::assert_clean(&repo);
        assert_eq!(repo.findings("--rev HEAD"), Vec::<String>::new());
    });
}
