//! `reconcile --enqueue`: repairs wait in the queue, and what needs a person becomes a dead letter.

use serde_json::{Value, json};

use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git, text};
use crate::judge;

/// Returns the items of the queue: status, event, path, old path, reason.
fn items(repo: &Repo) -> Vec<[String; 5]> {
    let answer = repo.idhooks("queue list --format json");
    let json = answer.json();
    assert_fits(repo, "queue", &json);
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let items = json["items"].as_array().expect("items").iter();
    let mut items: Vec<[String; 5]> = items
        .map(|item| {
            ["status", "event_type", "path", "old_path"]
                .map(|name| text(&item[name]))
                .into_iter()
                .chain([text(&item["metadata"]["reason"])])
                .collect::<Vec<_>>()
                .try_into()
                .expect("five")
        })
        .collect();
    items.sort();
    items
}

fn row(words: [&str; 5]) -> [String; 5] {
    words.map(str::to_owned)
}

#[test]
fn repairs_wait_in_the_queue() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let unhooked = repo.with("IDHOOKS", "0");
        unhooked.mv("docs/guide.md", "docs/manual.md");
        unhooked.run("rm -q data/table.csv");
        unhooked.commit_file("late.md", text("late"));
        let registry = repo.read(".idhooks/registry.json");
        let dry = repo.idhooks("reconcile --enqueue --dry-run").ok();
        let block = "Reconciliation Results:
  Files scanned:             7
  Registry records:          7
  Missing from registry:     1
  Missing from filesystem:   1
  Moved:                     1
  Repairs enqueued:          3
";
        assert_eq!(dry.stdout(), block);
        assert!(!repo.exists(".git/idhooks/queue.db"));

        // Only what the globs match.
        let some = repo.idhooks("reconcile --enqueue --paths docs/ --format json").ok().json();
        assert_eq!((&some["repairs_enqueued"], &some["files_scanned"]), (&json!(1), &json!(2)));
        assert_eq!(some["healed"].as_array().map(Vec::len), Some(1));
        let all = repo.idhooks("reconcile --enqueue --format json").ok().json();
        assert_eq!((&all["repairs_enqueued"], &all["written"]), (&json!(2), &json!(false)));
        let expected = [
            row([
                "queued",
                "RECONCILE_ADD",
                "docs/manual.md",
                "docs/guide.md",
                "missing_from_registry",
            ]),
            row(["queued", "RECONCILE_ADD", "late.md", "", "missing_from_registry"]),
            row(["queued", "RECONCILE_REMOVE", "data/table.csv", "", "file_deleted"]),
        ];
        assert_eq!(items(&repo), expected);
        // No duplicates; registry, index and branch are as they were.
        let again = repo.idhooks("reconcile --enqueue").ok();
        assert!(again.stdout().ends_with("Repairs enqueued:          0\n"), "{}", again.stdout());
        assert_eq!(items(&repo), expected);
        assert_eq!(repo.read(".idhooks/registry.json"), registry);
        judge::assert_clean(&repo);
        repo.idhooks("reconcile --enqueue --paths [")
            .refused()
            .complains("invalid glob in --paths")
            .done();
    });
}

#[test]
fn who_only_checks_leaves_the_repairs_in_the_queue() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[watch]\nmin_age = \"0\"\nsample_interval = \"50ms\"");
        repo.with("IDHOOKS", "0").commit_file("late.md", text("late"));
        repo.idhooks("reconcile --enqueue").ok().done();
        let queued = [row(["queued", "RECONCILE_ADD", "late.md", "", "missing_from_registry"])];
        assert_eq!(items(&repo), queued);
        repo.idhooks("queue run --once")
            .ok()
            .complains("1 repair waits in the queue: idhooks reconcile && git commit")
            .done();
        assert_eq!(items(&repo), queued);
        let again = repo.idhooks("reconcile --enqueue --format json").ok().json();
        assert_eq!((&again["repairs_enqueued"], items(&repo)), (&json!(0), queued.to_vec()));
        // Staged, the repair is made; it is not queued again until the commit.
        repo.idhooks("reconcile").ok().done();
        assert_eq!(items(&repo), Vec::<[String; 5]>::new());
        let staged = repo.idhooks("reconcile --enqueue --format json").ok().json();
        assert_eq!(staged["repairs_enqueued"], 0);
        // What a commit has repaired leaves the queue, too.
        repo.run("reset -q --hard");
        repo.idhooks("reconcile --enqueue").ok().done();
        assert_eq!(items(&repo), queued);
        repo.commit_file("next.md", text("next"));
        repo.idhooks("reconcile --enqueue").ok().done();
        assert_eq!(items(&repo), Vec::<[String; 5]>::new());
    });
}

