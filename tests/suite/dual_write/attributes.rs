//! The line of the legacy file in the attributes of a clone, for branches whose `.gitattributes` lacks it.

use super::{LEGACY, enable};
use crate::common::{Repo, SCOPE, for_each_git};

/// Returns the legacy files that the attributes of the clone name.
pub(super) fn named(repo: &Repo) -> Vec<String> {
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
