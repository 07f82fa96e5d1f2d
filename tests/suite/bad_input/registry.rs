//! Registries that are missing, torn, foreign or forged.

use std::time::{Duration, Instant};

use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};
use crate::judge;

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

#[test]
fn another_scope() {
    refused(&["REGISTRY_CORRUPT"], |good| {
        good.replace("\"scope\":\"260118\"", "\"scope\":\"999999\"").into_bytes()
    });
}

#[test]
fn an_identity_twice() {
    on_adopted(|repo| {
        let (one, two) = (repo.id("notes.txt"), repo.id("README.md"));
        repo.stage(REGISTRY, good(repo).replace(&one, &two));
        let before = Snapshot::of(repo);
        assert!(repo.findings("").contains(&"DUPLICATE_ID".to_owned()));
        repo.try_git("commit -m no").code(1).complains("DUPLICATE_ID").complains(&two).done();
        before.assert_same(repo);
        repo.run("reset -q --hard");
    });
}

#[test]
fn an_origin_twice() {
    on_adopted(|repo| {
        let origin = |path| {
            let record = repo.record(&repo.id(path));
            record["metadata"]["origin"].as_str().expect("an origin is text").to_owned()
        };
        repo.stage(REGISTRY, good(repo).replace(&origin("notes.txt"), &origin("README.md")));
        assert!(repo.findings("").contains(&"DUPLICATE_ORIGIN".to_owned()));
        repo.try_git("commit -m no").code(1).complains("DUPLICATE_ORIGIN").done();
        repo.run("reset -q --hard");
    });
}

#[test]
fn a_path_twice() {
    on_adopted(|repo| {
        repo.stage(REGISTRY, good(repo).replace("\"notes.txt\"", "\"README.md\""));
        assert!(repo.findings("").contains(&"DUPLICATE_PATH".to_owned()));
        repo.try_git("commit -m no").code(1).complains("DUPLICATE_PATH").done();
        repo.run("reset -q --hard");
    });
}

#[test]
fn a_record_removed_by_hand_is_restored() {
    on_adopted(|repo| {
        let id = repo.id("notes.txt");
        let registry = good(repo);
        let kept: Vec<&str> = registry.lines().filter(|line| !line.contains("notes.txt")).collect();
        let forged = kept.join("\n").replace(",\n]}", "\n]}") + "\n";
        repo.stage(REGISTRY, forged);
        repo.commit_file("new.md", text("new"));
        assert_eq!(repo.id("notes.txt"), id);
    });
}

#[test]
fn nested_without_end() {
    on_adopted(|repo| {
        repo.stage(REGISTRY, vec![b'['; 50_000_000]);
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
fn missing_in_the_working_tree_only() {
    on_adopted(|repo| {
        repo.remove(REGISTRY);
        assert_eq!(repo.findings(""), [""; 0]);
        repo.run(["checkout", "-q", "--", REGISTRY]);
    });
}

#[test]
fn bad_in_the_working_tree_only() {
    on_adopted(|repo| {
        repo.write(REGISTRY, "half a regis");
        assert_eq!(repo.findings(""), [""; 0]);
        repo.stage("new.md", text("new"));
        repo.commit("the index counts");
        judge::assert_all_consistent(repo);
        assert_eq!(repo.read(REGISTRY), b"half a regis");
        repo.run(["checkout", "-q", "--", REGISTRY]);
    });
}

#[test]
fn bad_in_another_commit() {
    on_adopted(|repo| {
        let good = repo.rev("HEAD");
        repo.run("checkout -q --detach");
        repo.stage(REGISTRY, "half a regis");
        repo.run("commit -q --no-verify -m torn");
        let torn = repo.rev("HEAD");
        repo.run("checkout -q main");
        assert_eq!(repo.findings(&format!("--rev {torn}")), ["REGISTRY_CORRUPT"]);
        assert_eq!(repo.findings(&format!("--rev {good}")), [""; 0]);
        repo.idhooks("check --rev nonsense").code(2).explains("nonsense").done();
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
fn a_form_that_is_not_canonical_is_a_warning() {
    on_adopted(|repo| {
        repo.stage(REGISTRY, good(repo).replace("\":", "\": "));
        assert_eq!(repo.findings(""), ["NOT_CANONICAL"]);
        repo.idhooks("check").ok().done();
        repo.idhooks("check --strict").code(1).done();
        repo.run("reset -q --hard");
    });
}

#[test]
fn superseded_by_nothing() {
    for (key, at_once) in [("", true), (",\"superseded_by\":\"2099918846260118\"", false)] {
        on_adopted(|repo| {
            let id = repo.id("notes.txt");
            let edited = good(repo).lines().fold(String::new(), |text, line| {
                let line = match line.contains("\"notes.txt\"") {
                    true => line
                        .replace("\"active\"", "\"superseded\"")
                        .replace("\"}}", &format!("\"{key}}}}}")),
                    false => line.to_owned(),
                };
                text + &line + "\n"
            });
            repo.stage(REGISTRY, edited);
            if !at_once {
                repo.stage("new.md", text("new"));
            }
            repo.commit("by hand");
            assert_eq!(repo.id("notes.txt"), id);
        });
    }
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