#[test]
fn a_watcher_that_stages_makes_the_repairs() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure(
            "[watch]\non_change = \"stage\"\nmin_age = \"0\"\nsample_interval = \"50ms\"",
        );
        repo.with("IDHOOKS", "0").commit_file("late.md", text("late"));
        repo.idhooks("reconcile --enqueue").ok().done();
        repo.idhooks("watch run --once --live").ok().done();
        judge::assert_status(&repo, "M  .idhooks/registry.json\n");
        assert_eq!(items(&repo)[0][..3], ["completed", "RECONCILE_ADD", "late.md"]);
        // Until the commit, HEAD lacks the record; the repair is not queued again.
        let again = repo.idhooks("reconcile --enqueue --format json").ok().json();
        assert_eq!(again["repairs_enqueued"], 0);
        assert_eq!(items(&repo)[0][0], "completed");
    });
}

#[test]
fn paths_that_match_nothing_are_named() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.with("IDHOOKS", "0").commit_file("late.md", text("late"));
        repo.idhooks("reconcile --dry-run --paths nowhere/")
            .ok()
            .complains("no file and no record matches --paths")
            .done();
        let other = repo.idhooks("reconcile --dry-run --paths docs/").ok();
        assert_eq!(other.stderr(), "no path in --paths needs healing\n");
    });
}

#[test]
fn what_needs_a_person_is_a_dead_letter() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[[embed]]\npath = 'docs/'\nembed = true");
        let unhooked = repo.with("IDHOOKS", "0");
        // Rewritten and moved: similar, but not similar enough.
        let lines = |from: u32| {
            (from..from + 40).map(|n| format!("line {n} of this\n")).collect::<String>()
        };
        unhooked.commit_file("old.txt", lines(0));
        repo.idhooks("reconcile").ok().done();
        repo.commit("heal");
        unhooked.run("rm -q old.txt");
        unhooked.stage("new.txt", lines(24));
        // An identity of another repository in the head of a file.
        unhooked
            .stage("docs/foreign.md", format!("---\ndoc_id: 0110000001990101\n---\n{}", text("f")));
        unhooked.commit("unseen");
        let shown = repo.idhooks("reconcile --enqueue --format json").code(1).json();
        let left = shown["left"].as_array().expect("a list");
        let of = |path: &str| left.iter().find(|left| left["path"] == path).expect("what is left");
        let old = repo.id_in("HEAD~1", "old.txt");
        assert_eq!(of("new.txt")["command"], format!("idhooks assign {old} new.txt"));
        let command = of("docs/foreign.md")["command"].as_str().expect("a command");
        assert!(command.starts_with("idhooks "), "{command}");
        let dead: Vec<_> =
            items(&repo).into_iter().filter(|item| item[0] == "dead_letter").collect();
        assert!(dead.iter().any(|item| item[2] == "new.txt"), "{dead:?}");
        assert!(dead.iter().any(|item| item[2] == "docs/foreign.md"), "{dead:?}");
        let item = repo.idhooks("queue show new.txt --format json").json();
        let why = item["items"][0]["last_error"].as_str().expect("a reason");
        assert!(why.contains("similar to the deleted 'old.txt'"), "{why}");
        assert!(why.ends_with(&format!("idhooks assign {old} new.txt")), "{why}");
        let again = repo.idhooks("reconcile --enqueue --format json").code(1).json();
        assert_eq!(again["repairs_enqueued"], 0);
        // The commands do what they say.
        repo.idhooks(["assign", &old, "new.txt"]).ok().done();
        repo.run("commit -q -m assigned");
        assert_eq!(repo.id("new.txt"), old);
        // What is solved is no dead letter any more; the rest stays.
        repo.idhooks("reconcile --enqueue").code(1).done();
        let dead: Vec<_> =
            items(&repo).into_iter().filter(|item| item[0] == "dead_letter").collect();
        assert!(
            dead.iter().all(|item| item[2] == "docs/foreign.md") && dead.len() == 1,
            "{dead:?}"
        );
    });
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

/// Returns the figures that must agree.
fn figures(report: &Value) -> [u64; 3] {
    ["files_scanned", "registry_records", "missing_from_registry"]
        .map(|name| report[name].as_u64().expect("a number"))
}
