//! An environment variable that contradicts `[dual_write]`: who follows it, and who only names it.

use super::{LEGACY, phase, refuses, run_first, with_legacy};
use crate::common::{Repo, for_each_git, text};

/// Returns a repository in which both files are written, and the same one with writing switched off.
fn switched_off(git: &crate::common::Git) -> [Repo; 2] {
    let repo = with_legacy(git);
    run_first(&repo);
    repo.idhooks("install --quiet").ok().done();
    let off = repo.with("IDHOOKS_DUAL_WRITE", "0");
    [repo, off]
}

#[test]
fn commits_and_checks_of_the_index_follow_it() {
    for_each_git(|git| {
        let [repo, off] = switched_off(git);
        off.commit_file("docs/new.md", text("new"));
        // The commit has one file; whoever has not set the variable finds that out of step.
        off.idhooks("check").ok().done();
        refuses(repo.idhooks("check"), 1, &["LEGACY_MISMATCH"]);
        let status = off.idhooks("migrate status --format json").ok().json();
        assert_eq!(status["switched_by"], "IDHOOKS_DUAL_WRITE=0");
        assert_eq!(status["enabled"], false);
        let status = off.idhooks("migrate status").ok().stdout();
        assert!(status.contains("switched off by IDHOOKS_DUAL_WRITE=0"), "{status}");
    });
}

#[test]
fn an_answer_of_a_check_without_it_is_not_given_again() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        for (alias, name) in
            [("", "IDHOOKS_DUAL_WRITE"), ("env_alias = [\"OLD_WRITE\"]\n", "OLD_WRITE")]
        {
            let off = rules.replace("enabled = true\n", &format!("enabled = false\n{alias}"));
            repo.stage("idhooks.toml", off);
            let mut whole: serde_json::Value =
                serde_json::from_slice(&repo.read(LEGACY)).expect("JSON");
            whole["allocations"][0]["owner"] = name.into();
            repo.stage(LEGACY, whole.to_string());
            repo.run("commit -q --no-verify -m off");
            let on = repo.with(name, "1");
            for _ in 0..2 {
                refuses(on.idhooks("check"), 1, &["LEGACY_MISMATCH"]);
                repo.idhooks("check").ok().done();
            }
        }
    });
}

#[test]
fn checks_of_commits_follow_the_rules_and_name_it() {
    for_each_git(|git| {
        let [repo, off] = switched_off(git);
        off.commit_file("docs/new.md", text("new"));
        for line in ["check --rev HEAD", "ci --base HEAD~1 --head HEAD"] {
            refuses(repo.idhooks(line), 1, &["LEGACY_MISMATCH"]);
            refuses(off.idhooks(line), 0, &["LEGACY_MISMATCH", "IDHOOKS_DUAL_WRITE=0"]);
        }
    });
}

#[test]
fn the_first_step_is_not_made_while_it_contradicts_the_rules_that_follow() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        let off = repo.with("IDHOOKS_DUAL_WRITE", "0");
        let commits = repo.commits();
        for line in ["migrate plan", "migrate run", "migrate run --from registry/ID_REGISTRY.json"]
        {
            refuses(off.idhooks(line), 2, &["IDHOOKS_DUAL_WRITE=0", "unset IDHOOKS_DUAL_WRITE"]);
        }
        assert_eq!((repo.commits(), phase(&repo).as_str()), (commits, "off"));
        run_first(&repo);
    });
}

#[test]
fn commits_write_a_file_that_the_rules_do_not() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        repo.idhooks("install --quiet").ok().done();
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.commit_file("idhooks.toml", rules.replace("enabled = true", "enabled = false"));
        let on = repo.with("IDHOOKS_DUAL_WRITE", "1");
        on.commit_file("docs/new.md", text("new"));
        on.idhooks("check").ok().done();
        on.idhooks("migrate verify").ok().done();
        let whole = String::from_utf8(repo.read(LEGACY)).expect("text");
        assert!(whole.contains("docs/new.md"), "{whole}");
    });
}

#[test]
fn no_step_is_made_while_it_contradicts_the_rules() {
    for_each_git(|git| {
        let [repo, off] = switched_off(git);
        for line in ["migrate run", "migrate run --to registry-leads --force", "migrate plan"] {
            refuses(off.idhooks(line), 2, &["IDHOOKS_DUAL_WRITE=0", "unset IDHOOKS_DUAL_WRITE"]);
        }
        repo.with("IDHOOKS_DUAL_WRITE", "1").idhooks("migrate run --force").ok().done();
        assert_eq!(phase(&repo), "registry-leads");
        assert!(repo.exists(LEGACY));
    });
}

#[test]
fn every_answer_names_the_variable_that_it_depends_on() {
    for_each_git(|git| {
        let [repo, off] = switched_off(git);
        refuses(off.idhooks("migrate verify"), 2, &["IDHOOKS_DUAL_WRITE=0", "unset IDHOOKS"]);
        let status = off.idhooks("migrate status").ok().stdout();
        assert!(status.contains("next           unset IDHOOKS_DUAL_WRITE"), "{status}");
        let rules = String::from_utf8(repo.read("idhooks.toml")).expect("text");
        repo.commit_file("idhooks.toml", rules.replace("enabled = true", "enabled = false"));
        repo.commit_file("docs/new.md", text("new"));
        let on = repo.with("IDHOOKS_DUAL_WRITE", "1");
        refuses(on.idhooks("migrate verify"), 1, &["IDHOOKS_DUAL_WRITE=1", "unset it"]);
    });
}

#[test]
fn a_value_that_it_cannot_have_is_named_and_has_no_effect() {
    for_each_git(|git| {
        let repo = with_legacy(git);
        run_first(&repo);
        repo.idhooks("install --quiet").ok().done();
        for value in ["maybe", "true", ""] {
            let odd = repo.with("IDHOOKS_DUAL_WRITE", value);
            let named = format!("IDHOOKS_DUAL_WRITE={value} in the environment is neither 1 nor 0");
            odd.stage(format!("docs/new{value}.md"), text(value));
            odd.try_git("commit -q -m new").ok().complains(&named).done();
            for line in ["migrate verify", "migrate status"] {
                odd.idhooks(line).ok().complains(&named).done();
            }
        }
        repo.idhooks("migrate verify").ok().done();
    });
}
