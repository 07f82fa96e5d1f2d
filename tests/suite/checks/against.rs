//! What merging with other branches would change, before it is done.

use crate::common::{Repo, for_each_git, text};
use crate::reviewed::assert_text;

/// Lets a clone forget which identities it gave on other branches, as another clone never knew.
fn forget(repo: &Repo) {
    repo.remove(".git/idhooks/given");
}

/// A repository in which main and side gave one number to two files.
fn colliding(git: &crate::common::Git) -> Repo {
    let repo = Repo::adopted_with(git, "--strategy sequential");
    repo.run("checkout -q -b side");
    repo.commit_file("docs/side.md", text("side"));
    repo.run("checkout -q main");
    forget(&repo);
    repo.commit_file("docs/main.md", text("main"));
    assert_eq!(repo.id("docs/main.md"), repo.id_in("side", "docs/side.md"));
    repo
}

#[test]
fn a_collision_is_told_as_the_merge_settles_it() {
    for_each_git(|git| {
        let repo = colliding(git);
        let id = repo.id("docs/main.md");
        repo.idhooks("check").ok().done();
        repo.idhooks("check --strict --against side").code(1).done();
        repo.idhooks("check sync --strict --against side").ok().done();
        let answer = repo.idhooks("check --against side --format json").ok();
        let findings = answer.json()["findings"].clone();
        assert_eq!(findings.as_array().map(Vec::len), Some(1), "{findings:#}");
        let finding = &findings[0];
        assert_eq!((&finding["code"], &finding["id"]), (&"COLLISION".into(), &id.clone().into()));
        assert_eq!(repo.findings("--rev HEAD --against side"), ["COLLISION"]);
        assert_eq!(repo.findings("--rev side --against main"), ["COLLISION"]);
        repo.run("merge -q --no-edit side");
        let told = |n: usize, key: &str| finding["related"][n][key].as_str().expect("told");
        for n in [0, 1] {
            assert_eq!(repo.id(told(n, "path")), told(n, "id"));
        }
        assert_eq!((&finding["path"], told(1, "id")), (&told(0, "path").into(), id.as_str()));
        repo.idhooks("check --strict --against side").ok().done();
    });
}

#[test]
fn two_files_at_one_path_collide() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("checkout -q -b side");
        repo.commit_file("docs/new.md", text("side"));
        repo.run("checkout -q main");
        repo.commit_file("docs/new.md", text("main"));
        let answer = repo.idhooks("check --against side").ok();
        assert_text("checks-against-two_files_at_one_path_collide", &answer.stdout());
        assert_eq!(answer.stdout().lines().count(), 2, "{answer}");
    });
}

#[test]
fn a_collision_can_be_known() {
    for_each_git(|git| {
        let repo = colliding(git);
        repo.idhooks("check --against side --write-baseline known.json").ok().done();
        repo.idhooks("check --strict --against side --baseline known.json").ok().done();
        let stderr = repo.idhooks("check --baseline known.json").ok().stderr();
        assert!(!stderr.contains("gone"), "{stderr}");
        repo.run("merge -q --no-edit side");
        let answer = repo.idhooks("check --against side --baseline known.json").ok();
        answer.complains("is gone; remove from the file: COLLISION").done();
    });
}

#[test]
fn histories_that_have_nothing_in_common() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
        let orphan = |name: &str, registry: Option<&str>| {
            repo.run(["checkout", "-q", "--orphan", name]);
            repo.run("rm -r -q -f .");
            repo.stage("other.md", text(name));
            if let Some(registry) = registry {
                repo.stage(".idhooks/registry.json", registry);
            }
            repo.run("commit -q --no-verify -m other");
            repo.run("checkout -q -f main");
        };
        orphan("bare", None);
        orphan("foreign", Some(&registry.replace("260118", "111111")));
        orphan("torn", Some("<<<<<<< HEAD\n"));
        orphan("twin", Some(&registry));
        let answer = repo.idhooks("check --strict --against bare").ok();
        answer.complains("'bare' has no registry to merge with").done();
        let answer = repo.idhooks("check --against foreign").code(1);
        assert!(answer.stdout().starts_with("error[COLLISION]: "), "{answer}");
        assert_text("checks-against-histories_that_have_nothing_in_common", &answer.stdout());
        let answer = repo.idhooks("check --against torn,bare").code(1);
        assert_text("checks-against-histories_that_have_nothing_in_common-2", &answer.stdout());
        let answer = repo.idhooks("check --strict --against twin").ok();
        answer.complains("'twin' has no commit in common").done();
    });
}
