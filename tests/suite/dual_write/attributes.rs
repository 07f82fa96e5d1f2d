//! The line of the legacy file in the attributes of a clone, for branches whose `.gitattributes` lacks it.

use super::{LEGACY, assert_in_step, enable};
use crate::common::{Git, Repo, SCOPE, for_each_git, text};

/// Returns the legacy files that the attributes of the clone name.
fn named(repo: &Repo) -> Vec<String> {
    let dir = repo.ask("rev-parse --path-format=absolute --git-path info/attributes");
    let text = std::fs::read_to_string(dir).unwrap_or_default();
    let lines = text.lines().filter(|line| line.contains("merge=idhooks-legacy"));
    lines.map(|line| line.split(' ').next().unwrap_or_default().to_owned()).collect()
}

/// Commits rules without the table.
fn disable(repo: &Repo) {
    repo.stage("idhooks.toml", format!("scope = \"{SCOPE}\"\n"));
    repo.commit("write one");
}

/// Returns a repository whose legacy file two branches have edited: 'old' before the first step of the
/// migration, and 'main' with it.
fn with_an_old_branch(git: &Git) -> Repo {
    let repo = Repo::empty(git);
    let record = |n: u8, owner: &str| {
        format!(
            r#"{{"id":"011000000{n}250101","file_path":"docs/{n}.md","allocated_at":"2025-01-01T10:00:00Z","status":"active","owner":"{owner}","metadata":{{}}}}"#
        )
    };
    let whole = |owner: &str| {
        let records = [record(1, owner), record(2, "none")].join(",\n");
        format!(
            r#"{{"schema_version":"1.0","scope":"250101","counters":{{}},"metadata":{{}},"allocations":[{records}]}}"#
        )
    };
    for n in 1..=2 {
        repo.stage(format!("docs/{n}.md"), text(&n.to_string()));
    }
    repo.stage(LEGACY, whole("none"));
    repo.commit("files");
    repo.run("switch -q -c old");
    repo.stage(LEGACY, whole("ann"));
    repo.commit("by another program");
    repo.run("switch -q main");
    repo
}

#[test]
fn a_branch_from_before_the_first_step_is_merged_by_the_driver() {
    for install_first in [true, false] {
        for way in ["merge -q -m merged main", "rebase -q main"] {
            for_each_git(|git| {
                let repo = &with_an_old_branch(git);
                if install_first {
                    repo.idhooks("install").ok().done();
                }
                repo.idhooks(["migrate", "run", "--from", LEGACY]).ok().done();
                if !install_first {
                    repo.idhooks("install").ok().done();
                }
                assert_eq!(named(repo), [format!("/{LEGACY}")], "{install_first}");
                repo.run("switch -q old");
                assert_eq!(named(repo), [format!("/{LEGACY}")], "{way}");
                repo.idhooks("install").ok().done();
                repo.run(way);
                assert!(repo.ask(["show", &format!("HEAD:{LEGACY}")]).contains("ann"), "{way}");
                repo.stage("docs/next.md", text("next"));
                repo.commit("next");
                assert_in_step(repo, "HEAD");
            });
        }
    }
}

#[test]
fn the_line_follows_the_rules_and_goes_with_them() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        assert_eq!(named(repo), [""; 0]);
        enable(repo, "");
        assert_eq!(named(repo), [format!("/{LEGACY}")]);
        enable(repo, "legacy = \"old/ids.json\"\n");
        assert_eq!(named(repo), ["/old/ids.json"]);
        disable(repo);
        assert_eq!(named(repo), [""; 0]);
        // Without the hooks, 'doctor' reports it, and 'install' does the same.
        for (rev, names) in [("HEAD~1", vec!["/old/ids.json"]), ("HEAD~1", vec![])] {
            repo.run(["checkout", "-q", rev, "--", "idhooks.toml"]);
            repo.run("commit -q --no-verify -m rules");
            let report = repo.idhooks("doctor").code(1).stdout();
            assert!(report.contains("info/attributes' is not up to date with [dual_write]"));
            repo.idhooks("install").ok().done();
            assert_eq!(named(repo), names, "{rev}");
            repo.idhooks("doctor --fix").ok().done();
        }
    });
}

#[test]
fn a_pull_and_a_checkout_bring_it_and_uninstall_removes_it() {
    for_each_git(|git| {
        let repo = &Repo::adopted(git);
        repo.run("branch before");
        let clone = repo.clone_as("clone");
        let original = named(&clone);
        clone.idhooks("install").ok().done();
        enable(repo, "");
        clone.run("pull -q --ff-only");
        assert_eq!(named(&clone), [format!("/{LEGACY}")]);
        clone.run("checkout -q origin/before");
        clone.idhooks("install").ok().done();
        assert_eq!(named(&clone), [format!("/{LEGACY}")]);
        clone.idhooks("uninstall").ok().done();
        assert_eq!(named(&clone), original);
        clone.idhooks("install").ok().done();
        clone.run("switch -q main");
        assert_eq!(named(&clone), [format!("/{LEGACY}")]);
        disable(repo);
        clone.run("pull -q --ff-only");
        assert_eq!(named(&clone), original);
    });
}
