//! The registry's lines.

use super::{assert_says, said};
use crate::common::{Repo, for_each_git, text};

const REGISTRY: &str = ".idhooks/registry.json";

#[test]
fn a_registry_that_cannot_be_read_is_an_error() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let good = repo.read(REGISTRY);
        repo.write(REGISTRY, "{");
        assert_says(&repo, "registry", "warning", "working tree cannot be read", "git restore");
        repo.run("add -A");
        let report = repo.idhooks("doctor --format json").code(1).json();
        let lines = report["lines"].as_array().expect("a list");
        let found = |line: &&serde_json::Value| line["finding"]["code"] == "REGISTRY_CORRUPT";
        assert!(lines.iter().any(|line| found(&line)), "{report:#}");
        repo.run(["rm", "-q", "--cached", REGISTRY]);
        assert_says(&repo, "registry", "error", "registry", "git restore");
        repo.write(REGISTRY, good);
        repo.run("add -A");
        assert_says(&repo, "registry", "ok", "7 identities", "");
    });
}

#[test]
fn what_is_not_true_or_not_staged_is_told() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("new.txt", text("new"));
        assert_says(&repo, "registry", "note", "1 finding: 1 remark", "idhooks check");
        assert_says(&repo, "HEAD", "ok", "is consistent", "");
        repo.run("commit -q --no-verify -m untrue");
        assert_says(&repo, "registry", "warning", "1 finding: 1 error", "idhooks check");
        assert_says(&repo, "HEAD", "warning", "the next commit heals it", "check --rev HEAD");
        repo.commit_file("next.txt", text("next"));
        assert_says(&repo, "HEAD", "ok", "is consistent", "");

        let json = String::from_utf8(repo.read(REGISTRY)).expect("text");
        repo.write(REGISTRY, json.replace("\"metadata\":{},\"all", "\"metadata\":{\"a\":1},\"all"));
        assert_says(&repo, "registry", "note", "differs from the staged one", "git diff");
        repo.write("idhooks.toml", "nonsense = 1\n");
        repo.run("add idhooks.toml");
        assert_says(&repo, "configuration", "error", "nonsense", "idhooks schema config");
    });
}

#[test]
fn unmerged_and_adopted_elsewhere() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let blob = repo.rev(&format!("HEAD:{REGISTRY}"));
        let stages: String =
            (1..=3).map(|stage| format!("100644 {blob} {stage}\t{REGISTRY}\n")).collect();
        let zero = format!("0 {}\t{REGISTRY}\n", "0".repeat(blob.len()));
        repo.try_git_with("update-index --index-info", (zero + &stages).as_bytes()).ok().done();
        assert_says(&repo, "registry", "error", "unmerged", "idhooks resolve");
        repo.run("reset -q --hard");
        repo.run("checkout -q --orphan other");
        repo.run("rm -q -r -f .");
        assert_says(&repo, "registry", "note", "refs/heads/main", "git merge refs/heads/main");
        assert!(said(&repo, "HEAD").is_empty());
    });
}
