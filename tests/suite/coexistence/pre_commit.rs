//! pre-commit.

use super::manager::{Manager, mark, marks, problems};
use super::stories;
use crate::common::{Repo, for_each_git, text};
use crate::judge;

pub(super) const PRE_COMMIT: Manager = Manager {
    program: "pre-commit",
    events: &["pre-commit", "post-merge", "post-rewrite"],
    configure,
    install: "pre-commit install -t pre-commit -t post-merge -t post-rewrite",
    displaces: false,
    uninstall: "pre-commit uninstall -t pre-commit -t post-merge -t post-rewrite",
};

/// Writes the configuration that pre-commit and prek share.
pub(super) fn configure(repo: &Repo) {
    let mut config = "repos:\n  - repo: local\n    hooks:\n".to_owned();
    for event in PRE_COMMIT.events {
        config += &hook(&format!("mark-{event}"), &mark(event), event);
    }
    repo.write(".pre-commit-config.yaml", config);
}

/// Returns a hook of the configuration.
pub(super) fn hook(id: &str, script: &str, event: &str) -> String {
    format!(
        "      - id: {id}\n        name: {id}\n        entry: sh -c '{script}'\n        \
         language: system\n        always_run: true\n        pass_filenames: false\n        \
         stages: [{event}]\n"
    )
}

#[test]
#[ignore = "needs pre-commit: .ci/managers"]
fn manager_first() {
    stories::manager_first(&PRE_COMMIT);
}

#[test]
#[ignore = "needs pre-commit: .ci/managers"]
fn idhooks_first() {
    stories::idhooks_first(&PRE_COMMIT);
}

#[test]
#[ignore = "needs pre-commit: .ci/managers"]
fn upgrade() {
    stories::upgrade(&PRE_COMMIT);
}

#[test]
#[ignore = "needs pre-commit: .ci/managers"]
fn unstaged_changes_stay_and_what_a_hook_restages_is_committed() {
    for_each_git(|git| {
        for told in [false, true] {
            let repo = PRE_COMMIT.repo(git);
            // A fixer that adds what it changed, and one that makes a file.
            let mut hooks =
                hook("fix", "echo fixed >>src/app.py; git add src/app.py", "pre-commit");
            hooks += &hook("mark", &mark("pre-commit"), "pre-commit");
            if told {
                hooks += &hook("make", "echo made >>made.txt; git add made.txt", "pre-commit");
                hooks += &hook("idhooks-pre-commit", "idhooks hook pre-commit", "pre-commit");
            }
            repo.stage(
                ".pre-commit-config.yaml",
                format!("repos:\n  - repo: local\n    hooks:\n{hooks}"),
            );
            repo.init_and_install("");
            repo.commit("adopt");
            PRE_COMMIT.install(&repo);
            marks(&repo);

            // pre-commit puts this aside while its hooks run.
            repo.append("README.md", "not staged\n");
            repo.write("untracked.txt", "untracked\n");
            let id = repo.id("docs/guide.md");
            repo.mv("docs/guide.md", "docs/manual.md");
            repo.stage("src/new.py", text("new"));
            // A fixer that changes files fails the commit, unless it stages them, too: the
            // second time round nothing is left to change.
            for _ in 0..3 {
                if repo.try_git("commit -q -m fixed").succeeded() {
                    break;
                }
            }
            assert!(marks(&repo).contains(&"pre-commit".to_owned()));
            assert_eq!(repo.ask("log -1 --format=%s"), "fixed");
            assert_eq!(repo.id("docs/manual.md"), id);
            assert!(repo.ask("show HEAD:src/app.py").ends_with("fixed"));
            assert!(repo.read("README.md").ends_with(b"not staged\n"));
            judge::assert_all_consistent(&repo);
            judge::assert_status(&repo, " M README.md\n?? untracked.txt\n");

            // A commit of some paths has an index of its own.
            repo.append("src/new.py", "more\n");
            repo.stage("later.txt", text("later"));
            repo.try_git(["commit", "-q", "-m", "partial", "src/new.py"]).done();
            judge::assert_all_consistent(&repo);
            assert!(repo.ask("diff --cached --name-only").contains("later.txt"));
        }
    });
}

#[test]
#[ignore = "needs pre-commit: .ci/managers"]
fn being_displaced_is_noticed() {
    for_each_git(|git| {
        let repo = PRE_COMMIT.repo(git);
        repo.init_and_install("");
        repo.commit("adopt");
        repo.run("checkout -q -b one");
        repo.sh("pre-commit install --overwrite").ok().done();
        let said = "hook pre-commit does not run idhooks";
        assert_eq!(problems(&repo), [said]);
        repo.git("checkout -q -b two").complains(said).complains("idhooks install").done();
        assert!(!repo.git("checkout -q -b three").stderr().contains(said), "once for each tree");
        repo.idhooks("install").ok().done();
        assert!(problems(&repo).is_empty());
        repo.commit_file("new.txt", text("new"));
        judge::assert_good(&repo);
    });
}
