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

#[test]
fn the_capacity_is_that_of_the_strategy() {
    on_adopted(|repo| {
        let used = || -> Vec<(String, String)> {
            let counters = repo.idhooks("list --counters").ok().stdout();
            let rows = counters.lines().skip(1).map(|line| {
                let words: Vec<&str> = line.split_whitespace().collect();
                let at = words.iter().position(|word| *word == "of").expect("a share");
                (words[1].to_owned(), words[at - 1..=at + 1].join(" "))
            });
            rows.collect()
        };
        assert!(used().iter().all(|(_, used)| used.ends_with(" of 99,699")), "{:?}", used());
        // Sequential identities go on after the highest one.
        repo.configure("[allocation]\nstrategy = \"sequential\"\n");
        for (current, used) in used() {
            assert_eq!(
                used.replacen(',', "", 1),
                format!("{} of 99,999", current.trim_start_matches('0'))
            );
        }
        let metrics = repo.idhooks("metrics").ok().stdout();
        let shares = metrics.lines().filter(|l| l.starts_with("identity_capacity_used_ratio{"));
        let shares: Vec<f64> =
            shares.filter_map(|line| line.rsplit(' ').next()?.parse().ok()).collect();
        assert!(
            shares.len() == used().len() && shares.iter().any(|share| *share > 0.1),
            "{metrics}"
        );
        // What is reserved in many places takes little room.
        repo.idhooks("reserve --ns 100 --type 01 --count 40").ok().done();
        repo.configure("");
        repo.idhooks("reserve --ns 100 --type 01 --count 40").ok().done();
        let counters = repo.idhooks("list --counters").ok().stdout();
        assert!(
            counters.contains(" more ") && counters.lines().all(|line| line.len() < 120),
            "{counters}"
        );
        repo.run("reset -q --hard");
    });
}
