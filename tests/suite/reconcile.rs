//! Commits that no hook saw are healed: by `reconcile`, and by the next commit alike.

#[cfg(feature = "report")]
mod counted;
mod damaged;
#[cfg(feature = "automation")]
mod enqueued;
mod forgotten;
mod newer;
#[cfg(all(feature = "automation", feature = "report"))]
mod questions;
#[cfg(feature = "report")]
mod random;
#[cfg(feature = "report")]
mod remote;
mod repair_times;
mod service;
mod unadopted;

use crate::checks::assert_fits;
use crate::common::{Repo, for_each_git, text};
use crate::judge::{self, View};
use crate::reviewed::assert_text;

/// A file renamed and edited twice, one deleted, one added, one copied, and nobody looked.
fn work_unseen(repo: &Repo) {
    for (n, to) in [(1, "second.py"), (2, "third.py"), (3, "fourth.py")] {
        let from = ["src/app.py", "second.py", "third.py"][n - 1];
        repo.mv(from, to);
        repo.write(to, rewritten(&repo.read(to), n));
        repo.run("commit -q -a --no-verify -m unseen");
    }
    repo.run("rm -q data/table.csv");
    repo.stage("late.md", text("late"));
    repo.run("commit -q --no-verify -m unseen");
}

/// Replaces a quarter of the lines, every time others.
fn rewritten(bytes: &[u8], round: usize) -> String {
    let old = String::from_utf8_lossy(bytes);
    let lines = old.lines().enumerate().map(|(n, line)| match n % 4 == round % 4 {
        true => format!("round {round} line {n}: nothing of what was here before\n"),
        false => format!("{line}\n"),
    });
    lines.collect()
}

fn assert_healed(repo: &Repo, before: &str) {
    assert_eq!(repo.id("fourth.py"), repo.id_in(before, "src/app.py"));
    assert_eq!(repo.record(&repo.id_in(before, "data/table.csv"))["status"], "deprecated");
    assert!(View::of(repo, "HEAD").ids().contains_key(&b"late.md"[..]));
}

#[test]
fn what_the_next_commit_would_do() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag before");
        work_unseen(&repo);
        let seen = repo.ask("diff -M50% --name-status before HEAD");
        assert!(seen.contains("A\tfourth.py"), "git itself sees no rename any more\n{seen}");
        let unseen: Vec<String> = (0..4).map(|n| repo.rev(&format!("HEAD~{n}"))).collect();
        let unseen: Vec<&str> = unseen.iter().map(String::as_str).collect();

        let shown = repo.idhooks("reconcile --dry-run").ok();
        let (told, said) = (shown.stdout(), shown.stderr());
        shown.done();
        assert_text("reconcile-what_the_next_commit_would_do", &told);
        assert_text("reconcile-what_the_next_commit_would_do-2", &said);
        judge::assert_clean(&repo);

        let done = repo.idhooks("reconcile").ok();
        assert_eq!(done.stdout(), told);
        assert_text("reconcile-what_the_next_commit_would_do-3", &done.stderr());
        judge::assert_status(&repo, "M  .idhooks/registry.json\n");
        let again = repo.idhooks("reconcile").ok();
        assert_text("reconcile-what_the_next_commit_would_do-4", &again.stderr());
        repo.commit("heal");
        assert_healed(&repo, "before");
        judge::assert_consistent_except(&repo, &unseen);
        judge::assert_clean(&repo);
        let registry = repo.registry("HEAD");

        let nothing = repo.idhooks("reconcile").ok();
        assert_eq!(nothing.stdout(), "");
        assert_text("reconcile-what_the_next_commit_would_do-5", &nothing.stderr());

        repo.run("reset -q --hard HEAD^");
        repo.run("commit -q --allow-empty -m heal");
        assert_eq!(repo.registry("HEAD"), registry, "pre-commit heals alike");
    });
}

#[test]
fn two_people_who_heal_the_same_agree() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        work_unseen(&repo);
        let other = repo.clone_as("other");
        other.run("checkout -q -b theirs");
        for clone in [&repo, &other] {
            clone.idhooks("reconcile").ok().done();
            clone.commit("heal");
        }
        assert_eq!(repo.registry("HEAD"), other.registry("HEAD"));
        repo.commit_file("more.txt", text("more"));
        repo.run(["pull", "-q", "--no-rebase", "--no-edit", "../other", "theirs"]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_report_for_machines() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        work_unseen(&repo);
        let report = repo.idhooks("reconcile --dry-run --format json").ok().json();
        assert_eq!(report["inconsistent_commits"], 4);
        assert_eq!(report["written"], false);
        let healed = report["healed"].as_array().expect("a list");
        let moved = healed.iter().find(|c| c["event"] == "renamed").expect("a move");
        assert_eq!((&moved["from"], &moved["path"]), (&"src/app.py".into(), &"fourth.py".into()));
        assert_fits(&repo, "reconcile", &report);
    });
}

