//! Identities reserved for future files.

use super::said;
use crate::common::{on_adopted, text};

#[test]
fn what_two_branches_reserve_is_held_back_after_the_merge() {
    on_adopted(|repo| {
        repo.run("branch other");
        let ours = said(repo, "reserve --ns 100 --type 01 --count 2");
        repo.commit("ours");
        repo.run("checkout -q other");
        let theirs = said(repo, "reserve --ns 200 --type 20");
        repo.commit("theirs");
        repo.run("merge -q --no-edit -");
        for id in ours.iter().chain(&theirs) {
            let path = format!("late-{id}.md");
            repo.stage(&path, text(id));
            repo.idhooks(["allocate", "--reserved", id, &path]).ok().done();
        }
        repo.commit("late");
        for id in ours.iter().chain(&theirs) {
            assert_eq!(repo.id(&format!("late-{id}.md")), **id);
        }
        assert!(!String::from_utf8_lossy(&repo.registry("HEAD")).contains("reserved"));
    });
}

#[test]
fn what_cannot_be_reserved() {
    on_adopted(|repo| {
        for line in [
            "reserve",
            "reserve --ns 100",
            "reserve --ns 10 --type 01",
            "reserve --ns 100 --type 1x",
            "reserve --ns 100 --type 01 --count 0",
            "reserve --ns 100 --type 01 --count 100000",
        ] {
            repo.idhooks(line).code(2).complains("error: ").done();
        }
    });
}
