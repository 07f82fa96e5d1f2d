//! Changes that the next commit makes by itself, in reports.

use crate::common::{Repo, for_each_git, text};

/// Returns the state of the identities in 'idhooks health'.
fn state_of_identities(repo: &Repo) -> String {
    let health = repo.idhooks("health --format json").json();
    let mut checks = health["checks"].as_array().expect("checks").iter();
    let check = checks.find(|check| check["name"] == "identities").expect("one");
    check["state"].as_str().expect("a word").to_owned()
}

/// Asserts that no report of the index fails.
fn assert_fine(repo: &Repo) {
    for line in ["alerts", "coverage --check-regression --threshold 0 --against HEAD"] {
        repo.idhooks(line).ok().done();
    }
    let metrics = repo.idhooks("metrics --no-history").ok().stdout();
    let errors = metrics.lines().filter(|l| l.starts_with("identity_validation_errors{"));
    assert!(errors.clone().count() > 10 && errors.into_iter().all(|l| l.ends_with(" 0")));
    assert_eq!(state_of_identities(repo), "ok");
}

#[test]
fn no_report_fails_because_of_what_is_staged() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[[embed]]\npath = [\"src/**\"]\n");
        repo.idhooks("inject --all").ok().done();
        repo.commit("carry");
        repo.stage("new.md", text("new"));
        repo.mv("notes.txt", "memo.txt");
        repo.mv("src/app.py", "src/main.py");
        repo.stage("src/copy.py", repo.read("src/util.py"));
        repo.run("rm -q data/table.csv");
        assert_fine(&repo);
        repo.idhooks("uninstall").ok().done();
        assert_fine(&repo);
        // In a commit it is wrong.
        repo.run("commit -q --no-verify -m unseen");
        repo.idhooks("health --rev HEAD").code(1).done();
        repo.idhooks("install").ok().done();
        repo.run("reset -q --hard HEAD~");
        // So is a new file where identities are given on purpose.
        repo.configure("[allocation]\non_new = \"require\"\n");
        repo.stage("new.md", text("new"));
        repo.idhooks("health").code(1).done();
    });
}

#[test]
fn a_rename_that_no_hook_saw_is_a_warning_once_it_is_committed() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.mv("notes.txt", "between.txt");
        assert_eq!(state_of_identities(&repo), "ok");
        repo.run("commit -q --no-verify -m unseen");
        assert_eq!(state_of_identities(&repo), "warning");
        repo.mv("between.txt", "memo.txt");
        assert_eq!(state_of_identities(&repo), "warning");
    });
}
