//! lefthook.

use super::manager::{Manager, follow, mark, marks};
use super::stories;
use crate::common::{Repo, for_each_git, text};
use crate::judge;

const LEFTHOOK: Manager = Manager {
    program: "lefthook",
    events: &["pre-commit", "post-merge", "post-rewrite"],
    configure,
    install: "lefthook install",
    displaces: true,
    uninstall: "lefthook uninstall",
};

fn configure(repo: &Repo) {
    let hook =
        |event: &&str| format!("{event}:\n  commands:\n    mark:\n      run: {}\n", mark(event));
    repo.write("lefthook.yml", LEFTHOOK.events.iter().map(hook).collect::<String>());
}

#[test]
#[ignore = "needs lefthook: .ci/managers"]
fn manager_first() {
    stories::manager_first(&LEFTHOOK);
}

#[test]
#[ignore = "needs lefthook: .ci/managers"]
fn idhooks_first() {
    stories::idhooks_first(&LEFTHOOK);
}

#[test]
#[ignore = "needs lefthook: .ci/managers"]
fn upgrade() {
    stories::upgrade(&LEFTHOOK);
}

#[test]
#[ignore = "needs lefthook: .ci/managers"]
fn what_lefthook_hides_comes_back_and_what_it_stages_is_committed() {
    for_each_git(|git| {
        let repo = LEFTHOOK.repo(git);
        let command = format!("echo fixed >>src/app.py; {}", mark("pre-commit"));
        let config = format!(
            "pre-commit:\n  piped: true\n  commands:\n    fix:\n      run: {command}\n      stage_fixed: true\n"
        );
        repo.stage("lefthook.yml", config);
        repo.init_and_install("");
        LEFTHOOK.install(&repo);
        let said = repo.idhooks("install").ok().stderr();
        follow(&repo, &said);
        repo.run("add -A");
        repo.commit("adopt");
        marks(&repo);
        let id = repo.id("docs/guide.md");
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.append("src/app.py", "staged\n");
        repo.stage("new.txt", text("new"));
        repo.run("add src/app.py");
        // Partly staged: lefthook hides the rest while its commands run.
        repo.append("new.txt", "not staged\n");
        repo.commit("fixed");
        assert_eq!(marks(&repo), ["pre-commit"]);
        assert_eq!(repo.id("docs/manual.md"), id);
        assert!(repo.ask("show HEAD:src/app.py").ends_with("staged\nfixed"));
        judge::assert_all_consistent(&repo);
        judge::assert_status(&repo, " M new.txt\n");
    });
}

#[test]
#[ignore = "needs lefthook: .ci/managers"]
fn being_displaced_is_noticed() {
    for_each_git(|git| {
        let repo = LEFTHOOK.repo(git);
        repo.stage(
            "lefthook.yml",
            format!("pre-commit:\n  commands:\n    a:\n      run: {}\n", mark("pre-commit")),
        );
        repo.init_and_install("");
        repo.commit("adopt");
        repo.run("checkout -q -b one");
        LEFTHOOK.install(&repo);
        repo.git("checkout -q -b two").complains("hook pre-commit does not run idhooks").done();
    });
}

#[test]
#[ignore = "needs lefthook: .ci/managers"]
fn commits_in_which_nothing_is_staged_are_true() {
    for_each_git(|git| {
        let repo = LEFTHOOK.repo(git);
        LEFTHOOK.install(&repo);
        repo.init_and_install("");
        let said = repo.idhooks("install").ok().stderr();
        follow(&repo, &said);
        // Takes away what idhooks wrote into its hooks.
        LEFTHOOK.install(&repo);
        repo.run("add -A");
        repo.commit("adopt");
        repo.run("checkout -q -b side");
        repo.commit_file("side.txt", text("side"));
        let id = repo.id("side.txt");
        repo.run("checkout -q main");
        repo.commit_file("main.txt", text("main"));
        repo.run("merge -q -s ours --no-commit side");
        assert_eq!(repo.ask("diff --cached --name-only"), "");
        repo.commit("keep all of ours");
        assert_eq!(repo.record(&id)["status"], "deprecated");
        judge::assert_good(&repo);
    });
}
