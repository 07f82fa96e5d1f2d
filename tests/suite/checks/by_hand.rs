//! Registries edited by hand: edits that no rule and no command explains are found, and the
//! next commit with hooks undoes them and says so.

use serde_json::Value;

use crate::common::{Repo, for_each_git, text};

const REGISTRY: &str = ".idhooks/registry.json";

/// Replaces text in the registry and stages it.
fn edit(repo: &Repo, change: impl Fn(&str) -> String) {
    let before = String::from_utf8(repo.read(REGISTRY)).expect("text");
    let after = change(&before);
    assert_ne!(before, after, "nothing was edited");
    repo.stage(REGISTRY, after);
}

/// Does the same in the record of one identity.
fn edit_record(repo: &Repo, id: &str, from: &str, to: &str) {
    let head = format!("{{\"id\":\"{id}\"");
    edit(repo, |registry| {
        let line = |line: &str| match line.starts_with(&head) {
            true => line.replace(from, to) + "\n",
            false => line.to_owned() + "\n",
        };
        registry.lines().map(line).collect()
    });
}

fn commit_unseen(repo: &Repo) {
    repo.run("commit -q --no-verify -m unseen");
}

/// Returns code and severity of what is found.
fn found(repo: &Repo, options: &str) -> Vec<(String, String)> {
    let answer = repo.idhooks(format!("check --format json {options}").as_str()).json();
    let findings = answer["findings"].as_array().expect("a list").clone();
    let word = |finding: &Value, key: &str| finding[key].as_str().expect("text").to_owned();
    findings.iter().map(|f| (word(f, "code"), word(f, "severity"))).collect()
}

fn has(findings: &[(String, String)], code: &str, severity: &str) -> bool {
    findings.iter().any(|(c, s)| c == code && s == severity)
}

#[test]
fn records_that_are_deprecated_for_no_reason() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let before = repo.registry("HEAD");
        let all = |text: &str| text.replace("\"active\"", "\"deprecated\"");
        // The hook takes it back, and says so in one line.
        let hooked = repo.copy_as("hooked");
        edit(&hooked, all);
        hooked.append("notes.txt", "more\n");
        hooked.run("add notes.txt");
        assert!(has(&found(&hooked, ""), "IDENTITY_CHANGED", "error"));
        let said = hooked.git("commit -m edited").ok().stderr();
        assert_eq!(said.matches("undid manual edits").count(), 1, "{said}");
        assert_eq!(hooked.registry("HEAD"), before);
        // Past the hook everything finds it, at once and later.
        edit(&repo, all);
        commit_unseen(&repo);
        assert!(has(&found(&repo, "--rev HEAD"), "IDENTITY_CHANGED", "error"));
        repo.idhooks("check --history HEAD").code(1).done();
        let healed = repo.copy_as("healed");
        healed.idhooks("reconcile").ok().done();
        assert_eq!(healed.registry(""), before);
        healed.commit("heal");
        healed.idhooks("check --rev HEAD").ok().done();
        // Nor does another commit past the hook hide it.
        let later = repo.copy_as("later");
        later.append("README.md", "more\n");
        later.run("add README.md");
        commit_unseen(&later);
        later.idhooks("check --history HEAD").code(1).done();
        // The next commit heals as well.
        repo.commit_file("docs/new.md", text("new"));
        let id = repo.id("notes.txt");
        assert_eq!(repo.record(&id)["status"], "active");
        assert_eq!(repo.findings(""), Vec::<String>::new());
    });
}

#[test]
fn what_commands_and_rules_do_is_explained() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let [notes, guide, intro, readme] =
            ["notes.txt", "docs/guide.md", "docs/intro.md", "README.md"].map(|p| repo.id(p));
        repo.idhooks(["deprecate", &notes, "--reason", "obsolete"]).ok().done();
        repo.commit("deprecate");
        repo.idhooks(["supersede", &guide, "--with-new"]).ok().done();
        repo.commit("supersede");
        repo.run("rm -q docs/intro.md");
        repo.commit("delete");
        repo.configure("[track]\nexclude = [\"README.md\"]\n");
        repo.idhooks(["revive", &notes]).ok().done();
        repo.commit("revive");
        repo.run("revert --no-edit HEAD");
        for id in [&guide, &intro, &readme] {
            assert!(!repo.record(id).is_null());
        }
        repo.idhooks("check --history HEAD").ok().done();
        let none: Vec<(String, String)> = Vec::new();
        let errors: Vec<_> = found(repo, "--history HEAD");
        assert_eq!(errors, none);
    });
}

/// A record is pointed at a new file that has nothing to do with its own, which goes.
fn point_at_another(repo: &Repo) -> String {
    let id = repo.id("notes.txt");
    repo.run("rm -q notes.txt");
    repo.stage("unrelated.py", "import os\nprint(os.getcwd(), 1, 2, 3)\nraise SystemExit\n");
    edit_record(repo, &id, "\"notes.txt\"", "\"unrelated.py\"");
    id
}

#[test]
fn a_record_that_names_an_unrelated_file() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        // Past the hook it is found, and a push says it.
        let base = repo.rev("HEAD");
        let id = point_at_another(&repo);
        commit_unseen(&repo);
        assert_eq!(repo.id("unrelated.py"), id);
        let warning = [("ID_REUSED".to_owned(), "warning".to_owned())];
        assert_eq!(found(&repo, "--rev HEAD"), warning);
        assert_eq!(found(&repo, "--history HEAD"), warning);
        // Remembered or not.
        assert_eq!(found(&repo, "--history HEAD"), warning);
        let head = repo.rev("HEAD");
        repo.idhooks(["receive", "--protect", "x", "refs/heads/x", &base, &head])
            .ok()
            .complains("ID_REUSED")
            .done();
    });
}
