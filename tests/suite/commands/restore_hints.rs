//! Where another commit has the registry that the index lacks: each command names the step that gets it, and
//! that step works.

use crate::common::{Repo, gits};

const FILES: [&str; 3] = [".idhooks/registry.json", "idhooks.toml", ".gitattributes"];

/// The commands that report the state.
const REPORTS: [&str; 5] = ["check", "status", "doctor", "backup restore", "init"];

/// Returns a clone with hooks and backups, whose first commit is older than the adoption.
fn clone() -> Repo {
    let repo = Repo::empty(&gits()[0]);
    repo.stage("base.md", "base\n");
    repo.commit("base");
    let repo = repo.adopt("");
    repo.idhooks("backup create").ok().done();
    let clone = repo.clone_as("fresh");
    clone.run("fetch -q origin refs/idhooks/backups/*:refs/idhooks/backups/*");
    clone
}

/// Returns the first command of git that a text names to get a registry.
fn command_in(text: &str) -> Option<&str> {
    let starts = ["git restore ", "git merge "].map(|start| text.find(start));
    let start = starts.into_iter().flatten().min()?;
    text[start..].lines().next()
}

/// Asserts that in this clone, the hint of each report leads to the registry of the clone's origin.
fn assert_hints_work(clone: &Repo, id: &str) {
    for (n, report) in REPORTS.iter().enumerate() {
        let copy = clone.copy_as(&format!("copy{n}"));
        let answer = copy.idhooks(*report);
        let text = answer.stdout() + &answer.stderr();
        assert!(command_in(&text).is_some(), "{report}: no command: {text}");
        let command = command_in(&text).expect("there is one");
        assert!(!text.contains("idhooks backup restore"), "{report}: {text}");
        assert_eq!(text.contains("--force"), *report == "init", "{report}: {text}");
        copy.sh(command).ok().done();
        assert!(copy.findings("").is_empty(), "{report}: {command}");
        copy.run("commit -q --allow-empty -m restored");
        assert_eq!(copy.id("notes.txt"), id, "{report}: {command}");
        assert_eq!(copy.read("idhooks.toml"), clone.beside("work").read("idhooks.toml"));
        copy.idhooks("check --rev HEAD").ok().done();
        std::fs::remove_dir_all(copy.path()).expect("can be removed");
    }
}

#[test]
fn a_registry_that_only_the_index_lost_is_restored_from_head() {
    let clone = clone();
    let id = clone.id("notes.txt");
    clone.run(["rm", "-q", FILES[0]]);
    assert_hints_work(&clone, &id);
    clone.run(["rm", "-q", FILES[1]]);
    assert_hints_work(&clone, &id);
}

#[test]
fn a_registry_that_a_commit_removed_is_written_again_or_resumed() {
    let clone = clone();
    let id = clone.id("notes.txt");
    clone.run(["rm", "-q", FILES[0]]);
    clone.run("commit -q --no-verify -m lost");
    assert_leads_to(&clone, &id, &["check", "doctor"], "reconcile");
    clone.run(["rm", "-q", FILES[1], FILES[2]]);
    clone.run("commit -q --no-verify -m more");
    assert_leads_to(&clone, &id, &["check", "status", "doctor", "backup restore"], "init");
}

/// Asserts that these reports name a command of idhooks, which leads to the registry.
fn assert_leads_to(clone: &Repo, id: &str, reports: &[&str], command: &str) {
    for report in reports {
        let answer = clone.idhooks(*report);
        let text = answer.stdout() + &answer.stderr();
        assert!(text.contains(&format!("idhooks {command}")), "{report}: {text}");
        assert!(!text.contains("git restore"), "{report}: {text}");
    }
    let copy = clone.copy_as(command);
    copy.idhooks(format!("-q {command}").as_str()).ok().done();
    copy.run("commit -q -m back");
    assert_eq!(copy.id("notes.txt"), id);
    assert_eq!(copy.read("idhooks.toml"), clone.beside("work").read("idhooks.toml"));
    copy.idhooks("check --rev HEAD").ok().done();
}

#[test]
fn a_registry_of_an_unrelated_history_is_restored_from_its_branch() {
    let clone = clone();
    let id = clone.id("notes.txt");
    clone.run("checkout -q --orphan new");
    clone.run(["rm", "-q", "--cached", FILES[0], FILES[1], FILES[2]]);
    FILES.iter().for_each(|path| clone.remove(path));
    clone.run("commit -q --no-verify -m new");
    clone.run("branch -q -D main");
    assert_hints_work(&clone, &id);
}

#[test]
fn a_registry_of_a_branch_ahead_is_merged() {
    let clone = clone();
    let id = clone.id("notes.txt");
    clone.run("reset -q --hard HEAD~1");
    assert_hints_work(&clone, &id);
    clone.stage("own.md", "own\n");
    clone.run("commit -q --no-verify -m own");
    assert_hints_work(&clone, &id);
}

#[test]
fn a_commit_before_the_adoption_needs_no_step() {
    let clone = clone();
    let answer = clone.idhooks("check --rev HEAD~1").code(2);
    assert!(!answer.stderr().contains("idhooks init"), "{answer}");
    answer.complains("git log --oneline -- .idhooks/registry.json").done();
}
