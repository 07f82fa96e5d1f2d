//! What only a person can decide, and what only others put on the branch of the reconciler.

use serde_json::{Value, json};

use super::work_unseen;
use crate::common::{Repo, for_each_git, text};

/// Commits a file that was rewritten and moved: similar to the old one, but not similar enough. Returns
/// the identity of the old one.
fn move_ambiguously(repo: &Repo) -> String {
    let lines =
        |from: u32| (from..from + 40).map(|n| format!("line {n} of this\n")).collect::<String>();
    repo.commit_file("old.txt", lines(0));
    let unhooked = repo.with("IDHOOKS", "0");
    unhooked.run("rm -q old.txt");
    unhooked.stage("new.txt", lines(24));
    unhooked.commit("unseen");
    repo.id_in("HEAD~1", "old.txt")
}

/// Returns the dead letters: path and error.
fn dead_letters(repo: &Repo) -> Vec<(String, String)> {
    let json = repo.idhooks("queue list --status dead_letter --format json").json();
    let text = |value: &Value| value.as_str().expect("a text").to_owned();
    let items = json["items"].as_array().expect("items").iter();
    items.map(|item| (text(&item["path"]), text(&item["last_error"]))).collect()
}

#[test]
fn a_merge_answers_a_question_and_the_next_run_says_so() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[reconcile]\ncommit = \"branch idhooks/heal\"");
        let old = move_ambiguously(&repo);
        repo.idhooks("reconcile --commit --dry-run").code(1).done();
        assert_eq!(dead_letters(&repo), []);
        let assign = format!("idhooks assign {old} new.txt");
        repo.idhooks("schedule run hourly").code(1).done();
        let dead = dead_letters(&repo);
        assert_eq!(dead.len(), 1, "{dead:?}");
        let (path, why) = &dead[0];
        assert!(path == "new.txt" && why.ends_with(&assign), "{path}: {why}");
        assert!(why.contains("keeps the new one"), "{why}");
        // Asked again as long as it is open, and queued once.
        repo.idhooks("reconcile --commit").code(1).complains(&assign).done();
        assert_eq!(dead_letters(&repo).len(), 1);

        repo.run("merge -q --ff-only idhooks/heal");
        let new = repo.id("new.txt");
        let answered =
            format!("the question about 'new.txt' is answered: it has the identity {new}");
        repo.idhooks("reconcile --commit").ok().complains(&answered).done();
        assert_eq!(dead_letters(&repo), []);
        repo.idhooks("schedule run hourly").ok().done();
        // The answer can still be another one.
        repo.idhooks(["assign", &old, "new.txt"]).ok().done();
        repo.commit("assigned");
        assert_eq!((repo.id("new.txt"), repo.findings("--rev HEAD")), (old, Vec::new()));
    });
}

#[test]
fn a_queue_that_cannot_be_written_does_not_stop_a_run() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        move_ambiguously(&repo);
        repo.write(".git/idhooks/queue.db", "no database");
        repo.idhooks("reconcile --commit").code(1).complains("was not put into the queue").done();
        assert_eq!(repo.rev("idhooks/heal^"), repo.rev("HEAD"));
    });
}

/// Returns the refs that keep commits of others.
fn kept(repo: &Repo) -> Vec<String> {
    let refs = repo.ask("for-each-ref --format=%(objectname) refs/idhooks/reconcile");
    refs.lines().map(str::to_owned).collect()
}

