//! What the audit log has of commands that were refused or undone, and where it cannot be written.

use serde_json::{Value, json};

use super::audit::events;
use crate::common::{Repo, Snapshot, for_each_git, on_adopted, text};

const AUDIT: &str = ".git/idhooks/audit.jsonl";

/// Returns the kinds and the commands of the events.
fn kinds(repo: &Repo) -> Vec<(Value, Value)> {
    let event = |event: Value| (event["event"].clone(), event["data"]["command"].clone());
    events(repo, "").into_iter().map(event).collect()
}

/// Removes the log, if there is one.
fn forget(repo: &Repo) {
    repo.sh(&format!("rm -f {AUDIT}")).ok().done();
}

#[test]
fn every_refused_change_leaves_an_event() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.write("../bad.json", "{\"registry_hash\": \"zz\"}");
        for (line, command) in [
            ("backup restore none", "backup restore"),
            ("reconcile --rewrite none..HEAD", "reconcile"),
            ("inject --rollback", "inject"),
            ("fix --rollback", "fix"),
            ("rename --rollback", "rename"),
            ("patch apply ../none.json", "patch"),
            ("patch apply ../bad.json", "patch"),
            ("deprecate nope --reason x", "deprecate"),
            ("mv nope docs/there.md", "mv"),
            ("resolve --rev-ours none --rev-theirs HEAD", "resolve"),
        ] {
            forget(repo);
            repo.idhooks(line).code(2).done();
            assert_eq!(kinds(repo), [(json!("blocked"), json!(command))], "{line}");
            let [event] = events(repo, "").try_into().expect("one event");
            assert_eq!(event["data"]["exit"], 2, "{event:#}");
            forget(repo);
            repo.idhooks(format!("{line} --dry-run").as_str()).code(2).done();
            assert!(!repo.exists(AUDIT), "{line}");
        }
        // What only looks leaves none.
        for line in ["show none.md", "backup push none", "fix NONE", "inject --check none.md"] {
            repo.idhooks(line).code(2).done();
            assert!(!repo.exists(AUDIT), "{line}");
        }
        let other = Repo::empty(git);
        other.stage("idhooks.toml", "nonsense = 1\n");
        other.idhooks("init").code(2).done();
        assert_eq!(kinds(&other), [(json!("blocked"), json!("init"))]);
    });
}

#[test]
fn what_is_undone_leaves_an_event() {
    on_adopted(|repo| {
        let guide = repo.id("docs/guide.md");
        for (line, command, of_file) in [
            ("inject docs/guide.md", "inject", vec!["injected"]),
            ("rename --to-id-prefix docs/guide.md", "rename", vec!["renamed", "renamed"]),
        ] {
            forget(repo);
            repo.idhooks(line).ok().done();
            repo.idhooks(format!("{command} --rollback --dry-run").as_str()).ok().done();
            assert_eq!(events(repo, "--event rolled_back").len(), 0);
            repo.idhooks(format!("{command} --rollback").as_str()).ok().done();
            let [event] = events(repo, "--event rolled_back").try_into().expect("one event");
            assert_eq!(event["data"]["command"], command);
            let undone = event["data"]["undone"].as_str().expect("a text");
            assert!(undone.starts_with(command), "{event:#}");
            let all = events(repo, &format!("--id {guide}"));
            assert_eq!(all.iter().map(|e| &e["event"]).collect::<Vec<_>>(), of_file);
        }
        repo.idhooks("audit verify").ok().done();
        // Without the log that the clone requires, nothing is undone.
        repo.idhooks("inject docs/guide.md").ok().done();
        repo.run("config idhooks.audit required");
        forget(repo);
        repo.sh(&format!("mkfifo {AUDIT}")).ok().done();
        let before = repo.read("docs/guide.md");
        repo.idhooks("inject --rollback").code(2).complains("not a regular file").done();
        assert_eq!(repo.read("docs/guide.md"), before);
        forget(repo);
        repo.idhooks("inject --rollback").ok().done();
    });
}

/// The size at which files cannot grow any more, as on a full disk.
const FULL: usize = 1 << 20;

/// Runs a line of shell in which no file grows beyond [`FULL`].
fn on_full_disk(repo: &Repo, line: &str) -> (Option<i32>, String) {
    let blocks = "n=2048; [ -z \"$BASH_VERSION\" ] || n=1024; ulimit -f $n";
    let done = repo.sh(&format!("trap '' XFSZ; {blocks}; {line}"));
    (done.exit(), done.stderr())
}

#[test]
fn what_must_be_recorded_is_not_done_on_a_full_disk() {
    on_adopted(|repo| {
        repo.run("config idhooks.audit required,hooks");
        repo.commit_file("first.md", text("first"));
        // Of the next event, 27 bytes have room.
        let log = repo.read(AUDIT);
        let padding = FULL - 27 - log.len() - 1;
        let log = [vec![b'x'; padding], b"\n".to_vec(), log].concat();
        repo.write(AUDIT, &log);
        repo.stage("new.md", text("new"));
        repo.run("rm -q --cached first.md");
        repo.run("add first.md");
        let before = Snapshot::of(repo);
        let program = crate::common::quoted_binary();
        for (line, code) in [
            ("git commit -q -m no".to_owned(), 1),
            ("git commit -q -m no -- new.md".to_owned(), 1),
            (format!("{program} reserve --ns 100 --type 01"), 2),
            (format!("{program} inject first.md"), 2),
            (format!("{program} mv first.md second.md"), 2),
        ] {
            let (exit, stderr) = on_full_disk(repo, &line);
            assert_eq!(exit, Some(code), "{line}: {stderr}");
            assert!(stderr.contains("audit.jsonl"), "{line}: {stderr}");
            assert!(repo.read(AUDIT) == log, "{line}: half an event stays");
            before.assert_same(repo);
        }
        // Where the log is not required, there is a warning.
        repo.run("config idhooks.audit hooks");
        let (exit, stderr) = on_full_disk(repo, "git commit -q -m yes");
        assert_eq!(exit, Some(0), "{stderr}");
        assert!(stderr.contains("missing in the audit log"), "{stderr}");
        assert!(repo.read(AUDIT) == log);
    });
}

#[test]
fn a_log_that_is_a_pipe_is_refused() {
    on_adopted(|repo| {
        forget(repo);
        repo.sh(&format!("mkfifo {AUDIT}")).ok().done();
        repo.stage("new.md", text("new"));
        let before = Snapshot::of(repo);
        repo.run("config idhooks.audit required,hooks");
        repo.idhooks("audit tail").code(2).explains("not a regular file").done();
        repo.try_git("commit -q -m no").code(1).complains("not a regular file").done();
        repo.idhooks("reserve --ns 100 --type 01").code(2).complains("not a regular file").done();
        before.assert_same(repo);
        repo.run("config --unset idhooks.audit");
        forget(repo);
        repo.commit("yes");
    });
}
