//! A full counter, and those it continues in: what blocks says which rules leave room, and these do.

use std::collections::BTreeSet;

use crate::common::{Output, Repo, SCOPE, Snapshot, for_each_git, on_adopted, text};
use crate::judge;
use crate::reviewed::assert_text;

/// The lines to paste that a command shows.
fn lines(output: &Output<'_>) -> Vec<String> {
    let stderr = output.stderr();
    let mut after = stderr.lines().skip_while(|line| !line.starts_with("  help: "));
    assert!(after.next().is_some_and(|help| help.contains("add these lines")), "{output}");
    let lines = after.map_while(|line| line.strip_prefix("    ")).map(str::to_owned);
    let lines: Vec<String> = lines.collect();
    assert!(!lines.is_empty(), "{output}");
    lines
}

/// Has nothing left in counters, written as the registry has them, and in those they continue in.
fn fill(repo: &Repo, counters: &[&str]) {
    let chain = |name: &&str| {
        let (namespace, code) = name.split_once('_').expect("a counter");
        let all = [namespace.to_owned()].into_iter().chain((980..1000).map(|ns| ns.to_string()));
        all.map(move |namespace| format!("{namespace}_{code}")).collect::<Vec<_>>()
    };
    let all: BTreeSet<String> = counters.iter().flat_map(chain).collect();
    let floors = all.iter().map(|name| format!("\"{name}_{SCOPE}\":{{\"floor\":99999}}"));
    let floors = format!("\"counters\":{{{}}}", floors.collect::<Vec<_>>().join(","));
    let registry = String::from_utf8(repo.registry("HEAD")).expect("a registry is text");
    repo.stage(".idhooks/registry.json", registry.replace("\"counters\":{}", &floors));
    repo.commit("fill");
}

/// Pastes the lines where they say, stages the rules, and commits.
fn paste(repo: &Repo, lines: &[String]) {
    let mut text = String::from_utf8(repo.read("idhooks.toml")).expect("text");
    match lines.iter().position(|line| line.starts_with("# above the first [[namespaces]]")) {
        None => text.push_str(&(lines.join("\n") + "\n")),
        Some(at) => {
            let (end, rules) = lines.split_at(at);
            text.push_str(&(end.join("\n") + "\n"));
            text = text.replacen("[[namespaces]]", &(rules.join("\n") + "\n[[namespaces]]"), 1);
        }
    }
    repo.stage("idhooks.toml", text);
    repo.commit("make room");
    // What the counter is full of stays so.
    assert!(repo.findings("--rev HEAD").iter().all(|code| code == "CAPACITY"));
}

#[test]
fn another_namespace_leaves_room() {
    on_adopted(|repo| {
        fill(repo, &["100_01", "999_20"]);
        repo.stage("docs/new.md", text("new"));
        repo.stage("docs/a/b.md", text("b"));
        let before = Snapshot::of(repo);
        let allocate = lines(&repo.idhooks("allocate docs/new.md").code(1).complains("CAPACITY"));
        let commit = repo.try_git("commit -m no").code(1).complains("CAPACITY");
        assert_eq!(lines(&commit), allocate);
        let partial = repo.try_git("commit -m no docs/new.md").code(1);
        assert_eq!(lines(&partial)[..3], allocate[..3]);
        assert_eq!(lines(&repo.idhooks("reconcile").code(1)), allocate);
        before.assert_same(repo);
        assert_eq!(allocate[..3], ["[[namespaces]]", "path = \"docs/**\"", "ns = \"600\""]);
        // A path that no rule matched, with one that a rule does.
        repo.stage("new.py", text("new.py"));
        let both = lines(&repo.try_git("commit -m no").code(1));
        assert_eq!(both[both.len() - 3..], ["[[namespaces]]", "path = \"**\"", "ns = \"601\""]);
        paste(repo, &both);
        assert!(repo.id("docs/new.md").starts_with("01600"));
        assert!(repo.id("docs/a/b.md").starts_with("01600"));
        assert!(repo.id("new.py").starts_with("20601"));
        // What the built-in rules said, they still say.
        repo.commit_file("data/new.csv", text("new.csv"));
        assert!(repo.id("data/new.csv").starts_with("10110"));
    });
}

