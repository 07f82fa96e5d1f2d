//! Imports in the audit log.

use serde_json::json;

use crate::commands::audit::{events, summaries, summaries_by_command};
use crate::common::{Repo, for_each_git, text};

#[test]
fn adoption_injection_import_and_a_failing_check_are_recorded() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let [adoption] = events(repo, "").try_into().expect("one event");
        assert_eq!(adoption["data"], json!({"command": "init", "scope": "260118"}));
        let guide = repo.id("docs/guide.md");
        repo.idhooks("inject docs/guide.md src/app.py").ok().done();
        repo.idhooks("inject docs --dry-run").ok().done();
        repo.idhooks("inject --remove docs/guide.md").ok().done();
        repo.commit("carriers");
        repo.write("../ids.map", "DOC-1 README.md\n");
        repo.idhooks("import --ids-map ../ids.map --dry-run").ok().done();
        repo.idhooks("import --ids-map ../ids.map").ok().done();
        repo.idhooks("check").ok().done();
        repo.run("commit -q -m second");
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unhooked");
        for line in ["check", "check coverage --rev HEAD", "check --history=HEAD~1..HEAD"] {
            repo.idhooks(line).code(1).done();
        }
        assert_eq!(
            summaries_by_command(repo),
            [
                "inject: injected docs/guide.md",
                "inject: injected src/app.py",
                "inject: removed docs/guide.md",
                "import: edited README.md",
                "import: imported -",
                "check: check_failed -",
                "check: check_failed -",
                "check: check_failed -",
            ]
        );
        assert_eq!(events(repo, &format!("--id {guide}")).len(), 2);
        // Where only the style changes, the identity is still one.
        let rule = "\n[[embed]]\npath = \"src/*.md\"\nstyle = \"front-matter\"\n";
        repo.append("idhooks.toml", rule);
        repo.run("add idhooks.toml");
        repo.commit_file("src/note.md", "A note of its own, long enough for a file.\n");
        let note = repo.id("src/note.md");
        let config = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.stage("idhooks.toml", config.replace(rule, &rule.replace("front-matter", "comment")));
        repo.idhooks("inject --all").ok().done();
        let moved = events(repo, &format!("--id {note} --event injected"));
        assert_eq!(moved.len(), 1);
        assert_eq!(
            (&moved[0]["data"]["id"], &moved[0]["data"]["style"]),
            (&json!(note), &json!("comment"))
        );
        let failed = events(repo, "--event check_failed");
        for event in failed {
            let message = event["data"]["message"].as_str().expect("a text");
            assert!(message.contains("docs/new.md") && event["data"]["exit"] == 1, "{message}");
        }
    });
}

#[test]
fn an_import_into_a_repository_that_is_not_adopted_is_recorded() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        let other = &Repo::empty(git);
        other.write("registry.json", repo.read(".idhooks/registry.json"));
        other.stage("docs/guide.md", "a guide");
        other.stage("src/app.py", "an app");
        other.run("config idhooks.audit required,hooks");
        other.idhooks("import registry.json").ok().done();
        // Each record that was taken has an event.
        let taken = events(other, "--event allocated").len();
        let records = String::from_utf8(other.read(".idhooks/registry.json")).expect("text");
        assert_eq!((taken, records.matches("\"status\":\"active\"").count()), (2, 2));
        let imported = events(other, "--event imported");
        assert_eq!(summaries(&imported), ["imported -"]);
        assert_eq!(imported[0]["data"]["source"], "registry.json");
    });
}

#[test]
fn a_refused_import_leaves_an_event() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.write("../junk.json", "{");
        for line in ["import ../junk.json", "import ../none.json", "import --ids-map ../none.map"] {
            repo.sh("rm -f .git/idhooks/audit.jsonl").ok().done();
            repo.idhooks(line).code(2).done();
            let [event] = events(repo, "").try_into().expect("one event");
            assert_eq!(event["event"], "blocked", "{event:#}");
            assert_eq!(event["data"]["command"], "import", "{event:#}");
            assert_eq!(event["data"]["exit"], 2, "{event:#}");
        }
    });
}