#[test]
fn commits_of_others_below_the_tip_are_kept() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let unhooked = repo.with("IDHOOKS", "0");
        work_unseen(&repo);
        // The reconciler's own commits need not be kept.
        repo.idhooks("reconcile --commit").ok().done();
        unhooked.commit_file("own.md", text("own"));
        repo.idhooks("reconcile --commit").ok().done();
        assert_eq!(kept(&repo), Vec::<String>::new());
        let (own, old) = (repo.rev("HEAD"), repo.rev("idhooks/heal"));
        repo.run("tag known");
        repo.run("reset -q --hard HEAD~1");
        // Another ref has the commit.
        repo.idhooks("reconcile --commit").ok().done();
        assert_eq!(kept(&repo), Vec::<String>::new());
        repo.run(["update-ref", "refs/heads/idhooks/heal", &old]);
        repo.run("tag -d known");
        // None has it any more; the branch of a remote goes with this one.
        repo.run(["update-ref", "refs/remotes/origin/idhooks/heal", &old]);
        repo.idhooks("reconcile --commit")
            .code(1)
            .complains("had commits by others; they are kept as refs/idhooks/reconcile/")
            .done();
        let name = repo.ask("for-each-ref --format=%(refname) refs/idhooks/reconcile");
        assert_eq!(kept(&repo), [&*old]);
        repo.run(["merge-base", "--is-ancestor", &own, &name]);
        let log = String::from_utf8(repo.read(".git/idhooks/audit.jsonl")).expect("UTF-8");
        assert!(log.contains(&name), "{log}");
        let again = repo.idhooks("reconcile --commit --format json").ok().json();
        assert_eq!((&again["written"], &again["backup"]), (&json!(false), &Value::Null));

        // The newest thirty stay.
        for n in 0..30 {
            let name = format!("refs/idhooks/reconcile/20000101T000000{n:03}Z-00000000");
            repo.run(["update-ref", &name, "HEAD"]);
        }
        repo.run(["update-ref", "refs/heads/idhooks/heal", &old]);
        let report = repo.idhooks("reconcile --commit --format json").code(1).json();
        let name = report["backup"].as_str().expect("a ref");
        assert_eq!(repo.rev(name), old);
        let refs = repo.ask("for-each-ref --format=%(refname) refs/idhooks/reconcile");
        let first = "refs/idhooks/reconcile/20000101T000000002Z-00000000";
        assert_eq!((refs.lines().count(), refs.lines().next()), (30, Some(first)));
    });
}

#[test]
fn a_question_follows_its_file() {
    for_each_git(|git| {
        for is_asked_between in [true, false] {
            let repo = Repo::adopted(git);
            repo.configure("[reconcile]\ncommit = \"branch idhooks/heal\"");
            let old = move_ambiguously(&repo);
            if is_asked_between {
                repo.idhooks("schedule run hourly").code(1).done();
                assert_eq!(dead_letters(&repo)[0].0, "new.txt");
            }
            for (from, to) in [("new.txt", "newer.txt"), ("newer.txt", "newest.txt")] {
                let unhooked = repo.with("IDHOOKS", "0");
                unhooked.mv(from, to);
                unhooked.commit("unseen");
            }
            let told = repo.idhooks("reconcile --commit").code(1).stderr();
            assert!(!told.contains("is answered"), "{told}");
            let dropped = "the question about 'new.txt' is dropped: it has no identity in HEAD";
            assert_eq!(told.contains(dropped), is_asked_between, "{told}");
            let dead = dead_letters(&repo);
            assert_eq!(dead.len(), 1, "{dead:?}");
            let assign = format!("idhooks assign {old} newest.txt");
            assert!(dead[0].0 == "newest.txt" && dead[0].1.ends_with(&assign), "{dead:?}");
            repo.run("merge -q --ff-only idhooks/heal");
            repo.idhooks(["assign", &old, "newest.txt"]).ok().done();
            repo.commit("assigned");
            assert_eq!(repo.id("newest.txt"), old);
        }
    });
}

/// Whoever deprecates an identity while its file stays has decided that.
#[test]
fn a_deprecated_identity_in_use_is_no_question() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[reconcile]\ncommit = \"branch idhooks/heal\"");
        repo.idhooks("deprecate notes.txt --reason old").ok().done();
        repo.commit("deprecate");
        assert_eq!(repo.findings("--rev HEAD").len(), 1);
        repo.idhooks("schedule run hourly").ok().done();
        assert_eq!(dead_letters(&repo), []);
    });
}
