//! What is said of identities while the registry is unmerged.

use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git, is_dual_write};
use crate::reviewed::assert_text;

#[test]
fn nothing_is_counted_in_a_registry_that_cannot_be_read() {
    if is_dual_write() {
        // The numbers of writes are others then.
        return;
    }
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        super::part_ways(&repo);
        repo.run("config merge.idhooks.driver false");
        repo.try_git("merge -q side").code(1).done();
        assert_eq!(repo.findings(""), ["REGISTRY_CORRUPT"]);
        let said = repo.idhooks("status").ok().stdout();
        assert!(!said.contains("0 active"), "{said}");
        assert_text("merges-unmerged-nothing_is_counted_in_a_registry_that_cannot_be_read", &said);
        let status = repo.idhooks("status --format json").ok().json();
        let numbers = ["active", "deprecated", "superseded"].map(|state| &status["files"][state]);
        assert!(numbers.iter().all(|number| number.is_null()), "{status}");
        assert_fits(&repo, "status", &status);
        repo.idhooks("resolve").ok().done();
        let said = repo.idhooks("status").ok().stdout();
        assert_text(
            "merges-unmerged-nothing_is_counted_in_a_registry_that_cannot_be_read-2",
            &said,
        );
        // Damaged in another way.
        repo.stage(".idhooks/registry.json", "half a regis");
        let said = repo.idhooks("status").ok().stdout();
        assert_text(
            "merges-unmerged-nothing_is_counted_in_a_registry_that_cannot_be_read-3",
            &said,
        );
    });
}

#[test]
fn an_operation_in_progress_has_a_line_on_the_screen() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("checkout -q -b side");
        repo.stage("notes.txt", "side\n");
        repo.commit("side");
        repo.run("checkout -q main");
        repo.stage("notes.txt", "main\n");
        repo.commit("main");
        for name in ["merge", "rebase", "cherry-pick"] {
            repo.try_git([name, "side"]).code(1).done();
            let sentence = format!("a {name} is in progress");
            let screen = repo.idhooks("status").ok().stdout();
            assert!(screen.contains(&format!("\ngit         {sentence}\n")), "{screen}");
            let status = repo.idhooks("status --format json").ok().json();
            assert_eq!(status["operation"], sentence);
            repo.run([name, "--abort"]);
            let screen = repo.idhooks("status").ok().stdout();
            assert!(!screen.contains("in progress"), "{screen}");
        }
    });
}
