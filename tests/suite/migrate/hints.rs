//! What is said of files that are not in step, and that what it says works as it is.

use super::{LEGACY, assert_clean, classic, phase, refuses, run_first, with_file, with_legacy};
use crate::common::{Git, Repo, for_each_git, text};

/// A record of the number of the first one, with another path.
const TWIN: (&str, &str, &str) =
    ("0110000001250101", "docs/other.md", r#""status":"active","metadata":{}"#);

/// Returns a repository with hooks, in this phase.
fn in_phase(git: &Git, name: &str) -> Repo {
    let repo = with_legacy(git);
    run_first(&repo);
    repo.idhooks("install --quiet").ok().done();
    while phase(&repo) != name {
        repo.idhooks("migrate run --force").ok().done();
    }
    repo
}

/// Changes the legacy file as another program does, and stages it.
fn write_as_another_program(repo: &Repo, owner: &str) {
    let mut whole: serde_json::Value = serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
    whole["allocations"][0]["metadata"]["owner"] = owner.into();
    repo.stage(LEGACY, whole.to_string());
}

/// Returns what the status says comes next.
fn next(repo: &Repo) -> String {
    let said = repo.idhooks("migrate status").ok().stdout();
    let next = said.lines().find_map(|line| line.strip_prefix("next"));
    next.unwrap_or_default().trim().to_owned()
}

#[test]
fn what_only_the_registry_has_is_written_and_not_taken() {
    for_each_git(|git| {
        for (name, remedy) in [("legacy-leads", "migrate run"), ("registry-leads", "resolve")] {
            let repo = in_phase(git, name);
            let off = repo.with("IDHOOKS_DUAL_WRITE", "0");
            off.commit_file("docs/e1.md", text("e1"));
            assert!(next(&repo).contains(&format!("idhooks {remedy}")), "{}", next(&repo));
            let said = repo.idhooks("migrate verify").code(1);
            let said = said.stdout() + &said.stderr();
            assert!(!said.contains("take"), "{said}");
            repo.idhooks(remedy).ok().done();
            if name == "registry-leads" {
                repo.commit("written");
            } else {
                // The hint about the index works, too.
                assert_clean(&repo);
                repo.run("reset -q --hard HEAD~1");
                refuses(repo.idhooks("migrate verify"), 1, &["git commit --allow-empty"]);
                repo.run("commit -q --allow-empty -m written");
            }
            repo.idhooks("migrate verify --rev HEAD").ok().done();
            assert_clean(&repo);
        }
    });
}

#[test]
fn a_commit_takes_what_was_committed_without_hooks_though_nothing_is_staged() {
    for_each_git(|git| {
        let repo = in_phase(git, "legacy-leads");
        write_as_another_program(&repo, "eve");
        repo.run("commit -q --no-verify -m owner");
        let said = repo.idhooks("migrate verify").code(1);
        said.complains("take the changes in the legacy file into the registry")
            .complains("git commit --allow-empty")
            .done();
        repo.try_git("commit -q --allow-empty -m taken").ok().complains("'eve'").done();
        repo.idhooks("migrate verify --rev HEAD").ok().done();
    });
}

#[test]
fn a_file_that_cannot_be_read_is_not_compared() {
    for_each_git(|git| {
        let repo = in_phase(git, "legacy-leads");
        let mut whole: serde_json::Value =
            serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
        let mut twin = whole["allocations"][0].clone();
        twin["file_path"] = TWIN.1.into();
        whole["allocations"].as_array_mut().expect("records").push(twin);
        repo.stage(LEGACY, whole.to_string());
        let said = repo.idhooks("migrate verify").code(1);
        let said = said.stdout() + &said.stderr();
        let why = "more than one record has 0110000001250101";
        assert!(said.contains(why) && said.contains("cannot be compared"), "{said}");
        assert!(!said.contains("0 differences"), "{said}");
        repo.try_git("commit -q -m twin").code(1).complains("correct it and stage it").done();
        repo.run(["reset", "-q", "--hard"]);
        // The first step says the same.
        let repo = with_file(git, LEGACY, &classic(&[super::RECORDS[0], TWIN]));
        refuses(repo.idhooks("migrate plan"), 1, &["0110000001250101"]);
    });
}

#[test]
fn changes_that_are_not_committed_are_named() {
    for_each_git(|git| {
        let repo = in_phase(git, "legacy-leads");
        let is_named = || repo.idhooks("migrate status").ok().stdout().contains("uncommitted");
        let said = repo.idhooks("migrate verify").ok().stderr();
        assert!(!is_named() && !said.contains("note:"), "{said}");
        write_as_another_program(&repo, "eve");
        assert!(is_named());
        repo.idhooks("migrate verify --rev HEAD").ok().complains("not committed").done();
        repo.run(["reset", "-q"]);
        assert!(is_named());
        repo.idhooks("migrate verify").ok().complains("not staged").done();
        repo.run(["checkout", "-q", "--", LEGACY]);
        assert!(!is_named());
    });
}

#[test]
fn a_rollback_names_the_commits_whose_changes_would_be_lost() {
    for_each_git(|git| {
        let repo = in_phase(git, "registry-leads");
        for n in 0..5 {
            repo.append("idhooks.toml", "# more\n");
            repo.run(["add", "idhooks.toml"]);
            repo.commit(&format!("edit {n}"));
        }
        let refused = repo.idhooks("migrate rollback").code(2).complains("edit 4");
        let refused = refused.complains("edit 3").complains("edit 2").complains("2 earlier");
        refused.complains("idhooks uninstall").done();
    });
}

#[test]
fn what_a_refused_rollback_says_works_in_every_phase() {
    for_each_git(|git| {
        for path in [LEGACY, "idhooks.toml"] {
            let repo = in_phase(git, "stopped");
            for n in 0..2 {
                repo.append(path, " \n");
                repo.run(["add", path]);
                repo.commit(&format!("edit {n}"));
            }
            let said = repo.idhooks("migrate rollback").code(2).stderr();
            let said_both = said.contains("edit 0") && said.contains("edit 1");
            assert!(said_both && !said.contains("idhooks uninstall"), "{said}");
            let from = said.find("git restore").expect("a command");
            let command = said[from..].split(';').next().expect("its end");
            repo.sh(command).ok().done();
            repo.commit("as it was");
            repo.idhooks("migrate rollback").ok().done();
            assert_eq!(phase(&repo), "registry-leads");
            repo.idhooks("migrate verify").ok().done();
        }
    });
}

#[test]
fn a_merge_or_a_rebase_names_what_another_program_has_changed() {
    for_each_git(|git| {
        for line in ["merge -q --no-edit topic", "rebase -q topic"] {
            let repo = in_phase(git, "registry-leads");
            repo.run("switch -q -c topic");
            write_as_another_program(&repo, "eve");
            repo.run("commit -q --no-verify -m owner");
            repo.run("switch -q main");
            repo.commit_file("docs/new.md", text("new"));
            let said = repo.try_git(line).ok().complains("that are not in the registry");
            said.complains("idhooks resolve").done();
            repo.append("README.md", "more\n");
            repo.run("add README.md");
            repo.try_git("commit -q -m more").code(1).done();
            repo.idhooks("resolve").ok().done();
            repo.run("commit -q -m more");
            repo.idhooks("migrate verify --rev HEAD").ok().done();
        }
    });
}