#[test]
fn across_merges_of_unhooked_branches() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag before");
        repo.run("checkout -q -b one");
        let unhooked = repo.with("IDHOOKS", "0");
        unhooked.mv("notes.txt", "a/notes.txt");
        unhooked.commit("move");
        unhooked.write("a/notes.txt", rewritten(&unhooked.read("a/notes.txt"), 1));
        unhooked.run("commit -q -a -m edit");
        unhooked.mv("a/notes.txt", "b/notes.txt");
        unhooked.commit("move again");
        unhooked.run("checkout -q main");
        unhooked.mv("docs/guide.md", "docs/handbook.md");
        unhooked.commit("move");
        unhooked.run("checkout -q -b two");
        unhooked.commit_file("two.md", text("two"));
        unhooked.run("checkout -q main");
        unhooked.run("merge -q --no-ff --no-edit two");
        unhooked.run("merge -q --no-edit one");
        let before = unhooked.rev("HEAD");
        repo.idhooks("reconcile").ok().done();
        repo.commit("heal");
        assert_eq!(repo.id("b/notes.txt"), repo.id_in("before", "notes.txt"));
        assert_eq!(repo.id("docs/handbook.md"), repo.id_in("before", "docs/guide.md"));
        assert!(judge::judge(&repo, &judged_before(&repo, &before)).is_empty());
        judge::assert_clean(&repo);
    });
}

/// Returns all commits that lead to `tip`.
fn judged_before(repo: &Repo, tip: &str) -> std::collections::BTreeSet<String> {
    repo.ask(["rev-list", tip]).lines().map(str::to_owned).collect()
}

#[test]
fn what_is_staged_goes_along() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("tag before");
        work_unseen(&repo);
        repo.stage("staged.md", text("staged"));
        let told = repo.idhooks("reconcile").ok().stdout();
        assert_text("reconcile-what_is_staged_goes_along", &told);
        repo.commit("both");
        assert_healed(&repo, "before");
        judge::assert_clean(&repo);
    });
}

#[test]
fn where_there_is_nothing_to_heal_with() {
    for_each_git(|git| {
        let empty = Repo::empty(git);
        let said = empty.idhooks("reconcile").code(2).stderr();
        assert_text("reconcile-where_there_is_nothing_to_heal_with", &said);

        let repo = Repo::adopted(git);
        repo.run("rm -q --cached .idhooks/registry.json");
        let said = repo.idhooks("reconcile").code(2).stderr();
        assert_text("reconcile-where_there_is_nothing_to_heal_with-2", &said);
        repo.run("reset -q --hard");

        repo.write(".idhooks/registry.json", "<<<<<<< ours\n");
        repo.run("add -A");
        let answer = repo.idhooks("reconcile").code(1);
        assert_text("reconcile-where_there_is_nothing_to_heal_with-3", &answer.stderr());
        judge::assert_status(&repo, "M  .idhooks/registry.json\n");
    });
}

#[test]
fn what_heals_exchanged_identities_is_not_blamed_for_it() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        let [one, two] = ["README.md", "notes.txt"].map(|path| repo.id(path));
        let registry = String::from_utf8(repo.registry("HEAD")).expect("UTF-8");
        let exchanged = registry.replace("\"README.md\"", "\"?\"");
        let exchanged = exchanged.replace("\"notes.txt\"", "\"README.md\"");
        repo.stage(".idhooks/registry.json", exchanged.replace("\"?\"", "\"notes.txt\""));
        repo.run("commit -q --no-verify -m exchanged");
        assert_eq!(repo.findings("--rev HEAD"), ["IDENTITY_CHANGED"; 2]);
        repo.idhooks("reconcile").ok().done();
        assert!(repo.findings("").is_empty(), "what is staged heals");
        repo.commit("heal");
        assert_eq!(["README.md", "notes.txt"].map(|path| repo.id(path)), [one, two]);
        assert!(repo.findings("--rev HEAD").is_empty());
    });
}

#[test]
fn what_the_next_commit_would_stop_at() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.configure("[allocation]\non_new = \"require\"\n");
        repo.stage("late.md", text("late"));
        for command in ["reconcile --dry-run", "reconcile"] {
            let answer = repo.idhooks(command).code(1);
            assert!(answer.stderr().contains("idhooks allocate late.md"), "{}", answer.stderr());
            answer.done();
        }
        repo.idhooks("allocate late.md").ok().done();
        repo.idhooks("reconcile").ok().done();
        repo.commit("late");
        judge::assert_good(&repo);
    });
}

#[test]
fn a_commit_with_nothing_else_in_it_says_to_do_it_again() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.stage("late.md", text("late"));
        repo.run("commit -q --no-verify -m late");
        let said = repo.try_git("commit -m heal").code(1).stderr();
        assert_text("reconcile-a_commit_with_nothing_else_in_it_says_to_do_it_again", &said);
        repo.run("commit -q -m heal");
        judge::assert_consistent_except(&repo, &["HEAD^"]);
        judge::assert_clean(&repo);
    });
}

#[test]
fn a_configuration_that_goes_is_named() {
    for_each_git(|git| {
        let repo = Repo::adopted(git);
        repo.run("rm -q idhooks.toml");
        let said = repo.git("commit -q -m drop").stderr();
        assert_text("reconcile-a_configuration_that_goes_is_named", &said);
        judge::assert_good(&repo);
    });
}
