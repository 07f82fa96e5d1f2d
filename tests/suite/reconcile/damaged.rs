//! Registries that HEAD has damaged or deleted.

use serde_json::{Value, json};

use crate::common::{Repo, for_each_git, text};
use crate::judge;

/// Returns the figures that must agree.
fn figures(report: &Value) -> [u64; 3] {
    ["files_scanned", "registry_records", "missing_from_registry"]
        .map(|name| report[name].as_u64().expect("a number"))
}

#[test]
fn a_damaged_registry_is_missing_every_record() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag before");
        repo.write(".idhooks/registry.json", "damaged");
        repo.mv("docs/guide.md", "docs/manual.md");
        repo.stage("late.md", text("late"));
        repo.run("rm -q data/table.csv");
        repo.run("commit -q -a --no-verify -m damaged");

        let dry = repo.idhooks("reconcile --dry-run --format json").ok().json();
        let commit = repo.idhooks("reconcile --commit --format json").ok().json();
        for report in [&dry, &commit] {
            let [files, records, missing] = figures(report);
            let moved = report["moved"].as_u64().expect("a number");
            assert_eq!((files, records, moved), (7, 0, 1), "{report:#}");
            assert_eq!((missing + moved, &report["missing_from_filesystem"]), (7, &json!(1)));
            let healed = report["healed"].as_array().expect("a list");
            let of = |event: &str| healed.iter().filter(|edit| edit["event"] == event).count();
            assert_eq!(["restored", "allocated", "renamed", "deprecated"].map(of), [5, 1, 1, 1]);
        }
        let message = repo.ask("log -1 --format=%b idhooks/heal");
        let counts = "Identities: 1 added, 1 moved, 1 deprecated, 5 restored.";
        assert!(message.starts_with(counts), "{message}");
        let queued = repo.idhooks("reconcile --enqueue --format json").ok().json();
        assert_eq!(queued["repairs_enqueued"], 8, "{queued:#}");

        repo.run("merge -q --ff-only idhooks/heal");
        assert_eq!(repo.id("docs/manual.md"), repo.id_in("before", "docs/guide.md"));
        assert_eq!(repo.id("notes.txt"), repo.id_in("before", "notes.txt"));
        judge::assert_clean(&repo);
        let report = repo.idhooks("reconcile --commit --format json").ok().json();
        assert_eq!(figures(&report), [7, 7, 0]);
        // Nothing needs the queued repairs any more.
        let queue = repo.idhooks("queue list --format json").ok().json();
        assert_eq!(queue["items"], json!([]));
    });
}

#[test]
fn a_deleted_registry_is_restored_from_the_commit_that_has_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let last = repo.rev("HEAD");
        let registry = repo.registry("HEAD");
        // In the index alone, HEAD has it.
        repo.run("rm -q --cached .idhooks/registry.json");
        let shown = |command: &str| {
            let answer = repo.idhooks(command);
            answer.stdout() + &answer.stderr()
        };
        assert!(shown("check").contains("git restore --source=HEAD "), "{}", shown("check"));
        repo.run("commit -q --no-verify -m deleted");
        repo.with("IDHOOKS", "0").commit_file("later.md", text("later"));
        let source = format!("git restore --source={} --staged --worktree", &last[..10]);
        for command in ["reconcile", "reconcile --commit", "reconcile --enqueue"] {
            repo.idhooks(command).refused().complains(&source).done();
        }
        for command in ["check", "check --rev HEAD", "doctor", "status"] {
            assert!(shown(command).contains(&source), "{}", shown(command));
        }
        let from = format!("--source={}", &last[..10]);
        repo.run(["restore", &from, "--staged", "--worktree", ".idhooks/registry.json"]);
        assert_eq!(repo.read(".idhooks/registry.json"), registry);
        repo.commit("restore");
        judge::assert_clean(&repo);
        assert_eq!(repo.findings("--rev HEAD"), Vec::<String>::new());
    });
}
