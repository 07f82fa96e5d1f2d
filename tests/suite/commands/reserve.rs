//! Identities reserved for future files.

use super::{as_shown, refuses, said};
use crate::common::{on_adopted, text};

#[test]
fn a_reserved_identity_is_for_who_asks_for_it() {
    on_adopted(|repo| {
        let held = as_shown(repo, "reserve --ns 100 --type 01 --count 3");
        assert_eq!(held.len(), 3);
        assert!(held.iter().all(|id| id.starts_with("01100")), "{held:?}");
        repo.commit("reserve");
        assert!(
            said(repo, "reserve --ns 100 --type 01 --dry-run").iter().all(|id| !held.contains(id))
        );
        repo.stage("docs/late.md", text("late"));
        repo.stage("docs/other.md", text("other"));
        let line = format!("allocate --reserved {} docs/late.md", held[1]);
        assert_eq!(as_shown(repo, &line), [format!("{} docs/late.md", held[1])]);
        refuses(repo, &format!("allocate --reserved {} docs/other.md", held[1]), "is not reserved");
        refuses(repo, "allocate --reserved 0110000007260118 docs/other.md", "is not reserved");
        let two = format!("allocate --reserved {} docs/other.md docs/late.md", held[0]);
        refuses(repo, &two, "already has an identity");
        repo.commit("late");
        assert_eq!(repo.id("docs/late.md"), held[1]);
        assert!(!held.contains(&repo.id("docs/other.md")));
        // It is not held back any more, and nothing brings it back.
        let counters = said(repo, "list --counters").join("\n");
        let number = |id: &String| id[5..10].trim_start_matches('0').to_owned();
        assert!(counters.contains(&number(&held[0])), "{counters}");
        let reserved = counters.lines().find(|line| line.starts_with("100_01")).expect("a counter");
        let words: Vec<&str> = reserved.split_whitespace().skip(3).collect();
        let (reserved, _used) = words.split_last_chunk::<5>().expect("how full it is");
        assert_eq!(reserved.len(), 2, "{counters}");
        assert!(!reserved.contains(&&*number(&held[1])), "{counters}");
    });
}

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
        // A list of an allocation names 99,699 numbers, and two files have some of them.
        let line = |count: u32| format!("reserve --ns 100 --type 01 --dry-run --count {count}");
        repo.idhooks(&*line(99_999)).code(1).complains("CAPACITY").done();
        assert_eq!(said(repo, &line(99_000)).len(), 99_000);
    });
}
