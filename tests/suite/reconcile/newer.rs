//! A registry that a later idhooks has written is left alone by everything that heals.

use crate::common::{Repo, for_each_git};
use crate::reviewed::assert_text;

const REGISTRY: &str = ".idhooks/registry.json";

/// Returns the registry as a later version of the schema might have it.
fn later(repo: &Repo) -> String {
    let text = String::from_utf8(repo.read(REGISTRY)).expect("text");
    text.replace("{\"schema_version\":\"1.0\",", "{\"epoch\":7,\"schema_version\":\"1.1\",")
        .replace("\"allocations\":[", "\"allocations\":{\"x\":[")
        .replace("\n]}", "\n]}}")
}

/// Everything that would write a registry.
const WRITERS: [&str; 8] = [
    "reconcile",
    "reconcile --dry-run",
    "reconcile --rewrite HEAD~1..HEAD",
    "allocate docs/guide.md",
    "deprecate notes.txt --reason gone",
    "resolve",
    "fix --execute",
    "backup restore 9999-12-31",
];

fn assert_left_alone(repo: &Repo, writers: &[&str]) {
    let text = repo.read(REGISTRY);
    let staged = repo.registry("");
    for line in writers {
        let answer = repo.idhooks(*line);
        let said = answer.stdout() + &answer.stderr();
        assert!(said.contains("upgrade idhooks"), "{answer}");
        assert_eq!(answer.exit(), Some(2), "{answer}");
        assert!(
            (repo.read(REGISTRY), repo.registry("")) == (text.clone(), staged.clone()),
            "{line}"
        );
    }
}

#[test]
fn in_head_it_is_not_healed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.idhooks("backup create").ok().done();
        repo.write(REGISTRY, later(&repo));
        repo.run("commit -q --no-verify -am later");
        let blob = repo.rev(&format!("HEAD:{REGISTRY}"));
        assert_left_alone(&repo, &WRITERS);
        // A commit that changes what the registry must say is stopped, and says why.
        repo.stage("new.md", "new\n");
        let answer = repo.try_git("commit -q -m new").code(1).complains("upgrade idhooks");
        answer.complains("schema version \"1.1\" is newer than \"1.0\"").done();
        assert_eq!(repo.rev(&format!(":{REGISTRY}")), blob);
        // So is the next one after a commit without hooks.
        repo.run("commit -q --no-verify -m unseen");
        assert_left_alone(&repo, &WRITERS[..2]);
        assert!(repo.findings("").contains(&"REGISTRY_CORRUPT".to_owned()));
    });
}

#[test]
fn in_the_index_it_is_not_replaced() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.idhooks("backup create").ok().done();
        repo.stage(REGISTRY, later(&repo));
        let writers: Vec<&str> = WRITERS
            .into_iter()
            .filter(|line| !line.contains("restore") && !line.contains("rewrite"))
            .collect();
        assert_left_alone(&repo, &writers);
        repo.try_git("commit -q -m later").code(1).complains("upgrade idhooks").done();
    });
}

#[test]
fn an_older_commit_with_it_does_not_stop_the_history() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let good = repo.read(REGISTRY);
        repo.write(REGISTRY, later(&repo));
        repo.run("commit -q --no-verify -am later");
        repo.write(REGISTRY, good);
        repo.run("commit -q --no-verify -am back");
        let answer = repo.idhooks("check --history");
        assert!(answer.exit().is_some_and(|code| code < 2), "{answer}");
        assert_text(
            "reconcile-newer-an_older_commit_with_it_does_not_stop_the_history",
            &answer.stdout(),
        );
    });
}
