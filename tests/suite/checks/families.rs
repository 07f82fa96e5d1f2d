//! One family of codes at a time.

use crate::common::{Repo, for_each_git, on_adopted, text};

/// Brings about a finding of each family.
fn faulty(repo: &Repo) {
    let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
    let [readme, guide] = [repo.id("README.md"), repo.id("docs/guide.md")];
    repo.stage(".idhooks/registry.json", format!("\n{}", registry.replace(&readme, &guide)));
    repo.stage("new.md", text("new"));
    repo.run("rm -q -f notes.txt");
}

#[test]
fn no_family_passes_over_a_registry_that_cannot_be_read() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage(".idhooks/registry.json", "<<<<<<< HEAD\n");
        for family in ["uniqueness", "sync", "format", "coverage"] {
            assert_eq!(repo.findings(family), ["REGISTRY_CORRUPT"]);
            let line = format!("check {family} --write-baseline known.json");
            let answer = repo.idhooks(line.as_str()).code(1);
            answer.complains("'known.json' was not written").done();
            assert!(!repo.exists("known.json"));
        }
        let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
        let short = registry.replace(&repo.id("notes.txt"), "123");
        repo.stage(".idhooks/registry.json", short);
        assert_eq!(repo.findings("coverage"), ["MALFORMED_ID"]);
    });
}

#[test]
fn a_family_of_a_history() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        super::commit_unseen(&repo, "new.md");
        assert_eq!(repo.findings("coverage --history"), ["MISSING_ID"]);
        let answer = repo.idhooks("check uniqueness --history").ok();
        assert_eq!(answer.stdout(), "");
        answer.complains("no findings").done();
    });
}

#[test]
fn what_is_no_family_is_refused() {
    on_adopted(|repo| {
        repo.idhooks("check unique").code(2).complains("uniqueness").done();
        repo.idhooks("check sync format").code(2).done();
        repo.idhooks(["check", ""]).code(2).done();
        repo.idhooks("check format").ok().done();
    });
}

#[test]
fn staged_is_what_is_looked_at_anyhow() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        faulty(&repo);
        let plain = repo.idhooks("check --format json").code(1).stdout();
        assert_eq!(repo.idhooks("check --staged --format json").code(1).stdout(), plain);
        for other in ["--rev HEAD", "--history", "--since-adoption"] {
            let line = format!("check --staged {other}");
            repo.idhooks(line.as_str()).code(2).complains("--staged").done();
        }
    });
}