#[test]
fn another_type_leaves_room() {
    for_each_git(|git| {
        // With a table of its own, one line is enough.
        let repo = Repo::adopted(git);
        fill(&repo, &["999_00"]);
        repo.stage("a.foo", text("a"));
        repo.stage("b.FOO", text("b"));
        let shown = lines(&repo.try_git("commit -m no").code(1));
        assert_eq!(shown, ["# into [types]:", "foo = \"93\""]);
        paste(&repo, &shown);
        assert!(repo.id("a.foo").starts_with("93") && repo.id("b.FOO").starts_with("93"));
        // Without, the table that applies stays.
        let repo = Repo::adopted(git);
        repo.configure("");
        fill(&repo, &["999_00"]);
        repo.stage("main.go", text("main"));
        let shown = lines(&repo.try_git("commit -m no").code(1));
        assert_eq!((&*shown[0], &*shown[shown.len() - 1]), ("[types]", "go = \"24\""));
        paste(&repo, &shown);
        repo.stage("x.log", text("x"));
        repo.commit("log");
        assert!(repo.id("main.go").starts_with("24") && repo.id("x.log").starts_with("42"));
        judge::assert_all_consistent(&repo);
    });
}

#[test]
fn rules_that_are_there_stay_after_those_that_leave_room() {
    on_adopted(|repo| {
        repo.configure("[[namespaces]]\npath = \"docs/**\"\nns = \"600\"\n[types]\nmd = \"01\"\n");
        fill(repo, &["600_01", "600_00"]);
        repo.stage("docs/new.md", text("new"));
        repo.stage("docs/new.x", text("x"));
        let shown = lines(&repo.try_git("commit -m no").code(1));
        assert_eq!(shown[0], "# into [types]:");
        assert_eq!(shown[2], "# above the first [[namespaces]]:");
        paste(repo, &shown);
        assert!(repo.id("docs/new.md").starts_with("01601"), "{}", repo.id("docs/new.md"));
    });
}

#[test]
fn where_nothing_blocks_the_rules_are_a_warning() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.configure("[hooks]\nenforce = \"warn\"\n");
        fill(repo, &["100_01"]);
        repo.stage("docs/new.md", text("new"));
        let warned = repo.git("commit -m yes");
        assert_text(
            "bad_input-room-where_nothing_blocks_the_rules_are_a_warning",
            &warned.stderr(),
        );
        let without = repo.rev("HEAD");
        paste(repo, &lines(&warned));
        assert!(repo.id("docs/new.md").starts_with("01600"));
        judge::assert_consistent_except(repo, &[&without]);
    });
}

#[test]
fn a_commit_without_hooks_is_healed_once_there_is_room() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        fill(repo, &["100_01"]);
        repo.stage("docs/new.md", text("new"));
        repo.run("commit -q --no-verify -m unhooked");
        let unhooked = repo.rev("HEAD");
        repo.stage("other.md", text("other"));
        let blocked = repo.try_git("commit -m no").code(1);
        paste(repo, &lines(&blocked));
        assert!(repo.id("docs/new.md").starts_with("01600"));
        assert!(repo.id("other.md").starts_with("01601"));
        judge::assert_consistent_except(repo, &[&unhooked]);
    });
}

#[test]
fn a_hostile_name_is_not_pasted() {
    on_adopted(|repo| {
        fill(repo, &["999_20"]);
        repo.configure("[[namespaces]]\npath = \"**\"\nns = \"999\"\n");
        repo.stage("a\n[types]\nb/x.py", text("x"));
        let shown = repo.try_git("commit -m no").code(1).complains("CAPACITY");
        assert!(shown.stderr().lines().all(|line| line.trim() != "[types]"), "{shown}");
        shown.complains("another namespace or TYPE").done();
        repo.run("reset -q --hard");
    });
}
