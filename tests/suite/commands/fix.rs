//! What is found is fixed.

mod names;

use super::{refuses, said};
use crate::common::{Repo, SCOPE, Snapshot, for_each_git, text};
use crate::reviewed::assert_text;

const RULES: &str = "\n[[embed]]\npath = \"src/**\"\n";

/// Runs a scenario in a repository that is adopted, and whose hooks are not installed.
fn without_hooks(scenario: impl Fn(&Repo)) {
    for_each_git(|git| {
        let repo = Repo::empty(git);
        for path in ["src/app.py", "src/util.py", "docs/guide.md"] {
            repo.stage(path, text(path));
        }
        repo.idhooks(format!("init --scope {SCOPE}").as_str()).ok().done();
        repo.append("idhooks.toml", RULES);
        repo.run("add idhooks.toml");
        repo.commit("adopt");
        scenario(&repo);
    });
}

/// Asserts that a dry run shows what is done and changes nothing, and that nothing is left.
fn puts_right(repo: &Repo, line: &str) -> Vec<String> {
    let before = Snapshot::of(repo);
    let shown = repo.idhooks(line).code(1).stdout();
    before.assert_same(repo);
    let done = said(repo, &format!("{line} --execute"));
    assert_eq!(done.join("\n"), shown.trim_end(), "{line}");
    done
}

#[test]
fn files_without_an_identity_and_paths_without_a_file() {
    without_hooks(|repo| {
        assert_eq!(said(repo, "fix"), [""; 0]);
        let app = repo.id("src/app.py");
        repo.mv("src/app.py", "src/main.py");
        repo.stage("new.md", text("new"));
        repo.run("rm -q docs/guide.md");
        assert_eq!(repo.findings(""), ["STALE_PATH", "MISSING_ID", "STALE_PATH", "MISSING_ID"]);
        // One code alone.
        let moved = puts_right(repo, "fix STALE_PATH");
        assert!(
            moved.contains(&format!("{app} renamed from src/app.py to src/main.py")),
            "{moved:?}"
        );
        assert_eq!(repo.findings(""), ["MISSING_ID"]);
        puts_right(repo, "fix");
        assert_eq!(repo.findings(""), [""; 0]);
        repo.commit("put right");
        assert_eq!(repo.id("src/main.py"), app);
        // Who only moved gets no second one.
        repo.mv("src/main.py", "src/last.py");
        repo.idhooks("fix MISSING_ID --execute").ok().done();
        repo.commit("moved");
        assert_eq!(repo.id("src/last.py"), app);
        let retired = repo.idhooks("list --status deprecated").ok().stdout();
        assert!(!retired.contains("src/"), "{retired}");
    });
}

#[test]
fn copies_that_carry_what_is_not_theirs() {
    without_hooks(|repo| {
        repo.idhooks("inject src").ok().done();
        repo.commit("carry");
        let app = repo.id("src/app.py");
        repo.stage("src/copy.py", repo.read("src/app.py"));
        repo.commit("copy");
        let before = Snapshot::of(repo);
        repo.idhooks("fix --execute").ok().done();
        repo.idhooks("fix --rollback").ok().complains("undid 'idhooks fix'").done();
        before.assert_same(repo);
        repo.idhooks("fix --rollback").code(2).complains("there is no run to undo").done();
        let shown = puts_right(repo, "fix");
        assert!(shown.contains(&format!("-# doc_id: {app}")), "{shown:?}");
        let copy = repo.record(&app);
        assert_eq!(copy["file_path"], "src/app.py");
        assert_eq!(repo.findings(""), [""; 0]);
        repo.commit("put right");
        let own = repo.id("src/copy.py");
        assert_ne!(own, app);
        assert!(repo.read("src/copy.py").starts_with(format!("# doc_id: {own}\n").as_bytes()));
    });
}

#[test]
fn an_identity_that_nobody_has_is_taken_over() {
    without_hooks(|repo| {
        let foreign = "2099912345260118";
        repo.stage("src/one.py", format!("# doc_id: {foreign}\n{}", text("one")));
        repo.stage("src/two.py", format!("# doc_id: {foreign}\n{}", text("two")));
        puts_right(repo, "fix");
        repo.commit("put right");
        assert_eq!(repo.id("src/one.py"), foreign);
        let other = repo.id("src/two.py");
        assert_ne!(other, foreign);
        assert!(repo.read("src/two.py").starts_with(format!("# doc_id: {other}\n").as_bytes()));
        assert_eq!(repo.findings(""), [""; 0]);
        // Who has one keeps it, whatever the file carries.
        let app = repo.id("src/app.py");
        repo.stage("src/app.py", format!("# doc_id: 2099954321260118\n{}", text("app")));
        puts_right(repo, "fix UNREGISTERED");
        assert!(repo.read("src/app.py").starts_with(format!("# doc_id: {app}\n").as_bytes()));
    });
}

#[test]
fn the_form_of_the_registry() {
    without_hooks(|repo| {
        let text = String::from_utf8(repo.registry("")).expect("text");
        repo.stage(".idhooks/registry.json", text.replace("\"counters\":{}", "\"counters\": {}"));
        assert!(repo.findings("").contains(&"NOT_CANONICAL".to_owned()));
        let done = puts_right(repo, "fix NOT_CANONICAL");
        assert_eq!(done, ["the registry is written in canonical form"]);
        assert_eq!(repo.findings(""), [""; 0]);
    });
}

#[test]
fn what_no_program_can_put_right() {
    without_hooks(|repo| {
        refuses(repo, "fix CAPACITY", "CAPACITY");
        refuses(repo, "fix STALE_PAHT", "STALE_PAHT");
        refuses(repo, "fix --execute REGISTRY_CORRUPT", "REGISTRY_CORRUPT");
        // Its name says something else; that is for somebody who knows what refers to it.
        let app = repo.id("src/app.py");
        repo.stage(format!("{app}_x.md"), text("x"));
        let left = repo.idhooks("fix --execute").code(1);
        assert_text("commands-fix-what_no_program_can_put_right", &left.stdout());
        assert_eq!(repo.findings(""), ["PATH_MISMATCH"]);
    });
}
