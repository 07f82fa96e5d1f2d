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
