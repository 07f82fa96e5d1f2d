//! Registries that are missing, torn, foreign or forged.

use std::time::{Duration, Instant};

use crate::common::{Repo, Snapshot, for_each_git, is_long, on_adopted, text};

const REGISTRY: &str = ".idhooks/registry.json";

fn good(repo: &Repo) -> String {
    String::from_utf8(repo.registry("HEAD")).expect("a registry is text")
}

/// A registry made of the good one is refused by `check` with the codes, and by a commit with
/// the first of them; nothing changes.
fn refused(codes: &[&str], forge: impl Fn(&str) -> Vec<u8>) {
    on_adopted(|repo| {
        repo.stage(REGISTRY, forge(&good(repo)));
        repo.stage("new.md", text("new"));
        let before = Snapshot::of(repo);
        let check = repo.idhooks("check").code(1);
        assert!(check.stdout().contains(codes[0]) || check.stderr().contains(codes[0]), "{check}");
        assert!(!check.stderr().contains("panicked"), "{check}");
        let found = repo.findings("");
        for code in codes {
            assert!(found.iter().any(|other| other == code), "{code} not in {found:?}");
        }
        for form in ["commit -m no", "commit -a -m no", "commit -m no new.md .idhooks"] {
            repo.try_git(form).code(1).complains(codes[0]).done();
            before.assert_same(repo);
        }
        repo.run("reset -q --hard");
    });
}

/// What else cannot be read is a test of `idhooks_core::check::corrupt`.
#[test]
fn truncated() {
    refused(&["REGISTRY_CORRUPT"], |good| good.as_bytes()[..good.len() / 2].to_vec());
}

/// How deep values are nested by default, and with `IDHOOKS_TEST_ALL=1`.
const DEPTH: [usize; 2] = [5_000_000, 50_000_000];

#[test]
fn nested_without_end() {
    on_adopted(|repo| {
        repo.stage(REGISTRY, vec![b'['; DEPTH[usize::from(is_long())]]);
        let before = Snapshot::of(repo);
        let start = Instant::now();
        let check = repo.idhooks("check").code(1);
        assert!(check.stdout().len() + check.stderr().len() < 10_000, "{check}");
        assert_eq!(repo.findings(""), ["REGISTRY_CORRUPT"]);
        repo.try_git("commit -m no").code(1).complains("REGISTRY_CORRUPT").done();
        assert!(start.elapsed() < Duration::from_secs(60), "{:?}", start.elapsed());
        before.assert_same(repo);
        repo.run("reset -q --hard");
    });
}

#[test]
fn missing_in_the_index() {
    on_adopted(|repo| {
        repo.run(["rm", "-q", "--cached", REGISTRY]);
        let before = Snapshot::of(repo);
        repo.try_git("commit -m no").code(1).complains("registry").done();
        before.assert_same(repo);
        repo.run("reset -q --hard");
    });
}

#[test]
fn missing_everywhere() {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        repo.commit_file("a.md", text("a"));
        for command in ["check", "list", "show a.md", "allocate a.md", "resolve"] {
            let before = Snapshot::of(&repo);
            repo.idhooks(command).code(2).explains("registry").complains("idhooks init").done();
            before.assert_same(&repo);
        }
        repo.idhooks("status").ok().done();
    });
}

#[test]
fn drift_is_found() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        repo.stage("new.md", text("new"));
        repo.run("rm -q notes.txt");
        repo.run("commit -q --no-verify -m unseen");
        let json = repo.idhooks("check --format json").code(1).json();
        assert_eq!(json["version"], 1);
        let found = json["findings"].as_array().expect("findings are a list");
        let facts = found.iter().map(|f| [&f["code"], &f["path"], &f["id"], &f["severity"]]);
        let facts: Vec<_> = facts.map(|fact| fact.map(|f| f.as_str().unwrap_or("-"))).collect();
        let expected =
            [["MISSING_ID", "new.md", "-", "error"], ["STALE_PATH", "notes.txt", &id, "error"]];
        assert_eq!(facts, expected);
        repo.run("reset -q --hard HEAD~1");
    });
}

#[test]
fn executable() {
    on_adopted(|repo| {
        repo.sh("chmod +x .idhooks/registry.json").ok().done();
        repo.commit_file("new.md", text("new"));
        repo.sh("chmod +x .idhooks/registry.json; git add .idhooks").ok().done();
        repo.commit_file("newer.md", text("newer"));
    });
}
