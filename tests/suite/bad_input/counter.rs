//! A counter without a free number.

use crate::common::{Repo, Snapshot, on_adopted, text};

const FULL: &str = "\"counters\":{\"100_01_260118\":{\"floor\":99999}}";

fn fill(repo: &Repo) {
    let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
    repo.stage(".idhooks/registry.json", registry.replace("\"counters\":{}", FULL));
    repo.commit("fill");
    assert!(String::from_utf8_lossy(&repo.registry("HEAD")).contains(FULL));
}

#[test]
fn a_full_counter_blocks() {
    on_adopted(|repo| {
        fill(repo);
        repo.stage("docs/new.md", text("new"));
        let before = Snapshot::of(repo);
        for form in ["commit -m no", "commit -a -m no", "commit -m no docs/new.md"] {
            repo.try_git(form).code(1).complains("CAPACITY").complains("100_01_260118").done();
            before.assert_same(repo);
        }
        repo.idhooks("allocate docs/new.md").code(1).complains("CAPACITY").done();
        before.assert_same(repo);
        repo.run("reset -q --hard");
    });
}

#[test]
fn other_counters_go_on() {
    on_adopted(|repo| {
        fill(repo);
        let id = repo.id("docs/intro.md");
        repo.mv("docs/intro.md", "docs/start.md");
        repo.stage("src/new.py", text("new"));
        repo.commit("go on");
        assert_eq!(repo.id("docs/start.md"), id);
        assert!(repo.findings("").iter().all(|code| code == "CAPACITY"));
        repo.idhooks("check").ok().done();
    });
}

#[test]
fn a_full_sequential_counter_blocks() {
    on_adopted(|repo| {
        repo.configure("[allocation]\nstrategy = \"sequential\"\n");
        fill(repo);
        repo.stage("docs/new.md", text("new"));
        let before = Snapshot::of(repo);
        repo.try_git("commit -m no").code(1).complains("CAPACITY").done();
        before.assert_same(repo);
        repo.run("reset -q --hard");
        let counters = repo.idhooks("list --counters").ok().stdout();
        assert!(counters.contains("99,999 of 99,999 (100.0 %)"), "{counters}");
        let check = repo.idhooks("check").ok();
        assert!(format!("{check}").contains("is nearly full: 99,999 of 99,999"), "{check}");
    });
}
