//! husky, which changes `core.hooksPath`.

use super::manager::{Manager, follow, mark, marks};
use super::stories;
use crate::common::{Repo, for_each_git, text};
use crate::judge;

const HUSKY: Manager = Manager {
    program: "husky",
    events: &["pre-commit", "post-merge", "post-rewrite"],
    configure,
    install: "husky",
    displaces: true,
    uninstall: "git config --unset core.hooksPath; rm -r .husky/_",
};

fn configure(repo: &Repo) {
    for event in HUSKY.events {
        repo.write(format!(".husky/{event}"), mark(event) + "\n");
    }
}

#[test]
#[ignore = "needs husky: .ci/managers"]
fn manager_first() {
    stories::manager_first(&HUSKY);
}

#[test]
#[ignore = "needs husky: .ci/managers"]
fn idhooks_first() {
    stories::idhooks_first(&HUSKY);
}

#[test]
#[ignore = "needs husky: .ci/managers"]
fn upgrade() {
    stories::upgrade(&HUSKY);
}

#[test]
#[ignore = "needs husky: .ci/managers"]
fn lint_staged_hides_and_restages() {
    for_each_git(|git| {
        let repo = HUSKY.repo(git);
        repo.stage(".lintstagedrc.json", "{\"*.py\": \"sh fix.sh\"}\n");
        repo.stage(
            "fix.sh",
            "for file; do echo fixed >>\"$file\"; done; echo lint-staged >>\"$MARKS\"\n",
        );
        repo.write(".husky/pre-commit", "lint-staged --quiet\n");
        HUSKY.install(&repo);
        repo.init_and_install("");
        let said = repo.idhooks("install").ok().stderr();
        follow(&repo, &said);
        HUSKY.install(&repo);
        repo.run("add -A");
        repo.commit("adopt");
        marks(&repo);
        let id = repo.id("docs/guide.md");
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.append("src/app.py", "staged\n");
        repo.run("add src/app.py");
        repo.append("src/app.py", "not staged\n");
        repo.append("README.md", "not staged\n");
        repo.stage("new.py", text("new"));
        repo.commit("fixed");
        assert_eq!(marks(&repo), ["lint-staged"]);
        assert_eq!(repo.id("docs/manual.md"), id);
        assert!(repo.ask("show HEAD:src/app.py").ends_with("staged\nfixed"));
        judge::assert_all_consistent(&repo);
        judge::assert_status(&repo, " M README.md\n M src/app.py\n");
    });
}
